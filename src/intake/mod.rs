//! Takes what parties send: runs the stateless checks off the async threads, appends to the ledger, and
//! answers once the entry is durable and applied.

use crate::domain::{Caller, Fault, Mandate, MessageType, Outcome, Party, PartyId, Position};
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
    pub keys: crate::domain::Keys,
    /// CEB return status.
    pub status: i32,
    /// When customs decided, milliseconds since 1970; 0 means the time of the entry.
    pub time_ms: i64,
    /// Text for the declarant.
    pub info: String,
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
    /// Acknowledges deliveries up to a cursor (kept at most once a second).
    Ack(String, crate::feed::Cursor),
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

/// Handle to the intake; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    _private: (),
}

impl Intake {
    /// Submits one CEB message.
    ///
    /// # Errors
    /// [`Error`]; after an error nothing may be assumed but that the same bytes can be sent again.
    pub async fn submit(&self, _caller: &Caller, _xml: Bytes) -> Result<Applied, Error> {
        Err(Error::Internal)
    }

    /// Checks a message without recording it.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Busy`].
    pub async fn validate(&self, _xml: Bytes) -> Result<Validation, Error> {
        Err(Error::Internal)
    }

    /// Records one typed decision. Its result is the event of the outcome.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn decide(&self, _caller: &Caller, _decision: Decision) -> Result<Applied, Error> {
        Err(Error::Internal)
    }

    /// Records the decisions of a CEB622, 312, 412 or 512 message; one event per decision.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn decide_xml(&self, _caller: &Caller, _xml: Bytes) -> Result<Applied, Error> {
        Err(Error::Internal)
    }

    /// Files a party or replaces its filing. `by` is the operator, or party 0 at the first start.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field; [`Error`].
    pub async fn file_party(&self, _by: PartyId, _party: Party) -> Result<Applied, Error> {
        Err(Error::Internal)
    }

    /// Files a mandate.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field; [`Error`].
    pub async fn file_mandate(&self, _by: PartyId, _mandate: Mandate) -> Result<Applied, Error> {
        Err(Error::Internal)
    }

    /// Changes a subscription of the caller.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::NotFound`], [`Error::Invalid`]; [`Error`].
    pub async fn change_subscription(&self, _caller: &Caller, _change: SubscriptionChange) -> Result<Applied, Error> {
        Err(Error::Internal)
    }
}
