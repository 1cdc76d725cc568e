//! Parts of a message that are kept as XML: signatures, and payloads of extensions.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::error::Problem;
use super::{NAMESPACE, PREFIX};
use crate::domain::limits;

/// Refuses what is not the text of exactly one element, with nothing before or after it, so that it cannot
/// change what stands around it. `local` is the local name that it must have.
///
/// The rest of well-formedness is for whoever checks the whole message.
pub(super) fn check(xml: &str, local: Option<&str>) -> Result<(), Problem> {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|_| Problem::Fragment("it is not well-formed"))? {
            Event::Start(start) => {
                if depth == 0 && local.is_some_and(|local| start.local_name().into_inner() != local) {
                    return Err(Problem::Fragment("the element has another name"));
                }
                depth += 1;
                if depth > limits::XML_DEPTH_MAX {
                    return Err(Problem::Fragment("it nests too deep"));
                }
            }
            Event::Empty(start) if depth == 0 => {
                if local.is_some_and(|local| start.local_name().into_inner() != local) {
                    return Err(Problem::Fragment("the element has another name"));
                }
                break;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            Event::DocType(_) | Event::Decl(_) => return Err(Problem::Fragment("it holds a declaration")),
            Event::Empty(_) | Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if depth > 0 => {}
            Event::Comment(_) | Event::PI(_) if depth > 0 => {}
            Event::Eof => return Err(Problem::Fragment("it has no end")),
            Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Comment(_)
            | Event::PI(_) => return Err(Problem::Fragment("it does not begin with the element")),
        }
    }
    let length = u64::try_from(xml.len()).unwrap_or(u64::MAX);
    if reader.buffer_position() == length { Ok(()) } else { Err(Problem::Fragment("something follows the element")) }
}

/// The namespace declarations in scope where a message is read, from the outermost on: depth, prefix, and
/// namespace as it stands between the quotes.
#[derive(Debug, Default)]
pub(super) struct Scope {
    declared: Vec<(usize, String, String)>,
}

impl Scope {
    pub(super) fn declare(&mut self, depth: usize, prefix: &str, namespace: &str) {
        self.declared.push((depth, prefix.to_owned(), namespace.to_owned()));
    }

    /// Forgets what was declared at a depth or deeper.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|(at, ..)| *at >= depth) {
            self.declared.pop();
        }
    }

    /// The namespace of a prefix.
    pub(super) fn namespace(&self, prefix: &str) -> Option<&str> {
        let declared = self.declared.iter().rev().find(|(_, other, _)| other == prefix);
        declared.map(|(_, _, namespace)| namespace.as_str())
    }

    /// An element with the declarations of its surroundings that it does not make itself, so that it means
    /// the same inside of what [`Message::to_xml`](super::Message::to_xml) writes.
    pub(super) fn carry(&self, element: &str, name_bytes: usize, own_prefixes: &[&str]) -> String {
        let inherited: BTreeMap<&str, &str> =
            self.declared.iter().map(|(_, prefix, namespace)| (prefix.as_str(), namespace.as_str())).collect();
        let mut added = String::new();
        for (prefix, namespace) in inherited {
            let is_given = prefix == PREFIX && namespace == NAMESPACE;
            let is_nothing = prefix.is_empty() && namespace.is_empty();
            if is_given || is_nothing || own_prefixes.contains(&prefix) {
                continue;
            }
            let colon = if prefix.is_empty() { "" } else { ":" };
            // Between its quotes, the other kind may stand as it is.
            let namespace = namespace.replace('"', "&quot;");
            added.push_str(&format!(" xmlns{colon}{prefix}=\"{namespace}\""));
        }
        let (name, rest) = element.split_at_checked(name_bytes + 1).unwrap_or((element, ""));
        format!("{name}{added}{rest}")
    }
}
