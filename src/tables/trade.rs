//! What the tables say of supervision modes, enterprises, offices and currencies.

use super::column::list;
use super::{Row, TableName, Tables};
use crate::domain::{Amount, Timestamp};

/// What a supervision mode asks for in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regime<'a> {
    /// Name in Chinese.
    pub name: &'a str,
    /// orderType of its orders: I import, E export, B business to business, W order of an overseas warehouse.
    pub order_type: &'a str,
    needs: &'a str,
    /// Digits of commodity codes that simplified lists need at least.
    pub hs_digits: &'a str,
    /// True if the goods come from or go to a bonded book.
    pub book: bool,
    /// True if its lists have a highest value (R-EXP-02).
    pub low_value_gate: bool,
    /// The row.
    pub row: &'a Row,
}

impl<'a> Regime<'a> {
    /// Numbers of the message types that must be there before a list is taken, such as `311`.
    pub fn needs(&self) -> impl Iterator<Item = &'a str> {
        list(self.needs)
    }
}

/// A credit grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grade<'a> {
    /// Name in Chinese.
    pub name_zh: &'a str,
    /// Name in English.
    pub name_en: &'a str,
    /// Number of the order of customs that it is of.
    pub regime: &'a str,
    /// The row.
    pub row: &'a Row,
}

impl Tables {
    /// What a supervision mode asks for, of imports or exports; `None` if it is none for that direction.
    #[must_use]
    pub fn regime(&self, import: bool, trade_mode: &str, at: Timestamp) -> Option<Regime<'_>> {
        let flow = if import { "I" } else { "E" };
        let row = self.row(TableName::Regimes, &format!("{flow}:{trade_mode}"), at)?;
        Some(Regime {
            name: row.value(0),
            order_type: row.value(1),
            needs: row.value(2),
            hs_digits: row.value(3),
            book: row.value(4) == "true",
            low_value_gate: row.value(5) == "true",
            row,
        })
    }

    /// A credit grade by its number; `None` if there is none of it at that time (R-CRED-01).
    #[must_use]
    pub fn grade(&self, number: u32, at: Timestamp) -> Option<Grade<'_>> {
        let row = self.row(TableName::CreditGrades, &number.to_string(), at)?;
        Some(Grade { name_zh: row.value(0), name_en: row.value(1), regime: row.value(2), row })
    }

    /// CNY for 100 units of a currency, by its customs code.
    #[must_use]
    pub fn exchange(&self, currency: &str, at: Timestamp) -> Option<Amount> {
        Amount::parse(self.row(TableName::Exchange, currency, at)?.value(0))
    }

    /// An amount of a currency in CNY, cut to 5 places; `None` if there is no rate, or it is too large.
    #[must_use]
    pub fn in_cny(&self, amount: Amount, currency: &str, at: Timestamp) -> Option<Amount> {
        let rate = self.exchange(currency, at)?;
        // The rate is in units of 0.00001 for 100.
        amount.0.checked_mul(rate.0).map(|units| Amount(units / 10_000_000))
    }

    /// The row of a customs office, or of its district, among those that take cross-district returns (R-RET-06).
    #[must_use]
    pub fn return_site(&self, office: &str, at: Timestamp) -> Option<&Row> {
        self.row_of_prefix(TableName::ReturnSites, office, at)
    }

    /// The row of a customs office, or of its district, among those that inspect before loading (R-EXP-04).
    #[must_use]
    pub fn inspects_before_loading(&self, office: &str, at: Timestamp) -> Option<&Row> {
        self.row_of_prefix(TableName::InspectBeforeLoading, office, at)
    }
}
