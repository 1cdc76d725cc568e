//! Guarantees for tax (R-TAX-06): what is filed for a code of a guarantor, and what weighs on it.

use super::super::cells::{Cells, CellsMut, StateError, load, save};
use super::super::requests::{refuse, wrong};
use super::super::step::Step;
use super::super::store::Table;
use super::taxes::{GUARANTEE, amount, units};
use crate::domain::limits::{DECISION_INFO_CHARS_MAX, GUARANTOR_CHARS_MAX};
use crate::domain::{Amount, Event, EventKind, Outcome, Rejection};

/// A guarantee is filed, or another sum takes its place.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GuaranteeEntry {
    /// Code of the guarantor, as lists name it in assureCode.
    #[prost(string, tag = "1")]
    pub assure_code: String,
    /// Sum in CNY, a decimal of 0 or more.
    #[prost(string, tag = "2")]
    pub amount: String,
    /// Number of the guarantee or why it changes; may be empty.
    #[prost(string, tag = "3")]
    pub reason: String,
}

/// The balance of a guarantor. Amounts are in units of 0.00001 CNY.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Balance {
    /// What is filed.
    #[prost(int64, tag = "1")]
    pub filed: i64,
    /// True if anything is filed, be it 0.
    #[prost(bool, tag = "2")]
    pub is_filed: bool,
    /// Tax on lists that is not settled.
    #[prost(int64, tag = "3")]
    pub unsettled: i64,
    /// When it was filed, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub filed_ms: i64,
}

impl Balance {
    /// What is left; below 0 if tax is not covered.
    pub(crate) fn left(&self) -> Amount {
        amount(self.filed).minus(amount(self.unsettled))
    }
}

fn key_of(assure_code: &str) -> Vec<u8> {
    let mut key = vec![GUARANTEE];
    key.extend_from_slice(assure_code.as_bytes());
    key
}

/// The balance of a guarantor; nothing filed and nothing unsettled if the code is not known.
pub(crate) fn balance(cells: &(impl Cells + ?Sized), assure_code: &str) -> Result<Balance, StateError> {
    Ok(load(cells, Table::Tax, &key_of(assure_code))?.unwrap_or_default())
}

/// Files a guarantee.
pub(in crate::state) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    entry: &GuaranteeEntry,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let faults = faults_of(entry);
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    let filed = Amount::parse(&entry.amount).unwrap_or_default();
    let mut held = balance(step.cells, &entry.assure_code)?;
    (held.filed, held.is_filed, held.filed_ms) = (units(filed), true, step.time_ms);
    save(step.cells, Table::Tax, &key_of(&entry.assure_code), &held);
    let mut owners = vec![step.party];
    let guarantor = step.registry.of_code(&entry.assure_code).map(|(id, _)| id.0);
    owners.extend(guarantor.filter(|id| *id != step.party));
    let event = Event {
        kind: EventKind::FilingDecided as i32,
        code: entry.assure_code.clone(),
        owners,
        info: entry.reason.clone(),
        ..Event::default()
    };
    let event = event.with("guarantee", filed.to_string()).with("unsettled", amount(held.unsettled).to_string());
    step.events.push(event.with("left", held.left().to_string()));
    Ok(())
}

fn faults_of(entry: &GuaranteeEntry) -> Vec<Rejection> {
    let mut faults = Vec::new();
    if entry.assure_code.is_empty() || entry.assure_code.chars().count() > GUARANTOR_CHARS_MAX {
        let (zh, en) = ("担保企业代码缺失或过长", "the code of the guarantor is missing or too long");
        faults.push(wrong("R-TAX-06", "assure_code", &entry.assure_code, "", zh, en));
    }
    if Amount::parse(&entry.amount).is_none_or(|amount| amount.0 < 0) {
        let (zh, en) = ("担保金额须为不小于0的数", "the sum is a decimal of 0 or more");
        faults.push(wrong("R-TAX-06", "amount", &entry.amount, "0", zh, en));
    }
    if entry.reason.chars().count() > DECISION_INFO_CHARS_MAX {
        faults.push(wrong("R-TAX-06", "reason", "", "", "原因过长", "the reason is too long"));
    }
    faults
}

impl<C: CellsMut> Step<'_, C> {
    /// Adds to what weighs on a guarantor.
    pub(super) fn change_unsettled(&mut self, assure_code: &str, change: i64) -> Result<(), StateError> {
        if assure_code.is_empty() || change == 0 {
            return Ok(());
        }
        let mut held = balance(self.cells, assure_code)?;
        held.unsettled = held.unsettled.saturating_add(change).max(0);
        save(self.cells, Table::Tax, &key_of(assure_code), &held);
        Ok(())
    }
}
