//! What buyers have used of their yearly limits (R-LIMIT-01 to 05).
//!
//! A list that is accepted reserves its dutiable value in the year of its acceptance, by the calendar of China. It is
//! committed once customs releases the list, and set free when the list is rejected, shipped back, cancelled, replaced or
//! expires; of goods that come back in time the share is given back (R-TAX-08). The state of each list tells what it
//! holds, so that nothing counts twice, and nothing is given back twice. A person is a keyed hash here.

use super::super::cells::{Cells, CellsMut, StateError, load, save};
use super::super::facts::{Facts, LineFacts};
use super::super::life::DocState;
use super::super::rules::View;
use super::super::step::Step;
use super::super::store::Table;
use super::life::{facts_of, is_dead};
use super::returns::{ReturnedLine, returned};
use super::{Moved, taxes};
use crate::domain::{Amount, DocRef, Field, MessageType, Timestamp, status};
use crate::tables::{Parameter, TableName, Tables};
use crate::tax;
use std::collections::BTreeMap;

/// Spaces of the table `Quota`. Permanent.
const PERSON: u8 = 1;

/// Bytes of the keyed hash of a person.
pub(crate) const PERSON_BYTES: usize = 16;

/// What a person has used of the limits of one year.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct YearTotal {
    /// Dutiable value of lists that customs has not released, in units of 0.00001 CNY.
    #[prost(int64, tag = "1")]
    pub reserved: i64,
    /// Dutiable value of released lists, in the same unit.
    #[prost(int64, tag = "2")]
    pub committed: i64,
    /// Goods with a yearly weight cap.
    #[prost(message, repeated, tag = "3")]
    pub weights: Vec<Weight>,
}

/// Kilograms of goods that have a yearly weight cap.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Weight {
    /// Beginning of their commodity codes, the key of the cap.
    #[prost(string, tag = "1")]
    pub prefix: String,
    /// In units of 0.00001 kg.
    #[prost(int64, tag = "2")]
    pub units: i64,
}

/// What one list holds of its buyer's year, which is that of its entry.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct ListQuota {
    /// Dutiable value, in units of 0.00001 CNY.
    #[prost(int64, tag = "1")]
    pub amount: i64,
    /// Of goods with a weight cap.
    #[prost(message, repeated, tag = "2")]
    pub weights: Vec<Weight>,
    /// True once customs has released the list.
    #[prost(bool, tag = "3")]
    pub is_committed: bool,
}

impl YearTotal {
    /// Reserved and committed value, CNY.
    pub(crate) fn used(&self) -> Amount {
        Amount(i128::from(self.reserved) + i128::from(self.committed))
    }

    /// Kilograms of the goods of a cap.
    pub(in crate::state) fn kilograms(&self, prefix: &str) -> Amount {
        weight_of(&self.weights, prefix)
    }

    /// Takes or gives back; what is given back is never more than what is there.
    fn add(&mut self, amount: i64, weights: &[Weight], is_committed: bool) {
        let figure = if is_committed { &mut self.committed } else { &mut self.reserved };
        *figure = figure.saturating_add(amount).max(0);
        for weight in weights {
            match self.weights.iter_mut().find(|held| held.prefix == weight.prefix) {
                Some(held) => held.units = held.units.saturating_add(weight.units).max(0),
                None => self.weights.push(weight.clone()),
            }
        }
        self.weights.retain(|weight| weight.units > 0);
    }
}

fn weight_of(weights: &[Weight], prefix: &str) -> Amount {
    let held = weights.iter().find(|weight| weight.prefix == prefix);
    Amount(held.map_or(0, |weight| i128::from(weight.units)))
}

fn units(amount: Amount) -> i64 {
    i64::try_from(amount.0).unwrap_or(i64::MAX)
}

fn negative(weights: &[Weight]) -> Vec<Weight> {
    weights.iter().map(|weight| Weight { units: -weight.units, ..weight.clone() }).collect()
}

/// The calendar year in China of a time.
pub(crate) fn year_of(at: Timestamp) -> u32 {
    at.year()
}

fn person_key(person: &[u8], year: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + PERSON_BYTES + 4);
    key.push(PERSON);
    key.extend_from_slice(person);
    key.extend_from_slice(&year.to_be_bytes());
    key
}

/// What a person has used of a year; nothing if the hash is none.
pub(crate) fn total(cells: &(impl Cells + ?Sized), person: &[u8], year: u32) -> Result<YearTotal, StateError> {
    Ok(load(cells, Table::Quota, &person_key(person, year))?.unwrap_or_default())
}

/// The person that a document counts to, if it is a list of retail imports.
pub(in crate::state) fn person_of(kind: MessageType, facts: &Facts) -> Option<&[u8]> {
    (kind == MessageType::Ceb621 && facts.person_id.len() == PERSON_BYTES).then_some(facts.person_id.as_slice())
}

/// The dutiable value of a list: its prices, freight and insurance.
pub(in crate::state) fn value_of(facts: &Facts) -> Amount {
    let others = facts.amount(Field::Freight).max(Amount(0)).plus(facts.amount(Field::InsuredFee).max(Amount(0)));
    let totals = facts.lines.iter().map(|line| Amount::parse(&line.total).unwrap_or_default().max(Amount(0)));
    totals.fold(others, Amount::plus)
}

/// Kilograms of a line: in a unit of weight if it names one, else the net weight of its list.
fn kilograms(line: &LineFacts, facts: &Facts) -> Amount {
    tax::kilograms(&taxes::quantities(line)).unwrap_or_else(|| facts.amount(Field::NetWeight).max(Amount(0)))
}

/// The kilograms of a list by cap; empty for almost all.
pub(in crate::state) fn weights_of<'t>(facts: &Facts, tables: &'t Tables, at: Timestamp) -> BTreeMap<&'t str, Amount> {
    if tables.rows(TableName::WeightCaps).next().is_none() {
        return BTreeMap::new();
    }
    let capped = facts.lines.iter().filter(|line| tables.weight_cap(line.value(Field::Gcode), at).is_some());
    let lines: Vec<(&str, Amount)> = capped.map(|line| (line.value(Field::Gcode), kilograms(line, facts))).collect();
    if lines.is_empty() { BTreeMap::new() } else { tax::capped_kilograms(&lines, tables, at) }
}

/// What a person has used of the year beside the list that is replaced.
pub(in crate::state) fn used_beside(view: &View<'_>, person: &[u8]) -> Result<YearTotal, StateError> {
    let year = year_of(view.now);
    let mut used = total(view.cells, person, year)?;
    if let Some(incumbent) = view.incumbent
        && let Some(state) = state_of(view.cells, incumbent)?
        && let Some(held) = &state.quota
        && year_of(Timestamp(state.time_ms)) == year
        && facts_of(view.cells, incumbent)?.is_some_and(|facts| facts.person_id == person)
    {
        used.add(-held.amount, &negative(&held.weights), held.is_committed);
    }
    Ok(used)
}

fn state_of(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<Option<DocState>, StateError> {
    load(cells, Table::Document, &at.key())
}

impl<C: CellsMut> Step<'_, C> {
    /// Keeps the yearly totals in step with the lists.
    pub(super) fn quota_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let Some(person) = person_of(moved.kind, moved.facts) else { return Ok(()) };
        match moved.to {
            status::RELEASED | status::CLOSED => self.commit_quota(moved.at, person),
            to if is_dead(to) || to == status::SHIPPED_BACK => self.free_quota(moved.at, person),
            _ => Ok(()),
        }
    }

    fn change_total(
        &mut self,
        person: &[u8],
        year: u32,
        change: impl FnOnce(&mut YearTotal),
    ) -> Result<(), StateError> {
        let mut sum = total(self.cells, person, year)?;
        change(&mut sum);
        let key = person_key(person, year);
        if sum == YearTotal::default() {
            self.cells.delete(Table::Quota, &key);
        } else {
            save(self.cells, Table::Quota, &key, &sum);
        }
        Ok(())
    }

    /// What a list takes of its buyer's year; `None` if it counts to nobody's. The value is in units of 0.00001 CNY.
    pub(super) fn reserve_quota(&mut self, facts: &Facts, dutiable: i64) -> Result<Option<ListQuota>, StateError> {
        let Some(person) = person_of(MessageType::Ceb621, facts) else { return Ok(None) };
        let by_cap = weights_of(facts, self.tables, self.now());
        let weights = by_cap.into_iter().filter(|(_, kilograms)| kilograms.0 > 0);
        let held = ListQuota {
            amount: dutiable,
            weights: weights.map(|(prefix, kg)| Weight { prefix: prefix.to_owned(), units: units(kg) }).collect(),
            is_committed: false,
        };
        self.change_total(person, year_of(self.now()), |sum| sum.add(held.amount, &held.weights, false))?;
        Ok(Some(held))
    }

    fn commit_quota(&mut self, at: DocRef, person: &[u8]) -> Result<(), StateError> {
        let Some(mut state) = self.doc_state(at)? else { return Ok(()) };
        let year = year_of(Timestamp(state.time_ms));
        let Some(held) = state.quota.as_mut().filter(|held| !held.is_committed) else { return Ok(()) };
        held.is_committed = true;
        let amount = held.amount;
        self.save_doc_state(at, &state);
        self.change_total(person, year, |sum| {
            sum.add(-amount, &[], false);
            sum.add(amount, &[], true);
        })
    }

    fn free_quota(&mut self, at: DocRef, person: &[u8]) -> Result<(), StateError> {
        let Some(mut state) = self.doc_state(at)? else { return Ok(()) };
        let Some(held) = state.quota.take() else { return Ok(()) };
        self.save_doc_state(at, &state);
        let weights = negative(&held.weights);
        let year = year_of(Timestamp(state.time_ms));
        self.change_total(person, year, |sum| sum.add(-held.amount, &weights, held.is_committed))
    }

    /// Gives back what falls on goods that came back in time (R-RET-01, R-TAX-08).
    pub(super) fn quota_returned(&mut self, list: DocRef, lines: &[ReturnedLine]) -> Result<(), StateError> {
        let Some(mut state) = self.doc_state(list)? else { return Ok(()) };
        let year = year_of(Timestamp(state.time_ms));
        let Some(held) = state.quota.as_mut() else { return Ok(()) };
        let facts = facts_of(self.cells, list)?.unwrap_or_default();
        let parts = parts_of(self.cells, list, &facts, lines)?;
        let unit = self.tables.amount(Parameter::TaxRoundingUnit, self.now());
        let (mut amount, mut weights) = (0_i64, Vec::<Weight>::new());
        let dutiable = taxes::dutiable_of(&facts);
        for part in &parts {
            let whole = dutiable.get(part.index).copied().unwrap_or_default();
            amount = amount.saturating_add(units(part.of(whole, unit)));
            let Some(line) = facts.lines.get(part.index) else { continue };
            let code = line.value(Field::Gcode);
            if let Some(weight) = held.weights.iter().find(|weight| code.starts_with(&weight.prefix)) {
                let kilograms = units(part.of(kilograms(line, &facts), Amount(1))).min(weight.units);
                weights.push(Weight { prefix: weight.prefix.clone(), units: -kilograms });
            }
        }
        let amount = amount.min(held.amount);
        let is_committed = held.is_committed;
        held.amount -= amount;
        for part in &weights {
            if let Some(own) = held.weights.iter_mut().find(|own| own.prefix == part.prefix) {
                own.units = own.units.saturating_add(part.units).max(0);
            }
        }
        self.save_doc_state(list, &state);
        self.change_total(&facts.person_id, year, |sum| sum.add(-amount, &weights, is_committed))
    }
}

/// How much of a line comes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Place of the line in its list.
    pub index: usize,
    before: Amount,
    now: Amount,
    of: Amount,
}

impl Part {
    /// The part of an amount of the line.
    pub(super) fn of(self, amount: Amount, unit: Amount) -> Amount {
        tax::part_returned(amount, self.before, self.now, self.of, unit)
    }
}

/// What a return that customs has just accepted brings back of each line.
pub(super) fn parts_of(
    cells: &impl Cells,
    list: DocRef,
    facts: &Facts,
    lines: &[ReturnedLine],
) -> Result<Vec<Part>, StateError> {
    let all: BTreeMap<u32, Amount> = returned(cells, list)?.into_iter().collect();
    let mut now: BTreeMap<u32, Amount> = BTreeMap::new();
    for line in lines {
        let sum = now.entry(line.gnum).or_default();
        *sum = sum.plus(Amount::parse(&line.qty).unwrap_or_default());
    }
    let part = |(gnum, now): (u32, Amount)| {
        let index = facts.lines.iter().position(|line| line.gnum == gnum)?;
        let of = Amount::parse(&facts.lines.get(index)?.qty)?;
        // This return is among those that were accepted.
        let before = all.get(&gnum).copied().unwrap_or_default().minus(now);
        Some(Part { index, before, now, of })
    };
    Ok(now.into_iter().filter_map(part).collect())
}
