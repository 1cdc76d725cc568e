//! R-AGY-05: with a firm's consent on record a bank reads its trade figures of each month, as the exchange counted them:
//! never the buyers, never single lists.
//!
//! Source: Article 21 of the regulation (financing), mark D. Counted are lists that customs released and closed, returns
//! it accepted and tax bills, under the seller that the list names; totals are of lists in CNY, others are counted apart.
//! Passing: consent from May to December, read in June. Failing: read in May of the next year, or after a withdrawal.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::facts::{Facts, LineFacts};
use super::super::super::keys::Side;
use super::super::super::related;
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::{Step, facts_at};
use super::super::super::store::Table;
use super::super::Moved;
use super::{ConsentEntry, Space, key, scope};
use crate::domain::limits::CONSENT_HISTORY_MAX;
use crate::domain::{Amount, Event, EventKind, Field, MessageType, Outcome, Rejection, Role, Timestamp, status};

/// Code of the renminbi.
const CNY: &str = "142";
const RELEASED: i32 = 800;

/// Figures of one direction in one month. Totals are in units of 0.00001 CNY.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Flow {
    #[prost(uint64, tag = "1")]
    pub released: u64,
    #[prost(sint64, tag = "2")]
    pub released_total: i64,
    #[prost(uint64, tag = "3")]
    pub closed: u64,
    #[prost(sint64, tag = "4")]
    pub closed_total: i64,
    /// Released lists that were cancelled afterwards.
    #[prost(uint64, tag = "5")]
    pub cancelled: u64,
    #[prost(sint64, tag = "6")]
    pub cancelled_total: i64,
    #[prost(uint64, tag = "7")]
    pub returned: u64,
    #[prost(sint64, tag = "8")]
    pub returned_total: i64,
    /// Lists in other currencies: counted, in no total.
    #[prost(uint64, tag = "9")]
    pub foreign: u64,
}

/// Figures of a firm in one month.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Figures {
    #[prost(message, required, tag = "1")]
    pub import: Flow,
    #[prost(message, required, tag = "2")]
    pub export: Flow,
    /// Tax of the bills of the month, in units of 0.00001 CNY.
    #[prost(sint64, tag = "3")]
    pub tax_billed: i64,
    /// Tax of bills that became void in the month.
    #[prost(sint64, tag = "4")]
    pub tax_voided: i64,
    /// Tax of lists that became settled in the month: their bill was summarised into a payment (status 2 with
    /// entDutyNo); less that of settled lists whose bill became void.
    #[prost(sint64, tag = "5")]
    pub tax_settled: i64,
}

/// Whose a tax bill is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct TaxBill {
    #[prost(uint32, tag = "1")]
    firm: u32,
    #[prost(sint64, tag = "2")]
    total: i64,
    #[prost(bool, tag = "3")]
    void: bool,
}

/// Consents of a firm to a bank, oldest first; the last one counts.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Consent {
    #[prost(message, repeated, tag = "1")]
    pub given: Vec<ConsentEntry>,
}

impl Consent {
    /// The consent in force at a time.
    pub(crate) fn at(&self, at_ms: i64) -> Option<&ConsentEntry> {
        let last = self.given.last()?;
        let in_force = !last.withdrawn && last.from_ms <= at_ms && (last.to_ms == 0 || at_ms < last.to_ms);
        in_force.then_some(last)
    }
}

/// Year and month of a time in UTC+8, for example 202605.
pub(super) fn month_of(at: Timestamp) -> u32 {
    at.ceb8().get(..6).and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn units(amount: Amount) -> i64 {
    i64::try_from(amount.0).unwrap_or(i64::MAX)
}

/// The total of a list, if all of it is in CNY.
fn total_of(kind: MessageType, facts: &Facts) -> Option<i64> {
    let currency = |line: &LineFacts| {
        let own = line.value(Field::Currency);
        let of_head = facts.value(Field::Currency);
        // A list of import knows no other currency (R-INV-02).
        if own.is_empty() && of_head.is_empty() {
            !kind.is_export()
        } else {
            own == CNY || (own.is_empty() && of_head == CNY)
        }
    };
    let all = facts.lines.iter().all(currency);
    let sum = facts.lines.iter().fold(Amount(0), |sum, line| sum.plus(Amount::parse(&line.total).unwrap_or_default()));
    all.then(|| units(sum))
}

impl<C: CellsMut> Step<'_, C> {
    /// Counts what a change of status is worth.
    pub(super) fn figures_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if Side::of(moved.kind) == Side::List {
            return self.count_list(moved);
        }
        if moved.kind == MessageType::Ceb625 {
            return self.count_return(moved);
        }
        if moved.kind == MessageType::Ceb816 && moved.from == 0 {
            return self.count_bill(moved.facts);
        }
        if moved.kind == MessageType::Ceb818 && moved.from == 0 {
            return self.count_void(moved.facts);
        }
        Ok(())
    }

    fn figures(&mut self, firm: u32, change: impl FnOnce(&mut Figures)) -> Result<(), StateError> {
        let row = key(Space::Figures, &[&firm.to_be_bytes(), &month_of(self.now()).to_be_bytes()]);
        let mut figures: Figures = load(self.cells, Table::Agency, &row)?.unwrap_or_default();
        change(&mut figures);
        save(self.cells, Table::Agency, &row, &figures);
        Ok(())
    }

    fn count_list(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let Some(firm) = self.party_of(&moved.facts.keys.ebc_code).map(|id| id.0) else { return Ok(()) };
        if moved.to == status::STORED && moved.from < status::STORED {
            let row = key(Space::ListOf, &[&firm.to_be_bytes(), &moved.at.key()]);
            self.cells.put(Table::Agency, &row, Vec::new());
        }
        let was_released = matches!(moved.from, RELEASED | status::CLOSED);
        let taken_back = was_released && moved.to == status::CANCELLED;
        if !taken_back && !matches!(moved.to, RELEASED | status::CLOSED) {
            return Ok(());
        }
        let (export, total) = (moved.kind.is_export(), total_of(moved.kind, moved.facts));
        self.figures(firm, |figures| {
            let flow = if export { &mut figures.export } else { &mut figures.import };
            let (count, sum) = match moved.to {
                RELEASED => (&mut flow.released, &mut flow.released_total),
                status::CLOSED => (&mut flow.closed, &mut flow.closed_total),
                _ => (&mut flow.cancelled, &mut flow.cancelled_total),
            };
            *count = count.saturating_add(1);
            match total {
                Some(total) => *sum = sum.saturating_add(total),
                None if moved.to == RELEASED => flow.foreign = flow.foreign.saturating_add(1),
                None => {}
            }
        })
    }

    /// Counts goods that came back, by the prices of their list.
    fn count_return(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        const ACCEPTED: [i32; 2] = [399, RELEASED];
        if !ACCEPTED.contains(&moved.to) || ACCEPTED.contains(&moved.from) {
            return Ok(());
        }
        let Some((at, state)) = related::numbered(&*self.cells, &moved.facts.keys.invt_no)? else { return Ok(()) };
        let entry = self.facts_of_entry(at.position)?;
        let Some(list) = facts_at(&entry, at) else { return Ok(()) };
        let Some(firm) = self.party_of(&list.keys.ebc_code).map(|id| id.0) else { return Ok(()) };
        let total = moved.facts.lines.iter().fold(0_i64, |sum, line| {
            let of = list.lines.iter().find(|of| of.gnum == line.gnum);
            sum.saturating_add(of.map_or(0, |of| worth(of, line)))
        });
        let export = MessageType::of_number(state.kind).is_export();
        self.figures(firm, |figures| {
            let flow = if export { &mut figures.export } else { &mut figures.import };
            flow.returned = flow.returned.saturating_add(1);
            flow.returned_total = flow.returned_total.saturating_add(total);
        })
    }

    fn count_bill(&mut self, facts: &Facts) -> Result<(), StateError> {
        let Some(firm) = self.party_of(&facts.keys.ebc_code).map(|id| id.0) else { return Ok(()) };
        let row = key(Space::TaxBill, &[facts.keys.tax_no.as_bytes()]);
        if load::<TaxBill>(self.cells, Table::Agency, &row)?.is_some() {
            return Ok(());
        }
        let parts = [Field::CustomsTax, Field::ValueAddedTax, Field::ConsumptionTax];
        let total = units(parts.iter().fold(Amount(0), |sum, field| sum.plus(facts.amount(*field))));
        save(self.cells, Table::Agency, &row, &TaxBill { firm, total, void: false });
        self.figures(firm, |figures| figures.tax_billed = figures.tax_billed.saturating_add(total))
    }

    fn count_void(&mut self, facts: &Facts) -> Result<(), StateError> {
        // Status 3 of a tax bill: void (codes of the standard).
        if facts.keys.status != "3" {
            return Ok(());
        }
        let row = key(Space::TaxBill, &[facts.keys.tax_no.as_bytes()]);
        let Some(mut bill) = load::<TaxBill>(self.cells, Table::Agency, &row)?.filter(|bill| !bill.void) else {
            return Ok(());
        };
        bill.void = true;
        save(self.cells, Table::Agency, &row, &bill);
        self.figures(bill.firm, |figures| figures.tax_voided = figures.tax_voided.saturating_add(bill.total))
    }

    /// Counts the tax of a list that is settled now, or is so no more.
    pub(in crate::state::clearance) fn count_settled(&mut self, ebc_code: &str, total: i64) -> Result<(), StateError> {
        let Some(firm) = self.party_of(ebc_code).map(|id| id.0) else { return Ok(()) };
        self.figures(firm, |figures| figures.tax_settled = figures.tax_settled.saturating_add(total))
    }

    /// A firm gives its consent to a bank, or withdraws it.
    pub(in crate::state) fn change_consent(
        &mut self,
        given: &ConsentEntry,
        outcome: &mut Outcome,
    ) -> Result<(), StateError> {
        let fault = |path: &str, found: &str, expected: &str, zh: &str, en: &str| -> Rejection {
            wrong("R-AGY-05", path, found, expected, zh, en)
        };
        let mut consent = given.clone();
        if consent.from_ms == 0 {
            consent.from_ms = self.time_ms;
        }
        let bank = self.registry.of_code(&given.bank).map(|(id, party)| (id.0, party.has_role(Role::Bank)));
        let mut faults = Vec::new();
        if !bank.is_some_and(|(_, is_bank)| is_bank) {
            let (zh, en) = ("被授权方不是已备案银行", "no filed bank has that code");
            faults.push(fault("bank", &given.bank, "the code of a bank", zh, en));
        }
        if !given.withdrawn && (given.scope == 0 || given.scope & !scope::ALL != 0) {
            let (zh, en) = ("授权范围无效", "the scope of a consent is trade, returns, tax");
            faults.push(fault("scopes", &given.scope.to_string(), "at least one", zh, en));
        }
        if consent.to_ms != 0 && consent.to_ms <= consent.from_ms {
            let (zh, en) = ("授权期限无效", "the consent ends before it begins");
            faults.push(fault("effective_to", &consent.to_ms.to_string(), &consent.from_ms.to_string(), zh, en));
        }
        let bank = bank.map(|(id, _)| id).unwrap_or_default();
        let row = key(Space::Consent, &[&self.party.to_be_bytes(), &bank.to_be_bytes()]);
        let mut held: Consent = load(self.cells, Table::Agency, &row)?.unwrap_or_default();
        if faults.is_empty() && given.withdrawn && held.given.is_empty() {
            let (zh, en) = ("没有可撤回的授权", "there is no consent to withdraw");
            faults.push(fault("withdrawn", &given.bank, "", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        if held.given.len() >= CONSENT_HISTORY_MAX {
            held.given.remove(0);
        }
        held.given.push(consent.clone());
        save(self.cells, Table::Agency, &row, &held);
        let event = Event {
            kind: EventKind::ConsentChanged as i32,
            code: self.own_code(),
            owners: vec![self.party, bank],
            ..Event::default()
        };
        let event = event.with("bank", given.bank.clone()).with("scope", consent.scope.to_string());
        self.events.push(event.with("withdrawn", given.withdrawn.to_string()));
        Ok(())
    }
}

/// What returned goods cost: the price of their line, as often as they came back, in units of 0.00001 CNY.
fn worth(list: &LineFacts, returned: &LineFacts) -> i64 {
    let of = |text: &str| Amount::parse(text).unwrap_or_default().0;
    let product = of(&list.price).saturating_mul(of(&returned.qty)) / 100_000;
    i64::try_from(product).unwrap_or(i64::MAX)
}
