//! Sends messages that were made before, as fast as they are answered, and notes how long each took.

use super::figures::Latencies;
use crate::cli::client::{Client, explain};
use crate::pb::v1::{self, submit_stream_response};
use crate::sample::{self, Generator, Kind};
use anyhow::anyhow;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;

/// What a load gave.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Messages answered with a receipt.
    pub(super) messages: usize,
    /// Documents accepted.
    pub(super) accepted: usize,
    /// Documents or messages not accepted.
    pub(super) errors: usize,
    /// Messages sent again because the server was busy.
    pub(super) retries: usize,
    /// From sending to receipt.
    pub(super) latencies: Latencies,
    /// The first thing that went wrong.
    pub(super) first_error: Option<String>,
}

impl Load {
    pub(super) fn merge(&mut self, other: Load) {
        self.messages += other.messages;
        self.accepted += other.accepted;
        self.errors += other.errors;
        self.retries += other.retries;
        self.latencies.merge(other.latencies);
        self.first_error = self.first_error.take().or(other.first_error);
    }

    pub(super) fn receipt(&mut self, receipt: &v1::Receipt) {
        self.messages += 1;
        let accepted = v1::Outcome::Accepted as i32;
        let rejections = receipt.rejections.iter().chain(receipt.documents.iter().flat_map(|one| &one.rejections));
        for rejection in rejections {
            let text = || format!("{} {}: {}", rejection.rule, rejection.path, rejection.message_en);
            self.first_error.get_or_insert_with(text);
        }
        if receipt.outcome != accepted && receipt.documents.is_empty() {
            self.errors += 1;
        }
        for verdict in &receipt.documents {
            if verdict.outcome == accepted {
                self.accepted += 1;
            } else {
                self.errors += 1;
            }
        }
    }

    pub(super) fn failure(&mut self, text: String) {
        self.errors += 1;
        self.first_error.get_or_insert(text);
    }
}

/// One kind's messages over `count` sets from `first` on.
pub(super) fn messages(generator: &Generator, kind: Kind, first: u64, count: usize, per_message: usize) -> Vec<Bytes> {
    let mut ordinals = (first..).take(count);
    let mut all = Vec::with_capacity(count.div_ceil(per_message));
    let mut sets = Vec::with_capacity(per_message);
    let mut text = String::new();
    loop {
        sets.clear();
        sets.extend(ordinals.by_ref().take(per_message).map(|ordinal| generator.set(ordinal)));
        let Some(head) = sets.first() else { return all };
        text.clear();
        sample::write_message(&mut text, kind, &sets, &generator.transfer(kind, head.ordinal));
        all.push(Bytes::copy_from_slice(text.as_bytes()));
    }
}

/// Sends all over one stream, at most `in_flight` under way.
pub(super) async fn stream(client: Client, messages: Vec<Bytes>, in_flight: usize) -> anyhow::Result<Load> {
    let (requests, queue) = mpsc::channel(in_flight + 1);
    let answers = client.declarations().submit_stream(ReceiverStream::new(queue)).await;
    let mut answers = answers.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let mut load = Load::default();
    let mut begun: Vec<Option<Instant>> = vec![None; messages.len()];
    let mut again: Vec<usize> = Vec::new();
    let (mut next, mut under_way) = (0, 0);
    loop {
        while under_way < in_flight {
            let number = match again.pop() {
                Some(number) => number,
                None if next < messages.len() => {
                    next += 1;
                    next - 1
                }
                None => break,
            };
            let (Some(xml), Some(begun)) = (messages.get(number), begun.get_mut(number)) else { break };
            begun.get_or_insert_with(Instant::now);
            let request = v1::SubmitStreamRequest { sequence: u64::try_from(number)?, xml: xml.clone() };
            requests.send(request).await.map_err(|_| anyhow!("the server ended the stream"))?;
            under_way += 1;
        }
        if under_way == 0 {
            return Ok(load);
        }
        let answer = answers.message().await.map_err(|status| anyhow!(explain(&status)))?;
        let answer = answer.ok_or_else(|| anyhow!("the server ended the stream"))?;
        under_way -= 1;
        let number = usize::try_from(answer.sequence)?;
        match answer.result {
            Some(submit_stream_response::Result::Receipt(receipt)) => {
                if let Some(begun) = begun.get(number).copied().flatten() {
                    load.latencies.add(begun.elapsed());
                }
                load.receipt(&receipt);
            }
            Some(submit_stream_response::Result::Failure(failure)) if failure.retryable => {
                load.retries += 1;
                again.push(number);
                tokio::time::sleep(Duration::from_millis(u64::from(failure.retry_after_ms.min(1000)))).await;
            }
            Some(submit_stream_response::Result::Failure(failure)) => {
                load.failure(format!("{}: {}", failure.reason, failure.message));
            }
            None => load.failure("an empty answer".to_owned()),
        }
    }
}

/// Sends all with unary calls, `in_flight` at a time on one connection.
pub(super) async fn unary(client: Client, messages: Vec<Bytes>, in_flight: usize) -> anyhow::Result<Load> {
    let messages = Arc::new(messages);
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        let (messages, next, mut service) = (messages.clone(), next.clone(), client.declarations());
        callers.spawn(async move {
            let mut load = Load::default();
            while let Some(xml) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
                let begun = Instant::now();
                match service.submit(v1::SubmitRequest { xml: xml.clone() }).await {
                    Ok(answer) => {
                        load.latencies.add(begun.elapsed());
                        load.receipt(&answer.into_inner().receipt.unwrap_or_default());
                    }
                    Err(status) => load.failure(explain(&status)),
                }
            }
            load
        });
    }
    let mut sum = Load::default();
    while let Some(load) = callers.join_next().await {
        sum.merge(load?);
    }
    Ok(sum)
}
