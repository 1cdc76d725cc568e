//! R-TAX-08: on goods that are returned in time (R-RET-01) no tax is collected, and the yearly total is restored.
//!
//! Source: 公告2020年第45号 [S]; that a part of a line takes the part of its tax by quantity, rounded half up [D]. Passing:
//! of 98.00 on 2 pieces, 49.00 is given back for one. Failing: 98.00 given back for one piece.

use super::exact::{Exact, Ratio};
use crate::domain::Amount;

/// The part of an amount of a line (a tax, or its dutiable value) that falls on returned pieces, rounded to a unit; `before`
/// are the pieces returned earlier. All parts of a line that is returned whole add up to the amount.
#[must_use]
pub fn part_returned(amount: Amount, before: Amount, now: Amount, of: Amount, unit: Amount) -> Amount {
    let amount_to = |pieces: i128| {
        let pieces = pieces.clamp(0, of.0.max(0));
        if pieces == of.0 { amount } else { Exact::new(amount, Ratio::new(pieces, of.0)).rounded(unit).min(amount) }
    };
    let to = before.0.max(0).saturating_add(now.0.max(0));
    amount_to(to).minus(amount_to(before.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thirds_add_up_to_the_whole() {
        let part = |before: i128| {
            part_returned(Amount(10_000_000), Amount(before), Amount(1), Amount(3), Amount(1_000)).to_string()
        };
        assert_eq!([0, 1, 2].map(part), ["33.33", "33.34", "33.33"]);
        let half = part_returned(Amount(9_800_000), Amount(0), Amount(100_000), Amount(200_000), Amount(1_000));
        assert_eq!(half.to_string(), "49");
    }

    proptest! {
        #[test]
        fn parts_of_a_whole_return_add_up(fen in 0_i128..1_000_000_000, pieces in 1_i128..50) {
            let amount = Amount(fen * 1_000);
            let part = |before| part_returned(amount, Amount(before), Amount(1), Amount(pieces), Amount(1_000)).0;
            prop_assert_eq!((0..pieces).map(part).sum::<i128>(), amount.0);
        }

        #[test]
        fn any_amounts_are_parted(a in any::<i128>(), b in any::<i128>(), c in any::<i128>(), d in any::<i128>(), e in any::<i128>()) {
            let _unused = part_returned(Amount(a), Amount(b), Amount(c), Amount(d), Amount(e));
        }
    }
}
