//! State: a deterministic function of the ledger.

pub mod store;
