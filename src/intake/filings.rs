//! Requests about filings and credit: what is applied for, reviewed, filed and graded.

use super::types::{Applied, Error};
use super::{Intake, require_one};
use crate::domain::limits::{REPEATED_MAX, REQUEST_ID_CHARS_MAX};
use crate::domain::{
    Applicant, Application, Book, Caller, CreditGrade, Inbound, PartyId, ProductBatch, ProductDecision, Review, Role,
    StandingChange, Warehouse,
};
use crate::state::{Content, FilingEntry, FilingRequest};

/// Certificates, addresses and codes of one application, each.
const OF_APPLICATION_MAX: usize = 16;

impl Intake {
    /// Records an application for a filing, or for a change of it (自助备案). The applicant may be unknown as yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field; [`Error`].
    pub async fn apply_filing(
        &self,
        applicant: &Applicant,
        request_id: &str,
        mut application: Application,
    ) -> Result<Applied, Error> {
        let invalid = |field: &str, reason: String| Err(Error::Invalid { field: field.to_owned(), reason });
        if request_id.chars().count() > REQUEST_ID_CHARS_MAX {
            return invalid("request_id", format!("at most {REQUEST_ID_CHARS_MAX} characters"));
        }
        let party = &application.party;
        for (field, count) in [
            ("aliases", party.aliases.len()),
            ("certificate_sha256", party.certificate_sha256.len()),
            ("dxp_ids", party.dxp_ids.len()),
        ] {
            if count > OF_APPLICATION_MAX {
                return invalid(field, format!("at most {OF_APPLICATION_MAX}"));
            }
        }
        if !party.schema_edition.is_empty() || !party.customs_codes.is_empty() {
            return invalid("application.party", "edition and customs offices are the operator's to file".to_owned());
        }
        let code = party.code.clone();
        application.certificate_sha256.clone_from(&applicant.certificate_sha256);
        application.certificate_names = applicant.certificate_names.iter().take(REPEATED_MAX).cloned().collect();
        application.is_own = applicant.caller.as_ref().is_some_and(|caller| caller.party.code == code);
        let entry = filing(FilingRequest::Apply(Box::new(application)));
        match &applicant.caller {
            Some(caller) => self.request(caller, request_id, entry).await,
            None => {
                // Nobody's number is everybody's: the certificate tells the ids of requests apart.
                let guid = match request_id {
                    "" => String::new(),
                    id => format!("{}/{id}", applicant.certificate_sha256),
                };
                self.request_as(PartyId(0), guid, entry, None).await
            }
        }
    }

    /// Records an operator's review of an application.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn review_filing(&self, caller: &Caller, request_id: &str, review: Review) -> Result<Applied, Error> {
        require_one(caller, &[Role::Operator], "ReviewFiling")?;
        self.request(caller, request_id, filing(FilingRequest::Review(review))).await
    }

    /// Records a change of a filing's standing.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn change_standing(
        &self,
        caller: &Caller,
        request_id: &str,
        change: StandingChange,
    ) -> Result<Applied, Error> {
        require_one(caller, &[Role::Operator], "ChangeStanding")?;
        self.request(caller, request_id, filing(FilingRequest::Standing(change))).await
    }

    /// Records products of a firm.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_products(
        &self,
        caller: &Caller,
        request_id: &str,
        batch: ProductBatch,
    ) -> Result<Applied, Error> {
        self.request(caller, request_id, filing(FilingRequest::Products(batch))).await
    }

    /// Records what an authority decides on a product: customs for itself, an agency for quarantine.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn decide_product(
        &self,
        caller: &Caller,
        request_id: &str,
        decision: ProductDecision,
    ) -> Result<Applied, Error> {
        let role = if decision.by_quarantine { Role::Agency } else { Role::Customs };
        require_one(caller, &[role], "DecideProduct")?;
        self.request(caller, request_id, filing(FilingRequest::ProductDecision(decision))).await
    }

    /// Records an account book or a change of its items.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_book(&self, caller: &Caller, request_id: &str, book: Book) -> Result<Applied, Error> {
        self.request(caller, request_id, filing(FilingRequest::Book(book))).await
    }

    /// Records goods that came into a book.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn take_in(&self, caller: &Caller, request_id: &str, inbound: Inbound) -> Result<Applied, Error> {
        self.request(caller, request_id, filing(FilingRequest::Inbound(inbound))).await
    }

    /// Records a warehouse.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_warehouse(
        &self,
        caller: &Caller,
        request_id: &str,
        warehouse: Warehouse,
    ) -> Result<Applied, Error> {
        self.request(caller, request_id, filing(FilingRequest::Warehouse(warehouse))).await
    }

    /// Records a credit grade.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn file_credit(&self, caller: &Caller, request_id: &str, grade: CreditGrade) -> Result<Applied, Error> {
        require_one(caller, &[Role::Customs, Role::Operator], "FileCreditGrade")?;
        self.request(caller, request_id, Content::Credit(grade)).await
    }
}

fn filing(request: FilingRequest) -> Content {
    Content::Filing(FilingEntry { request: Some(request) })
}
