//! State: a deterministic function of the ledger.
//!
//! [`Machine::apply`] takes one durable entry and answers with its [`crate::domain::Outcome`]. Everything
//! it knows stands in cells ([`Cells`]); a replay from any point gives the same cells and outcomes.

mod cells;
mod decide;
mod documents;
mod entry;
mod facts;
mod keys;
mod life;
mod machine;
mod matching;
mod pack;
pub(crate) mod query;
mod reasons;
mod received;
mod registry;
mod related;
mod routing;
mod step;
pub mod store;
mod wrapping;

pub use cells::{Cells, CellsMut, MemoryCells, Rows, StateError};
pub use entry::{
    AckedCursor, Content, CursorEntry, DecisionFacts, Decisions, DecodeError, Editions, Entry, Header, Personal,
    PersonalOfDocument, Skeleton, Submission, SubscriptionEntry, Tick,
};
pub use facts::{Facts, FactsOfEntry, LineFacts};
pub use machine::{AppliedMark, Machine};
pub use received::Received;
pub use wrapping::Wrapping;

pub(crate) use life::{is_final, is_legal_step};
pub(crate) use query::DocumentView;
pub use registry::Registry;
