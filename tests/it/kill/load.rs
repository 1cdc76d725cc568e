//! Sends messages at a steady pace through every crash, and remembers each receipt.

use bytes::Bytes;
use prost::Message;
use single_window::cli::client::{Backoff, Connect};
use single_window::pb::v1::{self, submit_stream_response};
use single_window::sample::{self, Generator, Kind};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// Documents in one message.
pub(crate) const PER_MESSAGE: u64 = 2;
/// Messages under way.
const IN_FLIGHT: usize = 16;
/// One message in that time.
const PACE: Duration = Duration::from_millis(2);
/// How long the whole of the load may take after the last kill.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn message(generator: &Generator, kind: Kind, number: u64) -> Bytes {
    let sets: Vec<_> =
        (number * PER_MESSAGE..(number + 1) * PER_MESSAGE).map(|ordinal| generator.set(ordinal)).collect();
    Bytes::from(sample::message(kind, &sets, &generator.transfer(kind, number * PER_MESSAGE)))
}

/// One party's load.
pub(crate) struct Loader {
    connect: Connect,
    kind: Kind,
    generator: Arc<Generator>,
    /// Messages sent and not acknowledged.
    open: BTreeSet<u64>,
    receipts: HashMap<u64, Vec<u8>>,
    next: watch::Sender<u64>,
}

impl Loader {
    pub(crate) fn new(connect: Connect, kind: Kind, generator: Arc<Generator>) -> Loader {
        let next = watch::channel(0).0;
        Loader { connect, kind, generator, open: BTreeSet::new(), receipts: HashMap::new(), next }
    }

    /// How many messages were begun.
    pub(crate) fn sent(&self) -> watch::Receiver<u64> {
        self.next.subscribe()
    }

    /// Goes on until `finish` says how many messages there are to be, and all of them are acknowledged.
    pub(crate) async fn run(mut self, mut finish: watch::Receiver<Option<u64>>) -> HashMap<u64, Vec<u8>> {
        let mut backoff = Backoff::new();
        let mut deadline = None;
        while !self.is_done(&finish) {
            if finish.borrow().is_some() {
                let deadline = *deadline.get_or_insert_with(|| tokio::time::Instant::now() + PATIENCE);
                assert!(tokio::time::Instant::now() < deadline, "{} messages are not acknowledged", self.open.len());
            }
            let before = self.receipts.len();
            self.one_stream(&mut finish).await;
            if self.receipts.len() > before {
                backoff = Backoff::new();
            }
            if !self.is_done(&finish) {
                tokio::time::sleep(backoff.next_pause().min(Duration::from_millis(100))).await;
            }
        }
        self.receipts
    }

    fn is_done(&self, finish: &watch::Receiver<Option<u64>>) -> bool {
        finish.borrow().is_some_and(|target| *self.next.borrow() >= target) && self.open.is_empty()
    }

    async fn one_stream(&mut self, finish: &mut watch::Receiver<Option<u64>>) {
        let Ok(client) = self.connect.connect().await else { return };
        let (requests, queue) = mpsc::channel(IN_FLIGHT);
        let Ok(answers) = client.declarations().submit_stream(ReceiverStream::new(queue)).await else { return };
        let mut answers = answers.into_inner();
        let mut again: Vec<u64> = self.open.iter().copied().collect();
        let mut under_way = 0;
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = pace.tick(), if under_way < IN_FLIGHT => {
                    let Some(number) = again.pop().or_else(|| self.begin(*finish.borrow())) else {
                        if under_way == 0 && self.open.is_empty() && self.is_done(finish) {
                            return;
                        }
                        continue;
                    };
                    let xml = message(&self.generator, self.kind, number);
                    if requests.send(v1::SubmitStreamRequest { sequence: number, xml }).await.is_err() {
                        return;
                    }
                    under_way += 1;
                }
                answer = answers.message() => {
                    let Ok(Some(answer)) = answer else { return };
                    under_way -= 1;
                    match answer.result {
                        Some(submit_stream_response::Result::Receipt(receipt)) => self.take(answer.sequence, &receipt),
                        Some(submit_stream_response::Result::Failure(failure)) if failure.retryable => {
                            again.push(answer.sequence);
                        }
                        other => panic!("a good message was not recorded: {other:?}"),
                    }
                }
            }
        }
    }

    /// The number of a new message, if there is to be one.
    fn begin(&mut self, target: Option<u64>) -> Option<u64> {
        let number = *self.next.borrow();
        if target.is_some_and(|target| number >= target) {
            return None;
        }
        self.open.insert(number);
        self.next.send_replace(number + 1);
        Some(number)
    }

    fn take(&mut self, number: u64, receipt: &v1::Receipt) {
        assert_eq!(receipt.outcome, v1::Outcome::Accepted as i32, "{receipt:?}");
        for verdict in &receipt.documents {
            assert_eq!(verdict.outcome, v1::Outcome::Accepted as i32, "{verdict:?}");
        }
        self.open.remove(&number);
        let bytes = receipt.encode_to_vec();
        let first = self.receipts.entry(number).or_insert_with(|| bytes.clone());
        assert_eq!(*first, bytes, "two receipts for one message");
    }
}

/// Sends all messages once more: the receipts, and whether each is said to be a stored one.
pub(crate) async fn send_again(
    connect: &Connect,
    kind: Kind,
    generator: &Arc<Generator>,
    count: usize,
) -> HashMap<u64, (Vec<u8>, bool)> {
    let client = connect.connect().await.expect("connect");
    let generator = generator.clone();
    let all = (0..u64::try_from(count).expect("a count"))
        .map(move |number| v1::SubmitStreamRequest { sequence: number, xml: message(&generator, kind, number) });
    let answers = client.declarations().submit_stream(tokio_stream::iter(all)).await.expect("a stream");
    let mut answers = answers.into_inner();
    let mut receipts = HashMap::new();
    while let Some(answer) = answers.message().await.expect("the stream does not break") {
        let Some(submit_stream_response::Result::Receipt(receipt)) = answer.result else {
            panic!("a known message was not answered: {answer:?}")
        };
        receipts.insert(answer.sequence, (receipt.encode_to_vec(), answer.replayed));
    }
    receipts
}
