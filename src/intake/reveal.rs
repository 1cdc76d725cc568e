//! Personal values for those who may see them: read from the received bytes, never from the state.
#![expect(clippy::wildcard_enum_match_arm, reason = "of the reader's events only these carry text")]

use super::applier::Shared;
use crate::domain::{Caller, DocRef, Event, Position, Role, Waiting};
use crate::ledger::{Ledger, Stored};
use crate::state::Received;
use quick_xml::events::Event as Xml;
use std::sync::Arc;

/// Shown in the place of a personal value that is not the reader's.
pub(crate) const MASK: &str = "***";

/// Received bytes of the entries looked at last.
pub(crate) struct Source<'a> {
    ledger: &'a dyn Ledger,
    stored: Option<Arc<Stored>>,
    exact: Option<(Position, Received)>,
    masked: Option<(Position, Received)>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(ledger: &'a dyn Ledger) -> Source<'a> {
        Source { ledger, stored: None, exact: None, masked: None }
    }

    fn stored(&mut self, position: Position) -> Option<Arc<Stored>> {
        if self.stored.as_ref().is_none_or(|stored| stored.position != position) {
            self.stored = self.ledger.read(Position(position.0.saturating_sub(1)), 1).ok()?.into_iter().next();
        }
        self.stored.clone().filter(|stored| stored.position == position)
    }

    fn received(&mut self, position: Position, exact: bool) -> Option<&Received> {
        let held = if exact { &self.exact } else { &self.masked };
        if held.as_ref().is_none_or(|(at, _)| *at != position) {
            let stored = self.stored(position)?;
            let read = if exact { Received::exact(&stored) } else { Received::masked(&stored, MASK) };
            let read = read.map_err(|error| tracing::error!(%error, %position, "reading back received bytes")).ok()?;
            *(if exact { &mut self.exact } else { &mut self.masked }) = Some((position, read));
        }
        let held = if exact { &self.exact } else { &self.masked };
        held.as_ref().map(|(_, received)| received)
    }

    /// All bytes of an entry as received.
    pub(crate) fn bytes(&mut self, position: Position) -> Option<&[u8]> {
        self.received(position, true).map(|received| received.bytes.as_slice())
    }

    /// A document's element, whole or with its personal values masked.
    pub(crate) fn document(&mut self, at: DocRef, exact: bool) -> Option<Vec<u8>> {
        let received = self.received(Position(at.position), exact)?;
        received.document(at.ordinal).map(<[u8]>::to_vec)
    }

    /// One head field of a document; `None` if it cannot be read.
    fn field(&mut self, at: DocRef, name: &str) -> Option<String> {
        let element = self.document(at, true)?;
        element_text(std::str::from_utf8(&element).ok()?, name)
    }
}

/// The text of the first element with that local name.
fn element_text(xml: &str, name: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut inside = false;
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Xml::Start(start) if start.local_name().as_ref() == name => inside = true,
            Xml::End(_) if inside => return Some(text),
            Xml::Text(part) if inside => text.push_str(&part),
            Xml::GeneralRef(reference) if inside => match reference.resolve_char_ref() {
                Ok(Some(character)) => text.push(character),
                Ok(None) => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?),
                Err(_) => return None,
            },
            Xml::CData(part) if inside => text.push_str(&part),
            Xml::Eof => return None,
            _ => {}
        }
    }
}

/// True if a party sees the personal values of a document that was sent to it: customs for its own offices, the sender,
/// and the party that answers for the document.
pub(crate) fn may_see_all(caller: &Caller, event: &Event) -> bool {
    let office = event.keys.as_ref().map_or("", |keys| keys.customs_code.as_str());
    let customs = caller.party.has_role(Role::Customs)
        && (office.is_empty() || caller.party.customs_codes.iter().any(|code| code == office));
    customs || event.owners.contains(&caller.id.0)
}

/// Fills in the personal values of an event that the caller may see, and masks the others. `sender` says
/// whether the caller sent the document that the event's rejections speak of.
pub(crate) fn event(
    source: &mut Source<'_>,
    shared: &Shared,
    caller: &Caller,
    position: u64,
    sender: bool,
    event: &mut Event,
) {
    let customs = caller.party.has_role(Role::Customs);
    rejections(source, position, sender || customs, &mut event.rejections);
    for waiting in event.waiting.iter_mut().filter(|waiting| waiting.personal) {
        waiting_values(source, shared, caller, customs, waiting);
    }
}

/// Fills in or masks the personal values found by rejections.
pub(crate) fn rejections(
    source: &mut Source<'_>,
    position: u64,
    may_see: bool,
    rejections: &mut [crate::domain::Rejection],
) {
    for rejection in rejections.iter_mut().filter(|rejection| rejection.personal_at != 0) {
        let begin = (rejection.personal_at as usize).saturating_sub(1);
        let end = begin.saturating_add(rejection.personal_bytes as usize);
        let value =
            if may_see { source.bytes(Position(position)).and_then(|bytes| bytes.get(begin..end)) } else { None };
        let text = value.map(|value| String::from_utf8_lossy(value).into_owned());
        rejection.found = Some(text.unwrap_or_else(|| MASK.to_owned()));
    }
}

fn waiting_values(source: &mut Source<'_>, shared: &Shared, caller: &Caller, customs: bool, waiting: &mut Waiting) {
    // The right side of buyer against payer has the payer's field names.
    let right_field = match (waiting.rule.as_str(), waiting.field.as_str()) {
        (_, "payerName") => ("buyerName", "payerName"),
        (_, "payerIdNumber") => ("buyerIdNumber", "payerIdNumber"),
        (_, field) => (field, field),
    };
    let (left_name, right_name) = (right_field.0.to_owned(), right_field.1.to_owned());
    let mut value = |at: Option<DocRef>, name: &str| {
        let may_see =
            |at: DocRef| customs || crate::state::query::sender(shared.cells.as_ref(), at) == Some(caller.id.0);
        at.filter(|at| may_see(*at)).and_then(|at| source.field(at, name)).unwrap_or_else(|| MASK.to_owned())
    };
    waiting.left_value = value(waiting.left, &left_name);
    waiting.right_value = value(waiting.right, &right_name);
}

#[cfg(test)]
mod tests {
    use super::element_text;

    #[test]
    fn a_field_is_read_with_its_references_resolved() {
        let xml = "<c:Order xmlns:c='u'><c:OrderHead><c:a>x</c:a><c:buyerName>张&amp;&#x4E09;</c:buyerName></c:OrderHead></c:Order>";
        assert_eq!(element_text(xml, "buyerName").as_deref(), Some("张&三"));
        assert_eq!(element_text(xml, "nothing"), None);
    }
}
