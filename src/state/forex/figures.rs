//! Figures of forex: sums of decimals, and the equivalent in USD by the exchange table.

use crate::domain::{Amount, Timestamp};
use crate::tables::Tables;

/// US dollar, customs code.
pub(super) const USD: &str = "502";
/// Renminbi, customs code.
pub(super) const CNY: &str = "142";
/// One whole, in units of [`Amount`].
const ONE: i128 = 100_000;

/// A stored amount; nothing stored is 0.
pub(super) fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap_or_default()
}

/// The part of `whole` that `part` is of `of`, rounded down; `whole` if `of` is 0.
pub(super) fn share(whole: Amount, part: Amount, of: Amount) -> Amount {
    if of.0 <= 0 {
        return whole;
    }
    Amount(whole.0.saturating_mul(part.0) / of.0)
}

/// `a / b`, half up in the last digit kept; `None` if `b` is not positive.
fn quotient(a: Amount, b: Amount) -> Option<Amount> {
    (b.0 > 0).then(|| Amount((a.0.saturating_mul(ONE).saturating_add(b.0 / 2)) / b.0))
}

/// The equivalent in USD of a payment: itself if it is in USD, else its CNY by the rate of that day. `None` if the table
/// has no rate.
pub(super) fn usd(tables: &Tables, currency: &str, foreign: Amount, cny: Amount, at: Timestamp) -> Option<Amount> {
    if currency == USD {
        return Some(foreign);
    }
    // Rates are those of 100 units.
    quotient(Amount(cny.0.saturating_mul(100)), tables.exchange(USD, at)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_rounded_half_up() {
        let of = |text: &str| Amount::parse(text).expect("a decimal");
        assert_eq!(quotient(of("3600"), of("7.2")), Some(of("500")));
        assert_eq!(quotient(of("1"), of("3")), Some(of("0.33333")));
        assert_eq!(quotient(of("2"), of("3")), Some(of("0.66667")));
        assert_eq!(quotient(of("1"), Amount(0)), None);
    }

    #[test]
    fn shares_of_all_parts_never_exceed_the_whole() {
        let of = |text: &str| Amount::parse(text).expect("a decimal");
        assert_eq!(share(of("100"), of("3"), of("3")), of("100"));
        assert_eq!(share(of("100"), of("1"), of("3")), of("33.33333"));
    }
}
