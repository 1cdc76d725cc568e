//! Links between lots and lists.

use super::blocks::block_of;
use super::rows::{
    Any, Link, Number, Record, answerable, filers, list_lot_key, lot_list_key, lots_of_item, lots_of_list, name_of,
    of_number, record, record_key,
};
use crate::domain::limits::LOTS_OF_ITEM_MAX;
use crate::domain::{Amount, DocRef, Field, MessageType};
use crate::state::cells::{CellsMut, StateError, save};
use crate::state::facts::{Facts, LineFacts};
use crate::state::step::Step;
use crate::state::store::Table;
use std::collections::BTreeSet;

/// Links a list that was declared: what trace records tell of its order, then what is presumed.
pub(super) fn link<C: CellsMut>(step: &mut Step<'_, C>, list: DocRef, facts: &Facts) -> Result<(), StateError> {
    if !Any::Record.is_there(step.cells)? {
        return Ok(());
    }
    let parties = filers(step.cells, answerable(step.registry, step.party, MessageType::Ceb621, facts))?;
    if parties.is_empty() {
        return Ok(());
    }
    let mut told = BTreeSet::new();
    for record in of_number(step.cells, Number::Order, &facts.keys.order_no)? {
        if parties.contains(&record.owner) {
            told.insert(record.record.gnum);
            put(step, list, &record, record.record.gnum, quantity(&record.record.qty), false, facts)?;
        }
    }
    // A told link without a line may be of any: nothing is presumed then.
    if told.contains(&0) {
        return Ok(());
    }
    for line in facts.lines.iter().filter(|line| !told.contains(&line.gnum)) {
        presume(step, list, &parties, facts, line)?;
    }
    Ok(())
}

/// Draws what a line takes from the filed lots of its item, the oldest first.
fn presume<C: CellsMut>(
    step: &mut Step<'_, C>,
    list: DocRef,
    parties: &[u32],
    facts: &Facts,
    line: &LineFacts,
) -> Result<(), StateError> {
    let (ems_no, item) = (facts.value(Field::EmsNo), line.value(Field::ItemRecordNo));
    if ems_no.is_empty() || item.is_empty() {
        return Ok(());
    }
    let mut wanted = Amount::parse(&line.qty).unwrap_or_default();
    for party in parties {
        for lot in lots_of_item(step.cells, *party, ems_no, item, LOTS_OF_ITEM_MAX)? {
            if wanted <= Amount::default() {
                return Ok(());
            }
            if block_of(step.cells, &name_of(&lot.record), step.time_ms)?.is_some() {
                continue;
            }
            let taken = left(&lot).min(wanted);
            if taken > Amount::default() {
                wanted = wanted.minus(taken);
                put(step, list, &lot, line.gnum, taken, true, facts)?;
            }
        }
    }
    Ok(())
}

/// A quantity of a record; none given means one.
pub(super) fn quantity(text: &str) -> Amount {
    Amount::parse(if text.is_empty() { "1" } else { text }).unwrap_or_default()
}

/// What is left of a lot; never below nothing.
pub(crate) fn left(record: &Record) -> Amount {
    let taken = Amount::parse(&record.taken).unwrap_or_default();
    quantity(&record.record.qty).minus(taken).max(Amount::default())
}

/// Writes a link in both directions and counts what it takes. A told link of a line ends the presumed ones of it.
pub(super) fn put<C: CellsMut>(
    step: &mut Step<'_, C>,
    list: DocRef,
    of: &Record,
    gnum: u32,
    qty: Amount,
    presumed: bool,
    facts: &Facts,
) -> Result<(), StateError> {
    if !presumed {
        for other in lots_of_list(step.cells, list)? {
            let same_line = gnum == 0 || other.gnum == gnum;
            if other.code == of.record.code || (other.presumed && same_line) {
                remove(step, &other)?;
            }
        }
    }
    // What it took may have changed with a link that was removed just now.
    let Some(mut lot) = record(step.cells, &of.record.code)? else { return Ok(()) };
    let code = lot.record.code.clone();
    let before = lots_of_list(step.cells, list)?.into_iter().find(|link| link.code == code);
    let so_far = before.as_ref().and_then(|link| Amount::parse(&link.qty)).unwrap_or_default();
    let link = Link {
        code: code.clone(),
        name: name_of(&lot.record),
        list,
        gnum,
        qty: so_far.plus(qty).to_string(),
        presumed,
        released_ms: before.map_or(0, |link| link.released_ms),
        order_no: facts.keys.order_no.clone(),
    };
    lot.taken = Amount::parse(&lot.taken).unwrap_or_default().plus(qty).to_string();
    write(step.cells, &link);
    keep(step, &mut lot);
    Ok(())
}

/// Writes the rows of a link, from the lot and from the list.
pub(crate) fn write(cells: &mut impl CellsMut, link: &Link) {
    save(cells, Table::Trace, &lot_list_key(&link.name, link.list, &link.code), link);
    save(cells, Table::Trace, &list_lot_key(link.list, &link.code), link);
}

/// Saves a record; a lot without anything left goes out of the pool, one with something comes back.
pub(super) fn keep<C: CellsMut>(step: &mut Step<'_, C>, lot: &mut Record) {
    let code = super::rows::code_hash(&lot.record.code);
    if !lot.pool.is_empty() {
        if left(lot) > Amount::default() && !lot.withdrawn {
            step.cells.put(Table::Trace, &lot.pool, code.to_vec());
        } else {
            step.cells.delete(Table::Trace, &lot.pool);
        }
    }
    save(step.cells, Table::Trace, &record_key(&lot.record.code), lot);
}

/// Removes a link and gives back what it took.
fn remove<C: CellsMut>(step: &mut Step<'_, C>, link: &Link) -> Result<(), StateError> {
    step.cells.delete(Table::Trace, &lot_list_key(&link.name, link.list, &link.code));
    step.cells.delete(Table::Trace, &list_lot_key(link.list, &link.code));
    if let Some(mut lot) = record(step.cells, &link.code)? {
        let back = Amount::parse(&link.qty).unwrap_or_default();
        let taken = Amount::parse(&lot.taken).unwrap_or_default().minus(back);
        lot.taken = taken.max(Amount::default()).to_string();
        keep(step, &mut lot);
    }
    Ok(())
}

/// Removes all links of a list that fell.
pub(super) fn unlink<C: CellsMut>(step: &mut Step<'_, C>, list: DocRef) -> Result<(), StateError> {
    if !Any::Record.is_there(step.cells)? {
        return Ok(());
    }
    for link in lots_of_list(step.cells, list)? {
        remove(step, &link)?;
    }
    Ok(())
}

/// Notes when customs released a list.
pub(super) fn released<C: CellsMut>(step: &mut Step<'_, C>, list: DocRef) -> Result<(), StateError> {
    if !Any::Record.is_there(step.cells)? {
        return Ok(());
    }
    for mut link in lots_of_list(step.cells, list)? {
        link.released_ms = step.time_ms;
        write(step.cells, &link);
    }
    Ok(())
}

/// Links a record that names an order or list to the lists that are there already.
pub(super) fn link_record<C: CellsMut>(step: &mut Step<'_, C>, of: &Record) -> Result<(), StateError> {
    for list in named_lists(step, of)? {
        let Some((_, state)) = step.live(Some(list))? else { continue };
        if state.kind != MessageType::Ceb621 as i32 || state.status == crate::domain::status::DRAFT {
            continue;
        }
        let entry = step.facts_of_entry(list.position)?;
        let Some(facts) = crate::state::step::facts_at(&entry, list) else { continue };
        let (order_no, invt_no) = (&of.record.order_no, &of.record.invt_no);
        let is_named = (!order_no.is_empty() && facts.keys.order_no == *order_no)
            || (!invt_no.is_empty() && state.customs_no == *invt_no);
        if is_named && answerable(step.registry, state.sender, MessageType::Ceb621, facts).contains(&of.owner) {
            put(step, list, of, of.record.gnum, quantity(&of.record.qty), false, facts)?;
        }
    }
    Ok(())
}

/// Documents under the order or list that a record names.
fn named_lists<C: CellsMut>(step: &Step<'_, C>, of: &Record) -> Result<BTreeSet<DocRef>, StateError> {
    let mut lists = BTreeSet::new();
    for number in [&of.record.order_no, &of.record.invt_no] {
        if !number.is_empty() {
            lists.extend(crate::state::query::documents_of_number(&*step.cells, number)?);
        }
    }
    Ok(lists)
}

/// Removes the links that a record told of, before it names another order or is withdrawn.
pub(super) fn unlink_record<C: CellsMut>(step: &mut Step<'_, C>, of: &Record) -> Result<(), StateError> {
    for list in named_lists(step, of)? {
        let links = lots_of_list(step.cells, list)?;
        for link in links.iter().filter(|link| link.code == of.record.code && !link.presumed) {
            remove(step, link)?;
        }
    }
    Ok(())
}
