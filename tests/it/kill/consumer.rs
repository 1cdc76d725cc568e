//! A consumer that reconnects through every crash, and writes down what it saw.

use prost::Message;
use single_window::cli::chain::{Chain, Step};
use single_window::cli::client::{Backoff, Connect};
use single_window::pb::v1::{self, consume_request, consume_response, start_at};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// Deliveries between two acknowledgements.
const ACK_EVERY: u32 = 25;
/// How long the rest may take once the load has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// What matters of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: i32,
    pub(crate) document: String,
    status: i32,
    position: String,
}

/// All that a consumer saw, each delivery once.
#[derive(Default)]
pub(crate) struct Consumed {
    pub(crate) events: Vec<Seen>,
    pub(crate) gaps: Vec<String>,
    /// Ids of deliveries that came again with another content.
    pub(crate) changed: Vec<String>,
    /// How many deliveries had come at each break of the connection.
    pub(crate) crossings: Vec<usize>,
    contents: HashMap<String, Vec<u8>>,
}

/// Subscribes to everything, from the first event on.
pub(crate) async fn create(connect: &Connect, name: &str) {
    let subscription = v1::Subscription {
        name: name.to_owned(),
        view: v1::View::Full as i32,
        filter: Some(v1::Filter { message_types: [311, 411, 511, 621].to_vec(), ..v1::Filter::default() }),
        ..v1::Subscription::default()
    };
    let start_at = Some(v1::StartAt { at: Some(start_at::At::Earliest(true)) });
    let request = v1::CreateSubscriptionRequest { subscription: Some(subscription), start_at };
    let client = connect.connect().await.expect("connect");
    client.subscriptions().create_subscription(request).await.expect("a new subscription");
}

/// Follows until `stopped` and a heartbeat says that nothing is left.
pub(crate) async fn follow(connect: Connect, name: &'static str, mut stopped: watch::Receiver<bool>) -> Consumed {
    let mut consumed = Consumed::default();
    let mut chain = Chain::from_first();
    let mut backoff = Backoff::new();
    let mut deadline = None;
    loop {
        let before = consumed.events.len();
        if one_stream(&connect, name, &mut consumed, &mut chain, &mut stopped).await {
            return consumed;
        }
        consumed.crossings.push(consumed.events.len());
        if *stopped.borrow() {
            let deadline = *deadline.get_or_insert_with(|| tokio::time::Instant::now() + PATIENCE);
            assert!(tokio::time::Instant::now() < deadline, "{name}: the rest never came");
        }
        if consumed.events.len() > before {
            backoff = Backoff::new();
        }
        tokio::time::sleep(backoff.next_pause().min(Duration::from_millis(100))).await;
    }
}

/// True once everything came.
async fn one_stream(
    connect: &Connect,
    name: &str,
    consumed: &mut Consumed,
    chain: &mut Chain,
    stopped: &mut watch::Receiver<bool>,
) -> bool {
    let Ok(client) = connect.connect().await else { return false };
    let (requests, queue) = mpsc::channel(64);
    let start = consume_request::Request::Start(v1::ConsumeStart { name: name.to_owned(), credit: 1000 });
    if requests.send(v1::ConsumeRequest { request: Some(start) }).await.is_err() {
        return false;
    }
    let Ok(answers) = client.subscriptions().consume(ReceiverStream::new(queue)).await else { return false };
    let mut answers = answers.into_inner();
    let (mut unacked, mut quiet) = (0, 0);
    loop {
        // The first heartbeat after the end of the load may have been made before it: the second one counts.
        let ended = *stopped.borrow();
        let Ok(answer) = tokio::time::timeout(PATIENCE, answers.message()).await else {
            panic!("{name}: neither a delivery nor a heartbeat came")
        };
        let Ok(Some(answer)) = answer else { return false };
        match answer.response {
            Some(consume_response::Response::Delivery(delivery)) => {
                let cursor = delivery.cursor.clone();
                consumed.take(chain, delivery);
                unacked += 1;
                quiet = 0;
                if unacked == ACK_EVERY {
                    let ack = consume_request::Request::Ack(v1::ConsumeAck { cursor });
                    let credit = consume_request::Request::Credit(v1::ConsumeCredit { deliveries: unacked });
                    for request in [ack, credit] {
                        if requests.send(v1::ConsumeRequest { request: Some(request) }).await.is_err() {
                            return false;
                        }
                    }
                    unacked = 0;
                }
            }
            Some(consume_response::Response::Heartbeat(beat)) => {
                if let Step::Gap { last, predecessor } = chain.heartbeat(&beat.last_delivery_id) {
                    consumed.gaps.push(format!("heartbeat: {predecessor} after {last}"));
                }
                quiet += u32::from(ended);
                if quiet == 2 && !consumed.events.is_empty() {
                    return true;
                }
            }
            None => {}
        }
    }
}

impl Consumed {
    fn take(&mut self, chain: &mut Chain, delivery: v1::Delivery) {
        // Content and event, without the cursor: its form may differ between sessions, its meaning not.
        let content = v1::Delivery { cursor: String::new(), ..delivery.clone() }.encode_to_vec();
        match chain.take(&delivery.delivery_id, &delivery.predecessor_id) {
            Step::Again => {
                if self.contents.get(&delivery.delivery_id).is_some_and(|first| *first != content) {
                    self.changed.push(delivery.delivery_id);
                }
                return;
            }
            Step::Gap { last, predecessor } => self.gaps.push(format!("{predecessor} after {last}")),
            Step::New => {}
        }
        self.contents.insert(delivery.delivery_id, content);
        let event = delivery.event.unwrap_or_default();
        self.events.push(Seen {
            kind: event.kind,
            document: event.document_id,
            status: event.status,
            position: event.position,
        });
    }
}
