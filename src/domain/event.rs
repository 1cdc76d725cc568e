//! Events: what an entry changed, as stored and fed.

use super::message::MessageType;
use super::rejection::{DocRef, Keys, Rejection, Waiting};
use super::transport::{Audience, Routing};

/// Kind of an event. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum EventKind {
    /// A whole message was refused.
    MessageRejected = 1,
    /// A document was accepted.
    DocumentAccepted = 2,
    /// A document was refused.
    DocumentRejected = 3,
    /// A document was replaced by a newer one of its sender.
    DocumentReplaced = 4,
    /// A document was deleted by its sender.
    DocumentDeleted = 5,
    /// What a list waits for has changed.
    MatchWaiting = 6,
    /// A list and its three documents agree.
    Matched = 7,
    /// Customs decided.
    Decided = 8,
    /// A decision was kept but changed nothing.
    DecisionIgnored = 9,
    /// A list waited too long.
    MatchExpired = 10,
    /// A party was filed or changed.
    PartyFiled = 11,
    /// A mandate was filed or ended.
    MandateFiled = 12,
    /// A decision named no document that is known.
    DecisionUnknown = 13,
}

/// One thing that an entry changed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// What happened.
    #[prost(enumeration = "EventKind", tag = "1")]
    pub kind: i32,
    /// Document that it happened to; `None` for a whole message or a filing.
    #[prost(message, optional, tag = "2")]
    pub document: Option<DocRef>,
    /// Type of that document.
    #[prost(enumeration = "MessageType", tag = "3")]
    pub message_type: i32,
    /// CEB return status after it; negative for a refusal.
    #[prost(sint32, tag = "4")]
    pub status: i32,
    /// Numbers of the document.
    #[prost(message, optional, tag = "5")]
    pub keys: Option<Keys>,
    /// Why it was refused, or why a decision changed nothing.
    #[prost(message, repeated, tag = "6")]
    pub rejections: Vec<Rejection>,
    /// What a list waits for after it.
    #[prost(message, repeated, tag = "7")]
    pub waiting: Vec<Waiting>,
    /// Time that customs gave, milliseconds since 1970; 0 if none.
    #[prost(int64, tag = "8")]
    pub decision_ms: i64,
    /// Customs' text.
    #[prost(string, tag = "9")]
    pub info: String,
    /// Parties whose document it is: sender first, then those named in it. Numbers of parties.
    #[prost(uint32, repeated, tag = "10")]
    pub owners: Vec<u32>,
    /// The other document: the new one of a replacement.
    #[prost(message, optional, tag = "11")]
    pub other: Option<DocRef>,
    /// Party filed, for filings: its code.
    #[prost(string, tag = "12")]
    pub code: String,
    /// What a decision did.
    #[prost(enumeration = "Effect", tag = "13")]
    pub effect: i32,
    /// Index of the decision in its entry, from 1; 0 for other events.
    #[prost(uint32, tag = "14")]
    pub decision_ordinal: u32,
    /// Parties that the message of the document named to be told of it.
    #[prost(message, optional, tag = "20")]
    pub audience: Option<Audience>,
}

/// What a decision did. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Effect {
    /// Not a decision.
    None = 0,
    /// The status changed.
    Applied = 1,
    /// The same decision was there before.
    Repeated = 2,
    /// Kept, without effect.
    Ignored = 3,
    /// No such document.
    UnknownDocument = 4,
    /// Another office's document.
    ForeignOffice = 5,
    /// The message itself is refused.
    Rejected = 6,
}

/// How an entry ended. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Ending {
    /// Applied; for a submission: the message was taken.
    Applied = 1,
    /// The whole message is refused.
    Refused = 2,
    /// The same submission was applied before; nothing changed.
    Replay = 3,
    /// The guid was used before for other bytes; refused.
    Conflict = 4,
    /// Checked under editions that are not in force; nothing is bound.
    Stale = 5,
}

/// All that applying one entry yielded: the source of receipts and of the feed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Outcome {
    /// How it ended.
    #[prost(enumeration = "Ending", tag = "1")]
    pub ending: i32,
    /// Time of the entry, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub time_ms: i64,
    /// Number of the party that sent it; 0 for the exchange itself.
    #[prost(uint32, tag = "3")]
    pub party: u32,
    /// Kind of the entry.
    #[prost(uint32, tag = "4")]
    pub entry_kind: u32,
    /// Type of the message.
    #[prost(enumeration = "MessageType", tag = "5")]
    pub message_type: i32,
    /// Guid of the message.
    #[prost(string, tag = "6")]
    pub message_guid: String,
    /// SHA-256 of the payload: the message inside any envelope.
    #[prost(bytes = "vec", tag = "7")]
    pub payload_sha256: Vec<u8>,
    /// Why the whole message is refused.
    #[prost(message, repeated, tag = "8")]
    pub rejections: Vec<Rejection>,
    /// Rejections counted but not listed.
    #[prost(uint32, tag = "9")]
    pub rejections_omitted: u32,
    /// For a replay or a conflict: position of the first submission.
    #[prost(uint64, tag = "10")]
    pub first: u64,
    /// Events, in order.
    #[prost(message, repeated, tag = "11")]
    pub events: Vec<Event>,
    /// Edition of the schema that the message was checked against.
    #[prost(string, tag = "12")]
    pub schema_edition: String,
    /// Result of a filing, seek or subscription: an empty text if done, else why not.
    #[prost(string, tag = "13")]
    pub note: String,
    /// State of the message's signature, as in the header of its entry; 0 from before it was kept here, which
    /// means 1.
    #[prost(uint32, tag = "14")]
    pub signature: u32,
    /// How the message was routed; `None` if it has no envelope and names no address that is not known.
    #[prost(message, optional, tag = "20")]
    pub routing: Option<Routing>,
}
