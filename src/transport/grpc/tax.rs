//! `TaxService`: yearly limits, trial computations, tax bills and guarantees.

use super::read;
use crate::intake::trial::Trial;
use crate::pb::v1 as pb;
use crate::pb::v1::assess_tax_request::Source;
use crate::state::GuaranteeEntry;
use crate::state::clearance::bills::TaxBill;
use crate::tax::Tax;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::status::{Failure, Reason};
use crate::transport::typed;
use crate::typed::{Message, Names};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Taxes(pub(super) Door);

#[tonic::async_trait]
impl pb::tax_service_server::TaxService for Taxes {
    async fn get_quota(&self, request: Request<pb::GetQuotaRequest>) -> Result<Response<pb::GetQuotaResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadTax)?;
        let request = request.into_inner();
        let id_number = convert::text("id_number", request.id_number).map_err(Failure::from)?;
        let number = convert::text("document_number", request.document_number).map_err(Failure::from)?;
        let (intake, caller) = (self.0.intake.clone(), peer.caller.clone());
        let found = read(move || intake.quota_for(&caller, &id_number, &number)).await?;
        let quota = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::GetQuotaResponse {
            year: i32::try_from(quota.year).unwrap_or_default(),
            committed: quota.committed.to_string(),
            reserved: quota.reserved.to_string(),
            used: quota.committed.plus(quota.reserved).to_string(),
            remaining: quota.remaining.to_string(),
            limit: quota.limit.to_string(),
        }))
    }

    async fn assess_tax(
        &self,
        request: Request<pb::AssessTaxRequest>,
    ) -> Result<Response<pb::AssessTaxResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Validate)?;
        let (xml, field) = match request.into_inner().source {
            Some(Source::Xml(xml)) => {
                peer.count_bytes(xml.len())?;
                (xml, "xml")
            }
            Some(Source::Message(message)) => {
                peer.count_bytes(message.bytes())?;
                (typed::xml_of(move || Message::from_wire(&message), Names::Protobuf).await?, "message")
            }
            None => return Err(Failure::from(Invalid::new("source", "is missing")).into()),
        };
        let lists = self.0.intake.assess_tax(&peer.caller, xml, field).await.map_err(Failure::from)?;
        Ok(Response::new(pb::AssessTaxResponse { lists: lists.iter().map(assessed).collect() }))
    }

    async fn list_tax_bills(
        &self,
        request: Request<pb::ListTaxBillsRequest>,
    ) -> Result<Response<pb::ListTaxBillsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadTax)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"tax bills", &peer.caller.id.0.to_be_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let after = String::from_utf8_lossy(&after).into_owned();
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let bills = read(move || reader.tax_bills(&caller, &after, size)).await?;
        let next = bills.last().filter(|_| bills.len() >= size).map(|last| token.write(last.tax_no.as_bytes()));
        Ok(Response::new(pb::ListTaxBillsResponse {
            bills: bills.into_iter().map(bill).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_guarantee(
        &self,
        request: Request<pb::GetGuaranteeRequest>,
    ) -> Result<Response<pb::GetGuaranteeResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadTax)?;
        let code = convert::text("assure_code", request.into_inner().assure_code).map_err(Failure::from)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.guarantee(&caller, &code)).await?;
        let held = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let left = held.filed.map(|filed| filed.minus(held.unsettled).to_string());
        Ok(Response::new(pb::GetGuaranteeResponse {
            filed: held.filed.map(|filed| filed.to_string()).unwrap_or_default(),
            unsettled: held.unsettled.to_string(),
            left: left.unwrap_or_default(),
            file_time: held.filed.map(|_| convert::time(held.filed_at)),
        }))
    }

    async fn file_guarantee(
        &self,
        request: Request<pb::FileGuaranteeRequest>,
    ) -> Result<Response<pb::FileGuaranteeResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileGuarantee)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let entry = GuaranteeEntry {
            assure_code: convert::text("assure_code", request.assure_code).map_err(Failure::from)?,
            amount: convert::text("amount", request.amount).map_err(Failure::from)?,
            reason: convert::note("reason", request.reason).map_err(Failure::from)?,
        };
        let applied = self.0.intake.file_guarantee(&peer.caller, &id, entry).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileGuaranteeResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }
}

fn tax(tax: &Tax) -> Option<pb::TaxAmount> {
    Some(pb::TaxAmount { rounded: tax.rounded.to_string(), unrounded: tax.exact.to_string() })
}

fn assessed(trial: &Trial) -> pb::AssessedList {
    let all = &trial.assessment;
    let line = |(numbers, line): (&(u32, String), &crate::tax::LineTax)| pb::AssessedLine {
        gnum: numbers.0,
        gcode: numbers.1.clone(),
        dutiable_value: line.dutiable.to_string(),
        customs_tax: tax(&line.duty),
        consumption_tax: tax(&line.consumption),
        value_added_tax: tax(&line.vat),
        doubt: line.doubt.map(crate::intake::trial::doubt).unwrap_or_default().to_owned(),
    };
    pb::AssessedList {
        order_no: trial.order_no.clone(),
        cop_no: trial.cop_no.clone(),
        lines: trial.lines.iter().zip(&all.lines).map(line).collect(),
        dutiable_value: all.dutiable.to_string(),
        customs_tax: tax(&all.duty),
        consumption_tax: tax(&all.consumption),
        value_added_tax: tax(&all.vat),
        total: all.total.to_string(),
        mode: trial.mode().to_owned(),
    }
}

fn bill(bill: TaxBill) -> pb::TaxBill {
    pb::TaxBill {
        difference: bill.difference().map(|amount| amount.to_string()).unwrap_or_default(),
        result: bill.result().to_owned(),
        time: Some(convert::time(crate::domain::Timestamp(bill.time_ms))),
        invt_no: bill.invt_no,
        tax_no: bill.tax_no,
        status: bill.status,
        ent_duty_no: bill.ent_duty_no,
        assure_code: bill.assure_code,
        billed: bill.billed,
        computed: bill.computed,
        differences: bill.differences,
    }
}
