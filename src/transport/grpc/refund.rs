//! `RefundService`: refund and exemption of tax on exports.

use super::read;
use crate::domain::{Amount, Caller, Clock, Role, SystemClock, Timestamp};
use crate::intake::Applied;
use crate::pb::v1 as pb;
use crate::state::RefundEntry;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Token, refund as from};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Refund(pub(super) Door);

#[tonic::async_trait]
impl pb::refund_service_server::RefundService for Refund {
    async fn file_refund_standing(
        &self,
        request: Request<pb::FileRefundStandingRequest>,
    ) -> Result<Response<pb::FileRefundStandingResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileRefundStanding)?;
        let request = request.into_inner();
        let id = request.request_id.clone();
        let entry =
            RefundEntry { standing: Some(from::standing(request).map_err(Failure::from)?), ..Default::default() };
        let recorded = self.file(&peer.caller, id, entry).await?;
        Ok(Response::new(pb::FileRefundStandingResponse { recorded: Some(recorded) }))
    }

    async fn file_refund_evidence(
        &self,
        request: Request<pb::FileRefundEvidenceRequest>,
    ) -> Result<Response<pb::FileRefundEvidenceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileRefundEvidence)?;
        let request = request.into_inner();
        let id = request.request_id.clone();
        let entry =
            RefundEntry { evidence: Some(from::evidence(request).map_err(Failure::from)?), ..Default::default() };
        let recorded = self.file(&peer.caller, id, entry).await?;
        Ok(Response::new(pb::FileRefundEvidenceResponse { recorded: Some(recorded) }))
    }

    async fn file_service_contract(
        &self,
        request: Request<pb::FileServiceContractRequest>,
    ) -> Result<Response<pb::FileServiceContractResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileRefundEvidence)?;
        let request = request.into_inner();
        let id = request.request_id.clone();
        let entry =
            RefundEntry { contract: Some(from::contract(request).map_err(Failure::from)?), ..Default::default() };
        let recorded = self.file(&peer.caller, id, entry).await?;
        Ok(Response::new(pb::FileServiceContractResponse { recorded: Some(recorded) }))
    }

    async fn check_refund(
        &self,
        request: Request<pb::CheckRefundRequest>,
    ) -> Result<Response<pb::CheckRefundResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadRefund)?;
        let number = convert::text("invt_no", request.into_inner().invt_no).map_err(Failure::from)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.refund_of(&caller, &number, SystemClock.now())).await?;
        let list = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::CheckRefundResponse { list: Some(from::list_out(&list)) }))
    }

    async fn export_refund_data(
        &self,
        request: Request<pb::ExportRefundDataRequest>,
    ) -> Result<Response<pb::ExportRefundDataResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadRefund)?;
        let request = request.into_inner();
        let month = from::month("month", &request.month).map_err(Failure::from)?;
        let seller = self.seller(&peer.caller, request.seller_code)?;
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let wanted = seller.clone().unwrap_or_default();
        let token = Token::of_query(&[b"refund", request.month.as_bytes(), wanted.as_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?;
        let (reader, is_first) = (self.0.reader.clone(), after.is_none());
        let (page, sums) = read(move || {
            let page = reader.refund_month((month, seller.as_deref()), after.as_deref(), size, SystemClock.now())?;
            let sums = if is_first { reader.refund_sums(month, seller.as_deref())? } else { Vec::new() };
            Ok((page, sums))
        })
        .await?;
        let end = from::end_of(month);
        let sum = |row: crate::state::refund::SumRow| self.sum(row, end);
        Ok(Response::new(pb::ExportRefundDataResponse {
            month: request.month,
            sums: sums.into_iter().map(sum).collect(),
            lists: page.lists.iter().map(from::list_out).collect(),
            next_page_token: page.next.map_or_else(String::new, |next| token.write(&next)),
        }))
    }

    async fn list_service_clients(
        &self,
        request: Request<pb::ListServiceClientsRequest>,
    ) -> Result<Response<pb::ListServiceClientsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadRefund)?;
        let request = request.into_inner();
        let month = from::month("month", &request.month).map_err(Failure::from)?;
        let code = convert::text("firm_code", request.firm_code).map_err(Failure::from)?;
        let firm = if code.is_empty() || peer.caller.party.is_called(&code) {
            peer.caller.id
        } else {
            peer.may(Operation::FileRefundStanding)?;
            self.0.reader.party_of_code(&code).ok_or_else(|| Failure::new(Reason::NotFound))?.0
        };
        let reader = self.0.reader.clone();
        let clients = read(move || reader.service_clients(firm, month, SystemClock.now())).await?;
        Ok(Response::new(pb::ListServiceClientsResponse {
            clients: clients.into_iter().map(from::client_out).collect(),
        }))
    }
}

impl Refund {
    async fn file(&self, caller: &Caller, id: String, entry: RefundEntry) -> Result<pb::Recorded, Failure> {
        let id = convert::text("request_id", id)?;
        let applied: Applied = self.0.intake.file_refund(caller, &id, entry).await?;
        Ok(convert::recorded(&self.0.feed, &applied))
    }

    /// The seller whose month may be read: any for a tax authority, else the caller itself.
    fn seller(&self, caller: &Caller, code: String) -> Result<Option<String>, Failure> {
        let code = convert::text("seller_code", code)?;
        if !caller.party.has_role(Role::Tax) {
            if code.is_empty() || caller.party.is_called(&code) {
                return Ok(Some(caller.party.code.clone()));
            }
            return Err(Failure::new(Reason::NotFound));
        }
        if code.is_empty() {
            return Ok(None);
        }
        let (_, party) = self.0.reader.party_of_code(&code).ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Some(party.code.clone()))
    }

    fn sum(&self, row: crate::state::refund::SumRow, at: Timestamp) -> pb::RefundSum {
        let sales = Amount::parse(&row.cny).unwrap_or_default();
        let (income, tax) = self.0.reader.deemed_income(sales, at);
        let name = self.0.reader.party_of_code(&row.seller_code).map(|(_, party)| party.name.clone());
        pb::RefundSum {
            seller_name: name.unwrap_or_default(),
            seller_code: row.seller_code,
            lists: i64::try_from(row.lists).unwrap_or(i64::MAX),
            cny_value: sales.to_string(),
            lists_without_rate: i64::try_from(row.without_rate).unwrap_or(i64::MAX),
            deemed_income: income.to_string(),
            deemed_tax: tax.to_string(),
        }
    }
}
