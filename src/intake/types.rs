//! What intake and reader answer with.

use crate::domain::{DocRef, Event, Fault, Keys, MessageType, Outcome, Position, Timestamp};
use bytes::Bytes;
use std::sync::Arc;

/// An entry that is durable and applied.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Its position; for a replay the position of the first submission.
    pub position: Position,
    /// What it did, with personal values as its sender may see them.
    pub outcome: Arc<Outcome>,
    /// True if the same submission was applied before: `outcome` is the first one's.
    pub replayed: bool,
    /// For a submission: the CEB receipt.
    pub receipt_xml: Bytes,
    /// For a message in an envelope: the transport's answer, DxpRep; else empty.
    pub dxp_rep: Bytes,
    /// For a message in an envelope: the CEB receipt in a DxpMsg to its sender; else empty.
    pub receipt_dxp: Bytes,
}

/// What a check without recording found.
#[derive(Debug, Clone)]
pub struct Validation {
    /// Type of the message.
    pub kind: MessageType,
    /// Edition of the schema.
    pub edition: String,
    /// Faults, in order of place.
    pub faults: Vec<Fault>,
    /// Faults counted but not listed.
    pub faults_omitted: u32,
}

/// One typed decision of customs. Empty keys are not looked at.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// Id that customs gives.
    pub guid: String,
    /// Type of the document decided on.
    pub kind: i32,
    /// Numbers that find the document.
    pub keys: Keys,
    /// CEB return status.
    pub status: i32,
    /// When customs decided, milliseconds since 1970; 0 means the time of the entry.
    pub time_ms: i64,
    /// Text for the declarant.
    pub info: String,
}

/// One condition of sending messages of a type.
#[derive(Debug, Clone)]
pub struct SendingCheck {
    /// What is missing; `None` if it holds.
    pub missing: Option<crate::domain::Rejection>,
    /// What is asked, Chinese.
    pub text_zh: String,
    /// What is asked, English.
    pub text_en: String,
}

/// A change to a subscription of the caller.
#[derive(Debug, Clone)]
pub enum SubscriptionChange {
    /// Makes one.
    Create(crate::feed::Subscription, crate::feed::StartAt),
    /// Ends one.
    Delete(String),
    /// Moves its cursor.
    Seek(String, crate::feed::StartAt),
}

/// A document as looked up, with personal values as the asking party may see them.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its id.
    pub id: DocRef,
    /// Where it stands, as an event.
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

/// A page of documents.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The documents, newest first.
    pub documents: Vec<Found>,
    /// Where the next page begins, if there is one.
    pub next: Option<DocRef>,
}

/// What a trace found.
#[derive(Debug, Clone, Default)]
pub struct Traced {
    /// The documents, oldest first.
    pub documents: Vec<Found>,
    /// What happened to them, oldest first.
    pub happenings: Vec<Happening>,
    /// Where the next page begins, if there is one.
    pub next: Option<DocRef>,
}

/// Why a read failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The state did not reach the position in time.
    #[error("state has not reached position {0}")]
    TooEarly(Position),
    /// The token or id is not one of ours.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// Our own failure; details are in the log.
    #[error("internal failure")]
    Internal,
}

/// Why nothing was recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Too much waits already; retry after a pause.
    #[error("the exchange is busy")]
    Busy,
    /// The message is over the size limit.
    #[error("message of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Bytes of the message.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// None of the caller's roles may do this.
    #[error("{what} needs one of the roles {roles}")]
    Denied {
        /// What was tried.
        what: String,
        /// Roles that may.
        roles: String,
    },
    /// The request itself makes no sense; `field` names the part.
    #[error("{field}: {reason}")]
    Invalid {
        /// Field of the request.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No such subscription, party or document.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// A subscription of that name is there already.
    #[error("{what} exists already")]
    Exists {
        /// What exists.
        what: String,
    },
    /// The disk is full: nothing was recorded; retry when there is room.
    #[error("the ledger's disk is full")]
    DiskFull,
    /// The ledger refuses writes until a restart. Whether this submission survives is not known: ask
    /// again with the same bytes after the restart.
    #[error("the ledger is read-only until restart")]
    ReadOnly,
    /// The exchange is stopping.
    #[error("the exchange is stopping")]
    Stopping,
    /// Our own failure; details are in the log.
    #[error("internal failure")]
    Internal,
}
