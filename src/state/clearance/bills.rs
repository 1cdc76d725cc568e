//! Tax bills of customs (CEB816) and their status (CEB818), compared with our own computation (R-TAX-07).

use super::super::cells::{Cells, CellsMut, StateError, after_prefix, load, save};
use super::super::facts::Facts;
use super::super::step::Step;
use super::super::store::Table;
use super::Moved;
use super::life::{facts_of, list_of};
use super::taxes::{BILL, BILL_OF_OWNER, ListTax, Settlement, remaining, tax_of};
use super::worklist::{self, WorkKind};
use crate::domain::{Amount, DocRef, Event, EventKind, Field, MessageType};
use crate::tables::Parameter;
use crate::tax::{self, Charged, Difference};

/// Differences that an event names at most.
const DIFFERENCES_MAX: usize = 20;

/// Status of a bill that customs has summarised.
const SUMMARISED: &str = "2";
/// Status of a bill that is void.
const VOID: &str = "3";

/// What a bill says and how it compares. Amounts are canonical decimals in CNY.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct TaxBill {
    /// Number of the list.
    #[prost(string, tag = "1")]
    pub invt_no: String,
    #[prost(string, tag = "2")]
    pub tax_no: String,
    /// 1 generated, 2 summarised, 3 void.
    #[prost(string, tag = "3")]
    pub status: String,
    #[prost(string, tag = "4")]
    pub ent_duty_no: String,
    /// What customs asks for; empty as long as only the status came.
    #[prost(string, tag = "5")]
    pub billed: String,
    /// What we computed; empty if the list is not known.
    #[prost(string, tag = "6")]
    pub computed: String,
    /// True if both agree line by line.
    #[prost(bool, tag = "7")]
    pub agrees: bool,
    /// What differs: line, field, billed, computed.
    #[prost(string, repeated, tag = "8")]
    pub differences: Vec<String>,
    #[prost(string, tag = "9")]
    pub assure_code: String,
    /// When the bill came last, milliseconds since 1970.
    #[prost(int64, tag = "10")]
    pub time_ms: i64,
    /// The notice that brought it last.
    #[prost(message, optional, tag = "11")]
    pub notice: Option<DocRef>,
    /// The list.
    #[prost(message, optional, tag = "12")]
    pub list: Option<DocRef>,
}

impl TaxBill {
    /// Billed minus computed; `None` unless both are known.
    pub(crate) fn difference(&self) -> Option<Amount> {
        Some(Amount::parse(&self.billed)?.minus(Amount::parse(&self.computed)?))
    }

    /// How it compares, as events say it.
    pub(crate) fn result(&self) -> &'static str {
        match (self.computed.is_empty(), self.billed.is_empty(), self.agrees) {
            (true, _, _) => "清单无试算 · no computation for this list",
            (_, true, _) => "仅税单状态 · only the status of the bill",
            (_, _, true) => "一致 · agrees",
            (_, _, false) => "E-TAX-07 税单与试算不符 · bill and computation differ",
        }
    }
}

fn bill_key(tax_no: &str) -> Vec<u8> {
    let mut key = vec![BILL];
    key.extend_from_slice(tax_no.as_bytes());
    key
}

fn owner_prefix(party: u32) -> Vec<u8> {
    let mut key = vec![BILL_OF_OWNER];
    key.extend_from_slice(&party.to_be_bytes());
    key
}

/// A tax bill by its number.
pub(crate) fn bill(cells: &(impl Cells + ?Sized), tax_no: &str) -> Result<Option<TaxBill>, StateError> {
    load(cells, Table::Tax, &bill_key(tax_no))
}

/// Tax bills of a party by their numbers, after one of them: a page.
pub(crate) fn bills_of(cells: &impl Cells, party: u32, after: &str, limit: usize) -> Result<Vec<TaxBill>, StateError> {
    let prefix = owner_prefix(party);
    let mut from = [prefix.as_slice(), after.as_bytes()].concat();
    if !after.is_empty() {
        from.push(0);
    }
    let mut found = Vec::new();
    for (key, _) in cells.scan(Table::Tax, &from, &after_prefix(&prefix), limit, false)? {
        let number = key.get(prefix.len()..).unwrap_or_default();
        found.extend(bill(cells, &String::from_utf8_lossy(number))?);
    }
    Ok(found)
}

fn charged(amount: impl Fn(Field) -> Amount) -> Charged {
    Charged {
        duty: amount(Field::CustomsTax),
        consumption: amount(Field::ConsumptionTax),
        vat: amount(Field::ValueAddedTax),
    }
}

fn told(difference: &Difference) -> String {
    let line = difference.line.map_or_else(|| "total".to_owned(), |line| line.to_string());
    let of = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    format!("{line}/{}:{}≠{}", difference.field, of(difference.billed), of(difference.assessed))
}

impl<C: CellsMut> Step<'_, C> {
    /// A bill has come: it is compared line by line.
    pub(super) fn bill_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let (facts, keys) = (moved.facts, &moved.facts.keys);
        let billed = charged(|field| facts.amount(field));
        let list = list_of(self.cells, &keys.invt_no, MessageType::Ceb621)?.map(|(at, _)| at);
        let held = list.map_or(Ok(None), |at| tax_of(self.cells, at))?;
        let mut row = self.bill_row(moved, list)?;
        row.billed = billed.total().to_string();
        (row.agrees, row.computed) = (false, String::new());
        row.differences.clear();
        if let (Some(at), Some(held)) = (list, &held) {
            let of_list = facts_of(self.cells, at)?.unwrap_or_default();
            let ours = remaining(self.cells, at, &of_list, held, self.tables)?;
            let theirs: Vec<(u32, Charged)> =
                facts.lines.iter().map(|line| (line.gnum, charged(|field| line.amount(field)))).collect();
            let tolerance = self.tables.amount(Parameter::TaxBillTolerance, self.now());
            let differences = tax::reconcile(&ours, &theirs, billed, tolerance);
            row.computed = ours.iter().fold(Charged::default(), |sum, (_, line)| sum.plus(*line)).total().to_string();
            row.agrees = differences.is_empty();
            row.differences = differences.iter().take(DIFFERENCES_MAX).map(told).collect();
        }
        self.bill_done(moved, row, list.zip(held))
    }

    /// Only the status of a bill has come.
    pub(super) fn bill_status_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let list = list_of(self.cells, &moved.facts.keys.invt_no, MessageType::Ceb621)?.map(|(at, _)| at);
        let held = list.map_or(Ok(None), |at| tax_of(self.cells, at))?;
        let mut row = self.bill_row(moved, list)?;
        if row.computed.is_empty()
            && let Some(held) = &held
        {
            row.computed = super::taxes::amount(held.total).to_string();
        }
        self.bill_done(moved, row, list.zip(held))
    }

    /// The row of a bill with what a notice says of its standing.
    fn bill_row(&self, moved: &Moved<'_>, list: Option<DocRef>) -> Result<TaxBill, StateError> {
        let keys = &moved.facts.keys;
        let mut row = bill(self.cells, &keys.tax_no)?.unwrap_or_default();
        row.invt_no.clone_from(&keys.invt_no);
        row.tax_no.clone_from(&keys.tax_no);
        row.status.clone_from(&keys.status);
        let number = moved.facts.value(Field::EntDutyNo);
        if !number.is_empty() {
            number.clone_into(&mut row.ent_duty_no);
        }
        if !keys.assure_code.is_empty() {
            row.assure_code.clone_from(&keys.assure_code);
        }
        (row.time_ms, row.notice, row.list) = (self.time_ms, Some(moved.at), list);
        Ok(row)
    }

    fn bill_done(
        &mut self,
        moved: &Moved<'_>,
        row: TaxBill,
        list: Option<(DocRef, ListTax)>,
    ) -> Result<(), StateError> {
        let Some(state) = self.doc_state(moved.at)? else { return Ok(()) };
        let mut event = self.event(EventKind::TaxBilled, moved.at, &state, moved.facts)?;
        event.other = row.list;
        note_bill(&mut event, &row);
        if let Some((at, held)) = list {
            event.note("settlement", self.settle_tax(at, held, &row)?);
        }
        for owner in &event.owners {
            let key = [owner_prefix(*owner).as_slice(), row.tax_no.as_bytes()].concat();
            self.cells.put(Table::Tax, &key, Vec::new());
        }
        save(self.cells, Table::Tax, &bill_key(&row.tax_no), &row);
        self.events.push(event);
        Ok(())
    }

    /// What the standing of a bill does to the guarantee (R-TAX-06); the standing of the list's tax.
    fn settle_tax(&mut self, at: DocRef, mut held: ListTax, row: &TaxBill) -> Result<&'static str, StateError> {
        let before = held.open();
        let settlement = match row.status.as_str() {
            SUMMARISED if !row.ent_duty_no.is_empty() => Settlement::Settled,
            VOID => Settlement::Void,
            // A paid list stays paid; after a void bill another one may come.
            _ if held.settlement == Settlement::Settled as i32 => Settlement::Settled,
            _ => Settlement::Open,
        };
        if held.settlement != settlement as i32 {
            let was_settled = held.settlement == Settlement::Settled as i32;
            held.settlement = settlement as i32;
            if was_settled || settlement == Settlement::Settled {
                let seller = facts_of(self.cells, at)?.unwrap_or_default().keys.ebc_code;
                self.count_settled(&seller, if was_settled { held.total.saturating_neg() } else { held.total })?;
            }
            self.save_tax(at, &held)?;
            self.change_unsettled(&held.assure_code, held.open().saturating_sub(before))?;
            if settlement == Settlement::Open {
                let facts: Facts = facts_of(self.cells, at)?.unwrap_or_default();
                self.open_tax_work(at, &facts, &held)?;
            } else {
                worklist::close(self, WorkKind::TaxDue, &at.key())?;
            }
        }
        Ok(match settlement {
            Settlement::Open => "open",
            Settlement::Settled => "settled",
            Settlement::Void => "void",
        })
    }
}

fn note_bill(event: &mut Event, row: &TaxBill) {
    event.note("taxNo", row.tax_no.as_str());
    event.note("billStatus", row.status.as_str());
    event.note("entDutyNo", row.ent_duty_no.as_str());
    event.note("billed", row.billed.as_str());
    event.note("computed", row.computed.as_str());
    event.note("difference", row.difference().map(|amount| amount.to_string()).unwrap_or_default());
    event.note("differences", row.differences.join(" "));
    event.note("result", row.result());
}
