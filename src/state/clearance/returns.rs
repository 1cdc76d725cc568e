//! Returns of imports (CEB625) and of exports (CEB213, CEB215): what came back, and what follows (R-RET-01 to 07).
//!
//! Customs' acceptance of CEB625 (399 or 800 in CEB626) says that the goods are back at their site: no message of the
//! standard reports that arrival by itself, and customs adjudicates a return at the site.

use super::super::cells::{Cells, CellsMut, StateError, after_prefix, decode, save};
use super::super::facts::Facts;
use super::super::step::{Step, facts_at, no_facts};
use super::super::store::Table;
use super::Moved;
use super::life::{RETURN, facts_of, is_accepted, is_dead, is_new, key_of, list_of, of_list};
use super::terms::Terms;
use super::worklist::{self, WorkKind};
use crate::domain::limits::RETURNS_OF_LIST_MAX;
use crate::domain::{Amount, DocRef, Event, EventKind, Field, MessageType, Timestamp};

/// One line that comes back.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct ReturnedLine {
    /// Line of the list.
    #[prost(uint32, tag = "1")]
    pub gnum: u32,
    /// Commodity code.
    #[prost(string, tag = "2")]
    pub gcode: String,
    /// Quantity, a canonical decimal in the list's unit.
    #[prost(string, tag = "3")]
    pub qty: String,
    /// Its part of the line's value in the list's currency, a canonical decimal rounded down to five digits.
    #[prost(string, tag = "4")]
    pub value: String,
}

/// A return of a list that lives or was accepted.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct ReturnRow {
    #[prost(message, repeated, tag = "1")]
    pub lines: Vec<ReturnedLine>,
    /// Customs has agreed: the goods are back.
    #[prost(bool, tag = "2")]
    pub accepted: bool,
    /// Applied for and back in time (R-RET-01).
    #[prost(bool, tag = "3")]
    pub timely: bool,
}

fn row_key(list: DocRef, by: DocRef) -> Vec<u8> {
    let mut key = key_of(RETURN, list);
    key.extend_from_slice(&by.key());
    key
}

/// Returns of a list that live or were accepted, with the documents that they were applied for by.
pub(in crate::state) fn rows(
    cells: &(impl Cells + ?Sized),
    list: DocRef,
) -> Result<Vec<(DocRef, ReturnRow)>, StateError> {
    let prefix = key_of(RETURN, list);
    let rows = cells.scan(Table::Life, &prefix, &after_prefix(&prefix), RETURNS_OF_LIST_MAX, false)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| -> Result<Option<(DocRef, ReturnRow)>, StateError> {
        let by = key.get(prefix.len()..).and_then(DocRef::of_key);
        by.map(|by| Ok((by, decode(Table::Life, value)?))).transpose()
    };
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Quantities that came back by line, of all returns that customs accepted.
pub(in crate::state) fn returned(
    cells: &(impl Cells + ?Sized),
    list: DocRef,
) -> Result<Vec<(u32, Amount)>, StateError> {
    let mut sums = std::collections::BTreeMap::new();
    for (_, row) in rows(cells, list)?.into_iter().filter(|(_, row)| row.accepted) {
        for line in row.lines {
            let sum = sums.entry(line.gnum).or_insert_with(Amount::default);
            *sum = sum.plus(Amount::parse(&line.qty).unwrap_or_default());
        }
    }
    Ok(sums.into_iter().collect())
}

/// Lines of a return with their part of the list's values.
fn lines_of(back: &Facts, list: &Facts) -> Vec<ReturnedLine> {
    let amount = |text: &str| Amount::parse(text).unwrap_or_default();
    let line = |line: &super::super::facts::LineFacts| {
        let held = list.lines.iter().find(|held| held.gnum == line.gnum);
        let value = held.map_or(Amount::default(), |held| {
            let (total, qty, all) = (amount(&held.total).0, amount(&line.qty).0, amount(&held.qty).0);
            Amount(total.saturating_mul(qty).checked_div(all).unwrap_or_default())
        });
        let gcode = line.value(Field::Gcode).to_owned();
        ReturnedLine { gnum: line.gnum, gcode, qty: line.qty.clone(), value: value.to_string() }
    };
    back.lines.iter().map(line).collect()
}

/// True if everything that the list declares has come back.
fn is_whole(list: &Facts, returned: &[(u32, Amount)]) -> bool {
    list.lines.iter().all(|line| {
        let back = returned.iter().find(|(gnum, _)| *gnum == line.gnum).map_or(Amount::default(), |(_, qty)| *qty);
        back >= Amount::parse(&line.qty).unwrap_or_default()
    })
}

impl<C: CellsMut> Step<'_, C> {
    pub(super) fn return_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let kind = if moved.kind == MessageType::Ceb625 { MessageType::Ceb621 } else { MessageType::Ceb603 };
        let Some((list, _)) = list_of(self.cells, &moved.facts.keys.invt_no, kind)? else { return Ok(()) };
        if is_new(moved) {
            return self.return_applied(moved, list);
        }
        if is_dead(moved.to) {
            self.cells.delete(Table::Life, &row_key(list, moved.at));
            return worklist::close(self, WorkKind::ReturnArrival, &moved.at.key());
        }
        if is_accepted(moved.to) && !is_accepted(moved.from) {
            return self.return_accepted(moved, kind, list);
        }
        Ok(())
    }

    fn return_applied(&mut self, moved: &Moved<'_>, list: DocRef) -> Result<(), StateError> {
        let facts = facts_of(self.cells, list)?.unwrap_or_default();
        let row = ReturnRow { lines: lines_of(moved.facts, &facts), ..ReturnRow::default() };
        save(self.cells, Table::Life, &row_key(list, moved.at), &row);
        let released = Timestamp(of_list(self.cells, list)?.released_ms);
        if released.0 == 0 {
            return Ok(());
        }
        let terms = self.terms();
        let is_import = moved.kind == MessageType::Ceb625;
        let due = if is_import { terms.return_arrive_by(released) } else { terms.export_return_by(released) };
        let item = self.work_of(moved, due.0)?;
        worklist::open(self, WorkKind::ReturnArrival, &moved.at.key(), item)
    }

    fn return_accepted(&mut self, moved: &Moved<'_>, kind: MessageType, list: DocRef) -> Result<(), StateError> {
        worklist::close(self, WorkKind::ReturnArrival, &moved.at.key())?;
        let Some((_, mut row)) = rows(self.cells, list)?.into_iter().find(|(by, _)| *by == moved.at) else {
            return Ok(());
        };
        let decided = self.doc_state(moved.at)?.map_or(self.time_ms, |state| state.decided_ms);
        let released = Timestamp(of_list(self.cells, list)?.released_ms);
        let terms = self.terms();
        let import = moved.kind == MessageType::Ceb625;
        let by = if import { terms.return_arrive_by(released) } else { terms.export_return_by(released) };
        row.accepted = true;
        row.timely = released.0 > 0 && Timestamp(decided) <= by;
        save(self.cells, Table::Life, &row_key(list, moved.at), &row);
        let entry = self.facts_of_entry(list.position)?;
        let facts = facts_at(&entry, list).cloned().unwrap_or_else(no_facts);
        let Some(mut state) = self.doc_state(list)? else { return Ok(()) };
        state.touch(self.position);
        self.save_doc_state(list, &state);
        let mut event = self.event(EventKind::Returned, list, &state, &facts)?;
        event.other = Some(moved.at);
        note_lines(&mut event, &row);
        event.note("whole", is_whole(&facts, &returned(self.cells, list)?).to_string());
        event.note("timely", row.timely.to_string());
        if !import {
            let terms = Terms { tables: self.tables, at: Timestamp(decided) };
            let gcodes = row.lines.iter().map(|line| line.gcode.as_str());
            let refused = terms.taxed_because(&facts.keys.trade_mode, released, gcodes);
            event.note("importTaxExempt", refused.is_empty().to_string());
            event.note("exportDutyRefund", refused.is_empty().to_string());
            event.note("taxedBecause", refused);
        }
        self.events.push(event);
        self.returned(list, kind, &row.lines, row.timely, Timestamp(decided))
    }

    /// A tally list (CEB215): goods of an export are back at a site.
    pub(super) fn tally_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if !is_new(moved) {
            return Ok(());
        }
        let Some((list, state)) = list_of(self.cells, &moved.facts.keys.invt_no, MessageType::Ceb603)? else {
            return Ok(());
        };
        for (by, _) in rows(self.cells, list)? {
            worklist::close(self, WorkKind::ReturnArrival, &by.key())?;
        }
        let facts = facts_of(self.cells, list)?.unwrap_or_default();
        let mut event = self.event(EventKind::Arrived, list, &state, &facts)?;
        event.other = Some(moved.at);
        self.events.push(event.with("return", "true").with("location", moved.facts.keys.operator_code.as_str()));
        Ok(())
    }
}

fn note_lines(event: &mut Event, row: &ReturnRow) {
    let list = |of: fn(&ReturnedLine) -> &str| {
        let lines = row.lines.iter().map(|line| format!("{}:{}", line.gnum, of(line)));
        lines.collect::<Vec<_>>().join(",")
    };
    event.note("quantities", list(|line| &line.qty));
    event.note("values", list(|line| &line.value));
    let total = row.lines.iter().map(|line| Amount::parse(&line.value).unwrap_or_default());
    event.note("value", total.fold(Amount::default(), Amount::plus).to_string());
}
