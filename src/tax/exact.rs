//! Fractions in whole numbers: taxes before they are rounded. Nothing overflows; what is too large stays the largest.

use crate::domain::Amount;
use std::fmt;

/// Units of [`Amount`] in one whole.
pub(super) const ONE: i128 = 100_000;

/// Parts under a line above this may lose a bit to make room: the error is below a trillionth.
const PRECISE: i128 = 1 << 40;
/// Digits that a sum keeps which has no room for a common part under the line: 5 more than [`Amount`].
const PLACES: i128 = 100_000;

/// Neither is below 0. Every list is taxed when it comes: almost all numbers fit 64 bits, which divide much faster.
fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        if let (Ok(mut a), Ok(mut b)) = (u64::try_from(a), u64::try_from(b)) {
            while b != 0 {
                (a, b) = (b, a % b);
            }
            return i128::from(a);
        }
        (a, b) = (b, a % b);
    }
    a
}

/// A ratio of 0 or more in lowest terms; the part under the line is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio {
    over: i128,
    under: i128,
}

impl Ratio {
    /// The ratio; less than 0 counts as 0.
    pub(super) fn new(over: i128, under: i128) -> Ratio {
        let (over, under) = (over.max(0), under.max(1));
        let by = gcd(over, under);
        Ratio { over: over / by, under: under / by }
    }

    /// An amount as a number: 0.7 is 7/10.
    pub(super) fn of(amount: Amount) -> Ratio {
        Ratio::new(amount.0, ONE)
    }

    /// The product.
    pub(super) fn times(self, other: Ratio) -> Ratio {
        // Reduced crosswise first, so that common factors never overflow.
        let (mut left, mut right) = (Ratio::new(self.over, other.under), Ratio::new(other.over, self.under));
        loop {
            let (over, under) = (left.over.checked_mul(right.over), left.under.checked_mul(right.under));
            match (over, under) {
                (Some(over), Some(under)) => return Ratio::new(over, under),
                _ if left.under > PRECISE => left.halve(),
                _ if right.under > PRECISE => right.halve(),
                (over, under) => return Ratio::new(over.unwrap_or(i128::MAX), under.unwrap_or(i128::MAX)),
            }
        }
    }

    /// Makes room: both parts lose their last bit.
    fn halve(&mut self) {
        (self.over, self.under) = (self.over >> 1, self.under >> 1);
    }

    /// The sum.
    pub(super) fn plus(self, other: Ratio) -> Ratio {
        let by = gcd(self.under, other.under);
        let sum = || {
            let left = self.over.checked_mul(other.under / by)?;
            let right = other.over.checked_mul(self.under / by)?;
            Some(Ratio::new(left.checked_add(right)?, self.under.checked_mul(other.under / by)?))
        };
        sum().unwrap_or_else(|| Ratio::new(self.cut().saturating_add(other.cut()), PLACES))
    }

    /// The ratio in units of 1 / [`PLACES`], cut.
    fn cut(self) -> i128 {
        let (whole, rest) = (self.over / self.under, self.over % self.under);
        let part = rest.checked_mul(PLACES).map_or(rest / (self.under / PLACES).max(1), |rest| rest / self.under);
        whole.saturating_mul(PLACES).saturating_add(part)
    }

    /// The ratio as an exact number.
    pub(super) fn exact(self) -> Exact {
        Exact { units: self.over.saturating_mul(ONE), by: self.under }
    }
}

/// An amount of 0 or more that is not rounded. Displayed with 10 places, the rest cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    /// Units of 0.00001, times `by`.
    units: i128,
    by: i128,
}

impl Default for Exact {
    fn default() -> Exact {
        Exact { units: 0, by: 1 }
    }
}

impl Exact {
    /// An amount times a ratio; less than 0 counts as 0.
    pub(super) fn new(amount: Amount, ratio: Ratio) -> Exact {
        let product = Ratio::new(amount.0, 1).times(ratio);
        Exact { units: product.over, by: product.under }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Exact) -> Exact {
        let left = Ratio { over: self.units, under: self.by };
        let sum = left.plus(Ratio { over: other.units, under: other.by });
        Exact { units: sum.over, by: sum.under }
    }

    /// Rounded half up to a multiple of the unit, such as 0.01; a unit of 0 counts as 0.00001.
    #[must_use]
    pub fn rounded(self, unit: Amount) -> Amount {
        let unit = unit.0.max(1);
        let (cut, rest) = (self.units / self.by, self.units % self.by);
        let (whole, left) = (cut / unit, cut % unit);
        // What is cut off counts only if the half of the unit is no whole number of the last digit.
        let is_half = if unit % 2 == 0 {
            left >= unit / 2
        } else {
            left > unit / 2 || (left == unit / 2 && rest >= self.by - rest)
        };
        let up = i128::from(is_half);
        Amount(whole.saturating_add(up).saturating_mul(unit))
    }

    /// Cut to 5 places.
    #[must_use]
    pub fn cut(self) -> Amount {
        Amount(self.units / self.by)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, mut rest) = (self.units / self.by, self.units % self.by);
        write!(f, "{}.{:05}", units / ONE, units % ONE)?;
        for _ in 0..5 {
            // A part under the line of more than a tenth of the range has lost its last digits already.
            let by = (self.by / 10).max(1);
            let digit = if self.by < i128::MAX / 10 { rest * 10 / self.by } else { rest / by };
            rest = if self.by < i128::MAX / 10 { rest * 10 % self.by } else { 0 };
            write!(f, "{}", digit.min(9))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).expect("a decimal")
    }

    #[test]
    fn halves_go_up() {
        let fen = amount("0.01");
        for (text, rounded) in [("0.005", "0.01"), ("0.00499", "0"), ("1.015", "1.02"), ("2.675", "2.68")] {
            assert_eq!(Exact::new(amount(text), Ratio::new(1, 1)).rounded(fen).to_string(), rounded);
        }
        assert_eq!(Exact::new(amount("0.01"), Ratio::new(1, 2)).rounded(fen).to_string(), "0.01");
        assert_eq!(Exact::new(amount("1"), Ratio::new(2, 3)).to_string(), "0.6666666666");
    }

    proptest! {
        #[test]
        fn nothing_overflows(a in any::<i128>(), b in any::<i128>(), c in any::<i128>(), d in any::<i128>()) {
            let ratio = Ratio::new(a, b).times(Ratio::new(c, d)).plus(Ratio::new(d, a));
            let exact = Exact::new(Amount(c), ratio).plus(Exact::new(Amount(a), ratio));
            let _unused = (exact.rounded(Amount(b)), exact.cut(), exact.to_string());
        }

        #[test]
        fn a_rounded_amount_is_at_most_half_a_unit_off(units in 0_i128..1_000_000_000_000, over in 1_i128..100, under in 1_i128..100) {
            let exact = Exact::new(Amount(units), Ratio::new(over, under));
            let off = exact.rounded(Amount(1_000)).0 - exact.cut().0;
            prop_assert!((-500..=500).contains(&off), "{off}");
        }
    }
}
