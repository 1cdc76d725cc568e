//! Identities of consumers (身份认证): what a verifier said of a name and a number, by keyed hashes only (R-ID-02, 04).

use super::{Space, key};
use crate::domain::{Event, EventKind, IdentityCheck, IdentityResult, Keys, MessageType, Outcome, Timestamp, status};
use crate::proof::sha256;
use crate::state::cells::{Cells, CellsMut, StateError, load, save};
use crate::state::clearance::Moved;
use crate::state::facts::Facts;
use crate::state::keys::{MatchSet, order_key};
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;
use crate::tables::{Parameter, Tables};

/// Identities kept of one account.
const IDS_OF_ACCOUNT_MAX: usize = 64;
/// Bytes of the keyed hash of an identity number.
const PERSON_BYTES: usize = 16;

fn person_key(person_id: &[u8]) -> Vec<u8> {
    let mut row = key(Space::Identity, &[]);
    row.extend_from_slice(person_id);
    row
}

/// Keeps what a verifier said. The newest check of a person counts; it holds for as many days as the tables say.
pub(super) fn record<C: CellsMut>(
    step: &mut Step<'_, C>,
    check: &IdentityCheck,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let result = IdentityResult::try_from(check.result);
    let (Ok(result), true) = (result, check.person_id.len() == PERSON_BYTES && check.person_name != 0) else {
        let (zh, en) = ("核验结果不完整", "a check has a person and a result");
        refuse(step, outcome, vec![wrong("R-ID-02", "result", "", "", zh, en)]);
        return Ok(());
    };
    // A verifier's clock may be ahead of ours.
    let checked_ms = if check.checked_ms == 0 { step.time_ms } else { check.checked_ms.min(step.time_ms) };
    let holds_ms = step.tables.days_ms(Parameter::IdentityVerificationDays, Timestamp(checked_ms));
    let expires_ms = checked_ms.saturating_add(holds_ms);
    let row_key = person_key(&check.person_id);
    let held: Option<IdentityCheck> = load(step.cells, Table::Filing, &row_key)?;
    let is_newest = held.is_none_or(|held| held.checked_ms <= checked_ms);
    // That nobody could be asked says nothing of the person.
    if is_newest && result != IdentityResult::Unverified {
        let row = IdentityCheck { checked_ms, expires_ms, ..check.clone() };
        save(step.cells, Table::Filing, &row_key, &row);
    }
    let event = Event { kind: EventKind::IdentityChecked as i32, owners: vec![step.party], ..Event::default() };
    let until = Timestamp(expires_ms).ceb14();
    let event = event.with("result", result.title().1).with("verifier", &*check.verifier);
    let event = event.with("reference", &*check.reference).with("orderNo", &*check.order_no);
    step.events.push(if result == IdentityResult::Verified { event.with("validUntil", until) } else { event });
    if !check.order_no.is_empty() {
        let mut keys = Keys::default();
        keys.order_no.clone_from(&check.order_no);
        keys.ebp_code.clone_from(&check.ebp_code);
        let set: MatchSet = load(step.cells, Table::Match, &order_key(MessageType::Ceb311, &keys))?.unwrap_or_default();
        for list in set.lists {
            step.match_list(list, true)?;
        }
    }
    Ok(())
}

/// True if a person was verified and that still held, or was done later, at a time.
pub(in crate::state) fn holds(
    cells: &(impl Cells + ?Sized),
    person_id: &[u8],
    person_name: u64,
    at_ms: i64,
) -> Result<bool, StateError> {
    if person_id.len() != PERSON_BYTES {
        return Ok(false);
    }
    let row: Option<IdentityCheck> = load(cells, Table::Filing, &person_key(person_id))?;
    Ok(row.is_some_and(|row| {
        row.result == IdentityResult::Verified as i32 && row.person_name == person_name && at_ms < row.expires_ms
    }))
}

fn account_key(facts: &Facts) -> Vec<u8> {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[facts.keys.ebp_code.as_bytes()]);
    let mut row = key(Space::Account, &[]);
    row.extend_from_slice(&[a, b, c, d, e, f, g, h]);
    row.extend_from_slice(&facts.buyer_account.to_be_bytes());
    row
}

/// True if an order's buyer may use the account that it names: no more identities go with it than the tables allow.
pub(in crate::state) fn fits_account(
    cells: &(impl Cells + ?Sized),
    tables: &Tables,
    facts: &Facts,
    now: Timestamp,
) -> Result<bool, StateError> {
    if facts.person_id.is_empty() || facts.buyer_account == 0 || !tables.switch(Parameter::BuyerAccountChecked, now) {
        return Ok(true);
    }
    let known = cells.get(Table::Filing, &account_key(facts))?.unwrap_or_default();
    let most = usize::try_from(tables.number(Parameter::IdsPerBuyerAccountMax, now)).unwrap_or(usize::MAX);
    let is_known = known.chunks(PERSON_BYTES).any(|id| id == facts.person_id);
    Ok(is_known || known.chunks(PERSON_BYTES).count() < most)
}

impl<C: CellsMut> Step<'_, C> {
    /// Notes which identities a buyer's account of a platform goes with, if R-ID-04 is switched on.
    pub(in crate::state) fn accounts_follow(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let facts = moved.facts;
        let is_order = moved.kind == MessageType::Ceb311 && moved.from == 0 && moved.to == status::STORED;
        let known = facts.person_id.len() == PERSON_BYTES && facts.buyer_account != 0;
        if is_order && known && self.tables.switch(Parameter::BuyerAccountChecked, self.now()) {
            let row = account_key(facts);
            let mut ids = self.cells.get(Table::Filing, &row)?.unwrap_or_default();
            let most = IDS_OF_ACCOUNT_MAX.saturating_mul(PERSON_BYTES);
            if ids.len() < most && !ids.chunks(PERSON_BYTES).any(|id| id == facts.person_id) {
                ids.extend_from_slice(&facts.person_id);
                self.cells.put(Table::Filing, &row, ids);
            }
        }
        Ok(())
    }
}
