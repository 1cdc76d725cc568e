//! Entries that keep the exchange going: subscriptions, cursors, and the passing of time.

use super::cells::{Cells, CellsMut, StateError, after_prefix, load, save};
use super::clearance::{Moved, worklist};
use super::documents::deadline_key;
use super::entry::{CursorEntry, SubscriptionEntry};
use super::life::DocState;
use super::machine::subscription_key;
use super::step::{Step, facts_at, no_facts};
use super::store::Table;
use crate::domain::{DocRef, Ending, EventKind, MessageType, Outcome, Timestamp};
use crate::feed::Subscription;

/// Status of a list that waited too long: "declaration failed" of the official table, which has none for export.
fn expired_status(kind: MessageType) -> i32 {
    if kind == MessageType::Ceb621 { -621_022 } else { -1 }
}

/// Deadlines that one tick fires at most, whatever it asks for.
const TICK_DEADLINES_MAX: usize = 1000;

pub(super) fn apply_subscription<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &SubscriptionEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let key = subscription_key(step.party, &change.subscription.name);
    let held: Option<Subscription> = load(step.cells, Table::Subscription, &key)?;
    let mut subscription = change.subscription.clone();
    subscription.acked = false;
    subscription.moved_at = step.position;
    if change.latest {
        subscription.after_position = step.position;
        subscription.after_ordinal = u32::MAX;
    }
    match (change.change, held) {
        (1, None) => {
            subscription.created_ms = step.time_ms;
            save(step.cells, Table::Subscription, &key, &subscription);
        }
        (1, Some(_)) => refuse(outcome, "exists"),
        (2, Some(_)) => step.cells.delete(Table::Subscription, &key),
        (3, Some(mut held)) => {
            held.after_position = subscription.after_position;
            held.after_ordinal = subscription.after_ordinal;
            held.acked = false;
            held.moved_at = step.position;
            save(step.cells, Table::Subscription, &key, &held);
        }
        _ => refuse(outcome, "not found"),
    }
    Ok(())
}

fn refuse(outcome: &mut Outcome, note: &str) {
    outcome.ending = Ending::Refused as i32;
    note.clone_into(&mut outcome.note);
}

pub(super) fn apply_cursors<C: CellsMut>(step: &mut Step<'_, C>, cursors: &CursorEntry) -> Result<(), StateError> {
    for cursor in &cursors.cursors {
        let key = subscription_key(cursor.party, &cursor.name);
        let Some(mut held) = load::<Subscription>(step.cells, Table::Subscription, &key)? else { continue };
        let is_further = (cursor.event.position, cursor.event.ordinal) > (held.after_position, held.after_ordinal);
        if is_further && cursor.moved_at == held.moved_at {
            held.after_position = cursor.event.position;
            held.after_ordinal = cursor.event.ordinal;
            held.acked = true;
            save(step.cells, Table::Subscription, &key, &held);
        }
    }
    Ok(())
}

/// Ends the wait of lists whose deadline is at or before the entry's time, the earliest first.
pub(super) fn apply_tick<C: CellsMut>(step: &mut Step<'_, C>, limit: u32) -> Result<(), StateError> {
    let limit = (limit as usize).min(TICK_DEADLINES_MAX);
    let until = deadline_key(step.time_ms.saturating_add(1), DocRef::default());
    let due = step.cells.scan(Table::Deadline, &[], &until, limit, false)?;
    let fired = due.len();
    for (key, _) in due {
        step.cells.delete(Table::Deadline, &key);
        let Some(at) = key.get(8..).and_then(DocRef::of_key) else { continue };
        let Some(mut state) = step.doc_state(at)?.filter(DocState::is_waiting) else { continue };
        let (waiting, _) = step.waiting_of(at, &state)?;
        state.deadline_ms = 0;
        let before = state.status;
        state.status = expired_status(MessageType::of_number(state.kind));
        state.touch(step.position);
        step.save_doc_state(at, &state);
        let entry = step.facts_of_entry(at.position)?;
        let facts = facts_at(&entry, at).cloned().unwrap_or_else(no_facts);
        let mut event = step.event(EventKind::MatchExpired, at, &state, &facts)?;
        event.waiting = waiting;
        step.events.push(event);
        let kind = MessageType::of_number(state.kind);
        step.moved(&Moved { at, kind, facts: &facts, from: before, to: state.status })?;
    }
    step.tell_overdue(limit.saturating_sub(fired))?;
    Ok(())
}

/// The earliest deadline there is: of a list that waits or of the worklist.
pub(super) fn earliest_deadline(cells: &impl Cells) -> Result<Option<Timestamp>, StateError> {
    let first = cells.scan(Table::Deadline, &[], &after_prefix(&[u8::MAX; 8]), 1, false)?;
    let waiting = first.first().and_then(|(key, _)| key.first_chunk::<8>());
    let waiting = waiting.map(|time| Timestamp(i64::from_be_bytes(*time)));
    Ok(waiting.into_iter().chain(worklist::next_due(cells)?).min())
}
