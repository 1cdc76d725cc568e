//! Typed documents: CEB messages as protobuf and as JSON, to XML and back without loss. Pure.
//!
//! ```text
//! protobuf ─ wire ┐                   ┌ write ─ XML
//!                 ├─ tree (a Message) ┤
//!     JSON ─ json ┘                   └ read ── XML
//! ```
//!
//! The messages of `proto/singlewindow/ceb/v1` say which fields there are, and in which order; `contract`
//! reads that from their descriptors, and a test keeps it in step with the schema files. Every form goes
//! through one tree, so that there is one converter for all types and no code for any of them.
//!
//! Nothing is dropped in silence: a field, element or attribute that the contract does not have is an error
//! with its place. What has no meaning in XML does get lost: comments, processing instructions, the choice
//! of prefixes, white space between elements, and `xsi:` attributes.
//!
//! Every value stays the text that its sender wrote. Amounts are no floats, since 0.1 has none; counters are
//! no integers, since `01` is a legal `xs:int` that would come back as `1`.

mod contract;
mod error;
mod fragment;
mod json;
mod path;
mod read;
mod tree;
pub mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use error::{Error, Problem};
pub use path::{Names, field_path};
pub use tree::Message;

/// Namespace of CEB messages.
const NAMESPACE: &str = "http://www.chinaport.gov.cn/ceb";
/// The prefix of that namespace in the XML that is written.
const PREFIX: &str = "ceb";
