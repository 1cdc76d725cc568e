//! XSD to tables; bytes to faults and fields, in one streaming pass. Pure.
//!
//! 1. [`SchemaSet::compile`] turns schema files into tables, once, at start.
//! 2. [`decode`] turns the bytes of a message into text.
//! 3. [`SchemaSet::validate`] walks the text once: well-formedness, structure, values. It reports every
//!    fault with its place and hands the fields to a [`Sink`].
//!
//! No step recurses with the depth of the input, and the happy path allocates nothing per element.

mod builtin;
mod chars;
mod compile;
mod decimal;
mod decode;
mod doctype;
mod document;
mod edition;
mod explain;
mod faults;
mod keys;
mod model;
mod moment;
mod names;
mod nearest;
mod pattern;
mod pattern_blocks;
mod places;
pub mod reader;
pub mod rules;
mod scanner;
mod set;
mod simple;
mod sink;
mod table;
mod walk;

#[cfg(test)]
mod tests;

pub use compile::{Error, Resolver};
pub use decode::{declared_encoding, decode, decode_as, decode_document};
pub use edition::{
    CATALOGUE, EDITION, EDITION_2018, EDITIONS, FILES, carried, carried_edition, compile_folder, files, root_name,
};
pub use faults::Report;
pub use names::{NS_NONE, NS_XML, NS_XSD, NS_XSI, Namespaces, NsId};
pub(crate) use nearest::nearest;
pub use places::Places;
pub use set::SchemaSet;
pub use sink::{AttributeInfo, ElementInfo, NoSink, Sink};
pub use table::ElementId;
