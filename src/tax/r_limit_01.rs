//! R-LIMIT-01: the dutiable value of a transaction is at most the single limit.
//!
//! Source: 财关税〔2018〕49号 [S]: 5,000 CNY, before 2019-01-01 2,000 CNY; that exactly the limit passes [G].
//! Parameter `single_limit`. Passing: 5,000.00. Failing: 5,000.01, if R-LIMIT-03 does not let it pass.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// True if a transaction of this dutiable value is over the single limit.
#[must_use]
pub fn is_over_single(value: Amount, tables: &Tables, at: Timestamp) -> bool {
    value > tables.amount(Parameter::SingleLimit, at)
}
