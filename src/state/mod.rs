//! State: a deterministic function of the ledger.

mod reader;
pub mod store;

pub use reader::{Page, ReadError, Reader};
