//! Sends messages over one stream with a bounded number under way, and again where that may help.

use super::plan::Job;
use crate::cli::client::{Backoff, Client, explain, is_retryable};
use crate::domain::limits::MESSAGE_BYTES_MAX;
use crate::pb::v1::{self, submit_stream_response};
use anyhow::{Context, anyhow};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Times that one message is sent again after a retryable answer.
const ATTEMPTS_MAX: u32 = 10;
/// Broken streams in a row, without any answer between them, after which we give up.
const RECONNECTS_MAX: u32 = 8;

/// What became of one message.
#[derive(Debug)]
pub(super) enum Answer {
    /// The server's receipt.
    Receipt {
        /// The receipt.
        receipt: Box<v1::Receipt>,
        /// True if it is the stored one of an earlier submission.
        replayed: bool,
    },
    /// Nothing was recorded, and sending again does not help.
    Failed {
        /// Reason in upper snake case.
        reason: String,
        /// Text for people.
        message: String,
    },
    /// Nothing was recorded; it was sent again as often as is sensible.
    GaveUp {
        /// Reason in upper snake case.
        reason: String,
        /// Text for people.
        message: String,
    },
}

/// One message under way.
struct Sending {
    job: usize,
    xml: Bytes,
    attempts: u32,
}

/// The sender's state over reconnects.
struct Sender<'a> {
    jobs: &'a [Job],
    next_job: usize,
    sequence: u64,
    under_way: HashMap<u64, Sending>,
    ready: VecDeque<Sending>,
    delayed: Vec<(Instant, Sending)>,
    in_flight_max: usize,
}

/// Sends every job and hands each answer to `done`, in the order of the answers.
///
/// # Errors
/// If the server cannot be reached for long, or refuses the whole call.
pub(super) async fn send_all(
    client: &Client,
    jobs: &[Job],
    in_flight_max: usize,
    mut done: impl FnMut(&Job, Answer) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut sender = Sender {
        jobs,
        next_job: 0,
        sequence: 0,
        under_way: HashMap::new(),
        ready: VecDeque::new(),
        delayed: Vec::new(),
        in_flight_max,
    };
    let mut failures = 0;
    let mut backoff = Backoff::new();
    loop {
        let mut answered = false;
        let mut note = |job: &Job, answer: Answer| {
            answered = true;
            done(job, answer)
        };
        match sender.one_stream(client, &mut note).await? {
            Ended::AllDone => return Ok(()),
            Ended::Broken(status) => {
                if !is_retryable(&status) {
                    return Err(anyhow!(explain(&status)));
                }
                if answered {
                    failures = 0;
                    backoff = Backoff::new();
                }
                failures += 1;
                if failures > RECONNECTS_MAX {
                    return Err(anyhow!(explain(&status)));
                }
                // What was under way may or may not have been recorded: sending it again is safe.
                sender.ready.extend(sender.under_way.drain().map(|(_, sending)| sending));
                backoff.wait().await;
            }
        }
    }
}

enum Ended {
    AllDone,
    Broken(tonic::Status),
}

impl Sender<'_> {
    async fn one_stream(
        &mut self,
        client: &Client,
        done: &mut impl FnMut(&Job, Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ended> {
        let (requests, queue) = mpsc::channel(self.in_flight_max);
        let mut answers = match client.declarations().submit_stream(ReceiverStream::new(queue)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Ok(Ended::Broken(status)),
        };
        loop {
            self.fill(&requests, done)?;
            if self.under_way.is_empty() && self.delayed.is_empty() {
                return Ok(Ended::AllDone);
            }
            let due = self.delayed.iter().map(|(at, _)| *at).min();
            tokio::select! {
                answer = next(&mut answers) => match answer {
                    Ok(answer) => self.take(answer, done)?,
                    Err(status) => return Ok(Ended::Broken(status)),
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let now = Instant::now();
                    let due = self.delayed.extract_if(.., |(at, _)| *at <= now).map(|(_, sending)| sending);
                    self.ready.extend(due);
                }
            }
        }
    }

    /// Sends as much as may be under way.
    fn fill(
        &mut self,
        requests: &mpsc::Sender<v1::SubmitStreamRequest>,
        done: &mut impl FnMut(&Job, Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while self.under_way.len() < self.in_flight_max {
            let sending = match self.ready.pop_front() {
                Some(sending) => sending,
                None => match self.read_next(done)? {
                    Some(sending) => sending,
                    None => break,
                },
            };
            let request = v1::SubmitStreamRequest { sequence: self.sequence, xml: sending.xml.clone() };
            self.under_way.insert(self.sequence, sending);
            self.sequence += 1;
            if requests.try_send(request).is_err() {
                // The stream has ended, or is behind: reading it says which; nothing is lost.
                break;
            }
        }
        Ok(())
    }

    /// The next file; one that is over the limit is answered here.
    fn read_next(
        &mut self,
        done: &mut impl FnMut(&Job, Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<Sending>> {
        while let Some(job) = self.jobs.get(self.next_job) {
            let number = self.next_job;
            self.next_job += 1;
            let problem = || format!("cannot read {} · 无法读取", job.path.display());
            let bytes = std::fs::metadata(&job.path).with_context(problem)?.len();
            if usize::try_from(bytes).map_or(true, |bytes| bytes > MESSAGE_BYTES_MAX) {
                let message = format!("{bytes} bytes, at most {MESSAGE_BYTES_MAX} are taken · 报文超过长度上限");
                done(job, Answer::Failed { reason: "MESSAGE_TOO_LARGE".to_owned(), message })?;
                continue;
            }
            let xml = Bytes::from(std::fs::read(&job.path).with_context(problem)?);
            return Ok(Some(Sending { job: number, xml, attempts: 0 }));
        }
        Ok(None)
    }

    fn take(
        &mut self,
        answer: v1::SubmitStreamResponse,
        done: &mut impl FnMut(&Job, Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // An answer to a number that we did not send, or sent on an earlier stream, says nothing.
        let Some(mut sending) = self.under_way.remove(&answer.sequence) else { return Ok(()) };
        let Some(job) = self.jobs.get(sending.job) else { return Ok(()) };
        match answer.result {
            Some(submit_stream_response::Result::Receipt(receipt)) => {
                done(job, Answer::Receipt { receipt: Box::new(receipt), replayed: answer.replayed })
            }
            Some(submit_stream_response::Result::Failure(failure)) if failure.retryable => {
                sending.attempts += 1;
                if sending.attempts >= ATTEMPTS_MAX {
                    return done(job, Answer::GaveUp { reason: failure.reason, message: failure.message });
                }
                let pause = Duration::from_millis(u64::from(failure.retry_after_ms).max(10) << sending.attempts.min(6));
                self.delayed.push((Instant::now() + pause.min(Duration::from_secs(10)), sending));
                Ok(())
            }
            Some(submit_stream_response::Result::Failure(failure)) => {
                done(job, Answer::Failed { reason: failure.reason, message: failure.message })
            }
            None => {
                done(job, Answer::GaveUp { reason: "NO_RESULT".to_owned(), message: "the answer is empty".to_owned() })
            }
        }
    }
}

async fn next(answers: &mut Streaming<v1::SubmitStreamResponse>) -> Result<v1::SubmitStreamResponse, tonic::Status> {
    match answers.message().await {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(tonic::Status::unavailable("the server ended the stream")),
        Err(status) => Err(status),
    }
}

#[cfg(test)]
mod tests;
