//! The lists of each seller's month: kept as lists are released, closed and taken back.

use super::apply::contract_at;
use super::{ListRow, OF_FIRM, OF_MONTH, SUM, SumRow, hashed, key, list_key};
use crate::domain::{Amount, DocRef, Field, MessageType, Timestamp, status};
use crate::state::cells::{CellsMut, StateError, load, save};
use crate::state::clearance::Moved;
use crate::state::facts::Facts;
use crate::state::step::Step;
use crate::state::store::Table;
use crate::tables::Tables;

/// Status of a list that is closed.
const CLOSED: i32 = 899;

/// Follows the status of an export list.
pub(in crate::state) fn list_moved<C: CellsMut>(step: &mut Step<'_, C>, moved: &Moved<'_>) -> Result<(), StateError> {
    if moved.kind != MessageType::Ceb603 {
        return Ok(());
    }
    let row: Option<ListRow> = load(step.cells, Table::Forex, &list_key(moved.at))?;
    let counts = matches!(moved.to, status::RELEASED | CLOSED);
    match row {
        Some(mut row) if counts => {
            if moved.to == CLOSED {
                row.closed_ms = step.time_ms;
                save(step.cells, Table::Forex, &list_key(moved.at), &row);
            }
            Ok(())
        }
        Some(row) => remove(step, moved.at, &row),
        None if counts => insert(step, moved),
        None => Ok(()),
    }
}

/// The value of a list in its currency; the currency is that of its first line.
pub(super) fn value(facts: &Facts) -> (Amount, &str) {
    let sum = facts
        .lines
        .iter()
        .fold(Amount::default(), |sum, line| sum.plus(Amount::parse(&line.total).unwrap_or_default()));
    let own = facts.lines.first().map_or("", |line| line.value(Field::Currency));
    (sum, if own.is_empty() { facts.value(Field::Currency) } else { own })
}

/// Its value in CNY, each line by its own currency; `None` if a rate is missing.
fn cny(tables: &Tables, facts: &Facts, at: Timestamp) -> Option<Amount> {
    let mut sum = Amount::default();
    for line in &facts.lines {
        let total = Amount::parse(&line.total).unwrap_or_default();
        let own = line.value(Field::Currency);
        let currency = if own.is_empty() { facts.value(Field::Currency) } else { own };
        sum = sum.plus(tables.in_cny(total, currency, at)?);
    }
    Some(sum)
}

fn month_of(time: Timestamp) -> u32 {
    time.ceb8().get(..6).and_then(|month| month.parse().ok()).unwrap_or_default()
}

fn insert<C: CellsMut>(step: &mut Step<'_, C>, moved: &Moved<'_>) -> Result<(), StateError> {
    let now = step.now();
    let registry = step.registry;
    let main = |code: &str| registry.of_code(code).map_or(code.to_owned(), |(_, party)| party.code.clone());
    let keys = &moved.facts.keys;
    let mut row = ListRow {
        seller_code: main(&keys.ebc_code),
        month: month_of(now),
        released_ms: now.0,
        closed_ms: if moved.to == CLOSED { now.0 } else { 0 },
        cny: cny(step.tables, moved.facts, now).map(|cny| cny.to_string()).unwrap_or_default(),
        ..ListRow::default()
    };
    // R-REF-04: whoever declares the goods of another exports for it if a contract of both is on record.
    let owner = moved.facts.value(Field::OwnerCode);
    let owner = if owner.is_empty() { keys.ebc_code.as_str() } else { owner };
    if let (Some((firm, _)), Some((client, party))) = (registry.of_code(&keys.agent_code), registry.of_code(owner))
        && firm != client
        && let Some(contract) = contract_at(&*step.cells, firm.0, client.0, now.0)?
    {
        row.firm = firm.0;
        row.client_code.clone_from(&party.code);
        row.contract_no = contract.contract_no;
        row.client_share = contract.client_share;
    }
    save(step.cells, Table::Forex, &list_key(moved.at), &row);
    for place in places(moved.at, &row) {
        step.cells.put(Table::Forex, &place, Vec::new());
    }
    count(step, &row, true)
}

fn remove<C: CellsMut>(step: &mut Step<'_, C>, at: DocRef, row: &ListRow) -> Result<(), StateError> {
    step.cells.delete(Table::Forex, &list_key(at));
    for place in places(at, row) {
        step.cells.delete(Table::Forex, &place);
    }
    count(step, row, false)
}

fn places(at: DocRef, row: &ListRow) -> Vec<Vec<u8>> {
    let month = row.month.to_be_bytes();
    let mut places = vec![key(OF_MONTH, &[&month, &hashed(&row.seller_code), &at.key()])];
    if row.firm != 0 {
        places.push(key(OF_FIRM, &[&row.firm.to_be_bytes(), &month, &at.key()]));
    }
    places
}

/// Adds a list to the sums of its month, or takes it out.
fn count<C: CellsMut>(step: &mut Step<'_, C>, row: &ListRow, adds: bool) -> Result<(), StateError> {
    let place = key(SUM, &[&row.month.to_be_bytes(), &hashed(&row.seller_code)]);
    let mut sum: SumRow = load(step.cells, Table::Forex, &place)?.unwrap_or_default();
    let (value, held) = (Amount::parse(&row.cny), Amount::parse(&sum.cny).unwrap_or_default());
    let step_by = |count: u64| if adds { count.saturating_add(1) } else { count.saturating_sub(1) };
    row.seller_code.clone_into(&mut sum.seller_code);
    sum.lists = step_by(sum.lists);
    match value {
        Some(value) => sum.cny = (if adds { held.plus(value) } else { held.minus(value) }).to_string(),
        None => sum.without_rate = step_by(sum.without_rate),
    }
    if sum.lists == 0 {
        step.cells.delete(Table::Forex, &place);
    } else {
        save(step.cells, Table::Forex, &place, &sum);
    }
    Ok(())
}
