//! Raw payment data over HTTP, as the announcements have it: `platDataOpen` and `realTimeDataUpload`.
//!
//! Answers are always of status 200 with a code in the body, since the systems on the other side look at nothing else;
//! only who is no party or has no role is refused before.

use super::Door;
use super::access::Operation;
use super::peer::Paced;
use super::status::{Failure, Reason};
use crate::domain::limits::{PAYMENT_DATA_BYTES_MAX, PAYMENT_DATA_CALLS_PER_SECOND, TOKEN_CHARS_MAX};
use crate::domain::{Clock, SystemClock};
use crate::intake::{self, Applied};
use crate::payment_data::{
    CODE_REFUSED, CODE_TAKEN, Fault, OPEN_FIELD, UPLOAD_FIELD, form_field, open_request, refusal_text, reply_json,
};
use crate::state::PaymentAsk;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Escapes make a form up to three times as long as what it holds.
const FORM_BYTES_MAX: usize = PAYMENT_DATA_BYTES_MAX * 3;

/// The routes.
pub(super) fn router(door: &Door) -> Router {
    Router::new()
        .route("/v1/payment-data/{platform}/platDataOpen", post(open).with_state(door.clone()))
        .route("/ceb2grab/grab/realTimeDataUpload", post(upload).with_state(door.clone()))
}

async fn open(State(door): State<Door>, Path(platform): Path<String>, request: Request) -> Response {
    super::http::in_time(asked(door, platform, request)).await
}

async fn upload(State(door): State<Door>, request: Request) -> Response {
    super::http::in_time(given(door, request)).await
}

/// Customs opens the data of an order of a platform.
async fn asked(door: Door, platform: String, request: Request) -> Result<Response, Failure> {
    let peer = door.gate.admit(request.extensions(), Operation::AskPaymentData)?;
    peer.count_call(Paced::AskPaymentData, PAYMENT_DATA_CALLS_PER_SECOND)?;
    let text = body(request).await?;
    peer.count_bytes(text.len())?;
    let json = form_field(&text, OPEN_FIELD).unwrap_or_default();
    let wanted = match open_request(&json) {
        Ok(wanted) => wanted,
        Err(faults) => return Ok(refusal(&faults)),
    };
    let ask = PaymentAsk {
        order_no: wanted.order_no,
        platform_code: platform.chars().take(TOKEN_CHARS_MAX).collect(),
        session_id: wanted.session_id,
    };
    answer(door.intake.ask_payment_data(&peer.caller, "", ask).await)
}

/// A platform gives the data of a payment.
async fn given(door: Door, request: Request) -> Result<Response, Failure> {
    let peer = door.gate.admit(request.extensions(), Operation::GivePaymentData)?;
    peer.count_call(Paced::GivePaymentData, PAYMENT_DATA_CALLS_PER_SECOND)?;
    let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().ends_with(b"json"));
    let text = body(request).await?;
    peer.count_bytes(text.len())?;
    let json = if is_json { text } else { form_field(&text, UPLOAD_FIELD).unwrap_or_default() };
    answer(door.intake.take_payment_data(&peer.caller, json).await)
}

fn answer(result: Result<Applied, intake::Error>) -> Result<Response, Failure> {
    let applied = result?;
    let outcome = &applied.outcome;
    if outcome.rejections.is_empty() {
        return Ok(reply(CODE_TAKEN, ""));
    }
    let pairs = outcome.rejections.iter().map(|rejection| (rejection.path.as_str(), rejection.message_zh.as_str()));
    Ok(reply(CODE_REFUSED, &refusal_text(pairs)))
}

fn refusal(faults: &[Fault]) -> Response {
    let pairs = faults.iter().map(|fault| (fault.field.as_str(), fault.message_zh.as_str()));
    reply(CODE_REFUSED, &refusal_text(pairs))
}

fn reply(code: &str, message: &str) -> Response {
    let json = reply_json(code, message, SystemClock.now().0);
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], json).into_response()
}

/// A body as text, up to the limit.
async fn body(request: Request) -> Result<String, Failure> {
    let read = Limited::new(request.into_body(), FORM_BYTES_MAX).collect().await;
    let bytes = match read {
        Ok(read) => read.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(Failure::new(Reason::MessageTooLarge).with("bytes_max", FORM_BYTES_MAX));
        }
        Err(_) => return Err(Failure::new(Reason::Malformed)),
    };
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::new(Reason::Malformed))
}
