//! `ForexService`: settlement and purchase of foreign exchange.

use super::read;
use crate::domain::{DocRef, Event, EventKind, Named, Timestamp};
use crate::intake::Applied;
use crate::pb::v1 as pb;
use crate::state::forex::Claim;
use crate::tables::Parameter;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Token, forex as from};
use crate::transport::peer::Paced;
use crate::transport::status::{Failure, Reason};
use crate::transport::tls::hex;
use prost::Message as _;
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Forex(pub(super) Door);

#[tonic::async_trait]
impl pb::forex_service_server::ForexService for Forex {
    async fn submit_forex(
        &self,
        request: Request<pb::SubmitForexRequest>,
    ) -> Result<Response<pb::SubmitForexResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReportForex)?;
        let per_second = self.0.reader.number(Parameter::ForexRequestsPerSecond, self.0.intake.entry_time());
        peer.count_call(Paced::ReportForex, u32::try_from(per_second).unwrap_or(u32::MAX))?;
        let request = request.into_inner();
        let sealed = request.encode_to_vec();
        peer.count_bytes(sealed.len())?;
        let id = convert::text("request_id", request.request_id.clone()).map_err(Failure::from)?;
        let (entry, payers) = from::entry(request).map_err(Failure::from)?;
        let applied = self.0.intake.submit_forex(&peer.caller, &id, entry, &payers, &sealed).await;
        let applied = applied.map_err(Failure::from)?;
        Ok(Response::new(pb::SubmitForexResponse {
            recorded: Some(pb::Recorded { values: Vec::new(), ..convert::recorded(&self.0.feed, &applied) }),
            verdicts: verdicts(&applied),
        }))
    }

    async fn get_trade(&self, request: Request<pb::GetTradeRequest>) -> Result<Response<pb::GetTradeResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadForex)?;
        let request = request.into_inner();
        let order_no = convert::text("order_no", request.order_no).map_err(Failure::from)?;
        let platform = convert::text("platform_code", request.platform_code).map_err(Failure::from)?;
        let seller = convert::text("seller_code", request.seller_code).map_err(Failure::from)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.forex_trade(&caller, (&order_no, &platform, &seller))).await?;
        let trade = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::GetTradeResponse {
            messages: trade.claims.iter().map(|claim| self.taken(claim)).collect(),
            currency: trade.currency,
            paid: trade.paid,
            refunded: trade.refunded,
            used: trade.used,
            remaining: trade.remaining,
        }))
    }

    async fn list_forex(
        &self,
        request: Request<pb::ListForexRequest>,
    ) -> Result<Response<pb::ListForexResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadForex)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"forex"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?;
        let after = after.as_deref().and_then(DocRef::of_key);
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let page = read(move || reader.forex_messages(&caller, after, size)).await?;
        Ok(Response::new(pb::ListForexResponse {
            messages: page.claims.iter().map(|claim| self.taken(claim)).collect(),
            next_page_token: page.next.map_or_else(String::new, |next| token.write(&next.key())),
        }))
    }

    async fn register_institution(
        &self,
        request: Request<pb::RegisterInstitutionRequest>,
    ) -> Result<Response<pb::RegisterInstitutionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::RegisterForex)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id.clone()).map_err(Failure::from)?;
        let registration = from::registration(request).map_err(Failure::from)?;
        let applied = self.0.intake.register_institution(&peer.caller, &id, registration).await;
        let applied = applied.map_err(Failure::from)?;
        Ok(Response::new(pb::RegisterInstitutionResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }
}

impl Forex {
    fn taken(&self, claim: &Claim) -> pb::TakenForex {
        pb::TakenForex {
            message: Some(from::message_out(&claim.row.message)),
            institution_code: self.0.reader.party_code(claim.row.institution),
            holds: claim.row.holds(),
            usd: claim.row.usd.clone(),
            time: Some(convert::time(Timestamp(claim.row.time_ms))),
            payer_hash: hex(&claim.row.message.payer_id),
        }
    }
}

/// One verdict for each message, from the events of the batch.
fn verdicts(applied: &Applied) -> Vec<pb::ForexVerdict> {
    let events = applied.outcome.events.iter().filter(|event| event.kind == EventKind::ForexTaken as i32);
    events.map(verdict).collect()
}

fn verdict(event: &Event) -> pb::ForexVerdict {
    let value = |name: &str| {
        let found = event.values.iter().find(|named: &&Named| named.name == name);
        found.map(|named| named.value.clone()).unwrap_or_default()
    };
    pb::ForexVerdict {
        out_order_id: event.code.clone(),
        result: value("result"),
        rejections: convert::rejections(&event.rejections),
        remaining: value("remaining"),
        currency: value("currency"),
        usd: value("usd"),
    }
}
