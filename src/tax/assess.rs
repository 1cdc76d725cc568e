//! The tax on a list: the rules R-TAX-01 to 05 together.
//!
//! Source: domain rules 4.2. The dutiable value is the price with freight and insurance. Within the limits there is no duty,
//! and 70 % of consumption tax and VAT; a transaction over the single limit is taxed in full (R-LIMIT-03).

use super::exact::{Exact, ONE, Ratio};
use super::quantity::{Quantity, in_unit};
use super::r_tax_04::{Shares, calculate, composite};
use super::{Charged, Reached, Tax, allocate, charged, reaches_price};
use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables, Tariff};

/// A line, as far as it is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxableLine<'a> {
    /// Ten-digit commodity code.
    pub code: &'a str,
    /// totalPrice, CNY.
    pub value: Amount,
    /// Quantities with their units: declared, first and second statutory one; an empty unit counts for nothing.
    pub quantities: [Quantity<'a>; 3],
}

/// A list, as far as it is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxableList<'a> {
    /// Its lines.
    pub lines: &'a [TaxableLine<'a>],
    /// Freight, CNY.
    pub freight: Amount,
    /// Insurance, CNY.
    pub insurance: Amount,
    /// True if it is taxed in full (R-LIMIT-03).
    pub in_full: bool,
}

impl TaxableList<'_> {
    /// Freight and insurance; less than 0 counts as 0.
    fn other(&self) -> Amount {
        Amount(self.freight.0.max(0)).plus(Amount(self.insurance.0.max(0)))
    }

    /// Dutiable value of the whole: its prices, freight and insurance, CNY.
    #[must_use]
    pub fn value(&self) -> Amount {
        self.lines.iter().map(|line| line.value.max(Amount(0))).fold(self.other(), Amount::plus)
    }
}

/// Why the tax on a line is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The tariff has no such commodity code: no tax was calculated.
    NoTariff,
    /// The line names no quantity in the unit that consumption tax asks for: a lowest price counts as reached, and tax by
    /// quantity as 0.
    NoQuantity,
}

/// The tax on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineTax {
    /// Dutiable value: the price and its share of freight and insurance, CNY.
    pub dutiable: Amount,
    /// Duty.
    pub duty: Tax,
    /// Consumption tax.
    pub consumption: Tax,
    /// VAT.
    pub vat: Tax,
    /// Why it is not certain.
    pub doubt: Option<Doubt>,
}

impl LineTax {
    /// The taxes as charged, rounded.
    #[must_use]
    pub fn charged(&self) -> Charged {
        Charged { duty: self.duty.rounded, consumption: self.consumption.rounded, vat: self.vat.rounded }
    }
}

/// The tax on a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assessment {
    /// Its lines, in order.
    pub lines: Vec<LineTax>,
    /// Dutiable value of all lines, CNY: what counts to the limits.
    pub dutiable: Amount,
    /// Sum of the duties.
    pub duty: Tax,
    /// Sum of the consumption taxes.
    pub consumption: Tax,
    /// Sum of the VAT.
    pub vat: Tax,
    /// What is to be paid, CNY (R-TAX-02).
    pub total: Amount,
    /// True if it was taxed in full.
    pub in_full: bool,
}

/// The dutiable value of each line: its price and its share of freight and insurance. Their sum counts to the limits.
#[must_use]
pub fn dutiable_values(list: &TaxableList<'_>) -> Vec<Amount> {
    let values: Vec<Amount> = list.lines.iter().map(|line| Amount(line.value.0.max(0))).collect();
    values.iter().zip(allocate(list.other(), &values)).map(|(value, share)| value.plus(share)).collect()
}

/// Assesses the tax on a list with the tables of a time.
#[must_use]
pub fn assess(list: &TaxableList<'_>, tables: &Tables, at: Timestamp) -> Assessment {
    let shares = if list.in_full {
        Shares { duty: Ratio::new(1, 1), other: Ratio::new(1, 1) }
    } else {
        let of = |parameter| Ratio::of(tables.amount(parameter, at));
        Shares { duty: of(Parameter::PreferentialDutyShare), other: of(Parameter::TaxShare) }
    };
    let unit = tables.amount(Parameter::TaxRoundingUnit, at);
    let lines = Vec::with_capacity(list.lines.len());
    let mut all = Assessment { lines, in_full: list.in_full, ..Assessment::default() };
    for (line, dutiable) in list.lines.iter().zip(dutiable_values(list)) {
        let tax = match tables.tariff(line.code, at) {
            Some(tariff) => tax_of_line(line, dutiable, &tariff, shares, unit),
            None => LineTax { dutiable, doubt: Some(Doubt::NoTariff), ..LineTax::default() },
        };
        all.dutiable = all.dutiable.plus(tax.dutiable);
        all.duty = all.duty.plus(tax.duty);
        all.consumption = all.consumption.plus(tax.consumption);
        all.vat = all.vat.plus(tax.vat);
        all.lines.push(tax);
    }
    let sum = all.duty.rounded.plus(all.consumption.rounded).plus(all.vat.rounded);
    all.total = charged(sum, tables, at);
    all
}

fn tax_of_line(line: &TaxableLine<'_>, dutiable: Amount, tariff: &Tariff<'_>, shares: Shares, unit: Amount) -> LineTax {
    let quantities: &[Quantity<'_>] = &line.quantities;
    let reached = reaches_price(dutiable, quantities, tariff);
    let mut doubt = (reached == Reached::Unknown).then_some(Doubt::NoQuantity);
    let mut specific = (0, 1);
    if tariff.consumption_per_unit.0 > 0 {
        match in_unit(quantities, tariff.consumption_unit) {
            // Both are in units of 0.00001, so that the product has one division too many.
            Some((quantity, per)) => {
                specific = (quantity.saturating_mul(tariff.consumption_per_unit.0), per.saturating_mul(ONE));
            }
            None => doubt = Some(Doubt::NoQuantity),
        }
    }
    let exact = calculate(dutiable, tariff, reached != Reached::No, specific, shares);
    let [duty, consumption, vat] = [exact.duty, exact.consumption, exact.vat].map(|exact| Tax::new(exact, unit));
    LineTax { dutiable, duty, consumption, vat, doubt }
}

/// The composite rate of goods within the limits, as share of the dutiable value: 0.091 for VAT of 13 % alone. Tax by
/// quantity and lowest prices are not in it.
#[must_use]
pub fn composite_rate(tariff: &Tariff<'_>, tables: &Tables, at: Timestamp) -> Exact {
    composite(tariff, Ratio::of(tables.amount(Parameter::TaxShare, at)))
}

#[cfg(test)]
mod tests;
