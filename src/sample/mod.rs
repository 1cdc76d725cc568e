//! Made-up but consistent documents with valid check digits, for tests, the demo and the bench. Pure.
//!
//! A [`Generator`] gives [`Set`]s: an order, its payment, its waybill and the declaration list over them, which agree as
//! the rules demand, and [`Sale`]s abroad. [`write_message`] writes one kind of document of many sets as one CEB message;
//! [`receipt`] writes what comes back. A [`Flaw`] spoils a set on purpose. A [`Run`] writes messages of any of the 42
//! types over a range of sales, so that all of them tell of the same parcels; [`example`] gives one small message.
//!
//! Everything follows from seed and ordinal, so two programs with the same seed know the same documents, and none of
//! the numbers of two seeds collide. No name, telephone or address here belongs to anybody.

mod answer;
mod document;
mod export;
mod flaw;
mod generator;
mod goods;
mod import;
mod numbers;
mod parties;
mod people;
pub mod receipt;
mod run;
mod writer;
mod xml;

pub use document::{Consignee, Kind, Line, List, Order, Payment, Set, Transfer, Waybill};
pub use export::{DESTINATIONS, Destination, EXPORT_GOODS, ExportMode, Sale};
pub use flaw::Flaw;
pub use generator::{Generator, Mode, Settings};
pub use goods::{GOODS, Goods};
pub(crate) use numbers::Rng;
pub use parties::{Parties, Party, Role};
pub use people::Person;
pub use run::{Run, example, speaks_of_many};
pub use xml::{message, unsigned, write_message};
