//! Reading what agencies put on record.

use super::super::super::cells::{Cells, StateError, after_prefix, decode, load};
use super::super::super::store::Table;
use super::{Agreement, Assistance, Case, Consent, Figures, Joint, Space, key};
use crate::domain::{DocRef, MessageType};
use crate::state::life::DocState;
use crate::state::machine::sent_key;
use crate::state::query;

/// Who has to release a list, and who has; `None` if customs' release is enough.
pub(crate) fn joint(cells: &impl Cells, at: DocRef) -> Result<Option<Joint>, StateError> {
    load(cells, Table::Agency, &key(Space::Joint, &[&at.key()]))
}

/// Agreements after an id, by id.
pub(crate) fn agreements(cells: &impl Cells, after: &str, limit: usize) -> Result<Vec<Agreement>, StateError> {
    let from = key(Space::Agreement, &[after.as_bytes(), &[0]]);
    let rows = cells.scan(Table::Agency, &from, &after_prefix(&[Space::Agreement as u8]), limit, false)?;
    rows.iter().map(|(_, value)| decode(Table::Agency, value)).collect()
}

/// Requests for assistance of a party after a number, oldest first.
pub(crate) fn assistance_of(
    cells: &impl Cells,
    party: u32,
    after: u64,
    limit: usize,
) -> Result<Vec<Assistance>, StateError> {
    let from = key(Space::AssistanceOf, &[&party.to_be_bytes(), &after.saturating_add(1).to_be_bytes()]);
    let to = after_prefix(&key(Space::AssistanceOf, &[&party.to_be_bytes()]));
    let mut found = Vec::new();
    for (row, _) in cells.scan(Table::Agency, &from, &to, limit, false)? {
        let number = row.last_chunk::<8>().copied().unwrap_or_default();
        let held: Option<Assistance> = load(cells, Table::Agency, &key(Space::Assistance, &[&number]))?;
        found.extend(held);
    }
    Ok(found)
}

/// How many requests for assistance there are, of all agencies.
pub(crate) fn assistance_count(cells: &impl Cells) -> Result<u64, StateError> {
    let count = cells.get(Table::Agency, &key(Space::AssistanceCount, &[]))?;
    Ok(count.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// A post-audit case.
pub(crate) fn case(cells: &impl Cells, id: u64) -> Result<Option<Case>, StateError> {
    load(cells, Table::Agency, &key(Space::Case, &[&id.to_be_bytes()]))
}

/// Cases after a number, by number.
pub(crate) fn cases(cells: &impl Cells, after: u64, limit: usize) -> Result<Vec<Case>, StateError> {
    let from = key(Space::Case, &[&after.saturating_add(1).to_be_bytes()]);
    let rows = cells.scan(Table::Agency, &from, &after_prefix(&[Space::Case as u8]), limit, false)?;
    rows.iter().map(|(_, value)| decode(Table::Agency, value)).collect()
}

/// Lists of a seller after one, in the order in which they came.
pub(crate) fn lists_of(cells: &impl Cells, firm: u32, after: DocRef, limit: usize) -> Result<Vec<DocRef>, StateError> {
    let prefix = key(Space::ListOf, &[&firm.to_be_bytes()]);
    let mut from = key(Space::ListOf, &[&firm.to_be_bytes(), &after.key()]);
    from.push(0);
    let rows = cells.scan(Table::Agency, &from, &after_prefix(&prefix), limit, false)?;
    Ok(rows.iter().filter_map(|(row, _)| DocRef::of_key(row.get(prefix.len()..)?)).collect())
}

/// Documents of a kind that a case gathers of those that a firm sent.
const HANDLED: [MessageType; 4] = [MessageType::Ceb603, MessageType::Ceb621, MessageType::Ceb505, MessageType::Ceb511];

/// Lists and waybills that a firm sent after a place and that were taken, in the order in which they came; and the place
/// up to which was looked if there may be more. At most `limit` messages are looked at.
pub(crate) fn handled_by(
    cells: &impl Cells,
    firm: u32,
    after: DocRef,
    limit: usize,
) -> Result<(Vec<DocRef>, Option<DocRef>), StateError> {
    let end = after_prefix(&firm.to_be_bytes());
    // A message whose every document lies before the place is not looked at again.
    let from = after.position.saturating_add(u64::from(after.ordinal == u32::MAX));
    let rows = cells.scan(Table::Sent, &sent_key(firm, from), &end, limit, false)?;
    let mut found = Vec::new();
    let mut last = after;
    for (row, _) in &rows {
        let position = row.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        for ordinal in 1..=query::documents_of(cells, position)? {
            last = DocRef { position, ordinal };
            if last <= after {
                continue;
            }
            let state: Option<DocState> = load(cells, Table::Document, &last.key())?;
            let is_handled =
                |state: &DocState| state.status > 0 && HANDLED.iter().any(|kind| *kind as i32 == state.kind);
            if state.is_some_and(|state| is_handled(&state)) {
                found.push(last);
            }
            if found.len() >= limit {
                return Ok((found, Some(last)));
            }
        }
        last = last.max(DocRef { position, ordinal: u32::MAX });
    }
    Ok((found, (rows.len() >= limit).then_some(last)))
}

/// Consents of a firm to a bank.
pub(crate) fn consent(cells: &impl Cells, firm: u32, bank: u32) -> Result<Option<Consent>, StateError> {
    load(cells, Table::Agency, &key(Space::Consent, &[&firm.to_be_bytes(), &bank.to_be_bytes()]))
}

/// Consents of a firm after a bank: numbers of banks and consents.
pub(crate) fn consents(
    cells: &impl Cells,
    firm: u32,
    after: u32,
    limit: usize,
) -> Result<Vec<(u32, Consent)>, StateError> {
    let from = key(Space::Consent, &[&firm.to_be_bytes(), &after.saturating_add(1).to_be_bytes()]);
    let to = after_prefix(&key(Space::Consent, &[&firm.to_be_bytes()]));
    let mut found = Vec::new();
    for (row, value) in cells.scan(Table::Agency, &from, &to, limit, false)? {
        let bank = row.last_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        found.push((bank, decode(Table::Agency, &value)?));
    }
    Ok(found)
}

/// Figures of a firm by month, from one month to another.
pub(crate) fn figures(cells: &impl Cells, firm: u32, from: u32, to: u32) -> Result<Vec<(u32, Figures)>, StateError> {
    const MONTHS_MAX: usize = 120;
    let begin = key(Space::Figures, &[&firm.to_be_bytes(), &from.to_be_bytes()]);
    let end = key(Space::Figures, &[&firm.to_be_bytes(), &to.saturating_add(1).to_be_bytes()]);
    let mut found = Vec::new();
    for (row, value) in cells.scan(Table::Agency, &begin, &end, MONTHS_MAX, true)? {
        let month = row.last_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        found.push((month, decode(Table::Agency, &value)?));
    }
    found.reverse();
    Ok(found)
}
