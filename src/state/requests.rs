//! Typed requests that are recorded: told apart by the id that their sender gives them, refused with reasons.

use super::cells::{CellsMut, StateError};
use super::entry::Entry;
use super::machine::is_first_under;
use super::step::Step;
use crate::domain::{Ending, Event, EventKind, Outcome, Rejection};

/// Kinds of entries from here on are typed requests.
const FIRST_KIND: u16 = 9;

/// True if an entry is to be applied: it is no typed request, has no id of its sender, or is the first under that id.
/// A repeat changes nothing; another request under the same id is a conflict (AIP-155).
pub(super) fn is_first<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &Entry,
    outcome: &mut Outcome,
) -> Result<bool, StateError> {
    let id = &entry.header.guid;
    if entry.content.kind() < FIRST_KIND || id.is_empty() {
        return Ok(true);
    }
    let first = is_first_under(step, entry, &key(id), &entry.header.payload_sha256, outcome)?;
    for rejection in &mut outcome.rejections {
        "request_id".clone_into(&mut rejection.path);
    }
    Ok(first)
}

/// What the first request of a party under an id is kept under: apart from the guids of messages.
pub(crate) fn key(request_id: &str) -> String {
    format!("request/{request_id}")
}

/// Refuses a typed request: it is recorded with its reasons, and its sender is told.
pub(super) fn refuse<C: CellsMut>(step: &mut Step<'_, C>, outcome: &mut Outcome, rejections: Vec<Rejection>) {
    assert!(!rejections.is_empty(), "a refusal has a reason");
    outcome.ending = Ending::Refused as i32;
    step.events.push(Event {
        kind: EventKind::MessageRejected as i32,
        status: rejections.iter().map(|rejection| rejection.official).find(|code| *code != 0).unwrap_or(-1),
        rejections: rejections.clone(),
        owners: vec![step.party],
        ..Event::default()
    });
    outcome.rejections = rejections;
}

/// One reason why a typed request is refused. `path` is the field of the request; `found` must not be personal.
pub(super) fn wrong(rule: &str, path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    Rejection {
        rule: rule.to_owned(),
        path: path.to_owned(),
        message_zh: zh.to_owned(),
        message_en: en.to_owned(),
        found: (!found.is_empty()).then(|| found.to_owned()),
        expected: expected.to_owned(),
        ..Rejection::default()
    }
}
