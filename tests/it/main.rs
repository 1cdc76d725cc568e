//! One test binary, a file per capability.

mod kill;
mod ledger_contract;
mod ledger_crash;
mod node;
