//! The way to an exchange of the same process: its intake and feed, without a door.

use super::{Delivered, Exchange, Inbox, Trouble, WAITING_DELIVERIES, notice_answer};
use crate::domain::{Caller, Effect, Ending, EventKind, Outcome};
use crate::feed::{self, Consumer, Content, Cursor, Delivery, Feed, Filter, Item, StartAt, Subscription, View};
use crate::intake::{self, Applied, Intake, Reader, SubscriptionChange};
use crate::simulator::{Answer, Decision, ListOfConsolidation, Occasion, Scenario, wanted_events, wanted_types};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Customs behind the doors.
#[derive(Clone)]
pub struct Inside {
    /// Takes what it sends.
    pub intake: Intake,
    /// Looks lists up.
    pub reader: Reader,
    /// As whom: a party with the role of customs.
    pub caller: Caller,
}

impl Exchange for Inside {
    async fn decide(&self, decision: Decision) -> Result<Answer, Trouble> {
        let keys = decision.brief_keys();
        let decision = intake::Decision {
            guid: decision.guid,
            kind: decision.kind as i32,
            keys,
            status: decision.status,
            time_ms: decision.time_ms,
            info: decision.info,
        };
        let applied = self.intake.decide(&self.caller, decision).await.map_err(trouble)?;
        Ok(decided(&applied.outcome))
    }

    async fn submit(&self, xml: String) -> Result<Answer, Trouble> {
        let applied = self.intake.submit(&self.caller, Bytes::from(xml)).await.map_err(trouble)?;
        let accepted = is_accepted(&applied);
        let refused = applied.outcome.rejections.iter();
        let refused = refused.chain(applied.outcome.events.iter().flat_map(|event| &event.rejections)).next();
        let why = refused.map(|rejection| (rejection.message_zh.clone(), rejection.message_en.clone()));
        Ok(notice_answer(accepted, applied.replayed, why.unwrap_or_default()))
    }

    async fn lists(&self, numbers: Vec<String>) -> Result<Vec<ListOfConsolidation>, Trouble> {
        let inside = self.clone();
        let look_up = move || {
            let one = |number: String| {
                let found = inside.reader.document_by_number(&inside.caller, &number)?;
                let xml = found.map(|found| String::from_utf8_lossy(&found.xml).into_owned()).unwrap_or_default();
                Ok(ListOfConsolidation { invt_no: number, xml })
            };
            numbers.into_iter().map(one).collect::<Result<Vec<_>, intake::ReadError>>()
        };
        let found = tokio::task::spawn_blocking(look_up).await;
        let found = found.map_err(|_| Trouble::Fatal("the exchange is stopping".to_owned()))?;
        found.map_err(|error| Trouble::Again(error.to_string()))
    }
}

fn trouble(error: intake::Error) -> Trouble {
    match error {
        // When the exchange stops, so does the loop.
        intake::Error::Busy
        | intake::Error::DiskFull
        | intake::Error::Internal
        | intake::Error::ReadOnly
        | intake::Error::Stopping => Trouble::Again(error.to_string()),
        intake::Error::TooLarge { .. } | intake::Error::Invalid { .. } | intake::Error::NotFound { .. } => {
            Trouble::Refused(error.to_string())
        }
        intake::Error::Exists { .. } => Trouble::Refused(error.to_string()),
        intake::Error::Denied { .. } => Trouble::Fatal(error.to_string()),
    }
}

fn decided(outcome: &Outcome) -> Answer {
    let Some(event) = outcome.events.first() else { return Answer::default() };
    let why = event.rejections.first().map(|rejection| (rejection.message_zh.clone(), rejection.message_en.clone()));
    Answer { effect: Effect::try_from(event.effect).ok(), status: event.status, why: why.unwrap_or_default() }
}

fn is_accepted(applied: &Applied) -> bool {
    let refused = |kind: i32| kind == EventKind::DocumentRejected as i32 || kind == EventKind::MessageRejected as i32;
    applied.outcome.ending == Ending::Applied as i32 && !applied.outcome.events.iter().any(|event| refused(event.kind))
}

/// Opens customs' subscription of that name, made at the first time, and starts its reader. One that was made for
/// another scenario goes on with a new filter.
///
/// # Errors
/// [`Trouble::Fatal`] if it cannot be made or opened.
pub async fn inbox(
    feed: &Feed,
    customs: &Inside,
    name: &str,
    scenario: &Scenario,
) -> Result<(Inbox<Cursor>, JoinHandle<()>), Trouble> {
    let fatal = |error: intake::Error| Trouble::Fatal(error.to_string());
    let filter = Filter { message_types: wanted_types(scenario), event_kinds: wanted_events(), ..Filter::default() };
    let (reader, caller, wanted) = (customs.reader.clone(), customs.caller.clone(), name.to_owned());
    let held = tokio::task::spawn_blocking(move || reader.subscription(&caller, &wanted)).await;
    let held = held.map_err(|_| fatal(intake::Error::Stopping))?.map_err(|_| fatal(intake::Error::Internal))?;
    let start = match &held {
        Some(held) if held.filter.as_ref() == Some(&filter) => None,
        Some(held) => Some(StartAt::After(held.cursor())),
        None => Some(StartAt::Earliest),
    };
    if let Some(start) = start {
        if held.is_some() {
            feed.change(&customs.caller, SubscriptionChange::Delete(name.to_owned())).await.map_err(fatal)?;
        }
        let subscription = Subscription {
            name: name.to_owned(),
            filter: Some(filter),
            view: View::Full as i32,
            ..Subscription::default()
        };
        feed.change(&customs.caller, SubscriptionChange::Create(subscription, start)).await.map_err(fatal)?;
    }
    let consumer = feed.consume(&customs.caller, name).await;
    let consumer = consumer.map_err(|error| Trouble::Fatal(error.to_string()))?;
    let (found, deliveries) = mpsc::channel(WAITING_DELIVERIES);
    let (done, acknowledged) = mpsc::channel(WAITING_DELIVERIES);
    let reader = tokio::spawn(read(consumer, found, acknowledged));
    Ok((Inbox { deliveries, done }, reader))
}

/// Reads deliveries and acknowledges them until the acknowledgements end, or the exchange does.
async fn read(
    mut consumer: Consumer,
    found: mpsc::Sender<Result<Delivered<Cursor>, Trouble>>,
    mut acknowledged: mpsc::Receiver<(Cursor, u32)>,
) {
    loop {
        let failed: feed::Error = tokio::select! {
            done = acknowledged.recv() => match done.map(|(cursor, _)| consumer.ack(cursor)) {
                None => return,
                Some(Ok(())) => continue,
                Some(Err(error)) => error,
            },
            // The room first: what is taken from the feed can then be handed on at once.
            room = found.reserve() => {
                let Ok(room) = room else { return };
                let next = tokio::select! {
                    next = consumer.next() => next,
                    done = acknowledged.recv() => match done {
                        None => return,
                        Some((cursor, _)) => match consumer.ack(cursor) {
                            Ok(()) => continue,
                            Err(error) => Err(error),
                        },
                    },
                };
                match next {
                    Ok(Item::Delivery(delivery)) => {
                        room.send(Ok(delivered(*delivery)));
                        continue;
                    }
                    Ok(Item::Heartbeat { .. }) => continue,
                    Err(error) => error,
                }
            }
        };
        // A loop that is gone needs no reason.
        drop(found.send(Err(Trouble::Fatal(failed.to_string()))).await);
        return;
    }
}

fn delivered(delivery: Delivery) -> Delivered<Cursor> {
    let Delivery { cursor, event, time, content, .. } = delivery;
    let xml = match content {
        Content::Document(xml) => String::from_utf8_lossy(&xml).into_owned(),
        Content::None | Content::Statistics(_) | Content::Receipt(_) => String::new(),
    };
    let occasion = Occasion {
        id: format!("{}-{}", cursor.position, cursor.ordinal),
        document_id: event.document.map(|at| at.id()).unwrap_or_default(),
        kind: event.message_type,
        status: event.status,
        keys: event.keys.unwrap_or_default(),
        time_ms: time.0,
        xml,
    };
    Delivered { cursor, event_kind: event.kind, occasion }
}
