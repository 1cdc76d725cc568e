//! Consolidation of export lists (CEB701, 702, 792; R-EXP-05, R-EXP-06): who took which list in, and where it went.
//!
//! A closed list of a consolidated declaration (statisticsFlag B) stands in a row until one application takes it in. The
//! row goes with the taking and comes back if the application ends, so no list is in two.

use super::super::cells::{Cells, CellsMut, StateError, after_prefix};
use super::super::facts::Facts;
use super::super::step::{Step, facts_at, no_facts};
use super::super::store::Table;
use super::Moved;
use super::life::{CLAIM, CLOSED, DeclaredLine, facts_of, is_dead, is_new, key_of, list_of, of_list, save_list};
use super::merge::{Manner, Merged, Together, merge, preview};
use super::worklist::{self, WorkKind};
use crate::domain::limits::{CONSOLIDATION_LISTS_MAX, LIST_EVENTS_MAX};
use crate::domain::{DocRef, EventKind, Field, MessageType, Timestamp};
use crate::proof::sha256;
use std::collections::{BTreeMap, BTreeSet};

/// Lists that are declared together (statisticsFlag): the others are counted one by one.
pub(in crate::state) const CONSOLIDATED: &str = "B";

fn consignor_prefix(ebc_code: &str) -> Vec<u8> {
    let mut key = vec![CLOSED];
    key.extend_from_slice(&sha256(&[ebc_code.as_bytes()])[..10]);
    key
}

fn closed_key(ebc_code: &str, closed_ms: i64, list: DocRef) -> Vec<u8> {
    let mut key = consignor_prefix(ebc_code);
    key.extend_from_slice(&closed_ms.to_be_bytes());
    key.extend_from_slice(&list.key());
    key
}

/// Closed lists of a consignor that no application has taken in, closed between two times, both included.
pub(in crate::state) fn free_lists(
    cells: &(impl Cells + ?Sized),
    ebc_code: &str,
    from: Timestamp,
    to: Timestamp,
    limit: usize,
) -> Result<Vec<DocRef>, StateError> {
    let at = |time: i64| [consignor_prefix(ebc_code), time.to_be_bytes().to_vec()].concat();
    let rows = cells.scan(Table::Life, &at(from.0), &at(to.0.saturating_add(1)), limit, false)?;
    Ok(rows.iter().filter_map(|(key, _)| DocRef::of_key(key.get(key.len().checked_sub(12)?..)?)).collect())
}

/// The time range of an application, if it gives one.
pub(in crate::state) fn range_of(application: &Facts) -> Option<(Timestamp, Timestamp)> {
    let time = |field| Timestamp::parse_ceb(application.value(field));
    time(Field::StartTime).zip(time(Field::EndTime))
}

/// Lists that an application asks for: those of its time range, else those that its lines name and that are here.
pub(in crate::state) fn asked_for(
    cells: &(impl Cells + ?Sized),
    application: &Facts,
) -> Result<BTreeSet<DocRef>, StateError> {
    if let Some((from, to)) = range_of(application) {
        let limit = CONSOLIDATION_LISTS_MAX.saturating_add(1);
        return Ok(free_lists(cells, &application.keys.ebc_code, from, to, limit)?.into_iter().collect());
    }
    let mut lists = BTreeSet::new();
    for number in application.related.iter().take(CONSOLIDATION_LISTS_MAX.saturating_add(1)) {
        lists.extend(list_of(cells, number, MessageType::Ceb603)?.map(|(at, _)| at));
    }
    Ok(lists)
}

/// Lists that an application has taken in.
pub(in crate::state) fn claimed_by(
    cells: &(impl Cells + ?Sized),
    application: DocRef,
) -> Result<Vec<DocRef>, StateError> {
    let prefix = key_of(CLAIM, application);
    let rows = cells.scan(Table::Life, &prefix, &after_prefix(&prefix), CONSOLIDATION_LISTS_MAX, false)?;
    Ok(rows.iter().filter_map(|(key, _)| DocRef::of_key(key.get(prefix.len()..)?)).collect())
}

fn claim_key(application: DocRef, list: DocRef) -> Vec<u8> {
    let mut key = key_of(CLAIM, application);
    key.extend_from_slice(&list.key());
    key
}

/// Consignor and month of a consolidation, as the key of its worklist item.
fn month_key(ebc_code: &str, closed: Timestamp) -> Vec<u8> {
    let mut key = sha256(&[ebc_code.as_bytes()])[..10].to_vec();
    key.extend_from_slice(closed.ceb8().get(..6).unwrap_or_default().as_bytes());
    key
}

/// What the lists of an application become, as far as they are here.
pub(in crate::state) fn merged(
    cells: &(impl Cells + ?Sized),
    application: &Facts,
    lists: &[DocRef],
) -> Result<BTreeMap<Together, Merged>, StateError> {
    let mut facts = Vec::new();
    for list in lists {
        facts.extend(facts_of(cells, *list)?);
    }
    Ok(merge(facts.iter(), Manner::of(application)))
}

impl<C: CellsMut> Step<'_, C> {
    /// A list of a consolidated declaration is closed: from now on it waits to be taken in.
    pub(super) fn list_closed(&mut self, moved: &Moved<'_>, closed: Timestamp) -> Result<(), StateError> {
        if moved.facts.keys.statistics_flag != CONSOLIDATED {
            return Ok(());
        }
        let state = self.doc_state(moved.at)?.unwrap_or_default();
        let owners = self.registry.workers(state.sender, moved.kind, moved.facts);
        self.free_list(moved.at, moved.facts, closed, owners)
    }

    fn free_list(
        &mut self,
        list: DocRef,
        facts: &Facts,
        closed: Timestamp,
        owners: Vec<u32>,
    ) -> Result<(), StateError> {
        let ebc_code = &facts.keys.ebc_code;
        self.cells.put(Table::Life, &closed_key(ebc_code, closed.0, list), Vec::new());
        let key = month_key(ebc_code, closed);
        if worklist::is_open(self.cells, WorkKind::Consolidation, &key)? {
            return Ok(());
        }
        let due_ms = self.terms().consolidate_by(closed).0;
        let number = format!("{ebc_code} {}", closed.ceb8().get(..6).unwrap_or_default());
        let office = facts.keys.customs_code.clone();
        let opened_ms = self.time_ms;
        let item = worklist::WorkItem { due_ms, opened_ms, owners, office, number, ..Default::default() };
        worklist::open(self, WorkKind::Consolidation, &key, item)
    }

    /// Takes the row of a free list away, and closes the item of its month with the last one.
    fn take_list(&mut self, facts: &Facts, closed: Timestamp, list: DocRef) -> Result<(), StateError> {
        let ebc_code = &facts.keys.ebc_code;
        self.cells.delete(Table::Life, &closed_key(ebc_code, closed.0, list));
        let month = closed.ceb8().get(..6).unwrap_or_default().to_owned();
        let first = Timestamp::parse_ceb(&format!("{month}01")).unwrap_or(closed);
        let last = Timestamp(first.end_of_day_after(1, 0).0.saturating_sub(24 * 3_600_000));
        if free_lists(self.cells, ebc_code, first, last, 1)?.is_empty() {
            worklist::close(self, WorkKind::Consolidation, &month_key(ebc_code, closed))?;
        }
        Ok(())
    }

    /// A list ended: nobody takes it in any more.
    pub(super) fn list_ended(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let mut life = of_list(self.cells, moved.at)?;
        if let Some(application) = life.claimed_by.take() {
            self.cells.delete(Table::Life, &claim_key(application, moved.at));
            save_list(self.cells, moved.at, &life);
        }
        if life.closed_ms != 0 && moved.facts.keys.statistics_flag == CONSOLIDATED {
            self.take_list(moved.facts, Timestamp(life.closed_ms), moved.at)?;
        }
        Ok(())
    }

    pub(super) fn consolidation_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if is_new(moved) {
            return self.consolidation_applied(moved);
        }
        if is_dead(moved.to) && moved.from != 0 {
            return self.consolidation_ended(moved.at);
        }
        Ok(())
    }

    fn consolidation_applied(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let mut taken = Vec::new();
        for list in asked_for(self.cells, moved.facts)?.into_iter().take(CONSOLIDATION_LISTS_MAX) {
            let mut life = of_list(self.cells, list)?;
            let Some(facts) = facts_of(self.cells, list)? else { continue };
            if life.claimed_by.is_some() || life.closed_ms == 0 {
                continue;
            }
            life.claimed_by = Some(moved.at);
            save_list(self.cells, list, &life);
            self.cells.put(Table::Life, &claim_key(moved.at, list), Vec::new());
            self.take_list(&facts, Timestamp(life.closed_ms), list)?;
            taken.push(list);
        }
        let merged = merged(self.cells, moved.facts, &taken)?;
        // The applicant is told at once what its lists will become.
        if let Some(accepted) = self.events.iter_mut().rfind(|event| event.document == Some(moved.at)) {
            accepted.note("lists", taken.len().to_string());
            accepted.note("declarations", merged.len().to_string());
            accepted.note("lines", merged.values().map(|one| one.lines.len()).sum::<usize>().to_string());
            accepted.note("preview", preview(&merged));
        }
        Ok(())
    }

    /// An application came to nothing: its lists are free again.
    fn consolidation_ended(&mut self, application: DocRef) -> Result<(), StateError> {
        for list in claimed_by(self.cells, application)? {
            self.cells.delete(Table::Life, &claim_key(application, list));
            let mut life = of_list(self.cells, list)?;
            life.claimed_by = None;
            save_list(self.cells, list, &life);
            let (Some(facts), Some(state)) = (facts_of(self.cells, list)?, self.doc_state(list)?) else { continue };
            if state.is_live() {
                let owners = self.registry.workers(state.sender, MessageType::Ceb603, &facts);
                self.free_list(list, &facts, Timestamp(life.closed_ms), owners)?;
            }
        }
        Ok(())
    }

    /// The result of a consolidation (CEB792): which declaration each line of each list went into.
    pub(super) fn result_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if !is_new(moved) {
            return Ok(());
        }
        let mut by_list: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for line in &moved.facts.lines {
            by_list.entry(line.value(Field::InvtNo)).or_default().insert(line.gnum);
        }
        for (number, (invt_no, gnums)) in by_list.into_iter().enumerate() {
            let Some((list, mut state)) = list_of(self.cells, invt_no, MessageType::Ceb603)? else { continue };
            let mut life = of_list(self.cells, list)?;
            life.entries.retain(|line| !gnums.contains(&line.gnum));
            life.entries.extend(gnums.iter().map(|gnum| DeclaredLine {
                gnum: *gnum,
                decl_seq_no: moved.facts.keys.decl_seq_no.clone(),
                entry_id: moved.facts.value(Field::EntryId).to_owned(),
                state: moved.facts.value(Field::DecState).to_owned(),
            }));
            life.entries.sort_by_key(|line| line.gnum);
            save_list(self.cells, list, &life);
            if number >= LIST_EVENTS_MAX {
                continue;
            }
            state.touch(self.position);
            self.save_doc_state(list, &state);
            let entry = self.facts_of_entry(list.position)?;
            let facts = facts_at(&entry, list).cloned().unwrap_or_else(no_facts);
            let mut event = self.event(EventKind::Consolidated, list, &state, &facts)?;
            event.other = Some(moved.at);
            event.note("entryId", moved.facts.value(Field::EntryId));
            event.note("declSeqNo", moved.facts.keys.decl_seq_no.as_str());
            event.note("decState", moved.facts.value(Field::DecState));
            event.note("lines", gnums.iter().map(u32::to_string).collect::<Vec<_>>().join(","));
            self.events.push(event);
        }
        Ok(())
    }
}
