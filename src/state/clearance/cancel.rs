//! Cancellations (CEB623, CEB605): what customs' consent does to the list (R-ST-07).

use super::super::cells::{CellsMut, StateError};
use super::super::related;
use super::super::step::{Step, facts_at, no_facts};
use super::Moved;
use super::life::{is_accepted, list_of, of_list, save_list};
use crate::domain::{EventKind, MessageType, status};

impl<C: CellsMut> Step<'_, C> {
    /// Once, when customs agrees: the list is cancelled, and whatever hangs on it is told by a change of its status.
    pub(super) fn cancellation_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if !is_accepted(moved.to) || is_accepted(moved.from) {
            return Ok(());
        }
        let kind = related::list_needed(moved.kind).unwrap_or(MessageType::Unknown);
        let Some((list, mut state)) = list_of(self.cells, &moved.facts.keys.invt_no, kind)? else { return Ok(()) };
        // What was shipped back has nothing left to cancel.
        if !state.is_live() || state.status == status::SHIPPED_BACK {
            return Ok(());
        }
        let from = state.status;
        self.stop_waiting(list, &mut state);
        self.thaw(&mut state)?;
        state.status = status::CANCELLED;
        state.touch(self.position);
        self.save_doc_state(list, &state);
        let mut life = of_list(self.cells, list)?;
        life.cancelled_by = Some(moved.at);
        save_list(self.cells, list, &life);
        let entry = self.facts_of_entry(list.position)?;
        let facts = facts_at(&entry, list).cloned().unwrap_or_else(no_facts);
        // The decision on the cancellation names the list, the event of the list names the cancellation.
        if let Some(decided) = self.events.iter_mut().rfind(|event| event.document == Some(moved.at)) {
            decided.other = Some(list);
        }
        let mut event = self.event(EventKind::Cancelled, list, &state, &facts)?;
        event.other = Some(moved.at);
        self.events.push(event.with("statusBefore", from.to_string()));
        self.moved(&Moved { at: list, kind, facts: &facts, from, to: state.status })
    }
}
