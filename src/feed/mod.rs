//! Subscriptions: which events a consumer gets, how much of each it sees, and how far it has come.

use crate::domain::{Caller, DocRef, Event, Position, Timestamp};
use bytes::Bytes;

/// A place between events: after the event `ordinal` of the entry at `position`. Its text form is opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cursor {
    /// Position of the entry.
    pub position: Position,
    /// Index of the event in its entry, from 1; `u32::MAX` after the last one.
    pub ordinal: u32,
}

/// How much of each event is shown. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum View {
    /// Everything.
    Full = 1,
    /// Facts without personal fields.
    Statistics = 2,
    /// Receipts for the party's own documents.
    Own = 3,
}

/// What must hold for an event to be delivered; empty parts are not looked at.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Filter {
    /// Types of documents.
    #[prost(int32, repeated, tag = "1")]
    pub message_types: Vec<i32>,
    /// Customs offices.
    #[prost(string, repeated, tag = "2")]
    pub customs_codes: Vec<String>,
    /// Supervision modes.
    #[prost(string, repeated, tag = "3")]
    pub trade_modes: Vec<String>,
    /// Statuses.
    #[prost(sint32, repeated, tag = "4")]
    pub statuses: Vec<i32>,
    /// Only the party's own documents.
    #[prost(bool, tag = "5")]
    pub own_documents: bool,
    /// Kinds of events.
    #[prost(int32, repeated, tag = "6")]
    pub event_kinds: Vec<i32>,
}

/// A subscription as stored.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Subscription {
    /// Name, unique for the party.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What to deliver.
    #[prost(message, optional, tag = "2")]
    pub filter: Option<Filter>,
    /// How much to show.
    #[prost(enumeration = "View", tag = "3")]
    pub view: i32,
    /// When it was made, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub created_ms: i64,
    /// Deliveries begin after this position …
    #[prost(uint64, tag = "5")]
    pub after_position: u64,
    /// … and this event of it.
    #[prost(uint32, tag = "6")]
    pub after_ordinal: u32,
    /// True if the cursor is an acknowledged delivery (and so the predecessor of the next one).
    #[prost(bool, tag = "7")]
    pub acked: bool,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Before the first event.
    Earliest,
    /// After the last event there is when the entry is applied.
    Latest,
    /// After this cursor.
    After(Cursor),
    /// At the first entry at or after this time.
    Time(Timestamp),
}

/// What a delivery adds to its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing: the document is not there or not for this view.
    None,
    /// The document's element as received.
    Document(Bytes),
    /// Its facts: (head fields, lines) as (official name, value), without personal fields.
    Statistics(Facts),
    /// The CEB receipt XML.
    Receipt(Bytes),
}

/// Fields of a document by official name, without personal ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Head fields.
    pub head: Vec<(&'static str, String)>,
    /// Lines.
    pub lines: Vec<Vec<(&'static str, String)>>,
}

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
    /// What the view adds.
    pub content: Content,
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

/// Why the feed cannot serve.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No subscription of that name.
    #[error("subscription {0:?} not found")]
    NotFound(String),
    /// The party may not have this view.
    #[error("the view is not for this party")]
    Denied,
    /// The cursor was not made by this ledger.
    #[error("cursor is not of this ledger")]
    BadCursor,
    /// The cursor is ahead of what was delivered.
    #[error("cursor was not delivered yet")]
    NotDelivered,
    /// Another consumer took the subscription over, or it was deleted or moved.
    #[error("subscription was taken over, moved or deleted")]
    Superseded,
    /// The exchange is stopping.
    #[error("the exchange is stopping")]
    Stopping,
    /// Our own failure; details are in the log.
    #[error("internal failure")]
    Internal,
}

/// Handle to the feed; cheap to clone.
#[derive(Clone)]
pub struct Feed {
    _private: (),
}

impl Feed {
    /// Opens a subscription of the caller at its cursor. A consumer that had it open is ended.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn consume(&self, _caller: &Caller, _name: &str) -> Result<Consumer, Error> {
        Err(Error::Internal)
    }

    /// Opaque text of a cursor of this ledger.
    #[must_use]
    pub fn encode(&self, _cursor: Cursor) -> String {
        String::new()
    }

    /// Reads [`Feed::encode`], or a position token.
    ///
    /// # Errors
    /// [`Error::BadCursor`].
    pub fn decode(&self, _text: &str) -> Result<Cursor, Error> {
        Err(Error::BadCursor)
    }

    /// Opaque position token of an entry.
    #[must_use]
    pub fn token(&self, _position: Position) -> String {
        String::new()
    }
}

/// One open subscription.
pub struct Consumer {
    _private: (),
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
        Err(Error::Internal)
    }

    /// Acknowledges everything up to and including `cursor`; recorded within about a second.
    ///
    /// # Errors
    /// [`Error::NotDelivered`].
    pub fn ack(&mut self, _cursor: Cursor) -> Result<(), Error> {
        Err(Error::Internal)
    }
}

/// A document as looked up, with personal values as the asking party may see them.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its id.
    pub id: DocRef,
    /// Where it stands: as the last event of it.
    pub event: Event,
    /// When its entry was appended.
    pub time: Timestamp,
    /// Element as received; empty in lists.
    pub xml: Bytes,
    /// Document that replaced it.
    pub replaced_by: Option<DocRef>,
    /// True if it can no longer be changed.
    pub frozen: bool,
}

/// One line of a timeline.
#[derive(Debug, Clone)]
pub struct Happening {
    /// Position of the entry.
    pub position: Position,
    /// The event.
    pub event: Event,
    /// Time of the entry.
    pub time: Timestamp,
    /// Code of the party that caused it.
    pub party: String,
    /// In words, Chinese.
    pub text_zh: String,
    /// In words, English.
    pub text_en: String,
}
