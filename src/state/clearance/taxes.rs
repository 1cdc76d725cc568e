//! The tax on lists: computed when a list is accepted, due after its release, void when the list ends (R-TAX-01 to 08).
//!
//! Only sums are kept, in the state of the list; the values of lines are computed again when somebody asks, with the tables of the acceptance. What is
//! not settled yet must be covered by a guarantee ([`super::guarantee`]); tax bills settle it ([`super::bills`]).

use super::super::cells::{Cells, CellsMut, StateError, load};
use super::super::facts::{Facts, LineFacts};
use super::super::life::DocState;
use super::super::step::Step;
use super::super::store::Table;
use super::Moved;
use super::life::{facts_of, is_dead, is_new, of_list};
use super::returns;
use super::worklist::{self, WorkKind};
use crate::domain::{Amount, DocRef, Event, Field, MessageType, Timestamp, status};
use crate::tables::{Parameter, Tables};
use crate::tax::{self, Assessment, Charged, Quantity, TaxableLine, TaxableList};
use std::collections::BTreeMap;

/// Spaces of the table `Tax`. Permanent.
pub(super) const GUARANTEE: u8 = 2;
pub(super) const BILL: u8 = 3;
pub(super) const BILL_OF_OWNER: u8 = 4;

/// Whether the tax on a list still weighs on its guarantee. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Settlement {
    /// It does.
    Open = 0,
    /// It was paid: customs summarised the bill under a number.
    Settled = 1,
    /// Customs voided the bill.
    Void = 2,
}

/// The tax on one list. Amounts are in units of 0.00001 CNY, less what came back in time.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ListTax {
    #[prost(int64, tag = "1")]
    pub duty: i64,
    #[prost(int64, tag = "2")]
    pub consumption: i64,
    #[prost(int64, tag = "3")]
    pub vat: i64,
    /// What is to be paid (R-TAX-02).
    #[prost(int64, tag = "4")]
    pub total: i64,
    #[prost(int64, tag = "5")]
    pub dutiable: i64,
    /// True if it is taxed in full (R-LIMIT-03).
    #[prost(bool, tag = "6")]
    pub in_full: bool,
    /// True if a line has no tariff, or no quantity that its tax asks for.
    #[prost(bool, tag = "7")]
    pub is_doubtful: bool,
    /// Who guarantees it.
    #[prost(string, tag = "8")]
    pub assure_code: String,
    /// When it was computed, milliseconds since 1970.
    #[prost(int64, tag = "9")]
    pub assessed_ms: i64,
    #[prost(enumeration = "Settlement", tag = "10")]
    pub settlement: i32,
    /// First moment of the days on which it is paid; 0 if the list is not released.
    #[prost(int64, tag = "11")]
    pub due_from_ms: i64,
    /// First moment after those days.
    #[prost(int64, tag = "12")]
    pub due_until_ms: i64,
}

impl ListTax {
    /// What weighs on the guarantee.
    pub(in crate::state) fn open(&self) -> i64 {
        if self.settlement == Settlement::Open as i32 { self.total } else { 0 }
    }

    /// Name of the mode in events.
    pub(crate) fn mode(&self) -> &'static str {
        mode(self.in_full)
    }

    /// Tells of it in the event of the list's acceptance.
    pub(in crate::state) fn tell(&self, event: &mut Event) {
        event.values.reserve(3);
        event.note("taxTotal", amount(self.total).to_string());
        event.note("dutiableValue", amount(self.dutiable).to_string());
        event.note("taxMode", self.mode());
        if self.is_doubtful {
            event.note("taxDoubt", "true");
        }
    }
}

/// Name of the mode of taxation.
pub(crate) fn mode(in_full: bool) -> &'static str {
    if in_full { "full" } else { "preferential" }
}

pub(super) fn units(amount: Amount) -> i64 {
    i64::try_from(amount.0).unwrap_or(i64::MAX)
}

/// An amount of a row.
pub(crate) fn amount(units: i64) -> Amount {
    Amount(i128::from(units))
}

/// Quantities of a line with their units: declared, first and second statutory one.
pub(in crate::state) fn quantities(line: &LineFacts) -> [Quantity<'_>; 3] {
    [
        (line.unit.as_str(), Amount::parse(&line.qty).unwrap_or_default()),
        (line.value(Field::Unit1), line.amount(Field::Qty1)),
        (line.value(Field::Unit2), line.amount(Field::Qty2)),
    ]
}

fn lines_of(facts: &Facts) -> Vec<TaxableLine<'_>> {
    let line = |line| TaxableLine {
        code: LineFacts::value(line, Field::Gcode),
        value: Amount::parse(&line.total).unwrap_or_default(),
        quantities: quantities(line),
    };
    facts.lines.iter().map(line).collect()
}

fn taxable<'a>(facts: &Facts, lines: &'a [TaxableLine<'a>], in_full: bool) -> TaxableList<'a> {
    TaxableList { lines, freight: facts.amount(Field::Freight), insurance: facts.amount(Field::InsuredFee), in_full }
}

/// The dutiable value of each line of a list.
pub(super) fn dutiable_of(facts: &Facts) -> Vec<Amount> {
    tax::dutiable_values(&taxable(facts, &lines_of(facts), false))
}

/// The tax on a list at a time, as far as its facts tell; in full if it is over the single limit.
pub(crate) fn assess(facts: &Facts, tables: &Tables, at: Timestamp) -> Assessment {
    let lines = lines_of(facts);
    let mut list = taxable(facts, &lines, false);
    list.in_full = tax::is_over_single(list.value(), tables, at);
    tax::assess(&list, tables, at)
}

/// What was computed for a list; `None` if nothing was, or the list has ended.
pub(crate) fn tax_of(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<Option<ListTax>, StateError> {
    let state: Option<DocState> = load(cells, Table::Document, &at.key())?;
    Ok(state.and_then(|state| state.tax))
}

/// The taxes on each line of a list by its number, less what falls on goods that came back in time (R-TAX-08).
pub(super) fn remaining(
    cells: &(impl Cells + ?Sized),
    list: DocRef,
    facts: &Facts,
    held: &ListTax,
    tables: &Tables,
) -> Result<Vec<(u32, Charged)>, StateError> {
    let at = Timestamp(held.assessed_ms);
    let whole = tax::assess(&taxable(facts, &lines_of(facts), held.in_full), tables, at);
    let unit = tables.amount(Parameter::TaxRoundingUnit, at);
    let mut back: BTreeMap<u32, Amount> = BTreeMap::new();
    for (_, row) in returns::rows(cells, list)?.into_iter().filter(|(_, row)| row.accepted && row.timely) {
        for line in row.lines {
            let sum = back.entry(line.gnum).or_default();
            *sum = sum.plus(Amount::parse(&line.qty).unwrap_or_default());
        }
    }
    let left = |(line, tax): (&LineFacts, &tax::LineTax)| {
        let (now, of) =
            (back.get(&line.gnum).copied().unwrap_or_default(), Amount::parse(&line.qty).unwrap_or_default());
        let less = |amount: Amount| amount.minus(tax::part_returned(amount, Amount(0), now, of, unit));
        let own = tax.charged();
        let left = Charged { duty: less(own.duty), consumption: less(own.consumption), vat: less(own.vat) };
        (line.gnum, if now.0 == 0 { own } else { left })
    };
    Ok(facts.lines.iter().zip(&whole.lines).map(left).collect())
}

impl<C: CellsMut> Step<'_, C> {
    /// Keeps the taxes in step with lists and tax bills.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the types with effects are named, all else has none")]
    pub(super) fn tax_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        match moved.kind {
            MessageType::Ceb621 if moved.to == status::RELEASED => self.tax_falls_due(moved),
            MessageType::Ceb621 if is_dead(moved.to) || moved.to == status::SHIPPED_BACK => self.void_tax(moved.at),
            MessageType::Ceb816 if is_new(moved) => self.bill_moved(moved),
            MessageType::Ceb818 if is_new(moved) => self.bill_status_moved(moved),
            _ => Ok(()),
        }
    }

    pub(super) fn save_tax(&mut self, at: DocRef, held: &ListTax) -> Result<(), StateError> {
        self.change_doc_state(at, |state| state.tax = Some(held.clone()))
    }

    /// Assesses the tax on a list that is accepted; the guarantee bears it until it is settled.
    pub(super) fn assess_list(&mut self, facts: &Facts) -> Result<ListTax, StateError> {
        let all = assess(facts, self.tables, self.now());
        let held = ListTax {
            duty: units(all.duty.rounded),
            consumption: units(all.consumption.rounded),
            vat: units(all.vat.rounded),
            total: units(all.total),
            dutiable: units(all.dutiable),
            in_full: all.in_full,
            is_doubtful: all.lines.iter().any(|line| line.doubt.is_some()),
            assure_code: facts.keys.assure_code.clone(),
            assessed_ms: self.time_ms,
            ..ListTax::default()
        };
        self.change_unsettled(&held.assure_code, held.open())?;
        Ok(held)
    }

    /// R-TAX-06: from the release on the days run after which the tax is paid.
    fn tax_falls_due(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let Some(mut held) = tax_of(self.cells, moved.at)? else { return Ok(()) };
        let due = tax::due(Timestamp(of_list(self.cells, moved.at)?.released_ms), self.tables);
        (held.due_from_ms, held.due_until_ms) = (due.from.0, due.until.0);
        self.save_tax(moved.at, &held)?;
        self.open_tax_work(moved.at, moved.facts, &held)
    }

    pub(super) fn open_tax_work(&mut self, at: DocRef, facts: &Facts, held: &ListTax) -> Result<(), StateError> {
        if held.open() <= 0 || held.due_until_ms == 0 {
            return Ok(());
        }
        let moved = Moved { at, kind: MessageType::Ceb621, facts, from: 0, to: 0 };
        let mut item = self.work_of(&moved, held.due_until_ms - 1)?;
        let payer = self.registry.of_code(&held.assure_code).map(|(id, _)| id.0);
        item.owners.extend(payer.filter(|payer| !item.owners.contains(payer)));
        worklist::open(self, WorkKind::TaxDue, &at.key(), item)
    }

    fn void_tax(&mut self, at: DocRef) -> Result<(), StateError> {
        let Some(mut state) = self.doc_state(at)? else { return Ok(()) };
        let Some(held) = state.tax.take() else { return Ok(()) };
        self.save_doc_state(at, &state);
        self.change_unsettled(&held.assure_code, -held.open())?;
        if held.due_until_ms == 0 { Ok(()) } else { worklist::close(self, WorkKind::TaxDue, &at.key()) }
    }

    /// No tax is collected on goods that came back in time (R-TAX-08).
    pub(super) fn tax_returned(&mut self, list: DocRef) -> Result<(), StateError> {
        let Some(mut held) = tax_of(self.cells, list)? else { return Ok(()) };
        let facts = facts_of(self.cells, list)?.unwrap_or_default();
        let lines = remaining(self.cells, list, &facts, &held, self.tables)?;
        let sum = lines.iter().fold(Charged::default(), |sum, (_, line)| sum.plus(*line));
        let before = held.open();
        (held.duty, held.consumption, held.vat) = (units(sum.duty), units(sum.consumption), units(sum.vat));
        held.total = units(tax::charged(sum.total(), self.tables, Timestamp(held.assessed_ms)));
        self.save_tax(list, &held)?;
        self.change_unsettled(&held.assure_code, held.open().saturating_sub(before))?;
        if held.total == 0 { worklist::close(self, WorkKind::TaxDue, &list.key()) } else { Ok(()) }
    }
}
