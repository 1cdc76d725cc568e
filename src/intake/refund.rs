//! Refunds of tax: what is filed for them, and who reads what.

use super::reader::{Reader, failed};
use super::types::{Applied, Error, ReadError};
use super::{Intake, require};
use crate::domain::{Amount, Caller, PartyId, Role, Timestamp};
use crate::state::refund::{self, ClientShare, Eligibility, MonthPage, SumRow};
use crate::state::{Content, RefundEntry, query};

impl Intake {
    /// Records what refunds rest on: the standing of a seller (by a tax authority), evidence, or a contract.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_refund(&self, caller: &Caller, request_id: &str, entry: RefundEntry) -> Result<Applied, Error> {
        if entry.standing.is_some() {
            require(caller, Role::Tax, "FileRefundStanding")?;
        }
        self.request(caller, request_id, Content::Refund(entry)).await
    }
}

impl Reader {
    /// What an export list may use, if the caller may read it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn refund_of(
        &self,
        caller: &Caller,
        number: &str,
        now: Timestamp,
    ) -> Result<Option<Eligibility>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let Some(at) = query::list_of_number(cells, number).map_err(failed)? else { return Ok(None) };
        let (registry, tables) = (self.shared.registry.load(), self.tables());
        let found = refund::eligibility(cells, &registry, &tables, at, now).map_err(failed)?;
        Ok(found.filter(|list| refund::may_read(caller, list)))
    }

    /// Lists released in a month: of a seller, or of all.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn refund_month(
        &self,
        (month, seller_code): (u32, Option<&str>),
        after: Option<&[u8]>,
        limit: usize,
        now: Timestamp,
    ) -> Result<MonthPage, ReadError> {
        let (registry, tables) = (self.shared.registry.load(), self.tables());
        let by = (registry.as_ref(), &tables, now);
        refund::month(self.shared.cells.as_ref(), by, (month, seller_code), after, limit).map_err(failed)
    }

    /// Sums of a month: of a seller, or of all.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn refund_sums(&self, month: u32, seller_code: Option<&str>) -> Result<Vec<SumRow>, ReadError> {
        refund::sums(self.shared.cells.as_ref(), month, seller_code).map_err(failed)
    }

    /// Deemed income of sales, and the tax on it.
    pub(crate) fn deemed_income(&self, sales: Amount, at: Timestamp) -> (Amount, Amount) {
        refund::deemed(&self.tables(), sales, at)
    }

    /// What a firm did for each of its clients in a month.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn service_clients(
        &self,
        firm: PartyId,
        month: u32,
        now: Timestamp,
    ) -> Result<Vec<ClientShare>, ReadError> {
        let (registry, tables) = (self.shared.registry.load(), self.tables());
        let by = (registry.as_ref(), &tables, now);
        refund::clients(self.shared.cells.as_ref(), by, firm.0, month).map_err(failed)
    }
}
