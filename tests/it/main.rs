//! One test binary, a file per capability, through public interfaces.

mod bad_input;
mod breadth;
mod config;
mod doors;
mod editions;
mod envelope;
mod exchange;
mod feed;
mod forex;
mod fuzz_replay;
mod golden;
mod harness;
mod hostile;
mod kill;
mod ledger_contract;
mod ledger_crash;
mod life_cycle;
mod messages;
mod messages_xmllint;
mod mtls;
mod node;
mod replay;
mod schema_xmllint;
mod signature;
mod tidy;
mod typed;
