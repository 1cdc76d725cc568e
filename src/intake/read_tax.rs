//! Yearly limits, tax bills and guarantees: what is filed, and who reads what.

use super::reader::{Reader, failed};
use super::types::{Applied, Error, ReadError};
use super::{Intake, require_one};
use crate::domain::{Amount, Caller, Role, Timestamp};
use crate::state::clearance::bills::TaxBill;
use crate::state::clearance::{bills, guarantee, quota};
use crate::state::{Content, GuaranteeEntry, query};
use crate::tables::Parameter;

/// What a person has used of a year, CNY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaView {
    /// Calendar year in China.
    pub year: u32,
    /// By lists that customs has released.
    pub committed: Amount,
    /// By lists that it has not released yet.
    pub reserved: Amount,
    /// The yearly limit.
    pub limit: Amount,
    /// What is left of it.
    pub remaining: Amount,
}

/// What a guarantor has, CNY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuaranteeView {
    /// What is filed; `None` if nothing is.
    pub filed: Option<Amount>,
    /// Tax that is not settled.
    pub unsettled: Amount,
    /// When it was filed; 0 if nothing is.
    pub filed_at: Timestamp,
}

impl Intake {
    /// Files a guarantee for tax: customs or the operator.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_guarantee(
        &self,
        caller: &Caller,
        request_id: &str,
        entry: GuaranteeEntry,
    ) -> Result<Applied, Error> {
        require_one(caller, &[Role::Customs, Role::Operator], "FileGuarantee")?;
        self.request(caller, request_id, Content::Guarantee(entry)).await
    }

    /// What a person has used of the year of a time. The identity number is hashed and goes no further.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn quota(&self, id_number: &str, at: Timestamp) -> Result<QuotaView, ReadError> {
        let year = quota::year_of(at);
        let person = self.hash.long(id_number);
        let total = quota::total(self.shared.cells.as_ref(), &person, year).map_err(failed)?;
        let limit = self.reader.tables().amount(Parameter::YearlyLimit, at);
        let of = |units: i64| Amount(i128::from(units));
        Ok(QuotaView {
            year,
            committed: of(total.committed),
            reserved: of(total.reserved),
            limit,
            remaining: limit.minus(total.used()).max(Amount(0)),
        })
    }

    /// The same for a caller: customs may ask for anybody, others for the buyer of a document that they sent; `None` if
    /// the caller may not.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn quota_for(
        &self,
        caller: &Caller,
        id_number: &str,
        number: &str,
    ) -> Result<Option<QuotaView>, ReadError> {
        let may = caller.party.has_role(Role::Customs) || self.sent_for(caller, id_number, number)?;
        if may { self.quota(id_number, self.entry_time()).map(Some) } else { Ok(None) }
    }

    /// True if the caller sent a document of that number, for that person.
    fn sent_for(&self, caller: &Caller, id_number: &str, number: &str) -> Result<bool, ReadError> {
        let person = self.hash.long(id_number);
        if number.is_empty() || person.is_empty() {
            return Ok(false);
        }
        let cells = self.shared.cells.as_ref();
        for at in query::documents_of_number(cells, number).map_err(failed)? {
            let facts = query::facts(cells, at).map_err(failed)?;
            let is_own = self.reader.view(at)?.is_some_and(|view| view.event.owners.first() == Some(&caller.id.0));
            if is_own && facts.is_some_and(|facts| facts.person_id == person) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Reader {
    /// What a guarantor has: customs and operators see all, others their own; `None` if the caller may not see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn guarantee(&self, caller: &Caller, assure_code: &str) -> Result<Option<GuaranteeView>, ReadError> {
        let party = &caller.party;
        if !party.has_role(Role::Customs) && !party.has_role(Role::Operator) && !party.is_called(assure_code) {
            return Ok(None);
        }
        let held = guarantee::balance(self.shared.cells.as_ref(), assure_code).map_err(failed)?;
        let of = |units: i64| Amount(i128::from(units));
        Ok(Some(GuaranteeView {
            filed: held.is_filed.then(|| of(held.filed)),
            unsettled: of(held.unsettled),
            filed_at: Timestamp(held.filed_ms),
        }))
    }

    /// A page of the caller's own tax bills by their numbers.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn tax_bills(&self, caller: &Caller, after: &str, limit: usize) -> Result<Vec<TaxBill>, ReadError> {
        bills::bills_of(self.shared.cells.as_ref(), caller.id.0, after, limit).map_err(failed)
    }
}
