//! State: a deterministic function of the ledger.
//!
//! [`Machine::apply`] takes one durable entry and answers with its [`crate::domain::Outcome`]. Everything
//! it knows stands in cells ([`Cells`]); a replay from any point gives the same cells and outcomes.

mod cells;
mod clearance;
mod decide;
mod documents;
mod entry;
mod facts;
mod keys;
mod life;
mod machine;
mod matching;
mod pack;
mod parameters;
pub(crate) mod query;
mod reasons;
mod received;
mod registry;
mod related;
pub(crate) mod requests;
mod routing;
mod rules;
mod step;
pub mod store;
mod wrapping;

pub use cells::{Cells, CellsMut, MemoryCells, Rows, StateError};
pub use clearance::{agency, inspection};
pub use entry::{
    AckedCursor, Content, CursorEntry, DecisionFacts, Decisions, DecodeError, Editions, Entry, Header, Personal,
    PersonalOfDocument, Skeleton, Submission, SubscriptionEntry, Tick,
};
pub use facts::{CLEARED, Facts, FactsOfEntry, FieldValue, LineFacts};
pub use machine::{AppliedMark, Machine};
pub use received::Received;
pub use wrapping::Wrapping;

pub(crate) use query::DocumentView;
pub use registry::Registry;
