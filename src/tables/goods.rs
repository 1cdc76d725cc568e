//! What the tables say of goods.

use super::column::list;
use super::{Row, TableName, Tables};
use crate::domain::{Amount, Timestamp};

/// Units and tax rates of goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff<'a> {
    /// Ten-digit commodity code.
    pub code: &'a str,
    /// Name of the goods.
    pub name: &'a str,
    /// First statutory unit, its customs code.
    pub unit1: &'a str,
    /// Second statutory unit; empty if there is none.
    pub unit2: &'a str,
    /// Duty, in percent.
    pub duty_percent: Amount,
    /// VAT, in percent.
    pub vat_percent: Amount,
    /// Consumption tax by value, in percent, below 100.
    pub consumption_percent: Amount,
    /// Consumption tax by quantity, CNY for each [`Tariff::consumption_unit`].
    pub consumption_per_unit: Amount,
    /// Unit of the tax by quantity and of the lowest price; empty if there is neither.
    pub consumption_unit: &'a str,
    /// Dutiable value of one unit from which consumption tax is due, CNY (R-TAX-01); `None` for always.
    pub consumption_from: Option<Amount>,
    /// The row.
    pub row: &'a Row,
}

/// An entry of the positive list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positive<'a> {
    /// Eight-digit commodity code.
    pub code: &'a str,
    /// Name of the goods.
    pub name: &'a str,
    modes: &'a str,
    /// Remark of the list.
    pub remark: &'a str,
    /// The row.
    pub row: &'a Row,
}

impl Positive<'_> {
    /// True if the goods may come under this supervision mode.
    #[must_use]
    pub fn allows(&self, trade_mode: &str) -> bool {
        self.modes.is_empty() || list(self.modes).any(|mode| mode == trade_mode)
    }

    /// The modes under which the goods may come, with `|` between them; empty for all.
    #[must_use]
    pub fn trade_modes(&self) -> &str {
        self.modes
    }
}

/// How much of some goods a person may import in a calendar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightCap<'a> {
    /// Beginning of the commodity codes that count together.
    pub prefix: &'a str,
    /// Name of the goods.
    pub name: &'a str,
    /// Kilograms per person and year.
    pub kilograms: Amount,
    /// The row.
    pub row: &'a Row,
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap_or_default()
}

impl Tables {
    /// Units and tax rates of a ten-digit commodity code.
    #[must_use]
    pub fn tariff(&self, hs10: &str, at: Timestamp) -> Option<Tariff<'_>> {
        let filed = self.filed(TableName::Tariff, hs10, at)?;
        let row = &filed.row;
        Some(Tariff {
            code: &row.key,
            name: row.value(0),
            unit1: row.value(1),
            unit2: row.value(2),
            duty_percent: filed.amount(3),
            vat_percent: filed.amount(4),
            consumption_percent: filed.amount(5),
            consumption_per_unit: filed.amount(6),
            consumption_unit: row.value(7),
            consumption_from: (!row.value(8).is_empty()).then(|| filed.amount(8)),
            row,
        })
    }

    /// The entry of the positive list for a commodity code of eight or ten digits (R-LIST-01).
    #[must_use]
    pub fn positive(&self, code: &str, at: Timestamp) -> Option<Positive<'_>> {
        let row = self.row(TableName::PositiveList, code.get(..8)?, at)?;
        Some(Positive { code: &row.key, name: row.value(0), modes: row.value(1), remark: row.value(2), row })
    }

    /// The yearly cap on goods of a commodity code (R-LIMIT-05).
    #[must_use]
    pub fn weight_cap(&self, hs10: &str, at: Timestamp) -> Option<WeightCap<'_>> {
        let row = self.row_of_prefix(TableName::WeightCaps, hs10, at)?;
        Some(WeightCap { prefix: &row.key, name: row.value(0), kilograms: amount(row.value(1)), row })
    }

    /// The row that forbids goods of a commodity code: name and reason.
    #[must_use]
    pub fn prohibited(&self, hs10: &str, at: Timestamp) -> Option<&Row> {
        self.row_of_prefix(TableName::ProhibitedGoods, hs10, at)
    }

    /// The row that denies goods of a commodity code refund or exemption: name and reason (R-TAXREF-02).
    #[must_use]
    pub fn no_refund(&self, hs10: &str, at: Timestamp) -> Option<&Row> {
        self.row_of_prefix(TableName::NoRefund, hs10, at)
    }
}
