//! Items whose figure is not that of the book (R-WH-01): one item of the worklist for each warehouse and book, from the
//! first difference on until a later count agrees in all of them.

use super::bonded::customs_of;
use super::{Space, hash, key};
use crate::domain::PartyId;
use crate::state::cells::{CellsMut, StateError, after_prefix};
use crate::state::clearance::worklist::{self, WorkItem, WorkKind};
use crate::state::filing::books;
use crate::state::step::Step;
use crate::state::store::Table;

/// Rows of a warehouse's book whose last figures differ.
fn differs_prefix(party: u32, ems_no: &str) -> Vec<u8> {
    key(Space::Differs, &[&party.to_be_bytes(), &hash(&[ems_no])])
}

/// Notes whether the last figure of an item agrees.
pub(super) fn note<C: CellsMut>(step: &mut Step<'_, C>, ems_no: &str, item: &str, agrees: bool) {
    let mut row = differs_prefix(step.party, ems_no);
    row.extend_from_slice(&hash(&[ems_no, item]));
    if agrees {
        step.cells.delete(Table::Stock, &row);
    } else {
        step.cells.put(Table::Stock, &row, Vec::new());
    }
}

/// Opens the item of a book with its first difference, and closes it with the last.
pub(super) fn watch<C: CellsMut>(step: &mut Step<'_, C>, ems_no: &str) -> Result<(), StateError> {
    let prefix = differs_prefix(step.party, ems_no);
    let differs = !step.cells.scan(Table::Stock, &prefix, &after_prefix(&prefix), 1, false)?.is_empty();
    let work_key = prefix.get(1..).unwrap_or_default().to_vec();
    if !differs {
        return worklist::close(step, WorkKind::StockDifference, &work_key);
    }
    if worklist::is_open(step.cells, WorkKind::StockDifference, &work_key)? {
        return Ok(());
    }
    let mut owners = vec![step.party];
    let book = books::head(step.cells, ems_no)?;
    let holder = book.and_then(|book| step.registry.of_code(&book.owner_code).map(|(PartyId(id), _)| id));
    for owner in holder.into_iter().chain(customs_of(step, ems_no)) {
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    let due_ms = step.time_ms.saturating_add(step.terms().reconcile_wait_ms());
    let item = WorkItem {
        due_ms,
        opened_ms: step.time_ms,
        owners,
        office: ems_no.get(1..5).unwrap_or_default().to_owned(),
        number: ems_no.to_owned(),
        ..WorkItem::default()
    };
    worklist::open(step, WorkKind::StockDifference, &work_key, item)
}
