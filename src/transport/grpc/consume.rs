//! One consumer: deliveries while it has credit, acknowledgements at any time.

use super::{Answer, read};
use crate::domain::limits::{CREDIT_DEFAULT, CREDIT_MAX, STREAM_RECHECK_EVERY_MS};
use crate::feed::{Consumer, Feed, Item, View};
use crate::pb::v1 as pb;
use crate::pb::v1::consume_request::Request as Asked;
use crate::telemetry::{self, StreamKind, StreamOpen};
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason, complete};
use crate::transport::{Door, stopped};
use std::time::Duration;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

/// Serves one consumer to its end. A slow client only stops its own delivery: the next event is taken
/// from the feed when there is room for it, and acknowledgements are read meanwhile.
pub(super) async fn consume(
    door: Door,
    peer: Peer,
    requests: Streaming<pb::ConsumeRequest>,
    answers: mpsc::Sender<Answer<pb::ConsumeResponse>>,
) {
    let open_stream = StreamOpen::new(StreamKind::Consume);
    let end = tokio::select! {
        end = deliver(&door, peer, requests, &answers) => end,
        () = answers.closed() => return,
    };
    if let Err(status) = end
        && answers.send(Err(status)).await.is_err()
    {
        tracing::debug!("the consumer left before the end of its stream");
    }
    drop(open_stream);
}

async fn deliver(
    door: &Door,
    mut peer: Peer,
    mut requests: Streaming<pb::ConsumeRequest>,
    answers: &mpsc::Sender<Answer<pb::ConsumeResponse>>,
) -> Result<(), Status> {
    let mut stop = door.stop.clone();
    let stopping = || Failure::from(crate::feed::Error::Stopping);
    let first = tokio::select! {
        first = requests.message() => first.map_err(complete)?,
        () = stopped(&mut stop) => return Err(stopping().into()),
    };
    let Some(pb::ConsumeRequest { request: Some(Asked::Start(start)) }) = first else {
        return Err(Failure::new(Reason::StartMissing).into());
    };
    let (mut consumer, mut credit, view) = begin(door, &mut peer, start).await?;
    let mut recheck = tokio::time::interval(Duration::from_millis(STREAM_RECHECK_EVERY_MS));
    let mut reading = true;
    while reading || credit > 0 {
        tokio::select! {
            request = requests.message(), if reading => match request.map_err(complete)? {
                Some(request) => {
                    peer.recheck()?;
                    credit = answer(&door.feed, &mut consumer, request, credit)?;
                }
                // The client has nothing more to say; it still gets what its credit allows.
                None => reading = false,
            },
            item = next(&mut consumer, answers), if credit > 0 => {
                let Some((room, item)) = item else { return Ok(()) };
                let item = item.map_err(Failure::from)?;
                allowed(&mut peer, view)?;
                if matches!(item, Item::Delivery(_)) {
                    credit = credit.saturating_sub(1);
                    telemetry::delivered(1);
                }
                room.send(Ok(convert::delivery(&door.feed, item)));
            }
            _ = recheck.tick() => allowed(&mut peer, view)?,
            () = stopped(&mut stop) => return Err(stopping().into()),
        }
    }
    Ok(())
}

/// The next item once there is room for it; `None` if the client has left.
async fn next<'a>(
    consumer: &mut Consumer,
    answers: &'a mpsc::Sender<Answer<pb::ConsumeResponse>>,
) -> Option<(mpsc::Permit<'a, Answer<pb::ConsumeResponse>>, Result<Item, crate::feed::Error>)> {
    let room = answers.reserve().await.ok()?;
    Some((room, consumer.next().await))
}

async fn begin(door: &Door, peer: &mut Peer, start: pb::ConsumeStart) -> Result<(Consumer, u32, View), Failure> {
    let name = convert::name_of_subscription(start.name)?;
    let credit = if start.credit == 0 { CREDIT_DEFAULT } else { within(start.credit)? };
    let (reader, caller, of_name) = (door.reader.clone(), peer.caller.clone(), name.clone());
    let found = read(move || reader.subscription(&caller, &of_name)).await?;
    let view = found.map(|found| View::try_from(found.view)).ok_or_else(|| Failure::new(Reason::NotFound))?;
    let view = view.map_err(|_| Failure::new(Reason::Internal))?;
    allowed(peer, view)?;
    Ok((door.feed.consume(&peer.caller, &name).await?, credit, view))
}

/// A role can be taken away while a stream is open, and with it a view.
fn allowed(peer: &mut Peer, view: View) -> Result<(), Failure> {
    peer.recheck()?;
    peer.may(Operation::of_view(view))
}

fn within(credit: u32) -> Result<u32, Failure> {
    if credit > CREDIT_MAX {
        return Err(Invalid::new("credit", format!("is over {CREDIT_MAX}")).into());
    }
    Ok(credit)
}

/// Does what one request asks and returns the new credit.
fn answer(feed: &Feed, consumer: &mut Consumer, request: pb::ConsumeRequest, credit: u32) -> Result<u32, Failure> {
    match request.request {
        None => Err(Invalid::new("request", "is missing").into()),
        Some(Asked::Start(_)) => Err(Failure::new(Reason::StartMissing)),
        Some(Asked::Credit(more)) => within(credit.saturating_add(more.deliveries)),
        Some(Asked::Ack(ack)) => {
            let cursor = feed
                .decode(&convert::text("ack.cursor", ack.cursor)?)
                .map_err(|_| Failure::from(Invalid::new("ack.cursor", "is no cursor of this exchange")))?;
            consumer.ack(cursor)?;
            Ok(credit)
        }
    }
}
