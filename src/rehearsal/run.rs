//! The loop between the desk and the exchange: sends what is due, takes what comes, acknowledges what is done.

use super::{Exchange, Inbox, Trouble};
use crate::domain::limits::SIMULATOR_IN_FLIGHT_MAX;
use crate::domain::{Clock, Effect, SystemClock};
use crate::simulator::{Act, Answer, Arrival, Desk, Fault, Task};
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// Milliseconds until something that could not be sent is tried again.
const AGAIN_AFTER_MS: i64 = 1_000;
/// How often finished deliveries are acknowledged.
const ACKNOWLEDGE_EVERY: Duration = Duration::from_millis(200);
/// How long answers on their way are waited for at the end.
const ANSWERS_WAIT: Duration = Duration::from_secs(10);
/// The longest sleep at a time: a clock that was set is noticed then.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// When the loop ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// After so many documents, once they are finished.
    pub documents: Option<u64>,
    /// After so long.
    pub time: Option<Duration>,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All wanted documents are finished.
    Documents,
    /// The time is over.
    Time,
    /// It was asked to.
    Stopped,
}

/// Something that the loop did.
#[derive(Debug)]
pub enum Happening<'a> {
    /// Something was sent and answered.
    Sent(&'a Task, &'a Answer),
    /// Something was lost on purpose.
    Lost(&'a Task),
    /// Something could not be sent; true if it is tried again.
    Trouble(&'a Task, &'a Trouble, bool),
}

/// Why the loop could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The exchange is out of reach, or refuses everything.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Whoever is told cannot be told.
    #[error("what happens cannot be written")]
    Voice(#[from] io::Error),
}

struct Loop<'a, C, E, V> {
    desk: &'a mut Desk<C>,
    exchange: E,
    voice: V,
    jobs: JoinSet<(Task, Result<Answer, Trouble>)>,
    /// An acknowledgement that found no room yet.
    unsaid: Option<(C, u32)>,
}

/// Works until the limits or the stop. What is not finished then stays unacknowledged: the next run takes it up again.
///
/// # Errors
/// [`Error`].
///
/// # Cancel safety
/// Not cancel safe: use `stop`.
pub async fn run<C, E, V>(
    desk: &mut Desk<C>,
    mut inbox: Inbox<C>,
    exchange: E,
    limits: Limits,
    voice: V,
    stop: impl Future<Output = ()>,
) -> Result<End, Error>
where
    C: Clone + Ord + Send,
    E: Exchange,
    V: FnMut(&Happening<'_>) -> io::Result<()>,
{
    let mut work = Loop { desk, exchange, voice, jobs: JoinSet::new(), unsaid: None };
    let mut every = tokio::time::interval(ACKNOWLEDGE_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let deadline = limits.time.and_then(|time| Instant::now().checked_add(time));
    tokio::pin!(stop);
    let end = loop {
        work.send_due()?;
        let full = limits.documents.is_some_and(|wanted| work.desk.summary().documents >= wanted);
        if full && work.desk.open_documents() == 0 && work.jobs.is_empty() {
            break End::Documents;
        }
        let sleep = work.sleep();
        tokio::select! {
            delivered = inbox.deliveries.recv(), if !full && work.desk.has_room() => match delivered {
                Some(Ok(delivered)) => {
                    let arrival = Arrival::of_event(delivered.event_kind, delivered.occasion, work.desk.scenario());
                    work.desk.take(delivered.cursor, arrival, SystemClock.now().0);
                }
                Some(Err(trouble)) => return Err(trouble.into()),
                None => return Err(Trouble::Fatal("the subscription has ended".to_owned()).into()),
            },
            Some(job) = work.jobs.join_next() => work.answered(job)?,
            () = tokio::time::sleep(sleep.unwrap_or(SLEEP_MAX)), if sleep.is_some() => {}
            _ = every.tick() => work.acknowledge(&inbox),
            () = &mut stop => break End::Stopped,
            () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                break End::Time;
            }
        }
    };
    let answers = async {
        while let Some(job) = work.jobs.join_next().await {
            work.answered(job)?;
        }
        Ok::<(), Error>(())
    };
    match tokio::time::timeout(ANSWERS_WAIT, answers).await {
        Ok(answered) => answered?,
        Err(_) => tracing::warn!("answers on their way were not waited for"),
    }
    if let Some(last) = work.newest() {
        // A reader that is gone has nothing to record; then it comes again.
        drop(inbox.done.send(last).await);
    }
    Ok(end)
}

impl<C, E, V> Loop<'_, C, E, V>
where
    C: Clone + Ord + Send,
    E: Exchange,
    V: FnMut(&Happening<'_>) -> io::Result<()>,
{
    /// Sends what is due, as far as there is room on the way.
    fn send_due(&mut self) -> Result<(), Error> {
        let now = SystemClock.now().0;
        while self.jobs.len() < SIMULATOR_IN_FLIGHT_MAX {
            let Some(task) = self.desk.due(now) else { return Ok(()) };
            if task.planned.fault == Some(Fault::Lost) {
                self.desk.lost(task.id);
                (self.voice)(&Happening::Lost(&task))?;
                continue;
            }
            let exchange = self.exchange.clone();
            self.jobs.spawn(async move {
                let answer = send(&exchange, &task).await;
                (task, answer)
            });
        }
        Ok(())
    }

    /// Time until the next thing is due; none if nothing is, or there is no room to send it.
    fn sleep(&self) -> Option<Duration> {
        let due = self.desk.next_due_ms().filter(|_| self.jobs.len() < SIMULATOR_IN_FLIGHT_MAX)?;
        let wait_ms = u64::try_from(due.saturating_sub(SystemClock.now().0)).unwrap_or_default();
        Some(Duration::from_millis(wait_ms).min(SLEEP_MAX))
    }

    fn answered(&mut self, job: Result<(Task, Result<Answer, Trouble>), tokio::task::JoinError>) -> Result<(), Error> {
        let (task, answer) = match job {
            Ok(done) => done,
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        };
        match answer {
            Ok(answer) => {
                self.desk.done(task.id, &answer);
                (self.voice)(&Happening::Sent(&task, &answer))?;
            }
            Err(trouble @ Trouble::Again(_)) => {
                self.desk.again(task.id, SystemClock.now().0.saturating_add(AGAIN_AFTER_MS));
                (self.voice)(&Happening::Trouble(&task, &trouble, true))?;
            }
            Err(trouble @ Trouble::Refused(_)) => {
                self.desk.failed(task.id);
                (self.voice)(&Happening::Trouble(&task, &trouble, false))?;
            }
            Err(trouble @ Trouble::Fatal(_)) => return Err(trouble.into()),
        }
        Ok(())
    }

    /// What is to be acknowledged: the newest cursor, and all deliveries since the last acknowledgement.
    fn newest(&mut self) -> Option<(C, u32)> {
        let unsaid = self.unsaid.take();
        match (unsaid, self.desk.acknowledge()) {
            (Some((_, before)), Some((cursor, count))) => Some((cursor, before.saturating_add(count))),
            (unsaid, None) => unsaid,
            (None, newest) => newest,
        }
    }

    fn acknowledge(&mut self, inbox: &Inbox<C>) {
        if let Some(newest) = self.newest() {
            // A reader that is busy connecting again takes it later.
            if let Err(TrySendError::Full(newest) | TrySendError::Closed(newest)) = inbox.done.try_send(newest) {
                self.unsaid = Some(newest);
            }
        }
    }
}

async fn send(exchange: &impl Exchange, task: &Task) -> Result<Answer, Trouble> {
    match &task.planned.act {
        Act::Decide(decision) => exchange.decide(decision.as_ref().clone()).await,
        Act::TaxBill(bill) => exchange.submit(bill.xml()).await,
        Act::TaxStatus(paid) => exchange.submit(paid.xml()).await,
        Act::Consolidate(result) => {
            let lists = exchange.lists(result.lists.clone()).await?;
            exchange.submit(result.xml(&lists)).await
        }
    }
}

/// The answer to a message that was taken or refused: refused ones say why.
#[must_use]
pub(crate) fn notice_answer(accepted: bool, replayed: bool, why: (String, String)) -> Answer {
    let effect = match (accepted, replayed) {
        (false, _) => Effect::Rejected,
        (true, true) => Effect::Repeated,
        (true, false) => Effect::Applied,
    };
    Answer { effect: Some(effect), why: if accepted { Default::default() } else { why }, ..Answer::default() }
}
