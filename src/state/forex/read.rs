//! Reading forex: what is left of a trade, and the messages that were taken.

use super::figures::amount;
use super::trade::Trade;
use super::{OF_INSTITUTION, OF_TRADE, TAKEN, TakenRow, key};
use crate::domain::{DocRef, MessageType};
use crate::state::cells::{Cells, StateError, after_prefix, decode, load};
use crate::state::facts::Facts;
use crate::state::store::Table;

/// A message that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Where it stands.
    pub at: DocRef,
    pub row: TakenRow,
}

/// A page of messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForexPage {
    pub claims: Vec<Claim>,
    /// Where the next page begins, if there is one.
    pub next: Option<DocRef>,
}

/// What a trade can back.
#[derive(Debug, Clone)]
pub(crate) struct TradeSum {
    pub platform_code: String,
    pub seller_code: String,
    pub currency: String,
    pub paid: String,
    pub refunded: String,
    pub used: String,
    pub remaining: String,
    /// Messages that took of it, oldest first.
    pub claims: Vec<Claim>,
}

/// Messages of one trade that are shown.
const CLAIMS_MAX: usize = 256;

/// The trade of an order, bought abroad or else sold abroad.
pub(crate) fn trade(
    cells: &impl Cells,
    facts_of: &mut dyn FnMut(DocRef) -> Result<Option<Facts>, StateError>,
    numbers: (&str, &str, &str),
) -> Result<Option<TradeSum>, StateError> {
    for kind in [MessageType::Ceb311, MessageType::Ceb303] {
        let Some(trade) = Trade::find(cells, facts_of, kind, numbers)? else { continue };
        let prefix = key(OF_TRADE, &[trade.key.as_slice()]);
        let rows = cells.scan(Table::Forex, &prefix, &after_prefix(&prefix), CLAIMS_MAX, false)?;
        let places = rows.iter().filter_map(|(row, _)| row.get(prefix.len()..).and_then(DocRef::of_key));
        let claims = places.filter_map(|at| claim(cells, at).transpose()).collect::<Result<_, _>>()?;
        return Ok(Some(TradeSum {
            platform_code: trade.facts.keys.ebp_code.clone(),
            seller_code: trade.facts.keys.ebc_code.clone(),
            paid: trade.paid.to_string(),
            refunded: trade.refunded.to_string(),
            used: trade.used.to_string(),
            remaining: trade.remaining().to_string(),
            currency: trade.currency,
            claims,
        }));
    }
    Ok(None)
}

fn claim(cells: &impl Cells, at: DocRef) -> Result<Option<Claim>, StateError> {
    let row: Option<TakenRow> = load(cells, Table::Forex, &key(TAKEN, &[&at.key()]))?;
    Ok(row.map(|row| Claim { at, row }))
}

/// Messages after a place, oldest first: of one institution, or of all.
pub(crate) fn messages_after(
    cells: &impl Cells,
    institution: Option<u32>,
    after: Option<DocRef>,
    limit: usize,
) -> Result<ForexPage, StateError> {
    let prefix = institution.map_or_else(|| vec![TAKEN], |id| key(OF_INSTITUTION, &[&id.to_be_bytes()]));
    let mut from = prefix.clone();
    if let Some(at) = after {
        from.extend_from_slice(&DocRef { ordinal: at.ordinal.saturating_add(1), ..at }.key());
    }
    let mut page = ForexPage::default();
    for (row, value) in cells.scan(Table::Forex, &from, &after_prefix(&prefix), limit.saturating_add(1), false)? {
        let Some(at) = row.get(prefix.len()..).and_then(DocRef::of_key) else { continue };
        if page.claims.len() >= limit {
            page.next = page.claims.last().map(|claim| claim.at);
            break;
        }
        if institution.is_some() {
            page.claims.extend(claim(cells, at)?);
        } else {
            page.claims.push(Claim { at, row: decode(Table::Forex, &value)? });
        }
    }
    Ok(page)
}

impl TakenRow {
    /// What it still holds of its trade.
    pub(crate) fn holds(&self) -> String {
        amount(&self.used).minus(amount(&self.freed)).to_string()
    }
}
