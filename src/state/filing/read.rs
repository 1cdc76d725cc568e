//! Reading filings: pages of rows, by key.

use super::{Space, books, key, key_at};
use crate::domain::{Book, BookRow, FiledProduct, FilingApplication, Warehouse};
use crate::state::cells::{Cells, StateError, after_prefix, decode, load};
use crate::state::store::Table;
use prost::Message;

/// Which applications are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which<'a> {
    /// All.
    All,
    /// Those that wait for review, oldest first.
    Waiting,
    /// Those that came with a certificate.
    OfCertificate(&'a str),
    /// Those for a code.
    OfCode(&'a str),
}

/// A page of rows and where the next one begins: the key of the last row, if more may follow.
#[derive(Debug, Clone)]
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<Vec<u8>>,
}

type KeyAndValue = (Vec<u8>, Vec<u8>);

/// Scans the rows of a prefix after a key of that prefix.
fn scan(
    cells: &impl Cells,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<KeyAndValue>, StateError> {
    // A token of another list is not within the prefix; it gives the first page.
    let from = match after.filter(|after| after.starts_with(prefix)) {
        Some(after) => [after, &[0]].concat(),
        None => prefix.to_vec(),
    };
    let mut rows = cells.scan(Table::Filing, &from, &after_prefix(prefix), limit.saturating_add(1), false)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Ok(Rows { rows, next })
}

fn typed<M: Message + Default>(
    cells: &impl Cells,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<M>, StateError> {
    let page = scan(cells, prefix, after, limit)?;
    let rows = page.rows.iter().map(|(_, value)| decode(Table::Filing, value)).collect::<Result<_, _>>()?;
    Ok(Rows { rows, next: page.next })
}

/// One application by the position of its entry.
pub(crate) fn application(cells: &impl Cells, position: u64) -> Result<Option<FilingApplication>, StateError> {
    load(cells, Table::Filing, &key_at(Space::Application, &[], position))
}

/// A page of applications.
pub(crate) fn applications(
    cells: &impl Cells,
    which: &Which<'_>,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<FilingApplication>, StateError> {
    let prefix = match which {
        Which::All => return typed(cells, &[Space::Application as u8], after, limit),
        Which::Waiting => vec![Space::Waiting as u8],
        Which::OfCertificate(certificate) => key(Space::OfCertificate, &[certificate]),
        Which::OfCode(code) => key(Space::OfCode, &[code]),
    };
    let page = scan(cells, &prefix, after, limit)?;
    let mut rows = Vec::new();
    for (row, _) in &page.rows {
        let position = row.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        rows.extend(application(cells, position)?);
    }
    Ok(Rows { rows, next: page.next })
}

/// A page of products of a firm, by its number; of all firms if the code is empty.
pub(crate) fn products(
    cells: &impl Cells,
    owner: &str,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<FiledProduct>, StateError> {
    let prefix = if owner.is_empty() { vec![Space::Product as u8] } else { key(Space::Product, &[owner]) };
    typed(cells, &prefix, after, limit)
}

/// A book without its items.
pub(crate) fn book(cells: &impl Cells, ems_no: &str) -> Result<Option<Book>, StateError> {
    books::head(cells, ems_no)
}

/// A page of books.
pub(crate) fn all_books(cells: &impl Cells, after: Option<&[u8]>, limit: usize) -> Result<Rows<Book>, StateError> {
    typed(cells, &[Space::Book as u8], after, limit)
}

/// A page of a book's items with their balances.
pub(crate) fn book_items(
    cells: &impl Cells,
    ems_no: &str,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<BookRow>, StateError> {
    typed(cells, &key(Space::BookItem, &[ems_no]), after, limit)
}

/// A page of warehouses.
pub(crate) fn warehouses(
    cells: &impl Cells,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows<Warehouse>, StateError> {
    typed(cells, &[Space::Warehouse as u8], after, limit)
}
