//! `swx`, the single-window exchange for cross-border e-commerce declarations.
//!
//! # The way of a message
//!
//! ```text
//! bytes ─ transport ─ schema ─ rules ─ ledger ─ state ─ feed ─ consumers
//!         who, limits  faults   faults  fsync    events  cursors
//!    ◄──────────────── receipt (after fsync and apply) ──────────
//! ```
//!
//! 1. [`transport`] takes bytes from a party known by its client certificate; [`typed`] documents are
//!    rendered as XML first.
//! 2. [`intake`] runs the stateless steps off the async threads: [`schema`] walks the bytes once and
//!    collects every fault with its place, [`signature`] verifies, [`rules`] judges each document on its own.
//! 3. [`ledger`] appends the result and the exact bytes, and syncs them to the disk.
//! 4. [`state`] applies durable entries in order: duplicates, three-document match, life cycle.
//!    It is a pure function of the ledger and yields events.
//! 5. [`receipt`] renders events as typed receipts and CEB receipt XML; [`feed`] delivers events to
//!    named subscriptions from durable cursors; [`proof`] holds the Merkle trees over both.
//!
//! [`tables`] holds the dated figures of the law as data, [`tax`] reckons limits and taxes with them.
//!
//! [`report`] renders the faults of messages for people and programs, outside this way.
//!
//! [`domain`] has the words that all of them share, [`parts`] opens what is on disk, [`app`] wires it all,
//! [`cli`] drives it; [`simulator`] and [`rehearsal`] play customs for those who test. `docs/concepts.md` explains the words, `docs/decisions` why things are as they are.
//!
//! # Invariants
//!
//! 1. Nothing is acknowledged, shown or fanned out before its ledger entry is synced.
//! 2. A refused document from a known peer is recorded and answered exactly as an accepted one is.
//! 3. Same bytes, same editions, same earlier entries: same verdict. Replay proves it.
//! 4. Subscribers read events from a cursor; the live channel only says "there is more".
//! 5. Every queue, document, depth, batch, stream and wait has a limit, named in [`domain::limits`].
//! 6. A code or number that reached disk or wire keeps its meaning for ever and is never reused.
//! 7. After a failed sync the ledger refuses writes. Recovery cuts only a torn tail; damage before it
//!    stops the start.

// In the order in which data flows.
pub mod domain;
pub mod transport;
pub mod intake;
pub mod schema;
pub mod envelope;
pub mod typed;
pub mod signature;
pub mod payment_data;
pub mod tables;
pub mod tax;
pub mod rules;
pub mod ledger;
pub mod state;
pub mod proof;
pub mod receipt;
pub mod feed;
pub mod report;

// What wires, starts and drives them.
pub mod app;
pub mod cli;
pub mod config;
pub mod parts;
pub mod pki;
pub mod telemetry;

// A made-up customs to rehearse with: what it decides, and what carries that to an exchange.
pub mod rehearsal;
pub mod simulator;

// Generated code, made-up documents for tests, the demo and the bench, and the pages about messages.
pub mod pb;
pub mod reference;
pub mod sample;
