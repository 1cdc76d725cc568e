//! One test binary, a file per capability.

mod ledger_contract;
mod ledger_crash;
mod node;
mod replay;
