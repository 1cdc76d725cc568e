//! Identities of consumers (身份认证): what a verifier said of a name and a number, by keyed hashes only (R-ID-02, 04).

use super::{Space, key, parameter};
use crate::domain::{Event, EventKind, IdentityCheck, IdentityResult, MessageType, Outcome, status};
use crate::proof::sha256;
use crate::state::cells::{Cells, CellsMut, StateError, load, save};
use crate::state::clearance::Moved;
use crate::state::facts::Facts;
use crate::state::keys::{MatchSet, order_key};
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;

const DAY_MS: i64 = 24 * 3600 * 1000;
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
    let checked_ms =
        if check.checked_ms == 0 { step.time_ms } else { check.checked_ms.min(step.time_ms) };
    let days = parameter(step.tables, "identity_valid_days", checked_ms).and_then(|days| days.parse::<i64>().ok());
    let expires_ms = checked_ms.saturating_add(days.unwrap_or_default().max(0).saturating_mul(DAY_MS));
    let row_key = person_key(&check.person_id);
    let held: Option<IdentityCheck> = load(step.cells, Table::Filing, &row_key)?;
    let is_newest = held.is_none_or(|held| held.checked_ms <= checked_ms);
    // That nobody could be asked says nothing of the person.
    if is_newest && result != IdentityResult::Unverified {
        let row = IdentityCheck { checked_ms, expires_ms, ..check.clone() };
        save(step.cells, Table::Filing, &row_key, &row);
    }
    let event = Event { kind: EventKind::IdentityChecked as i32, owners: vec![step.party], ..Event::default() };
    let until = crate::domain::Timestamp(expires_ms).ceb14();
    let event = event.with("result", result.title().1).with("verifier", &*check.verifier);
    let event = event.with("reference", &*check.reference).with("orderNo", &*check.order_no);
    step.events.push(if result == IdentityResult::Verified { event.with("validUntil", until) } else { event });
    if !check.order_no.is_empty() {
        let mut keys = crate::domain::Keys::default();
        keys.order_no.clone_from(&check.order_no);
        keys.ebp_code.clone_from(&check.ebp_code);
        let set: MatchSet =
            load(step.cells, Table::Match, &order_key(MessageType::Ceb311, &keys))?.unwrap_or_default();
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

/// What a verifier said last of a person.
pub(in crate::state) fn of_person(
    cells: &(impl Cells + ?Sized),
    person_id: &[u8],
) -> Result<Option<IdentityCheck>, StateError> {
    load(cells, Table::Filing, &person_key(person_id))
}

fn account_key(facts: &Facts) -> Vec<u8> {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[facts.keys.ebp_code.as_bytes()]);
    let mut row = key(Space::Account, &[]);
    row.extend_from_slice(&[a, b, c, d, e, f, g, h]);
    row.extend_from_slice(&facts.buyer_account.to_be_bytes());
    row
}

/// Keyed hash of the identity number that a buyer's account of a platform was seen with first; `None` if it was not.
pub(in crate::state) fn holder_of_account(
    cells: &(impl Cells + ?Sized),
    facts: &Facts,
) -> Result<Option<Vec<u8>>, StateError> {
    if facts.buyer_account == 0 {
        return Ok(None);
    }
    cells.get(Table::Filing, &account_key(facts))
}

/// Name of the switch of R-ID-04.
pub(in crate::state) const ONE_ID_PER_ACCOUNT: &str = "buyer_account_one_id";

impl<C: CellsMut> Step<'_, C> {
    /// Notes whose identity a buyer's account of a platform goes with, if R-ID-04 is switched on.
    pub(in crate::state) fn accounts_follow(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let facts = moved.facts;
        let is_order = moved.kind == MessageType::Ceb311 && moved.from == 0 && moved.to == status::STORED;
        let known = !facts.person_id.is_empty() && facts.buyer_account != 0;
        if is_order && known && super::is_on(self.tables, ONE_ID_PER_ACCOUNT, self.time_ms) {
            let row = account_key(facts);
            if self.cells.get(Table::Filing, &row)?.is_none() {
                self.cells.put(Table::Filing, &row, facts.person_id.clone());
            }
        }
        Ok(())
    }
}
