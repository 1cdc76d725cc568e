//! R-WH-01: bonded stock. What came in and what lists took out, by book and item; the figures of a warehouse against it.

use super::{Faults, Space, changed, differences, hash, is_text, key, positive};
use crate::domain::{Amount, DailyFigures, DocRef, Field, MessageType, PartyId, Role, StockChange, Timestamp, status};
use crate::state::cells::{Cells, CellsMut, StateError, load, save};
use crate::state::clearance::Moved;
use crate::state::clearance::returns::{self, ReturnedLine};
use crate::state::filing::books;
use crate::state::step::{Step, facts_at};
use crate::state::store::Table;
use std::collections::BTreeSet;

/// Movements of an item of a bonded book, decimals in the declared unit of lists.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Balance {
    #[prost(string, tag = "1")]
    pub(crate) ems_no: String,
    #[prost(string, tag = "2")]
    pub(crate) item_record_no: String,
    /// Came in, by what was filed here.
    #[prost(string, tag = "3")]
    pub(crate) inbound: String,
    /// Went out by lists that customs released.
    #[prost(string, tag = "4")]
    pub(crate) outbound: String,
}

impl Balance {
    /// What should be there; never below nothing, as goods may have come in before they were filed here.
    pub(crate) fn on_hand(&self) -> Amount {
        let of = |text: &str| Amount::parse(text).unwrap_or_default();
        of(&self.inbound).minus(of(&self.outbound)).max(Amount::default())
    }
}

/// An item whose figure is not that of the book.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Difference {
    #[prost(string, tag = "1")]
    pub(crate) ems_no: String,
    #[prost(string, tag = "2")]
    pub(crate) item_record_no: String,
    /// By the warehouse.
    #[prost(string, tag = "3")]
    pub(crate) counted: String,
    /// By the book.
    #[prost(string, tag = "4")]
    pub(crate) expected: String,
}

/// The reconciliation of one day.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Report {
    #[prost(string, tag = "1")]
    pub(crate) day: String,
    /// Items that were counted.
    #[prost(uint32, tag = "2")]
    pub(crate) items: u32,
    #[prost(message, repeated, tag = "3")]
    pub(crate) differences: Vec<Difference>,
    /// Entry that brought the figures.
    #[prost(uint64, tag = "4")]
    pub(crate) position: u64,
    /// Its time, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub(crate) time_ms: i64,
}

fn balance_key(ems_no: &str, item: &str) -> Vec<u8> {
    key(Space::Bonded, &[&hash(&[ems_no, item])])
}

fn report_key(party: u32, day: &str) -> Vec<u8> {
    key(Space::Report, &[&party.to_be_bytes(), day.as_bytes()])
}

/// Movements of an item.
pub(crate) fn balance(cells: &impl Cells, ems_no: &str, item: &str) -> Result<Option<Balance>, StateError> {
    load(cells, Table::Stock, &balance_key(ems_no, item))
}

/// The reconciliation of a warehouse and day.
pub(crate) fn report(cells: &impl Cells, party: u32, day: &str) -> Result<Option<Report>, StateError> {
    load(cells, Table::Stock, &report_key(party, day))
}

/// True for a status in which goods have left the book.
fn is_out(code: i32) -> bool {
    matches!(code, status::RELEASED | status::CLOSED)
}

/// Counts what released lists take out of a book, and gives back what is left of it if such a list is cancelled or shipped
/// back.
pub(in crate::state::clearance) fn moved<C: CellsMut>(
    step: &mut Step<'_, C>,
    moved: &Moved<'_>,
) -> Result<(), StateError> {
    let ems_no = moved.facts.value(Field::EmsNo);
    if moved.kind != MessageType::Ceb621 || ems_no.is_empty() {
        return Ok(());
    }
    // A book on record counts for itself.
    if is_out(moved.from) == is_out(moved.to) || books::is_filed(&*step.cells, ems_no)? {
        return Ok(());
    }
    let back = returns::returned(&*step.cells, moved.at)?;
    for line in moved.facts.lines.iter().filter(|line| !line.value(Field::ItemRecordNo).is_empty()) {
        let back = back.iter().find(|(gnum, _)| *gnum == line.gnum).map_or(Amount::default(), |(_, qty)| *qty);
        let qty = Amount::parse(&line.qty).unwrap_or_default().minus(back).max(Amount::default());
        let outbound = |held: Amount| if is_out(moved.to) { held.plus(qty) } else { held.minus(qty) };
        add(step, ems_no, line.value(Field::ItemRecordNo), |row| &mut row.outbound, outbound)?;
    }
    Ok(())
}

/// Gives back to the book what came back of a list by an accepted return (CEB625), in time or not: it lies there again.
pub(in crate::state::clearance) fn returned<C: CellsMut>(
    step: &mut Step<'_, C>,
    list: DocRef,
    lines: &[ReturnedLine],
) -> Result<(), StateError> {
    let entry = step.facts_of_entry(list.position)?;
    let Some(facts) = facts_at(&entry, list) else { return Ok(()) };
    let ems_no = facts.value(Field::EmsNo);
    let is_out = step.doc_state(list)?.is_some_and(|state| is_out(state.status));
    if ems_no.is_empty() || !is_out || books::is_filed(&*step.cells, ems_no)? {
        return Ok(());
    }
    for line in lines {
        let held = facts.lines.iter().find(|held| held.gnum == line.gnum);
        let item = held.map_or("", |held| held.value(Field::ItemRecordNo));
        let qty = Amount::parse(&line.qty).unwrap_or_default();
        if !item.is_empty() {
            add(step, ems_no, item, |row| &mut row.outbound, |held| held.minus(qty))?;
        }
    }
    Ok(())
}

fn add<C: CellsMut>(
    step: &mut Step<'_, C>,
    ems_no: &str,
    item: &str,
    part: impl Fn(&mut Balance) -> &mut String,
    by: impl Fn(Amount) -> Amount,
) -> Result<(), StateError> {
    let mut row = balance(&*step.cells, ems_no, item)?.unwrap_or_else(|| Balance {
        ems_no: ems_no.to_owned(),
        item_record_no: item.to_owned(),
        ..Balance::default()
    });
    let held = part(&mut row);
    let sum = by(Amount::parse(held).unwrap_or_default()).max(Amount::default());
    *held = sum.to_string();
    save(step.cells, Table::Stock, &balance_key(ems_no, item), &row);
    Ok(())
}

pub(super) fn check<C: CellsMut>(
    step: &Step<'_, C>,
    change: &StockChange,
    faults: &mut Faults,
) -> Result<(), StateError> {
    for (index, row) in change.inbound.iter().enumerate() {
        if books::is_filed(&*step.cells, &row.ems_no)? {
            let path = format!("inbound[{index}].ems_no");
            let (zh, en) = ("账册已备案，请通过备案服务申报入库", "the book is on record: file what comes in with it");
            faults.add(RULE, &path, &row.ems_no, "a book that is not on record", zh, en);
        }
    }
    check_rows(change, faults);
    Ok(())
}

const RULE: &str = "R-WH-01";

fn check_rows(change: &StockChange, faults: &mut Faults) {
    for (index, row) in change.inbound.iter().enumerate() {
        let path = |field: &str| format!("inbound[{index}].{field}");
        let names = [("ems_no", &row.ems_no), ("item_record_no", &row.item_record_no), ("inbound_no", &row.inbound_no)];
        for (field, text) in names {
            if !is_text(text) {
                faults.add(
                    RULE,
                    &path(field),
                    "",
                    "1 to 128 characters",
                    "缺少编号或编号过长",
                    "no number, or too long",
                );
            }
        }
        if positive(&row.qty).is_none() {
            faults.add(RULE, &path("qty"), &row.qty, "a quantity above 0", "数量无效", "no quantity above 0");
        }
    }
    let Some(figures) = &change.figures else { return };
    if figures.day.len() != 8 || Timestamp::parse_ceb(&figures.day).is_none() {
        faults.add(RULE, "day", &figures.day, "yyyyMMdd", "日期无效", "no day");
    }
    let mut seen = BTreeSet::new();
    for (index, row) in figures.figures.iter().enumerate() {
        let path = |field: &str| format!("figures[{index}].{field}");
        if !is_text(&row.ems_no) || !is_text(&row.item_record_no) {
            let (zh, en) = ("缺少账册编号或料号", "no book or no item");
            faults.add(RULE, &path("item_record_no"), "", "1 to 128 characters", zh, en);
        }
        if Amount::parse(&row.qty).is_none_or(|qty| qty < Amount::default()) {
            faults.add(RULE, &path("qty"), &row.qty, "a quantity of 0 or more", "数量无效", "no quantity");
        }
        if !seen.insert((&row.ems_no, &row.item_record_no)) {
            let (zh, en) = ("同一料号重复", "the item stands twice");
            faults.add(RULE, &path("item_record_no"), &row.item_record_no, "each item once", zh, en);
        }
    }
}

pub(super) fn apply<C: CellsMut>(step: &mut Step<'_, C>, change: &StockChange) -> Result<(), StateError> {
    for row in &change.inbound {
        let qty = positive(&row.qty).unwrap_or_default();
        add(step, &row.ems_no, &row.item_record_no, |row| &mut row.inbound, |held| held.plus(qty))?;
        let event = changed(step, "inbound").with("emsNo", row.ems_no.clone());
        let event = event.with("itemRecordNo", row.item_record_no.clone()).with("qty", row.qty.clone());
        step.events.push(event.with("inboundNo", row.inbound_no.clone()));
    }
    if let Some(figures) = &change.figures {
        reconcile(step, figures)?;
    }
    Ok(())
}

/// Compares the figures of a day with the book; differences are told to the warehouse and to customs of the book's office.
fn reconcile<C: CellsMut>(step: &mut Step<'_, C>, figures: &DailyFigures) -> Result<(), StateError> {
    let mut differences = Vec::new();
    for row in &figures.figures {
        let expected = expected(step, &row.ems_no, &row.item_record_no)?;
        let counted = Amount::parse(&row.qty).unwrap_or_default();
        differences::note(step, &row.ems_no, &row.item_record_no, counted == expected);
        if counted != expected {
            differences.push(Difference {
                ems_no: row.ems_no.clone(),
                item_record_no: row.item_record_no.clone(),
                counted: counted.to_string(),
                expected: expected.to_string(),
            });
        }
    }
    let books: BTreeSet<&str> = figures.figures.iter().map(|row| row.ems_no.as_str()).collect();
    for ems_no in books {
        differences::watch(step, ems_no)?;
    }
    let report = Report {
        day: figures.day.clone(),
        items: u32::try_from(figures.figures.len()).unwrap_or(u32::MAX),
        differences,
        position: step.position,
        time_ms: step.time_ms,
    };
    save(step.cells, Table::Stock, &report_key(step.party, &figures.day), &report);
    let code = if report.differences.is_empty() { "reconciled" } else { "difference" };
    let mut event = changed(step, code);
    event.note("day", report.day.clone());
    event.note("items", report.items.to_string());
    event.note("differences", report.differences.len().to_string());
    if let Some(first) = report.differences.first() {
        event.note("emsNo", first.ems_no.clone());
        event.note("itemRecordNo", first.item_record_no.clone());
        event.note("counted", first.counted.clone());
        event.note("expected", first.expected.clone());
    }
    for difference in &report.differences {
        for customs in customs_of(step, &difference.ems_no) {
            if !event.owners.contains(&customs) {
                event.owners.push(customs);
            }
        }
    }
    step.events.push(event);
    Ok(())
}

/// What should be in the warehouse: by the book if it is on record, what came in less what lists that are released took;
/// what is only reserved is still there. Else by the movements that were filed here.
fn expected<C: CellsMut>(step: &Step<'_, C>, ems_no: &str, item: &str) -> Result<Amount, StateError> {
    if books::is_filed(&*step.cells, ems_no)? {
        let of = |text: &str| Amount::parse(text).unwrap_or_default();
        let row = books::item(&*step.cells, ems_no, item)?;
        return Ok(row.map_or_else(Amount::default, |row| of(&row.inbound).minus(of(&row.used)).max(Amount::default())));
    }
    let moved = balance(&*step.cells, ems_no, item)?;
    Ok(moved.map_or_else(Amount::default, |balance| balance.on_hand()))
}

/// Customs of a book's office: the four digits after the first letter of its number.
pub(super) fn customs_of<C: CellsMut>(step: &Step<'_, C>, ems_no: &str) -> Vec<u32> {
    let Some(office) = ems_no.get(1..5) else { return Vec::new() };
    let all = step.registry.all();
    let of = |(id, party): &(PartyId, std::sync::Arc<crate::domain::Party>)| {
        let is_its =
            party.active && party.has_role(Role::Customs) && party.customs_codes.iter().any(|code| code == office);
        is_its.then_some(id.0)
    };
    all.iter().filter_map(of).collect()
}
