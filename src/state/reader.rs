//! Reading the state from other threads: the registry of parties, documents, timelines.

use crate::domain::{Caller, DocRef, Party, PartyId, Position};
use crate::feed::{Found, Happening, Subscription};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

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

/// A page of documents.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The documents, newest first.
    pub documents: Vec<Found>,
    /// Where the next page begins, if there is one.
    pub next: Option<DocRef>,
}

/// Handle for reading; cheap to clone. Methods block briefly: call those that return documents through
/// `spawn_blocking`.
#[derive(Clone)]
pub struct Reader {
    _private: (),
}

impl Reader {
    /// Position of the last applied entry.
    #[must_use]
    pub fn applied(&self) -> Position {
        Position::ZERO
    }

    /// Follows [`Reader::applied`].
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Position> {
        watch::channel(Position::ZERO).1
    }

    /// Waits until the state has reached `position`.
    ///
    /// # Errors
    /// [`ReadError::TooEarly`] after `wait`.
    pub async fn reach(&self, position: Position, _wait: Duration) -> Result<(), ReadError> {
        Err(ReadError::TooEarly(position))
    }

    /// The active party that filed this client certificate (64 lower-case hex digits of SHA-256).
    #[must_use]
    pub fn party_of_certificate(&self, _sha256: &str) -> Option<Caller> {
        None
    }

    /// The party with that code or alias.
    #[must_use]
    pub fn party_of_code(&self, _code: &str) -> Option<(PartyId, Arc<Party>)> {
        None
    }

    /// All parties by code.
    #[must_use]
    pub fn parties(&self) -> Vec<(PartyId, Arc<Party>)> {
        Vec::new()
    }

    /// One document, if the caller may see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn document(&self, _caller: &Caller, _id: DocRef) -> Result<Option<Found>, ReadError> {
        Err(ReadError::Internal)
    }

    /// The list with that preNo or invtNo, if the caller may see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn document_by_number(&self, _caller: &Caller, _number: &str) -> Result<Option<Found>, ReadError> {
        Err(ReadError::Internal)
    }

    /// Documents that the caller sent, newest first, beginning before `before`. Types and status 0 or
    /// empty are not looked at.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn sent(
        &self,
        _caller: &Caller,
        _before: Option<DocRef>,
        _limit: usize,
        _types: &[i32],
        _status: i32,
    ) -> Result<Page, ReadError> {
        Err(ReadError::Internal)
    }

    /// Everything known under a number, that the caller may see: documents, and what happened, oldest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn trace(&self, _caller: &Caller, _key: &str) -> Result<(Vec<Found>, Vec<Happening>), ReadError> {
        Err(ReadError::Internal)
    }

    /// A subscription of the caller.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn subscription(&self, _caller: &Caller, _name: &str) -> Result<Option<Subscription>, ReadError> {
        Err(ReadError::Internal)
    }

    /// The caller's subscriptions after that name, by name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn subscriptions(&self, _caller: &Caller, _after: &str, _limit: usize) -> Result<Vec<Subscription>, ReadError> {
        Err(ReadError::Internal)
    }

    /// The newest checkpoint, unsigned parts.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn checkpoint(&self) -> Result<crate::proof::Checkpoint, ReadError> {
        Err(ReadError::Internal)
    }
}
