//! R-TAX-03: each tax of each line is rounded half up to 0.01 CNY, then they are added; the unrounded values are kept.
//!
//! Source: legal rounding is not confirmed [G]. Parameter `tax_rounding_unit`. Passing: two lines of 0.005 are 0.02.
//! Failing: their sum of 0.01 rounded once.

use super::Exact;
use crate::domain::Amount;

/// One tax of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tax {
    /// What it is exactly.
    pub exact: Exact,
    /// What is charged.
    pub rounded: Amount,
}

impl Tax {
    /// The tax, rounded to a unit.
    pub(super) fn new(exact: Exact, unit: Amount) -> Tax {
        Tax { exact, rounded: exact.rounded(unit) }
    }

    /// The sum of both the exact and the rounded values.
    #[must_use]
    pub fn plus(self, other: Tax) -> Tax {
        Tax { exact: self.exact.plus(other.exact), rounded: self.rounded.plus(other.rounded) }
    }
}
