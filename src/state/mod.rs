//! State: a deterministic function of the ledger.
//!
//! [`Machine::apply`] takes one durable entry and answers with its [`crate::domain::Outcome`]. Everything
//! it knows stands in cells ([`Cells`]); a replay from any point gives the same cells and outcomes.

mod cells;
pub(crate) mod clearance;
pub(crate) mod credit;
mod decide;
mod documents;
mod entry;
mod facts;
pub(crate) mod filing;
pub(crate) mod forex;
mod keys;
mod life;
pub(crate) mod life_reads;
mod machine;
mod matching;
mod pack;
mod parameters;
pub(crate) mod payment;
pub(crate) mod query;
mod reasons;
mod received;
pub(crate) mod refund;
mod registry;
pub(crate) mod rehearse;
mod rematch;
mod related;
pub(crate) mod requests;
mod routing;
mod rules;
mod step;
pub mod store;
pub(crate) mod tree;
mod upkeep;
mod wrapping;

pub use cells::{Cells, CellsMut, MemoryCells, Rows, StateError};
pub use clearance::guarantee::GuaranteeEntry;
pub use clearance::{agency, inspection};
pub use entry::{
    AckedCursor, Content, CursorEntry, DecisionFacts, Decisions, DecodeError, Editions, Entry, Header, Personal,
    PersonalOfDocument, Skeleton, Submission, SubscriptionEntry, Tick,
};
pub use facts::{CLEARED, Facts, FactsOfEntry, FieldValue, LineFacts};
pub use filing::{FilingEntry, FilingRequest};
pub use forex::{BulkLine, ForexEntry, ForexGoods, ForexKind, ForexMessage, Registration};
pub use machine::{AppliedMark, Machine};
pub use payment::{PaymentAsk, PaymentEntry, PaymentGiven};
pub use received::Received;
pub use refund::{Evidence, RefundEntry, ServiceContract, Standing};
pub use wrapping::Wrapping;

pub(crate) use life::{is_final, is_legal_step};
pub(crate) use query::DocumentView;
pub use registry::Registry;
