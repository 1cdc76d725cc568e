//! R-TAX-02: no tax is too small to be charged: the waiver of 50 CNY is a rule on personal parcels.
//!
//! Source: the change of 2016 abolished it for this regime [S]. Parameter `small_tax_waiver`, 0. Charged: 0.01 CNY.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// The tax that is charged of a sum: all of it, unless a waiver covers it.
#[must_use]
pub fn charged(tax: Amount, tables: &Tables, at: Timestamp) -> Amount {
    if tax > tables.amount(Parameter::SmallTaxWaiver, at) { tax } else { Amount(0) }
}
