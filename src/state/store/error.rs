//! Why the store could not do its work.

use std::sync::Arc;

/// Why the store could not do its work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A commit failed: nothing can be committed until a restart, which replays the ledger from the
    /// last committed position.
    #[error("state store takes no writes until restart: {reason}")]
    Poisoned {
        /// What failed.
        reason: String,
    },
    /// Another process has the folder open; stop it first.
    #[error("state store in {folder} is open in another process")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// Stored bytes are not what was written. The folder can be removed: the ledger has it all.
    #[error("state store is damaged: {reason}")]
    Damaged {
        /// What does not check.
        reason: String,
    },
    /// A file cannot be read or written, or the disk is full.
    #[error("state store input or output failed: {what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The cause.
        #[source]
        source: Arc<std::io::Error>,
    },
}

impl Error {
    /// An input or output error.
    pub(super) fn io(what: &'static str, source: std::io::Error) -> Error {
        Error::Io { what, source: Arc::new(source) }
    }
}
