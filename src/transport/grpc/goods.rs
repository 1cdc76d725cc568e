//! `GoodsService`: products, account books, warehouses.

use super::read;
use crate::domain::Role;
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Token};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Goods(pub(super) Door);

/// What a page request asks for: size, and the key after which it begins.
pub(super) fn page(size: i32, token: Token, text: &str) -> Result<(usize, Option<Vec<u8>>), Failure> {
    Ok((convert::page_size(size)?, token.read(text)?))
}

/// Token of the next page; empty at the end.
pub(super) fn next(token: Token, next: Option<Vec<u8>>) -> String {
    next.map_or_else(String::new, |key| token.write(&key))
}

#[tonic::async_trait]
impl pb::goods_service_server::GoodsService for Goods {
    async fn file_products(
        &self,
        request: Request<pb::FileProductsRequest>,
    ) -> Result<Response<pb::FileProductsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGoods)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let batch = convert::goods::products(request.products).map_err(Failure::from)?;
        let applied = self.0.intake.file_products(&peer.caller, &id, batch).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileProductsResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn precheck_products(
        &self,
        request: Request<pb::PrecheckProductsRequest>,
    ) -> Result<Response<pb::PrecheckProductsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGoods)?;
        let batch = convert::goods::products(request.into_inner().products).map_err(Failure::from)?;
        let outcome = self.0.intake.precheck_products(&peer.caller, batch).await.map_err(Failure::from)?;
        Ok(Response::new(convert::goods::products_precheck(outcome)))
    }

    async fn decide_product(
        &self,
        request: Request<pb::DecideProductRequest>,
    ) -> Result<Response<pb::DecideProductResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::DecideProducts)?;
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let id = convert::text("request_id", id).map_err(Failure::from)?;
        let decision = convert::goods::product_decision(request).map_err(Failure::from)?;
        let applied = self.0.intake.decide_product(&peer.caller, &id, decision).await.map_err(Failure::from)?;
        Ok(Response::new(pb::DecideProductResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn list_products(
        &self,
        request: Request<pb::ListProductsRequest>,
    ) -> Result<Response<pb::ListProductsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let owner = convert::text("owner_code", request.owner_code).map_err(Failure::from)?;
        let owner = self.owner(&peer, owner)?;
        let waiting = request.waiting_only;
        let token = Token::of_query(&[b"products", owner.as_bytes(), &[u8::from(waiting)]]);
        let (size, after) = page(request.page_size, token, &request.page_token)?;
        let reader = self.0.reader.clone();
        let page = read(move || reader.products(&owner, waiting, after.as_deref(), size)).await?;
        Ok(Response::new(pb::ListProductsResponse {
            products: page.items.into_iter().map(convert::goods::filed_product).collect(),
            next_page_token: next(token, page.next),
        }))
    }

    async fn file_book(&self, request: Request<pb::FileBookRequest>) -> Result<Response<pb::FileBookResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGoods)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let book = convert::goods::book(request.book).map_err(Failure::from)?;
        let applied = self.0.intake.file_book(&peer.caller, &id, book).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileBookResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn record_inbound(
        &self,
        request: Request<pb::RecordInboundRequest>,
    ) -> Result<Response<pb::RecordInboundResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGoods)?;
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let id = convert::text("request_id", id).map_err(Failure::from)?;
        let inbound = convert::goods::inbound(request).map_err(Failure::from)?;
        let applied = self.0.intake.take_in(&peer.caller, &id, inbound).await.map_err(Failure::from)?;
        Ok(Response::new(pb::RecordInboundResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn list_books(
        &self,
        request: Request<pb::ListBooksRequest>,
    ) -> Result<Response<pb::ListBooksResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let token = Token::of_query(&[b"books"]);
        let (size, after) = page(request.page_size, token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let page = read(move || reader.books(&caller, after.as_deref(), size)).await?;
        Ok(Response::new(pb::ListBooksResponse {
            books: page.items.into_iter().map(convert::goods::book_out).collect(),
            next_page_token: next(token, page.next),
        }))
    }

    async fn list_book_items(
        &self,
        request: Request<pb::ListBookItemsRequest>,
    ) -> Result<Response<pb::ListBookItemsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let ems_no = convert::text("ems_no", request.ems_no).map_err(Failure::from)?;
        let token = Token::of_query(&[b"book", ems_no.as_bytes()]);
        let (size, after) = page(request.page_size, token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let page = read(move || reader.book_items(&caller, &ems_no, after.as_deref(), size)).await?;
        let page = page.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::ListBookItemsResponse {
            items: page.items.into_iter().map(convert::goods::book_balance).collect(),
            next_page_token: next(token, page.next),
        }))
    }

    async fn file_warehouse(
        &self,
        request: Request<pb::FileWarehouseRequest>,
    ) -> Result<Response<pb::FileWarehouseResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGoods)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let warehouse = convert::goods::warehouse(request.warehouse).map_err(Failure::from)?;
        let applied = self.0.intake.file_warehouse(&peer.caller, &id, warehouse).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileWarehouseResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn list_warehouses(
        &self,
        request: Request<pb::ListWarehousesRequest>,
    ) -> Result<Response<pb::ListWarehousesResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let token = Token::of_query(&[b"warehouses"]);
        let (size, after) = page(request.page_size, token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let page = read(move || reader.warehouses(&caller, after.as_deref(), size)).await?;
        Ok(Response::new(pb::ListWarehousesResponse {
            warehouses: page.items.into_iter().map(convert::goods::warehouse_out).collect(),
            next_page_token: next(token, page.next),
        }))
    }
}

impl Goods {
    /// Main code of the firm whose products are listed; empty for all, which only authorities and operators see.
    fn owner(&self, peer: &Peer, code: String) -> Result<String, Failure> {
        let sees_all =
            [Role::Operator, Role::Customs, Role::Agency].iter().any(|role| peer.caller.party.has_role(*role));
        if code.is_empty() {
            return Ok(if sees_all { code } else { peer.caller.party.code.clone() });
        }
        let main = self.0.reader.party_of_code(&code).map(|(_, party)| party.code.clone());
        let main = main.filter(|main| self.0.reader.may_see_goods_of(&peer.caller, main));
        main.ok_or_else(|| Failure::new(Reason::NotFound))
    }
}
