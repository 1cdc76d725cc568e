//! `StockService`: bonded stock, gate-out sheets, stock abroad.

use super::read;
use crate::domain::{
    BondedInbound, Caller, DailyFigures, GateParcel, GateSheet, OverseasReceipt, OverseasSale, StockChange, StockFigure,
};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token, text};
use crate::transport::status::{Failure, Reason};
use tonic::{Extensions, Request, Response, Status};

/// The service.
pub(super) struct Stocks(pub(super) Door);

impl Stocks {
    fn admit(&self, extensions: &Extensions) -> Result<Caller, Failure> {
        Ok(self.0.gate.admit(extensions, Operation::FileStock)?.caller)
    }

    async fn file(&self, caller: &Caller, id: String, change: StockChange) -> Result<Option<pb::Recorded>, Failure> {
        let id = text("request_id", id)?;
        let applied = self.0.intake.change_stock(caller, &id, change).await?;
        Ok(Some(convert::recorded(&self.0.feed, &applied)))
    }
}

#[tonic::async_trait]
impl pb::stock_service_server::StockService for Stocks {
    async fn file_bonded_inbound(
        &self,
        request: Request<pb::FileBondedInboundRequest>,
    ) -> Result<Response<pb::FileBondedInboundResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let row = |row: pb::BondedInbound| BondedInbound {
            ems_no: row.ems_no,
            item_record_no: row.item_record_no,
            qty: row.qty,
            inbound_no: row.inbound_no,
        };
        let inbound = request.rows.into_iter().map(row).collect();
        let recorded = self.file(&caller, request.request_id, StockChange { inbound, ..Default::default() }).await?;
        Ok(Response::new(pb::FileBondedInboundResponse { recorded }))
    }

    async fn file_stock_figures(
        &self,
        request: Request<pb::FileStockFiguresRequest>,
    ) -> Result<Response<pb::FileStockFiguresResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let row =
            |row: pb::StockFigure| StockFigure { ems_no: row.ems_no, item_record_no: row.item_record_no, qty: row.qty };
        let figures = DailyFigures { day: request.day, figures: request.figures.into_iter().map(row).collect() };
        let change = StockChange { figures: Some(figures), ..StockChange::default() };
        let recorded = self.file(&caller, request.request_id, change).await?;
        Ok(Response::new(pb::FileStockFiguresResponse { recorded }))
    }

    async fn get_reconciliation(
        &self,
        request: Request<pb::GetReconciliationRequest>,
    ) -> Result<Response<pb::GetReconciliationResponse>, Status> {
        let caller = self.0.gate.admit(request.extensions(), Operation::Read)?.caller;
        let request = request.into_inner();
        let code = text("party_code", request.party_code).map_err(Failure::from)?;
        let day = text("day", request.day).map_err(Failure::from)?;
        let reader = self.0.reader.clone();
        let report = read(move || reader.stock_report(&caller, &code, &day)).await?;
        let report = report.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let row = |row: crate::intake::DifferenceFound| pb::StockDifference {
            ems_no: row.ems_no,
            item_record_no: row.item_record_no,
            counted_qty: row.counted,
            expected_qty: row.expected,
        };
        Ok(Response::new(pb::GetReconciliationResponse {
            day: report.day,
            items: report.items,
            time: Some(convert::time(report.time)),
            differences: report.differences.into_iter().map(row).collect(),
        }))
    }

    async fn file_gate_sheet(
        &self,
        request: Request<pb::FileGateSheetRequest>,
    ) -> Result<Response<pb::FileGateSheetResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let sheet = request.sheet.ok_or_else(|| Failure::from(Invalid::new("sheet", "is missing")))?;
        let parcel = |parcel: pb::GateParcel| GateParcel {
            logistics_no: parcel.logistics_no,
            logistics_code: parcel.logistics_code,
        };
        let sheet = GateSheet {
            sheet_no: sheet.sheet_no,
            vehicle: sheet.vehicle,
            place: sheet.place,
            parcels: sheet.parcels.into_iter().map(parcel).collect(),
        };
        let change = StockChange { sheet: Some(sheet), ..StockChange::default() };
        let recorded = self.file(&caller, request.request_id, change).await?;
        Ok(Response::new(pb::FileGateSheetResponse { recorded }))
    }

    async fn confirm_gate_out(
        &self,
        request: Request<pb::ConfirmGateOutRequest>,
    ) -> Result<Response<pb::ConfirmGateOutResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let gate_out = number(request.sheet_no)?;
        let recorded = self.file(&caller, request.request_id, StockChange { gate_out, ..Default::default() }).await?;
        Ok(Response::new(pb::ConfirmGateOutResponse { recorded }))
    }

    async fn cancel_gate_sheet(
        &self,
        request: Request<pb::CancelGateSheetRequest>,
    ) -> Result<Response<pb::CancelGateSheetResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let change = StockChange { sheet_cancelled: number(request.sheet_no)?, ..StockChange::default() };
        let recorded = self.file(&caller, request.request_id, change).await?;
        Ok(Response::new(pb::CancelGateSheetResponse { recorded }))
    }

    async fn get_gate_sheet(
        &self,
        request: Request<pb::GetGateSheetRequest>,
    ) -> Result<Response<pb::GetGateSheetResponse>, Status> {
        let caller = self.0.gate.admit(request.extensions(), Operation::Read)?.caller;
        let request = request.into_inner();
        let code = text("party_code", request.party_code).map_err(Failure::from)?;
        let sheet_no = number(request.sheet_no)?;
        let reader = self.0.reader.clone();
        let found = read(move || reader.gate_sheet(&caller, &code, &sheet_no)).await?;
        let found = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let parcel = |parcel: GateParcel| pb::GateParcel {
            logistics_no: parcel.logistics_no,
            logistics_code: parcel.logistics_code,
        };
        let sheet = pb::GateSheet {
            sheet_no: found.sheet.sheet_no,
            vehicle: found.sheet.vehicle,
            place: found.sheet.place,
            parcels: found.sheet.parcels.into_iter().map(parcel).collect(),
        };
        Ok(Response::new(pb::GetGateSheetResponse {
            sheet: Some(sheet),
            file_time: Some(convert::time(found.filed)),
            leave_time: found.left.map(convert::time),
            cancelled: found.cancelled,
        }))
    }

    async fn file_overseas_stock(
        &self,
        request: Request<pb::FileOverseasStockRequest>,
    ) -> Result<Response<pb::FileOverseasStockResponse>, Status> {
        let caller = self.admit(request.extensions())?;
        let request = request.into_inner();
        let receipt = |(index, row)| receipt(index, row);
        let sale = |(index, row)| sale(index, row);
        let received = request.receipts.into_iter().enumerate().map(receipt).collect::<Result<_, _>>();
        let sold = request.sales.into_iter().enumerate().map(sale).collect::<Result<_, _>>();
        let (received, sold) = (received.map_err(Failure::from)?, sold.map_err(Failure::from)?);
        let change = StockChange { received, sold, ..StockChange::default() };
        let recorded = self.file(&caller, request.request_id, change).await?;
        Ok(Response::new(pb::FileOverseasStockResponse { recorded }))
    }

    async fn list_overseas_stock(
        &self,
        request: Request<pb::ListOverseasStockRequest>,
    ) -> Result<Response<pb::ListOverseasStockResponse>, Status> {
        let caller = self.0.gate.admit(request.extensions(), Operation::Read)?.caller;
        let request = request.into_inner();
        let [code, order, ebp] = [
            text("party_code", request.party_code).map_err(Failure::from)?,
            text("order_no", request.order_no).map_err(Failure::from)?,
            text("ebp_code", request.ebp_code).map_err(Failure::from)?,
        ];
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"abroad", code.as_bytes(), order.as_bytes(), ebp.as_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let reader = self.0.reader.clone();
        let work = move || {
            let one = (!order.is_empty()).then_some((order.as_str(), ebp.as_str()));
            reader.stock_abroad(&caller, &code, one, &after, size)
        };
        let (items, next) = read(work).await?;
        Ok(Response::new(pb::ListOverseasStockResponse {
            items: items.into_iter().map(item_out).collect(),
            next_page_token: next.map(|key| token.write(&key)).unwrap_or_default(),
        }))
    }
}

/// The number of a sheet.
fn number(text_in: String) -> Result<String, Failure> {
    if text_in.is_empty() {
        return Err(Invalid::new("sheet_no", "is empty").into());
    }
    Ok(text("sheet_no", text_in)?)
}

fn receipt(index: usize, row: pb::OverseasReceipt) -> Result<OverseasReceipt, Invalid> {
    let field = |name: &str| format!("receipts[{index}].{name}");
    Ok(OverseasReceipt {
        order_no: text(&field("order_no"), row.order_no)?,
        ebp_code: text(&field("ebp_code"), row.ebp_code)?,
        item_no: text(&field("item_no"), row.item_no)?,
        qty: text(&field("qty"), row.qty)?,
        warehouse: text(&field("warehouse"), row.warehouse)?,
    })
}

fn sale(index: usize, row: pb::OverseasSale) -> Result<OverseasSale, Invalid> {
    let field = |name: &str| format!("sales[{index}].{name}");
    Ok(OverseasSale {
        sale_no: text(&field("sale_no"), row.sale_no)?,
        order_no: text(&field("order_no"), row.order_no)?,
        ebp_code: text(&field("ebp_code"), row.ebp_code)?,
        item_no: text(&field("item_no"), row.item_no)?,
        qty: text(&field("qty"), row.qty)?,
        amount: text(&field("amount"), row.amount)?,
        currency: text(&field("currency"), row.currency)?,
        lost: row.lost,
    })
}

fn item_out(item: crate::intake::AbroadFound) -> pb::OverseasItem {
    let sum = |(currency, amount)| pb::SalesAmount { currency, amount };
    pb::OverseasItem {
        order_no: item.order_no,
        ebp_code: item.ebp_code,
        item_no: item.item_no,
        sent_qty: item.sent,
        received_qty: item.received,
        sold_qty: item.sold,
        lost_qty: item.lost,
        on_hand_qty: item.on_hand,
        amounts: item.amounts.into_iter().map(sum).collect(),
        warehouse: item.warehouse,
    }
}
