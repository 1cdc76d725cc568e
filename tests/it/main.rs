//! One test binary, a file per capability, through public interfaces.

mod config;
mod doors;
mod exchange;
mod harness;
mod kill;
mod ledger_contract;
mod ledger_crash;
mod mtls;
mod node;
mod replay;
mod schema_xmllint;
