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

/// A ratio of 0 or more; the part under the line is above 0. It is brought to lowest terms only where there is no room
/// otherwise: for the taxes of a list there nearly always is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    over: i128,
    under: i128,
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Ratio) -> bool {
        let (own, other) = (self.reduced(), other.reduced());
        own.over == other.over && own.under == other.under
    }
}

impl Eq for Ratio {}

impl Ratio {
    const ZERO: Ratio = Ratio { over: 0, under: 1 };

    /// The ratio; less than 0 counts as 0.
    pub(super) fn new(over: i128, under: i128) -> Ratio {
        Ratio { over: over.max(0), under: under.max(1) }
    }

    /// An amount as a number: 0.7 is 7/10.
    pub(super) fn of(amount: Amount) -> Ratio {
        Ratio::new(amount.0, ONE)
    }

    fn reduced(self) -> Ratio {
        let by = gcd(self.over, self.under);
        Ratio { over: self.over / by, under: self.under / by }
    }

    /// The product, if there is room for it.
    fn product(over: (i128, i128), under: (i128, i128)) -> Option<Ratio> {
        Some(Ratio { over: over.0.checked_mul(over.1)?, under: under.0.checked_mul(under.1)? })
    }

    /// The product.
    pub(super) fn times(self, other: Ratio) -> Ratio {
        if self.over == 0 || other.over == 0 {
            return Ratio::ZERO;
        }
        if let Some(product) = Ratio::product((self.over, other.over), (self.under, other.under)) {
            return product;
        }
        // Reduced crosswise, so that common factors never overflow.
        let (mut left, mut right) =
            (Ratio::new(self.over, other.under).reduced(), Ratio::new(other.over, self.under).reduced());
        loop {
            if let Some(product) = Ratio::product((left.over, right.over), (left.under, right.under)) {
                return product;
            }
            let (over, under) = (left.over.checked_mul(right.over), left.under.checked_mul(right.under));
            match (left.under > PRECISE, right.under > PRECISE) {
                (true, _) => left.halve(),
                (_, true) => right.halve(),
                _ => return Ratio::new(over.unwrap_or(i128::MAX), under.unwrap_or(i128::MAX)),
            }
        }
    }

    /// Makes room: both parts lose their last bit.
    fn halve(&mut self) {
        (self.over, self.under) = (self.over >> 1, self.under >> 1);
    }

    /// The sum, if there is room for it.
    fn sum(self, other: Ratio, by: i128) -> Option<Ratio> {
        let left = self.over.checked_mul(other.under / by)?;
        let right = other.over.checked_mul(self.under / by)?;
        Some(Ratio { over: left.checked_add(right)?, under: self.under.checked_mul(other.under / by)? })
    }

    /// The sum.
    pub(super) fn plus(self, other: Ratio) -> Ratio {
        if self.over == 0 || other.over == 0 {
            return if self.over == 0 { other } else { self };
        }
        let exact = if self.under == other.under { self.sum(other, self.under) } else { self.sum(other, 1) };
        let reduced = || {
            let (own, other) = (self.reduced(), other.reduced());
            own.sum(other, gcd(own.under, other.under))
        };
        exact.or_else(reduced).unwrap_or_else(|| Ratio::new(self.cut().saturating_add(other.cut()), PLACES))
    }

    /// The ratio in units of 1 / [`PLACES`], cut.
    fn cut(self) -> i128 {
        let (whole, rest) = (self.over / self.under, self.over % self.under);
        let part = rest.checked_mul(PLACES).map_or(rest / (self.under / PLACES).max(1), |rest| rest / self.under);
        whole.saturating_mul(PLACES).saturating_add(part)
    }

    /// The ratio as an exact number.
    pub(super) fn exact(self) -> Exact {
        let Ratio { over, under } = self.reduced();
        Exact(Ratio { over: over.saturating_mul(ONE), under })
    }
}

/// An amount of 0 or more that is not rounded, in units of 0.00001. Displayed with 10 places, the rest cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact(Ratio);

impl Default for Exact {
    fn default() -> Exact {
        Exact(Ratio::ZERO)
    }
}

impl Exact {
    /// An amount times a ratio; less than 0 counts as 0.
    pub(super) fn new(amount: Amount, ratio: Ratio) -> Exact {
        Exact(Ratio::new(amount.0, 1).times(ratio))
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Exact) -> Exact {
        Exact(self.0.plus(other.0))
    }

    /// Rounded half up to a multiple of the unit, such as 0.01; a unit of 0 counts as 0.00001.
    #[must_use]
    pub fn rounded(self, unit: Amount) -> Amount {
        let unit = unit.0.max(1);
        let Ratio { over, under } = self.0;
        let (cut, rest) = (over / under, over % under);
        let (whole, left) = (cut / unit, cut % unit);
        // What is cut off counts only if the half of the unit is no whole number of the last digit.
        let is_half = if unit % 2 == 0 {
            left >= unit / 2
        } else {
            left > unit / 2 || (left == unit / 2 && rest >= under - rest)
        };
        let up = i128::from(is_half);
        Amount(whole.saturating_add(up).saturating_mul(unit))
    }

    /// Cut to 5 places.
    #[must_use]
    pub fn cut(self) -> Amount {
        Amount(self.0.over / self.0.under)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In lowest terms: ten times the part under the line has more room.
        let Ratio { over, under } = self.0.reduced();
        let (units, mut rest) = (over / under, over % under);
        write!(f, "{}.{:05}", units / ONE, units % ONE)?;
        for _ in 0..5 {
            // A part under the line of more than a tenth of the range has lost its last digits already.
            let by = (under / 10).max(1);
            let digit = if under < i128::MAX / 10 { rest * 10 / under } else { rest / by };
            rest = if under < i128::MAX / 10 { rest * 10 % under } else { 0 };
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
