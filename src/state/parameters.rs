//! The dated tables in the state: rows as they were filed, in the ledger's order.

use super::cells::{Cells, CellsMut, StateError, decode, save};
use super::requests::{refuse, wrong};
use super::step::Step;
use super::store::Table;
use crate::domain::{Event, EventKind, Outcome};
use crate::tables::{TableChange, TableName, Tables};

/// Changes that are read at a start: one entry each.
const CHANGES_MAX: usize = 1_000_000;

/// Reads the tables: every change that was filed, in order.
pub(super) fn load(cells: &impl Cells) -> Result<Tables, StateError> {
    let damaged = |reason: String| StateError::Damaged { table: Table::Parameter, reason };
    let mut tables = Tables::default();
    for (_, value) in cells.scan(Table::Parameter, &[], &[u8::MAX; 9], CHANGES_MAX, false)? {
        let change: TableChange = decode(Table::Parameter, &value)?;
        tables = tables.with(&change).map_err(|problems| damaged(format!("{problems:?}")))?;
    }
    Ok(tables)
}

/// Adds rows to a table; the tables as they are then. `None` if the change is refused.
pub(super) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &TableChange,
    outcome: &mut Outcome,
) -> Option<Tables> {
    let tables = match step.tables.with(change) {
        Ok(tables) => tables,
        Err(problems) => {
            let rejections = problems.iter().map(|problem| {
                let path = format!("rows[{}].{}", problem.row, problem.column);
                wrong("R-TAB-01", &path, &problem.found, &problem.expected, &problem.message_zh, &problem.message_en)
            });
            refuse(step, outcome, rejections.collect());
            return None;
        }
    };
    save(step.cells, Table::Parameter, &step.position.to_be_bytes(), change);
    let name = TableName::of_number(change.table).map_or("", TableName::name);
    let event = Event {
        kind: EventKind::TablesChanged as i32,
        code: name.to_owned(),
        info: change.note.clone(),
        owners: vec![step.party],
        ..Event::default()
    };
    step.events.push(event.with("rows", change.rows.len().to_string()));
    Some(tables)
}
