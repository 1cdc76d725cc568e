//! `ClearanceService`: customs' decisions, in the order of each stream.

use super::Answer;
use crate::domain::limits::{STREAM_ANSWERS_MAX, STREAM_RECHECK_EVERY_MS};
use crate::domain::{Ending, Outcome};
use crate::intake::Applied;
use crate::pb::v1 as pb;
use crate::pb::v1::decide_request::Decision as Asked;
use crate::receipt::receipt_id;
use crate::telemetry::{StreamKind, StreamOpen};
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason, complete};
use crate::transport::{Door, stopped};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

/// The service.
pub(super) struct Clearance(pub(super) Door);

#[tonic::async_trait]
impl pb::clearance_service_server::ClearanceService for Clearance {
    type DecideStream = ReceiverStream<Answer<pb::DecideResponse>>;

    async fn decide(
        &self,
        request: Request<Streaming<pb::DecideRequest>>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Decide)?;
        let slot = peer.open_stream()?;
        let (answers, stream) = mpsc::channel(STREAM_ANSWERS_MAX);
        let work = decide_stream(self.0.clone(), peer, request.into_inner(), answers);
        tokio::spawn(async move {
            work.await;
            drop(slot);
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// One decision is recorded before the next is read: customs' order is the ledger's order.
async fn decide_stream(
    door: Door,
    mut peer: Peer,
    mut requests: Streaming<pb::DecideRequest>,
    answers: mpsc::Sender<Answer<pb::DecideResponse>>,
) {
    let open_stream = StreamOpen::new(StreamKind::Decide);
    let mut stop = door.stop.clone();
    let mut recheck = tokio::time::interval(Duration::from_millis(STREAM_RECHECK_EVERY_MS));
    let end: Option<Status> = loop {
        let request = tokio::select! {
            request = requests.message() => request,
            _ = recheck.tick() => match peer.recheck() {
                Ok(()) => continue,
                Err(failure) => break Some(failure.into()),
            },
            () = stopped(&mut stop) => break Some(Failure::from(crate::intake::Error::Stopping).into()),
            () = answers.closed() => return,
        };
        let request = match request {
            Ok(Some(request)) => request,
            Ok(None) => break None,
            Err(status) => break Some(complete(status)),
        };
        if let Err(failure) = peer.recheck() {
            break Some(failure.into());
        }
        let answer = match decide(&door, &peer, request.decision).await {
            Ok(applied) => decided(&door, request.sequence, &applied),
            Err(failure) => {
                pb::DecideResponse { sequence: request.sequence, failure: Some(refused(failure)), ..Default::default() }
            }
        };
        if answers.send(Ok(answer)).await.is_err() {
            return;
        }
    };
    if let Some(status) = end
        && answers.send(Err(status)).await.is_err()
    {
        tracing::debug!("the client left before the end of its stream");
    }
    drop(open_stream);
}

async fn decide(door: &Door, peer: &Peer, asked: Option<Asked>) -> Result<Applied, Failure> {
    peer.count_message()?;
    match asked {
        None => Err(Invalid::new("decision", "one of typed and xml must be given").into()),
        Some(Asked::Typed(decision)) => Ok(door.intake.decide(&peer.caller, convert::decision(decision)?).await?),
        Some(Asked::Xml(xml)) => {
            peer.count_bytes(xml.len())?;
            Ok(door.intake.decide_xml(&peer.caller, xml).await?)
        }
    }
}

fn decided(door: &Door, sequence: u64, applied: &Applied) -> pb::DecideResponse {
    pb::DecideResponse {
        sequence,
        receipt_id: receipt_id(applied.position),
        position: door.feed.token(applied.position),
        results: convert::decision_results(&applied.outcome),
        failure: message_refused(&applied.outcome),
    }
}

/// A message of customs that is refused is recorded all the same; this says why it is refused.
fn message_refused(outcome: &Outcome) -> Option<pb::DecideFailure> {
    let reason = match Ending::try_from(outcome.ending) {
        Ok(Ending::Refused) => "MESSAGE_REJECTED",
        Ok(Ending::Conflict) => "GUID_CONFLICT",
        Ok(Ending::Applied | Ending::Replay | Ending::Stale) | Err(_) => return None,
    };
    Some(pb::DecideFailure {
        code: Code::InvalidArgument.into(),
        reason: reason.to_owned(),
        message: "the message is refused; the rejections say why".to_owned(),
        retryable: false,
        rejections: convert::rejections(&outcome.rejections),
    })
}

fn refused(failure: Failure) -> pb::DecideFailure {
    pb::DecideFailure {
        code: failure.reason.code().into(),
        reason: failure.reason.name().to_owned(),
        retryable: failure.retry_after.is_some() && failure.reason != Reason::OverBudget,
        message: failure.message,
        rejections: Vec::new(),
    }
}
