//! What documents have to do with each other: the list that one speaks of, and rows that lead from a number to every
//! document that carries it.
//!
//! Orders, payments, waybills and lists are found by match set and slot ([`super::keys`]); a row is written only for
//! a number that no other row leads from.

use super::cells::{Cells, CellsMut, StateError, after_prefix, load};
use super::facts::Facts;
use super::keys::{Side, Space, clear_key, number_prefix};
use super::life::DocState;
use super::registry::Registry;
use super::store::Table;
use crate::domain::{DocRef, Field, Keys, MessageType, Part};

/// Reads the facts of a document.
pub(super) type FactsOf<'a> = dyn FnMut(DocRef) -> Result<Option<Facts>, StateError> + 'a;

/// Numbers by which people look for documents.
const NUMBERS: [Field; 8] = [
    Field::OrderNo,
    Field::LogisticsNo,
    Field::InvtNo,
    Field::BillNo,
    Field::SumNo,
    Field::DeclSeqNo,
    Field::PayNo,
    Field::RkdNo,
];

/// Numbers in the head of a document that no other row leads from.
fn head_numbers(kind: MessageType, keys: &Keys) -> impl Iterator<Item = &str> {
    let side = Side::of(kind);
    let given = kind.spec().and_then(|spec| spec.given);
    let by_other_rows = move |field: Field| match side {
        Side::Order | Side::Payment => field == Field::OrderNo,
        Side::Waybill => field == Field::LogisticsNo,
        Side::List => matches!(field, Field::OrderNo | Field::LogisticsNo),
        Side::Other => false,
    };
    let fields = NUMBERS.into_iter().filter(move |field| Some(*field) != given && !by_other_rows(*field));
    fields.map(|field| keys.get(field)).filter(|number| !number.is_empty())
}

/// Writes the rows of a document that is taken.
pub(super) fn write(cells: &mut impl CellsMut, at: DocRef, kind: MessageType, facts: &Facts) {
    let in_lines = facts.related.iter().map(String::as_str);
    for number in head_numbers(kind, &facts.keys).chain(in_lines) {
        write_one(cells, at, number);
    }
}

/// Writes the row of one number of a document.
pub(super) fn write_one(cells: &mut impl CellsMut, at: DocRef, number: &str) {
    let mut key = number_prefix(Space::Related, number);
    key.extend_from_slice(&at.key());
    cells.put(Table::Key, &key, Vec::new());
}

/// Documents that carry a number, in the order in which they came, after one of them: a page.
pub(super) fn read(cells: &impl Cells, number: &str, after: DocRef, limit: usize) -> Result<Vec<DocRef>, StateError> {
    let prefix = number_prefix(Space::Related, number);
    let mut from = prefix.clone();
    from.extend_from_slice(&after.key());
    from.push(0);
    let rows = cells.scan(Table::Key, &from, &after_prefix(&prefix), limit, false)?;
    Ok(rows.iter().filter_map(|(key, _)| DocRef::of_key(key.get(prefix.len()..)?)).collect())
}

/// The document that has a number of customs' (invtNo, sumNo, rkdNo).
pub(super) fn numbered(cells: &(impl Cells + ?Sized), number: &str) -> Result<Option<(DocRef, DocState)>, StateError> {
    if number.is_empty() {
        return Ok(None);
    }
    let Some(at) = load(cells, Table::Key, &clear_key(Space::CustomsNo, number))? else { return Ok(None) };
    Ok(load::<DocState>(cells, Table::Document, &DocRef::key(at))?.map(|state| (at, state)))
}

/// The type of the list whose number a document must know to be taken. Others may speak of a list that is not here.
pub(super) fn list_needed(kind: MessageType) -> Option<MessageType> {
    use MessageType::{Ceb603, Ceb605, Ceb621, Ceb623, Ceb625};
    const NEEDED: [(MessageType, MessageType); 3] = [(Ceb605, Ceb603), (Ceb623, Ceb621), (Ceb625, Ceb621)];
    NEEDED.iter().find(|(of, _)| *of == kind).map(|(_, list)| *list)
}

/// What a notice of customs takes over from the document that it speaks of.
#[derive(Debug, Default)]
pub(super) struct Subject {
    /// Parties that answer for that document: sender first.
    pub owners: Vec<u32>,
    /// Its customs office.
    pub customs_code: String,
}

impl Subject {
    /// Looks the document up by invtNo or sumNo; empty for what is no notice and for numbers that nobody has.
    pub(super) fn find(
        cells: &impl Cells,
        facts_of: &mut FactsOf<'_>,
        registry: &Registry,
        kind: MessageType,
        keys: &Keys,
    ) -> Result<Subject, StateError> {
        if kind.spec().is_none_or(|spec| spec.part != Part::Notice) {
            return Ok(Subject::default());
        }
        let by_list = numbered(cells, &keys.invt_no)?;
        let found = if by_list.is_some() { by_list } else { numbered(cells, &keys.sum_no)? };
        let Some((at, state)) = found else { return Ok(Subject::default()) };
        let facts = facts_of(at)?.unwrap_or_default();
        let owners = registry.owners(state.sender, MessageType::of_number(state.kind), &facts);
        Ok(Subject { owners, customs_code: facts.keys.customs_code })
    }

    /// Adds its owners to those of the notice, and its office if the notice names none.
    pub(super) fn tell(self, owners: &mut Vec<u32>, keys: &mut Keys) {
        for owner in self.owners {
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        if keys.customs_code.is_empty() {
            keys.customs_code = self.customs_code;
        }
    }
}
