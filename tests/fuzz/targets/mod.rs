//! What is fuzzed: one file per target, with one function that takes any bytes and panics on a broken promise.
//!
//! The same functions run under cargo-fuzz (`fuzz_targets/`), under the mutation driver on stable (`driver/`), and
//! over the committed corpus in the ordinary tests (`tests/it/fuzz_replay.rs`). A new target is a file here with
//! `run` and `WORDS`, a line in [`ALL`], its three lines in `fuzz_targets/`, and a `[[bin]]` in `Cargo.toml`.

#![allow(dead_code, reason = "each user takes a part")]

pub mod config;
pub mod envelope;
pub mod ledger;
pub mod parser;
pub mod pattern;
pub mod record;
pub mod schema;
pub mod signature;
pub mod sound;
pub mod typed;
pub mod validator;
pub mod wire;

/// One target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder under `corpus/`.
    pub name: &'static str,
    /// Takes any bytes; panics if a promise is broken.
    pub run: fn(&[u8]),
    /// Pieces of its language, for mutations.
    pub words: &'static [&'static str],
}

/// Every target.
pub const ALL: &[Target] = &[
    Target { name: "parser", run: parser::run, words: parser::WORDS },
    Target { name: "validator", run: validator::run, words: validator::WORDS },
    Target { name: "schema", run: schema::run, words: schema::WORDS },
    Target { name: "pattern", run: pattern::run, words: pattern::WORDS },
    Target { name: "record", run: record::run, words: record::WORDS },
    Target { name: "ledger", run: ledger::run, words: ledger::WORDS },
    Target { name: "wire", run: wire::run, words: wire::WORDS },
    Target { name: "config", run: config::run, words: config::WORDS },
    Target { name: "signature", run: signature::run, words: signature::WORDS },
    Target { name: "envelope", run: envelope::run, words: envelope::WORDS },
    Target { name: "typed", run: typed::run, words: typed::WORDS },
];
