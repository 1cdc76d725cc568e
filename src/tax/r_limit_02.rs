//! R-LIMIT-02: what a person buys in a calendar year is worth at most the yearly limit.
//!
//! Source: 财关税〔2018〕49号 [S]: 26,000 CNY, before 2019-01-01 20,000 CNY; that exactly the limit passes, and that the
//! year is that of the acceptance [G]. Parameter `yearly_limit`. Passing: 5,000 after 21,000. Failing: 1,200 after 24,900.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// True if a transaction of this dutiable value, after what the buyer has used in the year, is over the yearly limit.
#[must_use]
pub fn is_over_year(value: Amount, used: Amount, tables: &Tables, at: Timestamp) -> bool {
    used.plus(value) > tables.amount(Parameter::YearlyLimit, at)
}

/// What is left of the yearly limit; never below 0.
#[must_use]
pub fn left_of_year(used: Amount, tables: &Tables, at: Timestamp) -> Amount {
    tables.amount(Parameter::YearlyLimit, at).minus(used).max(Amount(0))
}
