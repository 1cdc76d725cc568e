//! Reading draws, results, alerts and scores.

use super::super::super::cells::{Cells, StateError, after_prefix, decode, load};
use super::super::super::store::Table;
use super::draws::{Draw, FirmDrawn, Inspection, Pending, Period, of_period};
use super::risk::{Score, Seller};
use super::{Space, key};
use crate::domain::DocRef;

/// A period by its name.
pub(crate) fn period(cells: &impl Cells, name: &str) -> Result<Option<Period>, StateError> {
    load(cells, Table::Risk, &key(Space::Period, &[name.as_bytes()]))
}

/// Periods after a name, by name.
pub(crate) fn periods(cells: &impl Cells, after: &str, limit: usize) -> Result<Vec<Period>, StateError> {
    let from = key(Space::Period, &[after.as_bytes(), &[0]]);
    let rows = cells.scan(Table::Risk, &from, &after_prefix(&[Space::Period as u8]), limit, false)?;
    rows.iter().map(|(_, value)| decode(Table::Risk, value)).collect()
}

/// Lists that wait for their draw, after one, in the order in which they came.
pub(crate) fn pending(cells: &impl Cells, after: DocRef, limit: usize) -> Result<Vec<(DocRef, Pending)>, StateError> {
    let from = key(Space::Pending, &[&after.key(), &[0]]);
    let rows = cells.scan(Table::Risk, &from, &after_prefix(&[Space::Pending as u8]), limit, false)?;
    let mut found = Vec::new();
    for (row, value) in rows {
        let Some(at) = row.get(1..).and_then(DocRef::of_key) else { continue };
        found.push((at, decode(Table::Risk, &value)?));
    }
    Ok(found)
}

/// Draws of a period after a list, in the order in which the lists came.
pub(crate) fn draws(
    cells: &impl Cells,
    period: &str,
    after: DocRef,
    limit: usize,
) -> Result<Vec<(DocRef, Draw)>, StateError> {
    let prefix = of_period(Space::Draw, period, &[]);
    let mut from = of_period(Space::Draw, period, &after.key());
    from.push(0);
    let mut found = Vec::new();
    for (row, value) in cells.scan(Table::Risk, &from, &after_prefix(&prefix), limit, false)? {
        let Some(at) = row.get(prefix.len()..).and_then(DocRef::of_key) else { continue };
        found.push((at, decode(Table::Risk, &value)?));
    }
    Ok(found)
}

/// Draws over firms of a period, by code.
pub(crate) fn firm_draws(
    cells: &impl Cells,
    period: &str,
    limit: usize,
) -> Result<Vec<(String, FirmDrawn)>, StateError> {
    let prefix = of_period(Space::FirmDraw, period, &[]);
    let mut found = Vec::new();
    for (row, value) in cells.scan(Table::Risk, &prefix, &after_prefix(&prefix), limit, false)? {
        let code = String::from_utf8_lossy(row.get(prefix.len()..).unwrap_or_default()).into_owned();
        found.push((code, decode(Table::Risk, &value)?));
    }
    Ok(found)
}

/// The officers that were filed at a position.
pub(crate) fn officers_at(cells: &impl Cells, office: &str, position: u64) -> Result<Vec<String>, StateError> {
    let row = key(Space::Officers, &[office.as_bytes(), &[0], &position.to_be_bytes()]);
    Ok(load::<super::Officers>(cells, Table::Risk, &row)?.map(|filed| filed.codes).unwrap_or_default())
}

/// What is known of the inspection of a list.
pub(crate) fn inspection(cells: &impl Cells, at: DocRef) -> Result<Option<Inspection>, StateError> {
    load(cells, Table::Risk, &key(Space::Inspection, &[&at.key()]))
}

/// Lists that were released without a result though they were drawn, after one: position of the release, and list.
pub(crate) fn alerts(cells: &impl Cells, after: (u64, DocRef), limit: usize) -> Result<Vec<(u64, DocRef)>, StateError> {
    let from = key(Space::Alert, &[&after.0.to_be_bytes(), &after.1.key(), &[0]]);
    let rows = cells.scan(Table::Risk, &from, &after_prefix(&[Space::Alert as u8]), limit, false)?;
    let read = |row: &[u8]| {
        let (position, at) = row.get(1..)?.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*position), DocRef::of_key(at)?))
    };
    Ok(rows.iter().filter_map(|(row, _)| read(row)).collect())
}

/// The score of a list; zero and without reasons if nothing was noticed.
pub(crate) fn score(cells: &impl Cells, at: DocRef) -> Result<Score, StateError> {
    Ok(load(cells, Table::Risk, &key(Space::Score, &[&at.key()]))?.unwrap_or_default())
}

/// What is known of a seller by the code that its lists name.
pub(crate) fn seller(cells: &impl Cells, code: &str) -> Result<Option<Seller>, StateError> {
    load(cells, Table::Risk, &key(Space::Seller, &[code.as_bytes()]))
}
