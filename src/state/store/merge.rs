//! One ordered view of several layers and the store below them.

use super::layer::{Layer, Row};
use super::{Error, Pair, Range, Store, Table};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// Rows asked from the store at once.
const PAGE_ROWS: usize = 256;

/// Rows of a store, fetched in pages.
struct Pages<'a> {
    store: &'a dyn Store,
    table: Table,
    rest: Option<Range>,
    page: VecDeque<Pair>,
}

impl Pages<'_> {
    fn head(&mut self) -> Result<Option<&Pair>, Error> {
        if self.page.is_empty()
            && let Some(range) = self.rest.take()
        {
            let rows = self.store.scan(self.table, &range)?;
            // A full page may have more behind it.
            if rows.len() >= range.rows_max() {
                self.rest = rows.last().map(|(key, _)| range.past(key));
            }
            self.page = rows.into();
        }
        Ok(self.page.front())
    }
}

/// Rows of `range` as they are when the layers, newest first, lie over the store.
pub(super) fn scan(layers: &[&Layer], store: &dyn Store, table: Table, range: &Range) -> Result<Vec<Pair>, Error> {
    let limit = range.rows_max();
    let mut sources: Vec<_> = layers.iter().map(|layer| layer.rows(table, range).peekable()).collect();
    let rest = Some(range.clone().limit(PAGE_ROWS));
    let mut pages = Pages { store, table, rest, page: VecDeque::new() };
    let mut rows = Vec::new();
    while rows.len() < limit {
        let mut next: Option<Row<'_>> = None;
        for source in &mut sources {
            let Some(&head) = source.peek() else { continue };
            // Of equal keys the first one found stays, which is the newest.
            if next.is_none_or(|(key, _)| comes_before(range, head.0, key)) {
                next = Some(head);
            }
        }
        let stored = pages.head()?;
        let from_store = match (next, stored) {
            (None, None) => break,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some((key, _)), Some((stored, _))) => comes_before(range, stored, key),
        };
        if from_store {
            rows.extend(pages.page.pop_front());
            continue;
        }
        let Some((key, value)) = next else { break };
        if stored.is_some_and(|(stored, _)| stored.as_slice() == key) {
            pages.page.pop_front();
        }
        for source in &mut sources {
            source.next_if(|&(other, _)| other == key);
        }
        if let Some(value) = value {
            rows.push((key.to_vec(), value.to_vec()));
        }
    }
    Ok(rows)
}

fn comes_before(range: &Range, a: &[u8], b: &[u8]) -> bool {
    a.cmp(b) == if range.is_reverse() { Ordering::Greater } else { Ordering::Less }
}
