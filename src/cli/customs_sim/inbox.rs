//! Customs' subscription over the network: made or taken up, read, acknowledged, and opened again after a break.

use super::super::client::{Backoff, Client, explain, is_retryable, reason};
use super::super::{json, watch};
use crate::domain::limits::SIMULATOR_OPEN_MAX;
use crate::pb::v1::{self, consume_request, consume_response, start_at};
use crate::rehearsal::{Delivered, Inbox, Trouble, WAITING_DELIVERIES};
use crate::simulator::{Occasion, Scenario, wanted_events, wanted_types};
use crate::transport::convert;
use anyhow::anyhow;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// Makes the subscription, or takes it up where it was left. One that was made for another scenario gets a new filter and
/// goes on where it was.
///
/// # Errors
/// If the exchange refuses it.
pub(super) async fn ensure(client: &Client, name: &str, from: v1::StartAt, scenario: &Scenario) -> anyhow::Result<()> {
    let filter =
        v1::Filter { message_types: wanted_types(scenario), event_kinds: wanted_events(), ..v1::Filter::default() };
    let failed = |status: Status| anyhow!(explain(&status));
    let mut service = client.subscriptions();
    let held = match service.get_subscription(v1::GetSubscriptionRequest { name: name.to_owned() }).await {
        Ok(held) => held.into_inner().subscription,
        Err(status) if status.code() == Code::NotFound => None,
        Err(status) => return Err(failed(status)),
    };
    let start_at = match held {
        Some(held) if held.filter.as_ref() == Some(&filter) => return Ok(()),
        Some(held) => {
            let gone = service.delete_subscription(v1::DeleteSubscriptionRequest { name: name.to_owned() }).await;
            gone.map_err(failed)?;
            let acked = Some(held.acked_cursor).filter(|cursor| !cursor.is_empty());
            acked.map_or(from, |cursor| v1::StartAt { at: Some(start_at::At::Position(cursor)) })
        }
        None => from,
    };
    let subscription = v1::Subscription {
        name: name.to_owned(),
        filter: Some(filter),
        view: v1::View::Full as i32,
        ..v1::Subscription::default()
    };
    let request = v1::CreateSubscriptionRequest { subscription: Some(subscription), start_at: Some(start_at) };
    service.create_subscription(request).await.map(drop).map_err(failed)
}

/// Opens the subscription and starts its reader.
pub(super) fn open(client: Client, name: &str) -> (Inbox<String>, JoinHandle<()>) {
    let (found, deliveries) = mpsc::channel(WAITING_DELIVERIES);
    let (done, acknowledged) = mpsc::channel(WAITING_DELIVERIES);
    let reader = Reader { client, name: name.to_owned(), found, acknowledged, last: None };
    (Inbox { deliveries, done }, tokio::spawn(reader.read()))
}

struct Reader {
    client: Client,
    name: String,
    found: mpsc::Sender<Result<Delivered<String>, Trouble>>,
    acknowledged: mpsc::Receiver<(String, u32)>,
    /// The last acknowledgement.
    last: Option<String>,
}

impl Reader {
    /// Reads until the acknowledgements end, connecting again after a break.
    async fn read(mut self) {
        let mut backoff = Backoff::new();
        loop {
            let Some(status) = self.follow(&mut backoff).await else { return };
            if !is_retryable(&status) || reason(&status) == "SUBSCRIPTION_SUPERSEDED" {
                // A loop that is gone needs no reason.
                drop(self.found.send(Err(Trouble::Fatal(explain(&status)))).await);
                return;
            }
            watch::eprintln_dim("connection lost, connecting again · 正在重连");
            backoff.wait().await;
        }
    }

    /// Follows one stream; why it ended, or none if it is no longer wanted and the last acknowledgement is recorded.
    async fn follow(&mut self, backoff: &mut Backoff) -> Option<Status> {
        let (requests, queue) = mpsc::channel(16);
        let credit = u32::try_from(SIMULATOR_OPEN_MAX).unwrap_or(u32::MAX);
        let start = v1::ConsumeStart { name: self.name.clone(), credit };
        if requests.send(watch::request(consume_request::Request::Start(start))).await.is_err() {
            return Some(Status::unavailable("the stream cannot be begun"));
        }
        let mut answers = match self.client.subscriptions().consume(ReceiverStream::new(queue)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Some(status),
        };
        let mut acks = watch::Acks::new(requests);
        let mut waiting: Option<Delivered<String>> = None;
        loop {
            tokio::select! {
                done = self.acknowledged.recv() => match done {
                    Some((cursor, count)) => {
                        self.last = Some(cursor.clone());
                        acks.note_all(cursor, count);
                        acks.send().await;
                    }
                    None => {
                        // Sent, perhaps over a stream that broke: it is said again, and waited for.
                        if let Some(last) = self.last.take() {
                            acks.note_all(last, 0);
                        }
                        if let Err(error) = acks.finish(&self.client, &self.name).await {
                            watch::eprintln_dim(&format!("the last acknowledgement may not be recorded: {error}"));
                        }
                        return None;
                    }
                },
                room = self.found.reserve(), if waiting.is_some() => {
                    let Ok(room) = room else { return None };
                    if let Some(delivered) = waiting.take() {
                        room.send(Ok(delivered));
                    }
                }
                answer = answers.message(), if waiting.is_none() => match answer {
                    Ok(Some(answer)) => {
                        *backoff = Backoff::new();
                        if let Some(consume_response::Response::Delivery(delivery)) = answer.response {
                            waiting = Some(delivered(delivery));
                        }
                    }
                    Ok(None) => return Some(Status::unavailable("the server ended the stream")),
                    Err(status) => return Some(status),
                },
            }
        }
    }
}

fn delivered(delivery: v1::Delivery) -> Delivered<String> {
    let event = delivery.event.unwrap_or_default();
    let xml = match delivery.content {
        Some(v1::delivery::Content::Document(content)) => String::from_utf8_lossy(&content.xml).into_owned(),
        Some(v1::delivery::Content::Statistics(_) | v1::delivery::Content::Receipt(_)) | None => String::new(),
    };
    let occasion = Occasion {
        id: delivery.delivery_id,
        document_id: event.document_id,
        kind: event.message_type,
        status: event.status,
        // Numbers that no text can have lead nowhere: the decision is then refused, and told.
        keys: event.keys.and_then(|keys| convert::keys_in(keys).ok()).unwrap_or_default(),
        time_ms: json::time(event.time.as_ref()).unwrap_or_default().0,
        xml,
    };
    Delivered { cursor: delivery.cursor, event_kind: event.kind, occasion }
}
