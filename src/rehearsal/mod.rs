//! Carries what a made-up customs does to an exchange, and what the exchange tells back to customs' desk.
//!
//! [`run`] is the loop; [`inside`] reaches an exchange of the same process, `swx customs-sim` one over the network.

pub mod inside;
mod run;

pub(crate) use run::notice_answer;
pub use run::{End, Error, Happening, Limits, run};

use crate::simulator::{Answer, Decision, ListOfConsolidation, Occasion};
use std::future::Future;
use tokio::sync::mpsc;

/// Deliveries that wait between whoever reads them and the loop.
pub const WAITING_DELIVERIES: usize = 64;

/// Why something could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It may be sent again after a pause.
    #[error("{0}")]
    Again(String),
    /// The exchange does not take it; others may pass.
    #[error("{0}")]
    Refused(String),
    /// Nothing can be sent any more.
    #[error("{0}")]
    Fatal(String),
}

/// The way to an exchange, as customs. Cheap to clone.
pub trait Exchange: Clone + Send + Sync + 'static {
    /// Sends a decision; the answer comes after it is recorded and applied.
    ///
    /// # Errors
    /// [`Trouble`].
    fn decide(&self, decision: Decision) -> impl Future<Output = Result<Answer, Trouble>> + Send;

    /// Sends a message that customs sends on its own account.
    ///
    /// # Errors
    /// [`Trouble`].
    fn submit(&self, xml: String) -> impl Future<Output = Result<Answer, Trouble>> + Send;

    /// Looks up lists by invtNo; those that are not known have no text.
    ///
    /// # Errors
    /// [`Trouble`].
    fn lists(&self, numbers: Vec<String>) -> impl Future<Output = Result<Vec<ListOfConsolidation>, Trouble>> + Send;
}

/// One delivery of customs' subscription.
#[derive(Debug, Clone)]
pub struct Delivered<C> {
    /// Its cursor, for the acknowledgement.
    pub cursor: C,
    /// Kind of the event.
    pub event_kind: i32,
    /// The document as it stands after it.
    pub occasion: Occasion,
}

/// Customs' subscription: what comes, and what is acknowledged. The reader behind it ends when the acknowledgements are
/// closed, and records the last one before.
#[derive(Debug)]
pub struct Inbox<C> {
    /// Deliveries in order; an error ends them.
    pub deliveries: mpsc::Receiver<Result<Delivered<C>, Trouble>>,
    /// Cursor up to which everything is done, and how many deliveries more that are.
    pub done: mpsc::Sender<(C, u32)>,
}
