//! Reading filings and credit grades, and who may see what of them.

use super::reader::{Reader, failed};
use super::types::ReadError;
use crate::domain::{
    Applicant, Application, Book, BookRow, Caller, CreditFigures, CreditGrade, Filed, FiledProduct, FilingApplication,
    MessageType, Role, Standing, Timestamp, Warehouse,
};
use crate::state::credit::{self, Trigger};
use crate::state::filing::read::{self, Which};
use crate::tables::TableName;
use std::sync::Arc;

/// A page of something, and the key after which the next one begins.
#[derive(Debug, Clone)]
pub struct FilingPage<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Vec<u8>>,
}

impl<T> From<read::Rows<T>> for FilingPage<T> {
    fn from(rows: read::Rows<T>) -> Self {
        FilingPage { items: rows.rows, next: rows.next }
    }
}

/// How a filing stands.
#[derive(Debug, Clone)]
pub struct FilingView {
    /// Main code of the firm.
    pub code: String,
    /// Standing at the time asked about; `None` before the filing began.
    pub standing: Option<Standing>,
    /// What was filed then; `None` if an operator filed the firm without licences.
    pub filing: Option<Application>,
    /// The history; `None` if nothing was stated since an operator filed the firm.
    pub filed: Option<Arc<Filed>>,
}

/// A firm's credit grade.
#[derive(Debug, Clone)]
pub struct CreditView {
    /// Main code of the firm.
    pub code: String,
    /// Key of the grade; the default one if none is filed.
    pub grade: String,
    /// All that was filed.
    pub history: Vec<CreditGrade>,
}

/// A feature by which a firm loses trust.
#[derive(Debug, Clone)]
pub struct CreditTrigger {
    /// Permanent name.
    pub id: &'static str,
    /// True if it is there.
    pub is_met: bool,
    /// Explanation, Chinese.
    pub text_zh: String,
    /// Explanation, English.
    pub text_en: String,
}

impl From<Trigger> for CreditTrigger {
    fn from(trigger: Trigger) -> Self {
        let Trigger { id, is_met, text_zh, text_en } = trigger;
        CreditTrigger { id, is_met, text_zh, text_en }
    }
}

impl Reader {
    /// A page of applications: of all, or of those that wait, for operators; else those of the applicant's certificate.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn applications(
        &self,
        applicant: &Applicant,
        waiting_only: bool,
        code: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<FilingPage<FilingApplication>, ReadError> {
        let is_operator = applicant.caller.as_ref().is_some_and(|caller| caller.party.has_role(Role::Operator));
        let which = match (is_operator, waiting_only, code) {
            (false, _, _) => Which::OfCertificate(&applicant.certificate_sha256),
            (true, true, _) => Which::Waiting,
            (true, false, "") => Which::All,
            (true, false, code) => Which::OfCode(code),
        };
        let page = read::applications(self.shared.cells.as_ref(), &which, after, limit).map_err(failed)?;
        Ok(page.into())
    }

    /// How a filing stood at a time, as far as was known at another; `None` if nobody has that code.
    #[must_use]
    pub fn filing(&self, code: &str, valid: Timestamp, known: Timestamp) -> Option<FilingView> {
        let registry = self.shared.registry.load();
        let filed = registry.filed(code).map(Arc::clone);
        let main = registry.of_code(code).map(|(_, party)| party.code.clone());
        let code = main.or_else(|| filed.as_ref().map(|filed| filed.code.clone()))?;
        let standing = match &filed {
            Some(filed) => filed.standing_at(valid.0, known.0),
            None => Some(Standing::Active),
        };
        let filing = filed.as_ref().and_then(|filed| filed.filing_at(valid.0, known.0).cloned());
        Some(FilingView { code, standing, filing, filed })
    }

    /// True if a caller may see what a firm has filed of its goods: it is the firm, has its mandate for everything, or
    /// is an operator, customs or an agency.
    #[must_use]
    pub fn may_see_goods_of(&self, caller: &Caller, code: &str) -> bool {
        let sees_all = [Role::Operator, Role::Customs, Role::Agency].iter().any(|role| caller.party.has_role(*role));
        let at = self.shared.last_time().0;
        sees_all || self.shared.registry.load().may_speak_for(&caller.party, code, MessageType::Unknown, at)
    }

    /// A page of products of a firm, by its main code, or of all firms for an empty one; of those that wait for a
    /// decision alone it may hold fewer than `limit` although there is a next one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn products(
        &self,
        owner: &str,
        waiting_only: bool,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<FilingPage<FiledProduct>, ReadError> {
        let page = read::products(self.shared.cells.as_ref(), owner, after, limit).map_err(failed)?;
        let mut page = FilingPage::from(page);
        page.items.retain(|row: &FiledProduct| !waiting_only || row.waits());
        Ok(page)
    }

    /// A page of account books that a caller may see. It may hold fewer than `limit` although there is a next one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn books(&self, caller: &Caller, after: Option<&[u8]>, limit: usize) -> Result<FilingPage<Book>, ReadError> {
        let page = read::all_books(self.shared.cells.as_ref(), after, limit).map_err(failed)?;
        let mut page = FilingPage::from(page);
        page.items.retain(|book: &Book| self.may_see_goods_of(caller, &book.owner_code));
        Ok(page)
    }

    /// A page of a book's items with their balances; `None` if there is no such book that the caller may see.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn book_items(
        &self,
        caller: &Caller,
        ems_no: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Option<FilingPage<BookRow>>, ReadError> {
        let book = read::book(self.shared.cells.as_ref(), ems_no).map_err(failed)?;
        if !book.is_some_and(|book| self.may_see_goods_of(caller, &book.owner_code)) {
            return Ok(None);
        }
        let page = read::book_items(self.shared.cells.as_ref(), ems_no, after, limit).map_err(failed)?;
        Ok(Some(page.into()))
    }

    /// A page of warehouses that a caller may see. It may hold fewer than `limit` although there is a next one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn warehouses(
        &self,
        caller: &Caller,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<FilingPage<Warehouse>, ReadError> {
        let page = read::warehouses(self.shared.cells.as_ref(), after, limit).map_err(failed)?;
        let mut page = FilingPage::from(page);
        page.items.retain(|warehouse: &Warehouse| self.may_see_goods_of(caller, &warehouse.operator_code));
        Ok(page)
    }

    /// A firm's credit grade at a time, as far as was known at another; `None` if nobody has that code.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn credit(&self, code: &str, valid: Timestamp, known: Timestamp) -> Result<Option<CreditView>, ReadError> {
        let (registry, tables) = (self.shared.registry.load(), self.shared.tables.load());
        let Some((_, party)) = registry.of_code(code) else { return Ok(None) };
        let cells = self.shared.cells.as_ref();
        let history = credit::history(cells, &registry, code).map_err(failed)?;
        let grade = credit::grade_at(cells, &registry, &tables, code, valid, known).map_err(failed)?;
        Ok(Some(CreditView { code: party.code.clone(), grade, history: history.grades }))
    }

    /// Names of a grade at a time, in Chinese and English; empty if there is no such grade then.
    #[must_use]
    pub fn grade_names(&self, grade: &str, at: Timestamp) -> (String, String) {
        let tables = self.shared.tables.load();
        let row = tables.row(TableName::CreditGrades, grade, at);
        let name = |index: usize| row.and_then(|row| row.values.get(index)).cloned().unwrap_or_default();
        (name(0), name(1))
    }

    /// By which features a firm with such figures loses trust (R-CRED-03).
    #[must_use]
    pub fn credit_triggers(&self, figures: &CreditFigures, at: Timestamp) -> Vec<CreditTrigger> {
        credit::triggers(figures, &self.shared.tables.load(), at).into_iter().map(Into::into).collect()
    }

    /// Time of the last entry that was applied.
    #[must_use]
    pub fn last_time(&self) -> Timestamp {
        self.shared.last_time()
    }
}
