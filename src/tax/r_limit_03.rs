//! R-LIMIT-03: a transaction over the single limit passes if it is within the yearly limit and one item only; it is
//! taxed in full, and counts to the year.
//!
//! Source: 财关税〔2018〕49号 [S]; general trade before 2019-01-01 [G]. Parameter `full_tax_items_max`. Passing: one watch
//! of 6,800. Failing: two items of 5,200 together.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// True if a transaction of so many lines and pieces may pass over the single limit, taxed in full.
#[must_use]
pub fn may_be_taxed_in_full(lines: usize, pieces: Amount, tables: &Tables, at: Timestamp) -> bool {
    let most = i128::from(tables.number(Parameter::FullTaxItemsMax, at));
    let pieces_most = Amount(most.saturating_mul(super::exact::ONE));
    i128::try_from(lines).is_ok_and(|lines| lines <= most) && pieces.0 > 0 && pieces <= pieces_most
}
