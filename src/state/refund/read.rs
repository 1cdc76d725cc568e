//! Reading refunds: a month's lists, its sums, and a firm's clients.

use super::eligible::{Eligibility, eligibility};
use super::{ListRow, OF_FIRM, OF_MONTH, SUM, SumRow, hashed, key, list_key};
use crate::domain::{Amount, Caller, DocRef, Field, Role, Timestamp};
use crate::state::cells::{Cells, StateError, after_prefix, decode, load};
use crate::state::registry::Registry;
use crate::state::store::Table;
use crate::tables::Tables;
use std::collections::BTreeMap;

/// Sellers of a month whose sums are given.
const SUMS_MAX: usize = 10_000;
/// Lists of a firm's month that are split.
const SPLIT_MAX: usize = 100_000;

/// A list of a month.
pub(crate) type ListOfMonth = Eligibility;

/// A page of a month's lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct MonthPage {
    pub lists: Vec<ListOfMonth>,
    /// Key after which the next page begins, if there is one.
    pub next: Option<Vec<u8>>,
}

/// What a firm did for one client in a month.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientShare {
    pub client_code: String,
    pub contract_no: String,
    pub lists: u64,
    pub cny: Amount,
    /// Refund of its lists, CNY.
    pub refund: Amount,
    /// Of it the client's.
    pub client_refund: Amount,
}

/// Tax authorities see every list; sellers, owners and declarants their own.
pub(crate) fn may_read(caller: &Caller, list: &Eligibility) -> bool {
    let party = &caller.party;
    let keys = &list.facts.keys;
    party.has_role(Role::Tax)
        || [&keys.ebc_code, &keys.agent_code].into_iter().any(|code| party.is_called(code))
        || party.is_called(list.facts.value(Field::OwnerCode))
}

fn prefix(space: u8, month: u32, seller_code: Option<&str>) -> Vec<u8> {
    let hash = seller_code.map(hashed);
    key(space, &[&month.to_be_bytes(), hash.as_ref().map_or(&[][..], <[u8; 8]>::as_slice)])
}

/// Lists released in a month, of one seller or of all, by seller and then as they came.
pub(crate) fn month(
    cells: &impl Cells,
    (registry, tables, now): (&Registry, &Tables, Timestamp),
    (month, seller_code): (u32, Option<&str>),
    after: Option<&[u8]>,
    limit: usize,
) -> Result<MonthPage, StateError> {
    let prefix = prefix(OF_MONTH, month, seller_code);
    let mut from = prefix.clone();
    if let Some(after) = after.filter(|after| after.starts_with(&prefix)) {
        from = [after, &[0]].concat();
    }
    let mut page = MonthPage::default();
    let rows = cells.scan(Table::Forex, &from, &after_prefix(&prefix), limit.saturating_add(1), false)?;
    let more = rows.len() > limit;
    for (row, _) in rows.into_iter().take(limit) {
        let place = row.len().checked_sub(DocRef::default().key().len());
        let at = place.and_then(|place| row.get(place..)).and_then(DocRef::of_key);
        if let Some(at) = at {
            page.lists.extend(eligibility(cells, registry, tables, at, now)?);
        }
        page.next = more.then_some(row);
    }
    Ok(page)
}

/// Sums of a month, of one seller or of all.
pub(crate) fn sums(cells: &impl Cells, month: u32, seller_code: Option<&str>) -> Result<Vec<SumRow>, StateError> {
    let prefix = prefix(SUM, month, seller_code);
    let rows = cells.scan(Table::Forex, &prefix, &after_prefix(&prefix), SUMS_MAX, false)?;
    rows.iter().map(|(_, value)| decode(Table::Forex, value)).collect()
}

/// What a firm did for each of its clients in a month (R-REF-04).
pub(crate) fn clients(
    cells: &impl Cells,
    (registry, tables, now): (&Registry, &Tables, Timestamp),
    firm: u32,
    month: u32,
) -> Result<Vec<ClientShare>, StateError> {
    let prefix = key(OF_FIRM, &[&firm.to_be_bytes(), &month.to_be_bytes()]);
    let mut shares: BTreeMap<(String, String), ClientShare> = BTreeMap::new();
    for (row, _) in cells.scan(Table::Forex, &prefix, &after_prefix(&prefix), SPLIT_MAX, false)? {
        let Some(at) = row.get(prefix.len()..).and_then(DocRef::of_key) else { continue };
        let Some(list) = load::<ListRow>(cells, Table::Forex, &list_key(at))? else { continue };
        let Some(eligible) = eligibility(cells, registry, tables, at, now)? else { continue };
        let of = |text: &str| Amount::parse(text).unwrap_or_default();
        let share = shares.entry((list.client_code.clone(), list.contract_no.clone())).or_default();
        share.client_code = list.client_code;
        share.contract_no = list.contract_no;
        share.lists = share.lists.saturating_add(1);
        share.cny = share.cny.plus(of(&list.cny));
        let refund = of(&eligible.refund);
        share.refund = share.refund.plus(refund);
        // Down to 0.01: what is left over stays with the firm.
        let units = refund.0.saturating_mul(of(&list.client_share).0) / 100_000;
        share.client_refund = share.client_refund.plus(Amount(units / 1_000 * 1_000));
    }
    Ok(shares.into_values().collect())
}
