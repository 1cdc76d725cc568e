//! `PaymentDataService`: customs' side of raw payment data.

use super::read;
use crate::domain::Timestamp;
use crate::domain::limits::PAYMENT_DATA_CALLS_PER_SECOND;
use crate::pb::v1 as pb;
use crate::receipt::receipt_id;
use crate::state::PaymentAsk;
use crate::state::payment::Session;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert;
use crate::transport::peer::Paced;
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct PaymentData(pub(super) Door);

#[tonic::async_trait]
impl pb::payment_data_service_server::PaymentDataService for PaymentData {
    async fn ask_payment_data(
        &self,
        request: Request<pb::AskPaymentDataRequest>,
    ) -> Result<Response<pb::AskPaymentDataResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::AskPaymentData)?;
        peer.count_call(Paced::AskPaymentData, PAYMENT_DATA_CALLS_PER_SECOND)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let ask = PaymentAsk {
            order_no: convert::text("order_no", request.order_no).map_err(Failure::from)?,
            platform_code: convert::text("platform_code", request.platform_code).map_err(Failure::from)?,
            session_id: convert::text("session_id", request.session_id).map_err(Failure::from)?,
        };
        let applied = self.0.intake.ask_payment_data(&peer.caller, &id, ask).await.map_err(Failure::from)?;
        Ok(Response::new(pb::AskPaymentDataResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn list_payment_data(
        &self,
        request: Request<pb::ListPaymentDataRequest>,
    ) -> Result<Response<pb::ListPaymentDataResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadPaymentData)?;
        let request = request.into_inner();
        let order_no = convert::text("order_no", request.order_no).map_err(Failure::from)?;
        let platform = convert::text("platform_code", request.platform_code).map_err(Failure::from)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.payment_data(&caller, &order_no, &platform)).await?;
        let asked = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::ListPaymentDataResponse { sessions: asked.sessions.iter().map(session).collect() }))
    }

    async fn get_payment_data(
        &self,
        request: Request<pb::GetPaymentDataRequest>,
    ) -> Result<Response<pb::GetPaymentDataResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::AskPaymentData)?;
        let id = convert::text("session_id", request.into_inner().session_id).map_err(Failure::from)?;
        let reader = self.0.reader.clone();
        let (caller, wanted) = (peer.caller.clone(), id.clone());
        let found = read(move || reader.payment_data_body(&caller, &wanted)).await?;
        let (asked, body) = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let found = asked.sessions.iter().find(|session| session.session_id == id);
        Ok(Response::new(pb::GetPaymentDataResponse { session: found.map(session), body: body.into() }))
    }
}

fn session(session: &Session) -> pb::PaymentDataSession {
    let given = session.given.clone().unwrap_or_default();
    let time = |ms: i64| (ms != 0).then(|| convert::time(Timestamp(ms)));
    pb::PaymentDataSession {
        session_id: session.session_id.clone(),
        asked: time(session.asked_ms),
        due: time(session.due_ms),
        given: time(session.given_ms),
        late: session.given_ms > session.due_ms,
        pay_transaction_id: given.pay_transaction_id,
        total_amount: given.total_amount,
        pay_code: given.pay_code,
        ver_dept: given.ver_dept,
        trading_time: given.trading_time,
        cert_no: given.cert_no,
        algorithm: given.algorithm,
        body_sha256: given.body_sha256.into(),
        differences: convert::rejections(&session.differences),
        receipt_id: if session.position == 0 {
            String::new()
        } else {
            receipt_id(crate::domain::Position(session.position))
        },
    }
}
