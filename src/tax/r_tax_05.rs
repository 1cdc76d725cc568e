//! R-TAX-05: freight and insurance of an order go to its lines by value; the last line takes the remainder.
//!
//! Source: proposed [D]; shares are cut to 0.01 CNY. Passing: 12 on lines of 200 and 100: 8 and 4. Failing: 6 and 6.

use crate::domain::Amount;

/// A fen, in units of [`Amount`].
const FEN: i128 = 1_000;

/// `whole · part / sum`, cut; a product that is too large loses low digits of part and sum alike.
fn share(whole: i128, mut part: i128, mut sum: i128) -> i128 {
    loop {
        if sum <= 0 || part <= 0 {
            return 0;
        }
        if let Some(product) = whole.checked_mul(part) {
            return (product / sum).min(whole);
        }
        (part, sum) = (part >> 1, sum >> 1);
    }
}

/// The share of each line in an amount of the order, by the value of the lines. The shares add up to the amount; a value
/// below 0 counts as 0, and so does an amount.
#[must_use]
pub fn allocate(whole: Amount, values: &[Amount]) -> Vec<Amount> {
    let whole = whole.0.max(0);
    let sum = values.iter().fold(0_i128, |sum, value| sum.saturating_add(value.0.max(0)));
    let mut left = whole;
    let last = values.len().saturating_sub(1);
    let shares = values.iter().enumerate().map(|(place, value)| {
        let own = if place == last { left } else { (share(whole, value.0.max(0), sum) / FEN * FEN).min(left) };
        left -= own;
        Amount(own)
    });
    shares.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allocated(whole: &str, values: &[&str]) -> Vec<String> {
        let cny = |text: &str| Amount::parse(text).expect("a decimal");
        let values: Vec<Amount> = values.iter().map(|text| cny(text)).collect();
        allocate(cny(whole), &values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_last_line_takes_the_remainder() {
        assert_eq!(allocated("12", &["200", "100"]), ["8", "4"]);
        assert_eq!(allocated("10", &["1", "1", "1"]), ["3.33", "3.33", "3.34"]);
        assert_eq!(allocated("10.005", &["0", "0"]), ["0", "10.005"]);
        assert_eq!(allocated("10", &["100", "0"]), ["10", "0"]);
        assert!(allocated("10", &[]).is_empty());
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_whole(
            whole in 0..1_000_000_000_000_000_000_000_000_i128,
            values in proptest::collection::vec(any::<i128>(), 1..100),
        ) {
            let values: Vec<Amount> = values.into_iter().map(Amount).collect();
            let shares = allocate(Amount(whole), &values);
            prop_assert_eq!(shares.len(), values.len());
            prop_assert!(shares.iter().all(|share| share.0 >= 0));
            prop_assert_eq!(shares.iter().map(|share| share.0).sum::<i128>(), whole);
        }

        #[test]
        fn any_amount_is_allocated(whole in any::<i128>(), values in proptest::collection::vec(any::<i128>(), 0..9)) {
            let values: Vec<Amount> = values.into_iter().map(Amount).collect();
            let _unused = allocate(Amount(whole), &values);
        }
    }
}
