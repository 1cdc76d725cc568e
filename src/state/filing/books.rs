//! Account books of bonded goods (账册): items, what came in, and what lists take (R-PRD-02, R-WH-01).
//!
//! A list that is accepted reserves what it names; what it has reserved is used once it is released, and set free when
//! it is rejected, shipped back, cancelled or replaced. The balance is never negative, because a list that asks for more
//! is refused, and a correction too.

use super::products::is_hs_code;
use super::{Space, key, owner};
use crate::domain::check_digit::check_gtin;
use crate::domain::limits::BOOK_ITEMS_MAX;
use crate::domain::{
    Amount, Book, BookItem, BookRow, DocRef, Event, EventKind, Field, FiledProduct, Inbound, ItemQuantity, MessageType,
    Outcome, Rejection, Taken, codes, status,
};
use crate::state::cells::{Cells, CellsMut, StateError, after_prefix, load, save};
use crate::state::clearance::{Moved, ReturnedLine};
use crate::state::facts::Facts;
use crate::state::requests::{refuse, wrong};
use crate::state::step::{Step, facts_at};
use crate::state::store::Table;
use std::collections::BTreeMap;

fn item_key(ems_no: &str, item_no: &str) -> Vec<u8> {
    key(Space::BookItem, &[ems_no, item_no])
}

fn taken_key(at: DocRef) -> Vec<u8> {
    let mut key = key(Space::Taken, &[]);
    key.extend_from_slice(&at.key());
    key
}

/// True if a book is on record.
pub(in crate::state) fn is_filed(cells: &(impl Cells + ?Sized), ems_no: &str) -> Result<bool, StateError> {
    Ok(cells.get(Table::Filing, &key(Space::Book, &[ems_no]))?.is_some())
}

/// A book's head: its items stand apart.
pub(in crate::state) fn head(cells: &(impl Cells + ?Sized), ems_no: &str) -> Result<Option<Book>, StateError> {
    load(cells, Table::Filing, &key(Space::Book, &[ems_no]))
}

/// An item of a book with its balance.
pub(in crate::state) fn item(
    cells: &(impl Cells + ?Sized),
    ems_no: &str,
    item_no: &str,
) -> Result<Option<BookRow>, StateError> {
    load(cells, Table::Filing, &item_key(ems_no, item_no))
}

/// What a document has taken of a book; `None` if it holds nothing.
pub(in crate::state) fn taken(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<Option<Taken>, StateError> {
    load(cells, Table::Filing, &taken_key(at))
}

/// True if a product that is filed for an item may be named; `None` if none is filed for it.
pub(in crate::state) fn product_is_on_record(
    cells: &(impl Cells + ?Sized),
    ems_no: &str,
    item_no: &str,
) -> Result<Option<bool>, StateError> {
    let prefix = key(Space::ProductItem, &[ems_no, item_no]);
    let rows = cells.scan(Table::Filing, &prefix, &after_prefix(&prefix), PRODUCTS_OF_ITEM_MAX, false)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut is_on_record = false;
    for (row, _) in rows {
        let Some(of_product) = row.get(prefix.len()..) else { continue };
        let mut key = vec![Space::Product as u8];
        key.extend_from_slice(of_product);
        let product: Option<FiledProduct> = load(cells, Table::Filing, &key)?;
        is_on_record |= product.is_some_and(|product| product.is_on_record());
    }
    Ok(Some(is_on_record))
}

/// Products of one item that are looked at.
const PRODUCTS_OF_ITEM_MAX: usize = 16;

/// Files a book, or changes its items.
pub(super) fn file<C: CellsMut>(step: &mut Step<'_, C>, book: &Book, outcome: &mut Outcome) -> Result<(), StateError> {
    let mut faults = Vec::new();
    let mut fault = |path: &str, found: &str, zh: &str, en: &str| {
        faults.push(wrong("R-PRD-01", path, found, "", zh, en));
    };
    if book.ems_no.is_empty() {
        fault("ems_no", "", "缺少账册号", "the number of the book is missing");
    }
    if !codes::is_customs_office(&book.customs_code) {
        fault("customs_code", &book.customs_code, "关区代码不存在", "no such customs office");
    }
    if book.items.len() > BOOK_ITEMS_MAX {
        fault("items", &book.items.len().to_string(), "项数超出限制", "too many items in one request");
    }
    let firm = owner(step, "owner_code", &book.owner_code);
    let held = head(step.cells, &book.ems_no)?;
    if let (Ok(firm), Some(held)) = (&firm, &held)
        && *firm != held.owner_code
    {
        fault("owner_code", &book.owner_code, "账册属于其他企业", "the book is another firm's");
    }
    for (index, of_book) in book.items.iter().take(BOOK_ITEMS_MAX).enumerate() {
        faults.extend(faults_of(step, &format!("items[{index}]"), &book.ems_no, of_book)?);
    }
    let firm = match firm {
        Ok(firm) if faults.is_empty() => firm,
        Ok(_) => {
            refuse(step, outcome, faults);
            return Ok(());
        }
        Err(fault) => {
            faults.push(*fault);
            refuse(step, outcome, faults);
            return Ok(());
        }
    };
    for of_book in &book.items {
        let row_key = item_key(&book.ems_no, &of_book.item_no);
        if of_book.is_deleted {
            step.cells.delete(Table::Filing, &row_key);
            continue;
        }
        let mut row = item(step.cells, &book.ems_no, &of_book.item_no)?.unwrap_or_default();
        row.item.clone_from(of_book);
        save(step.cells, Table::Filing, &row_key, &row);
    }
    let head = Book { owner_code: firm.clone(), items: Vec::new(), filed_ms: step.time_ms, ..book.clone() };
    save(step.cells, Table::Filing, &key(Space::Book, &[&book.ems_no]), &head);
    let event = event(step, &firm, &book.ems_no).with("items", book.items.len().to_string());
    step.events.push(event);
    Ok(())
}

fn faults_of<C: CellsMut>(
    step: &Step<'_, C>,
    path: &str,
    ems_no: &str,
    of_book: &BookItem,
) -> Result<Vec<Rejection>, StateError> {
    let mut found = Vec::new();
    let mut fault = |rule: &str, field: &str, value: &str, zh: &str, en: &str| {
        found.push(wrong(rule, &format!("{path}.{field}"), value, "", zh, en));
    };
    if of_book.item_no.is_empty() {
        fault("R-PRD-01", "item_no", "", "缺少项号", "the number of the item is missing");
    }
    let held = item(step.cells, ems_no, &of_book.item_no)?;
    if of_book.is_deleted {
        // A list that took of it may still give back.
        if !held.as_ref().is_some_and(is_untouched) {
            let (zh, en) = ("账册无此项，或已有进出记录", "no such item, or goods of it were moved");
            fault("R-PRD-02", "item_no", &of_book.item_no, zh, en);
        }
        return Ok(found);
    }
    if !is_hs_code(&of_book.hs_code) {
        fault("R-PRD-01", "hs_code", &of_book.hs_code, "商品编码须为10位数字", "an HS code has 10 digits");
    }
    if of_book.name.trim().is_empty() {
        fault("R-PRD-01", "name", "", "缺少商品名称", "the name is missing");
    }
    if !of_book.barcode.is_empty() && check_gtin(&of_book.barcode).is_err() {
        fault("R-PRD-03", "barcode", &of_book.barcode, "商品条码校验位错误", "the check digit of the GTIN is wrong");
    }
    let units = [("unit", &of_book.unit, true), ("unit1", &of_book.unit1, true), ("unit2", &of_book.unit2, false)];
    for (field, unit, is_needed) in units {
        if (is_needed || !unit.is_empty()) && !codes::is_unit(unit) {
            fault("R-PRD-01", field, unit, "计量单位代码不存在", "no such unit");
        }
    }
    if !codes::is_country(&of_book.origin) {
        fault("R-PRD-01", "origin", &of_book.origin, "原产国代码不存在", "no such country");
    }
    if held.is_some_and(|held| held.item.unit != of_book.unit && !held.inbound.is_empty()) {
        let (zh, en) = ("已有进出记录，不得变更计量单位", "goods were moved: the unit may not change");
        fault("R-PRD-02", "unit", &of_book.unit, zh, en);
    }
    Ok(found)
}

fn is_untouched(row: &BookRow) -> bool {
    let figures = [&row.inbound, &row.reserved, &row.used];
    figures.iter().all(|figure| Amount::parse(figure).unwrap_or_default() == Amount::default())
}

fn event<C: CellsMut>(step: &Step<'_, C>, firm: &str, ems_no: &str) -> Event {
    let mut owners = vec![step.party];
    owners.extend(step.registry.of_code(firm).map(|(id, _)| id.0).filter(|id| *id != step.party));
    let event = Event { kind: EventKind::BookChanged as i32, code: firm.to_owned(), owners, ..Event::default() };
    event.with("emsNo", ems_no)
}

/// Books goods that came in, or a correction; a 核注清单 counts once.
pub(super) fn take_in<C: CellsMut>(
    step: &mut Step<'_, C>,
    inbound: &Inbound,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let mut faults = Vec::new();
    let mut fault = |rule: &str, path: &str, found: &str, expected: &str, zh: &str, en: &str| {
        faults.push(wrong(rule, path, found, expected, zh, en));
    };
    let Some(book) = head(step.cells, &inbound.ems_no)? else {
        fault("R-PRD-01", "ems_no", &inbound.ems_no, "", "账册未备案", "no such book is filed");
        refuse(step, outcome, faults);
        return Ok(());
    };
    let document_key = key(Space::Inbound, &[&inbound.ems_no, &inbound.document_no]);
    if inbound.document_no.is_empty() || step.cells.get(Table::Filing, &document_key)?.is_some() {
        let (zh, en) = ("核注清单编号缺失或已记账", "the document number is missing or booked already");
        fault("R-PRD-02", "document_no", &inbound.document_no, "", zh, en);
    }
    if !(1..=BOOK_ITEMS_MAX).contains(&inbound.lines.len()) {
        let (zh, en) = ("项数超出限制", "too few or too many lines");
        fault("R-PRD-02", "lines", &inbound.lines.len().to_string(), "", zh, en);
    }
    let mut changes: BTreeMap<&str, Amount> = BTreeMap::new();
    for (index, line) in inbound.lines.iter().take(BOOK_ITEMS_MAX).enumerate() {
        let Some(qty) = Amount::parse(&line.qty).filter(|qty| *qty != Amount::default()) else {
            let (zh, en) = ("数量须为非零数", "a quantity is a number and not 0");
            fault("R-PRD-02", &format!("lines[{index}].qty"), &line.qty, "", zh, en);
            continue;
        };
        let sum = changes.entry(&line.item_no).or_default();
        *sum = sum.plus(qty);
    }
    let mut rows = Vec::new();
    for (item_no, change) in &changes {
        let Some(mut row) = item(step.cells, &inbound.ems_no, item_no)? else {
            fault("R-PRD-01", "lines", item_no, "", "账册内无此项号", "the book has no such item");
            continue;
        };
        if row.balance().plus(*change) < Amount::default() {
            let balance = row.balance().to_string();
            let (zh, en) = ("E-PRD-02 账册余量不足", "the balance of the book would be negative");
            fault("R-PRD-02", "lines", &change.to_string(), &balance, zh, en);
        }
        BookRow::add(&mut row.inbound, *change);
        rows.push(row);
    }
    if let Err(refused) = owner(step, "ems_no", &book.owner_code) {
        faults.push(*refused);
    }
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    for row in &rows {
        save(step.cells, Table::Filing, &item_key(&inbound.ems_no, &row.item.item_no), row);
    }
    step.cells.put(Table::Filing, &document_key, step.position.to_be_bytes().to_vec());
    let mut event = event(step, &book.owner_code, &inbound.ems_no).with("documentNo", &*inbound.document_no);
    event.info.clone_from(&inbound.reason);
    step.events.push(event.with("lines", inbound.lines.len().to_string()));
    Ok(())
}

/// The book of a list of bonded goods; `None` for other documents.
pub(in crate::state) fn book_of(kind: MessageType, facts: &Facts) -> Option<&str> {
    let ems_no = facts.value(crate::domain::Field::EmsNo);
    let is_bonded = kind == MessageType::Ceb621 && matches!(facts.keys.trade_mode.as_str(), "1210" | "1239");
    (is_bonded && !ems_no.is_empty()).then_some(ems_no)
}

/// What a list asks for of each item.
pub(in crate::state) fn asked(facts: &Facts) -> BTreeMap<&str, Amount> {
    let mut asked: BTreeMap<&str, Amount> = BTreeMap::new();
    for line in &facts.lines {
        let sum = asked.entry(line.value(Field::ItemRecordNo)).or_default();
        let qty = Amount::parse(&line.qty).unwrap_or_default();
        *sum = sum.plus(qty.max(Amount::default()));
    }
    asked
}

/// What a document has taken in sum of an item.
pub(in crate::state) fn held_of(taken: Option<&Taken>, ems_no: &str, item_no: &str) -> Amount {
    let lines = taken.filter(|taken| taken.ems_no == ems_no && !taken.is_used).map_or(&[][..], |taken| &taken.lines);
    let qty = |line: &ItemQuantity| Amount::parse(&line.qty).unwrap_or_default();
    lines.iter().filter(|line| line.item_no == item_no).fold(Amount::default(), |sum, line| sum.plus(qty(line)))
}

impl<C: CellsMut> Step<'_, C> {
    /// Keeps the balance of a book in step with its lists.
    pub(in crate::state) fn books_follow(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let Some(ems_no) = book_of(moved.kind, moved.facts) else { return Ok(()) };
        match moved.to {
            status::DECLARING if moved.from == 0 => self.reserve(moved.at, ems_no, moved.facts),
            800 | 899 => self.use_up(moved.at),
            status::REJECTED | 700 | status::CANCELLED | status::REPLACED => self.give_back(moved.at),
            to if to < 0 => self.give_back(moved.at),
            _ => Ok(()),
        }
    }

    fn reserve(&mut self, at: DocRef, ems_no: &str, facts: &Facts) -> Result<(), StateError> {
        // A book that nobody filed here is not kept.
        if !is_filed(self.cells, ems_no)? {
            return Ok(());
        }
        let mut lines = Vec::new();
        for (item_no, qty) in asked(facts) {
            let Some(mut row) = item(self.cells, ems_no, item_no)? else { continue };
            // R-PRD-02 has refused such a list already: a balance is not negative whatever happens.
            if row.balance() < qty {
                continue;
            }
            BookRow::add(&mut row.reserved, qty);
            save(self.cells, Table::Filing, &item_key(ems_no, item_no), &row);
            lines.push(ItemQuantity { item_no: item_no.to_owned(), qty: qty.to_string() });
        }
        if !lines.is_empty() {
            let taken = Taken { ems_no: ems_no.to_owned(), lines, is_used: false };
            save(self.cells, Table::Filing, &taken_key(at), &taken);
        }
        Ok(())
    }

    fn use_up(&mut self, at: DocRef) -> Result<(), StateError> {
        let Some(mut taken) = taken(self.cells, at)?.filter(|taken| !taken.is_used) else { return Ok(()) };
        self.change_rows(&taken, |row, qty| {
            BookRow::add(&mut row.reserved, Amount::default().minus(qty));
            BookRow::add(&mut row.used, qty);
        })?;
        taken.is_used = true;
        save(self.cells, Table::Filing, &taken_key(at), &taken);
        Ok(())
    }

    /// Gives back all that a list holds of its book, whether reserved or used: the goods are in the zone again.
    pub(in crate::state) fn give_back(&mut self, at: DocRef) -> Result<(), StateError> {
        let Some(taken) = taken(self.cells, at)? else { return Ok(()) };
        let is_used = taken.is_used;
        self.change_rows(&taken, |row, qty| {
            let figure = if is_used { &mut row.used } else { &mut row.reserved };
            BookRow::add(figure, Amount::default().minus(qty));
        })?;
        self.cells.delete(Table::Filing, &taken_key(at));
        Ok(())
    }

    /// Gives back what came back of a released list, whole or in part: the goods are in the zone again.
    pub(in crate::state) fn books_returned(&mut self, list: DocRef, lines: &[ReturnedLine]) -> Result<(), StateError> {
        let Some(mut taken) = taken(self.cells, list)?.filter(|taken| taken.is_used) else { return Ok(()) };
        let entry = self.facts_of_entry(list.position)?;
        let own_lines = facts_at(&entry, list).map_or(&[][..], |facts| &facts.lines);
        for line in lines {
            let own = own_lines.iter().find(|own| own.gnum == line.gnum);
            let item_no = own.map_or("", |own| own.value(Field::ItemRecordNo));
            let Some(held) = taken.lines.iter_mut().find(|held| held.item_no == item_no) else { continue };
            let Some(mut row) = item(self.cells, &taken.ems_no, item_no)? else { continue };
            let all = Amount::parse(&held.qty).unwrap_or_default();
            let back = Amount::parse(&line.qty).unwrap_or_default().min(all);
            BookRow::add(&mut row.used, Amount::default().minus(back));
            save(self.cells, Table::Filing, &item_key(&taken.ems_no, item_no), &row);
            held.qty = all.minus(back).to_string();
        }
        save(self.cells, Table::Filing, &taken_key(list), &taken);
        Ok(())
    }

    fn change_rows(&mut self, taken: &Taken, change: impl Fn(&mut BookRow, Amount)) -> Result<(), StateError> {
        for line in &taken.lines {
            // An item of which goods were moved is never deleted.
            let Some(mut row) = item(self.cells, &taken.ems_no, &line.item_no)? else { continue };
            change(&mut row, Amount::parse(&line.qty).unwrap_or_default());
            save(self.cells, Table::Filing, &item_key(&taken.ems_no, &line.item_no), &row);
        }
        Ok(())
    }
}
