//! Subscriptions: which events a consumer gets, how much of each it sees, and how far it has come.
//!
//! A consumer reads events from its cursor on; the live channel only says that there are more. Delivery is
//! at least once and in order; a delivery's id is its cursor, so it is the same every time.

mod consumer;
mod content;
mod cursor;
mod postings;
mod subscription;

pub use consumer::{Consumer, Delivery, Feed, Item};
pub use content::{Content, Facts};
pub use cursor::{Cursor, LedgerId};
pub use postings::{Posted, PostedFigures};
pub use subscription::{Filter, StartAt, Subscription, View};

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
