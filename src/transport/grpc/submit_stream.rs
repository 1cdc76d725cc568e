//! Many submissions over one stream: some are worked on at once, answers come as they are ready.

use super::Answer;
use crate::domain::limits::{STREAM_IN_FLIGHT_MAX, STREAM_RECHECK_EVERY_MS};
use crate::pb::v1 as pb;
use crate::pb::v1::submit_stream_response::Result as Submitted;
use crate::telemetry::{StreamKind, StreamOpen};
use crate::transport::convert;
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason, complete};
use crate::transport::{Door, stopped};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::{Status, Streaming};

/// Serves one stream to its end. A client that does not read its answers is not read from either.
pub(super) async fn submit_stream(
    door: Door,
    mut peer: Peer,
    mut requests: Streaming<pb::SubmitStreamRequest>,
    answers: mpsc::Sender<Answer<pb::SubmitStreamResponse>>,
) {
    let open_stream = StreamOpen::new(StreamKind::Submit);
    let mut stop = door.stop.clone();
    let mut recheck = tokio::time::interval(Duration::from_millis(STREAM_RECHECK_EVERY_MS));
    let mut working: JoinSet<pb::SubmitStreamResponse> = JoinSet::new();
    let mut reading = true;
    let mut end: Option<Status> = None;
    while reading || !working.is_empty() {
        let ended = tokio::select! {
            request = requests.message(), if reading && working.len() < STREAM_IN_FLIGHT_MAX => match request {
                Ok(Some(request)) => match peer.recheck() {
                    Ok(()) => {
                        working.spawn(one(door.clone(), peer.clone(), request));
                        continue;
                    }
                    Err(failure) => Some(failure.into()),
                },
                Ok(None) => None,
                Err(status) => Some(complete(status)),
            },
            Some(answer) = working.join_next() => match answer {
                Ok(answer) => {
                    if answers.send(Ok(answer)).await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "a submission ended without an answer");
                    Some(Failure::new(Reason::Internal).into())
                }
            },
            _ = recheck.tick(), if reading => match peer.recheck() {
                Ok(()) => continue,
                Err(failure) => Some(failure.into()),
            },
            () = stopped(&mut stop), if reading => Some(Failure::from(crate::intake::Error::Stopping).into()),
            () = answers.closed() => return,
        };
        // No more is read; what is under way is still answered.
        reading = false;
        end = end.or(ended);
    }
    if let Some(status) = end
        && answers.send(Err(status)).await.is_err()
    {
        tracing::debug!("the client left before the end of its stream");
    }
    drop(open_stream);
}

async fn one(door: Door, peer: Peer, request: pb::SubmitStreamRequest) -> pb::SubmitStreamResponse {
    let sequence = request.sequence;
    let submitted = match peer.count_message() {
        Ok(()) => door.submit(&peer, request.xml).await,
        Err(failure) => Err(failure),
    };
    let (result, replayed) = match submitted {
        Ok(applied) => (Submitted::Receipt(convert::receipt(&door.feed, &applied)), applied.replayed),
        Err(failure) => (Submitted::Failure(refused(failure)), false),
    };
    pb::SubmitStreamResponse { sequence, replayed, result: Some(result) }
}

fn refused(failure: Failure) -> pb::SubmitFailure {
    pb::SubmitFailure {
        code: failure.reason.code().into(),
        reason: failure.reason.name().to_owned(),
        retryable: failure.retry_after.is_some(),
        retry_after_ms: failure.retry_after_ms(),
        message: failure.message,
    }
}
