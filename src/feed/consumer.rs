//! Open subscriptions: reading events from a cursor, acknowledging them, taking each other over.

use super::content::{Content, Facts};
use super::subscription::{gets_document, gets_receipt};
use super::{Cursor, Error, LedgerId, Subscription, View};
use crate::domain::limits::UNACKED_DELIVERIES_MAX;
use crate::domain::{Caller, DocRef, Event, EventKind, MessageType, Outcome, PartyId, Position, Role, Timestamp};
use crate::intake::{self, Intake, ReadError, Reader, SubscriptionChange, reveal};
use crate::receipt;
use crate::state::AckedCursor;
use crate::telemetry;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a consumer hears nothing before a heartbeat.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// How often acknowledged cursors are recorded.
const ACKS_EVERY: Duration = Duration::from_secs(1);

/// One event for one subscription.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Where it stands; also its stable id.
    pub cursor: Cursor,
    /// The delivery before it in this subscription.
    pub predecessor: Option<Cursor>,
    /// The event, with personal values as the party may see them.
    pub event: Event,
    /// Time of the entry.
    pub time: Timestamp,
    /// Code of the party that caused it.
    pub party: String,
    /// State of the signature of the message that caused it.
    pub signature: u32,
    /// What the view adds.
    pub content: Content,
    /// The receipt in a DxpMsg to the subscriber: for the sender of a message that came in an envelope, and for those
    /// that a message names for receipts, if they have a DXP id; else empty.
    pub receipt_dxp: Bytes,
}

/// What a consumer gets next.
#[derive(Debug, Clone)]
pub enum Item {
    /// An event.
    Delivery(Box<Delivery>),
    /// Everything up to `closed` was delivered or is not for this subscription.
    Heartbeat {
        /// The closed mark.
        closed: Cursor,
        /// The last delivery.
        last: Option<Cursor>,
        /// Time of the last entry.
        time: Timestamp,
    },
}

/// A subscription by party and name.
type Key = (PartyId, String);

/// Who consumes what, and what was acknowledged since it was last recorded.
#[derive(Default)]
struct Book {
    /// Counts up when a subscription is taken over, moved or deleted.
    generations: HashMap<Key, u64>,
    /// The cursor, and where the subscription was made or moved when it was opened.
    acks: HashMap<Key, (Cursor, u64)>,
}

/// Handle to the feed; cheap to clone.
#[derive(Clone)]
pub struct Feed {
    reader: Reader,
    intake: Intake,
    ledger_id: LedgerId,
    stopping: watch::Receiver<bool>,
    book: Arc<Mutex<Book>>,
    /// Told whenever a generation changes.
    superseded: Arc<watch::Sender<()>>,
}

impl Feed {
    pub(crate) fn new(reader: Reader, intake: Intake, ledger_id: LedgerId, stopping: watch::Receiver<bool>) -> Feed {
        let superseded = Arc::new(watch::Sender::new(()));
        Feed { reader, intake, ledger_id, stopping, book: Arc::default(), superseded }
    }

    /// Opens a subscription of the caller at its cursor. A consumer that had it open is ended.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::Internal`].
    pub async fn consume(&self, caller: &Caller, name: &str) -> Result<Consumer, Error> {
        let key = (caller.id, name.to_owned());
        let generation = self.supersede(caller.id, name);
        // What was acknowledged a moment ago counts, recorded or not.
        self.flush_acks().await;
        let (reader, who, wanted) = (self.reader.clone(), caller.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || reader.subscription(&who, &wanted)).await;
        let subscription = found
            .map_err(|_| Error::Stopping)?
            .map_err(|_| Error::Internal)?
            .ok_or_else(|| Error::NotFound(name.to_owned()))?;
        crate::intake::check_view(caller, subscription.view).map_err(|_| Error::Denied)?;
        let cursor = subscription.cursor();
        if subscription.view != View::Statistics as i32 {
            telemetry::personal_subscribed(&caller.party.code, name, cursor.position.0);
        }
        Ok(Consumer {
            feed: self.clone(),
            caller: caller.clone(),
            key,
            generation,
            last: subscription.acked.then_some(cursor),
            acked: cursor,
            subscription: Arc::new(subscription),
            cursor,
            ready: VecDeque::new(),
            delivered: VecDeque::new(),
            applied: self.reader.watch(),
            superseded: self.superseded.subscribe(),
            heard: Instant::now(),
        })
    }

    /// Makes, ends or moves a subscription of the caller. Whoever consumes one that ends or moves is ended.
    ///
    /// # Errors
    /// [`intake::Error`].
    pub async fn change(&self, caller: &Caller, change: SubscriptionChange) -> Result<(), intake::Error> {
        let ended = match &change {
            SubscriptionChange::Create(..) => None,
            SubscriptionChange::Delete(name) | SubscriptionChange::Seek(name, _) => Some(name.clone()),
        };
        self.intake.change_subscription(caller, change).await?;
        if let Some(name) = ended {
            self.supersede(caller.id, &name);
        }
        Ok(())
    }

    fn supersede(&self, party: PartyId, name: &str) -> u64 {
        let mut book = self.book.lock();
        let generation = book.generations.entry((party, name.to_owned())).or_default();
        *generation += 1;
        let generation = *generation;
        drop(book);
        self.superseded.send_replace(());
        generation
    }

    /// Opaque text of a cursor of this ledger.
    #[must_use]
    pub fn encode(&self, cursor: Cursor) -> String {
        cursor.encode(&self.ledger_id)
    }

    /// Reads [`Feed::encode`] or [`Feed::token`].
    ///
    /// # Errors
    /// [`Error::BadCursor`].
    pub fn decode(&self, text: &str) -> Result<Cursor, Error> {
        Cursor::decode(text, &self.ledger_id)
    }

    /// Opaque position token of an entry: the cursor after all its events.
    #[must_use]
    pub fn token(&self, position: Position) -> String {
        self.encode(Cursor::after(position))
    }

    /// Records acknowledged cursors once a second, and the last ones when stopping.
    pub(crate) async fn record_acks(self, mut stopping: watch::Receiver<bool>) {
        loop {
            let stop = tokio::select! {
                _ = stopping.changed() => true,
                () = tokio::time::sleep(ACKS_EVERY) => false,
            };
            self.flush_acks().await;
            if stop {
                return;
            }
        }
    }

    async fn flush_acks(&self) {
        let acks: Vec<(Key, (Cursor, u64))> = self.book.lock().acks.drain().collect();
        if acks.is_empty() {
            return;
        }
        let acked = |((party, name), (cursor, moved_at)): &(Key, (Cursor, u64))| AckedCursor {
            party: party.0,
            name: name.clone(),
            event: DocRef { position: cursor.position.0, ordinal: cursor.ordinal },
            moved_at: *moved_at,
        };
        let cursors = acks.iter().map(acked).collect();
        if let Err(error) = self.intake.record_cursors(cursors).await {
            tracing::warn!(%error, "acknowledged cursors were not recorded; consumers may see deliveries again");
            let mut book = self.book.lock();
            for (key, cursor) in acks {
                book.acks.entry(key).or_insert(cursor);
            }
        }
    }
}

/// One open subscription.
pub struct Consumer {
    feed: Feed,
    caller: Caller,
    key: Key,
    generation: u64,
    subscription: Arc<Subscription>,
    /// Everything up to here was looked at.
    cursor: Cursor,
    /// The last delivery.
    last: Option<Cursor>,
    acked: Cursor,
    ready: VecDeque<Delivery>,
    /// Deliveries that may be acknowledged, oldest first.
    delivered: VecDeque<Cursor>,
    applied: watch::Receiver<Position>,
    superseded: watch::Receiver<()>,
    /// When the consumer last heard something. It outlives a dropped call of `next`.
    heard: Instant,
}

impl Consumer {
    /// The next event, or a heartbeat when there was none for a few seconds.
    ///
    /// # Errors
    /// [`Error::Superseded`], [`Error::Stopping`], [`Error::Internal`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Item, Error> {
        let heartbeat = tokio::time::sleep_until(self.heard + HEARTBEAT_EVERY);
        tokio::pin!(heartbeat);
        loop {
            self.check_current()?;
            if let Some(mut delivery) = self.ready.pop_front() {
                self.heard = Instant::now();
                delivery.predecessor = self.last;
                self.last = Some(delivery.cursor);
                self.delivered.push_back(delivery.cursor);
                if self.delivered.len() > UNACKED_DELIVERIES_MAX {
                    self.delivered.pop_front();
                }
                return Ok(Item::Delivery(Box::new(delivery)));
            }
            self.applied.mark_unchanged();
            if self.load().await? {
                continue;
            }
            let mut stopping = self.feed.stopping.clone();
            tokio::select! {
                changed = self.applied.changed() => changed.map_err(|_| Error::Stopping)?,
                _ = self.superseded.changed() => {}
                _ = stopping.wait_for(|stop| *stop) => return Err(Error::Stopping),
                () = &mut heartbeat => {
                    self.heard = Instant::now();
                    return Ok(self.heartbeat());
                }
            }
        }
    }

    /// Acknowledges everything up to and including `cursor`; recorded within about a second.
    ///
    /// # Errors
    /// [`Error::NotDelivered`] if it is no delivery of this stream.
    pub fn ack(&mut self, cursor: Cursor) -> Result<(), Error> {
        if cursor <= self.acked {
            return Ok(());
        }
        if self.delivered.binary_search(&cursor).is_err() {
            return Err(Error::NotDelivered);
        }
        self.check_current()?;
        while self.delivered.front().is_some_and(|first| *first <= cursor) {
            self.delivered.pop_front();
        }
        self.acked = cursor;
        self.feed.book.lock().acks.insert(self.key.clone(), (cursor, self.subscription.moved_at));
        Ok(())
    }

    fn check_current(&self) -> Result<(), Error> {
        if *self.feed.stopping.borrow() {
            return Err(Error::Stopping);
        }
        let current = self.feed.book.lock().generations.get(&self.key) == Some(&self.generation);
        if current { Ok(()) } else { Err(Error::Superseded) }
    }

    fn heartbeat(&self) -> Item {
        Item::Heartbeat { closed: self.cursor, last: self.last, time: self.feed.reader.shared.last_time() }
    }

    /// Loads the next batch of events that pass the filter; false if everything applied was looked at.
    async fn load(&mut self) -> Result<bool, Error> {
        let applied = self.feed.reader.applied();
        let (reader, caller) = (self.feed.reader.clone(), self.caller.clone());
        let (subscription, cursor) = (Arc::clone(&self.subscription), self.cursor);
        let batch = tokio::task::spawn_blocking(move || load_batch(&reader, &caller, &subscription, cursor));
        let (deliveries, reached) = batch.await.map_err(|_| Error::Stopping)?.map_err(|_| Error::Internal)?;
        match reached {
            Some(reached) => {
                self.cursor = reached;
                self.ready.extend(deliveries);
                Ok(true)
            }
            None => {
                self.cursor = self.cursor.max(Cursor::after(applied));
                Ok(false)
            }
        }
    }
}

/// Deliveries after a cursor, and how far was looked; `None` if there is nothing after it.
fn load_batch(
    reader: &Reader,
    caller: &Caller,
    subscription: &Subscription,
    cursor: Cursor,
) -> Result<(Vec<Delivery>, Option<Cursor>), ReadError> {
    // The entry that the cursor stands in may have events left.
    let after =
        if cursor.ordinal == u32::MAX { cursor.position } else { Position(cursor.position.0.saturating_sub(1)) };
    let outcomes = reader.outcomes_after(after)?;
    let Some((last, _)) = outcomes.last() else { return Ok((Vec::new(), None)) };
    let reached = Cursor::after(*last);
    let mut deliveries = Vec::new();
    let mut source = reveal::Source::new(reader.shared.ledger.as_ref());
    for (position, outcome) in &outcomes {
        for (index, event) in outcome.events.iter().enumerate() {
            let ordinal = u32::try_from(index + 1).unwrap_or(u32::MAX - 1);
            let at = Cursor { position: *position, ordinal };
            if at > cursor && subscription.takes(event, caller.id.0, &caller.party.customs_codes) {
                deliveries.push(deliver(reader, caller, subscription, &mut source, at, outcome, event));
            }
        }
    }
    Ok((deliveries, Some(reached)))
}

fn deliver(
    reader: &Reader,
    caller: &Caller,
    subscription: &Subscription,
    source: &mut reveal::Source<'_>,
    at: Cursor,
    outcome: &Outcome,
    event: &Event,
) -> Delivery {
    let time = Timestamp(outcome.time_ms);
    let content = match (View::try_from(subscription.view), event.document) {
        (Ok(View::Full), Some(document)) => {
            telemetry::personal_delivered();
            source.document(document, true).map_or(Content::None, |xml| Content::Document(xml.into()))
        }
        (Ok(View::Statistics), Some(document)) => source
            .document(document, false)
            .and_then(|xml| {
                Facts::of_document(MessageType::of_number(event.message_type), std::str::from_utf8(&xml).ok()?)
            })
            .map_or(Content::None, |facts| Content::Statistics(facts.with_postings(&event.postings, time))),
        (Ok(View::Own), Some(document)) if gets_document(event, caller.id.0) => {
            let exact = reveal::may_see_all(caller, event);
            if exact {
                telemetry::personal_delivered();
            }
            source.document(document, exact).map_or(Content::None, |xml| Content::Document(xml.into()))
        }
        (Ok(View::Own), _) => Content::Receipt(receipt::event_xml(at.position, at.ordinal, time, event).into()),
        (Ok(View::Full | View::Statistics) | Err(_), _) => Content::None,
    };
    let receipt_dxp = match View::try_from(subscription.view) {
        Ok(View::Own) => receipt_in_envelope(reader, caller, at, time, event),
        Ok(View::Full | View::Statistics) | Err(_) => Bytes::new(),
    };
    let mut event = event.clone();
    let statistics = subscription.view == View::Statistics as i32;
    let data_only = subscription.view == View::Own as i32
        && !event.owners.contains(&caller.id.0)
        && !gets_receipt(&event, caller.id.0);
    if statistics || data_only {
        // Rejections and differences may quote what people wrote; statistics need neither. Who is named for data
        // alone gets no results.
        event.rejections.clear();
        event.waiting.clear();
        event.info.clear();
    } else {
        let sender = outcome.party == caller.id.0 && event.kind != EventKind::Decided as i32;
        let sees_all = caller.party.has_role(Role::Customs);
        reveal::event(source, &reader.shared, caller, at.position.0, sender || sees_all, &mut event);
    }
    let (party, signature) = (reader.party_code(outcome.party), outcome.signature);
    Delivery { cursor: at, predecessor: None, event, time, party, signature, content, receipt_dxp }
}

/// The receipt for an event in a DxpMsg to the subscriber, if it is to have it so.
fn receipt_in_envelope(reader: &Reader, caller: &Caller, at: Cursor, time: Timestamp, event: &Event) -> Bytes {
    let Some(audience) = &event.audience else { return Bytes::new() };
    let is_sender = event.owners.first() == Some(&caller.id.0);
    let own = caller.party.dxp_ids.first().map(String::as_str);
    let receiver = if is_sender && !audience.reply_to.is_empty() {
        Some(audience.reply_to.as_str())
    } else {
        own.filter(|_| gets_receipt(event, caller.id.0) || event.owners.contains(&caller.id.0))
    };
    let Some(receiver) = receiver else { return Bytes::new() };
    let exchange = reader.exchange_dxp_id();
    receipt::event_in_envelope(at.position, at.ordinal, time, &exchange, receiver, event).into()
}
