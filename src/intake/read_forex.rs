//! Reading foreign exchange, and who may see what of it.

use super::reader::{Reader, failed};
use super::types::ReadError;
use crate::domain::{Caller, DocRef, Role};
use crate::state::forex::{self, ForexPage, TradeSum};
use crate::state::query;

impl Reader {
    /// What a trade can back. Institutions and the forex authority see every trade, its seller and platform their own;
    /// an institution sees only its own messages in it, seller and platform none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn forex_trade(
        &self,
        caller: &Caller,
        numbers: (&str, &str, &str),
    ) -> Result<Option<TradeSum>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let found = forex::trade(cells, &mut |at| query::facts(cells, at), numbers).map_err(failed)?;
        let Some(mut trade) = found else { return Ok(None) };
        let party = &caller.party;
        if party.has_role(Role::Forex) {
            return Ok(Some(trade));
        }
        let institution = party.has_role(Role::Payment) || party.has_role(Role::Bank);
        if !institution && !party.is_called(&trade.seller_code) && !party.is_called(&trade.platform_code) {
            return Ok(None);
        }
        trade.claims.retain(|claim| claim.row.institution == caller.id.0);
        Ok(Some(trade))
    }

    /// Messages that were taken, after a place, oldest first: all for the forex authority, else the caller's own.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn forex_messages(
        &self,
        caller: &Caller,
        after: Option<DocRef>,
        limit: usize,
    ) -> Result<ForexPage, ReadError> {
        let own = (!caller.party.has_role(Role::Forex)).then_some(caller.id.0);
        forex::messages_after(self.shared.cells.as_ref(), own, after, limit).map_err(failed)
    }
}
