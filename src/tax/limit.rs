//! Whether a transaction is within the limits: R-LIMIT-01 to 04 together, in the order of the law.
//!
//! Used 24,900 and an order of 1,200: over the year. Used nothing and one watch of 6,800: taxed in full. Two items of
//! 5,200 together: over the single limit. Source: domain rules 4.1.

use super::{is_over_single, is_over_year, may_be_taxed_in_full};
use crate::domain::{Amount, Timestamp};
use crate::tables::Tables;

/// What the limits make of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It passes and has the reduced rates.
    Preferential,
    /// It passes and is taxed in full (R-LIMIT-03).
    FullTax,
    /// It is refused: over the yearly limit (R-LIMIT-02, R-LIMIT-04).
    OverYear,
    /// It is refused: over the single limit (R-LIMIT-01).
    OverSingle,
}

impl Decision {
    /// True if the transaction is not refused.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Decision::Preferential | Decision::FullTax)
    }
}

/// Decides on a transaction: its dutiable value in CNY, how many lines and pieces it has, and what the buyer has used of
/// the year before it.
#[must_use]
pub fn decide(value: Amount, lines: usize, pieces: Amount, used: Amount, tables: &Tables, at: Timestamp) -> Decision {
    if is_over_year(value, used, tables, at) {
        Decision::OverYear
    } else if !is_over_single(value, tables, at) {
        Decision::Preferential
    } else if may_be_taxed_in_full(lines, pieces, tables, at) {
        Decision::FullTax
    } else {
        Decision::OverSingle
    }
}

#[cfg(test)]
mod tests {
    use super::super::refusal;
    use super::*;
    use proptest::prelude::*;

    fn cny(text: &str) -> Amount {
        Amount::parse(text).expect("a decimal")
    }

    fn on(day: &str, value: &str, lines: usize, pieces: &str, used: &str) -> Decision {
        let at = Timestamp::parse_ceb(day).expect("a day");
        decide(cny(value), lines, cny(pieces), cny(used), &Tables::shipped(), at)
    }

    #[test]
    fn worked_examples_of_the_limits() {
        let today = |value, lines, pieces, used| on("20260601", value, lines, pieces, used);
        assert_eq!(today("1200", 1, "1", "24900"), Decision::OverYear);
        assert_eq!(today("6800", 1, "1", "0"), Decision::FullTax);
        assert_eq!(today("5200", 2, "2", "0"), Decision::OverSingle);
        assert_eq!(today("5200", 1, "2", "0"), Decision::OverSingle);
        assert_eq!(today("5000", 1, "1", "21000"), Decision::Preferential);
    }

    #[test]
    fn a_limit_itself_passes_and_a_hair_more_does_not() {
        let today = |value, used| on("20260601", value, 2, "2", used);
        assert_eq!(today("5000.00", "0"), Decision::Preferential);
        assert_eq!(today("5000.00001", "0"), Decision::OverSingle);
        assert_eq!(today("1100", "24900"), Decision::Preferential);
        assert_eq!(today("1100.00001", "24900"), Decision::OverYear);
        assert_eq!(on("20260601", "26000", 1, "1", "0"), Decision::FullTax);
        assert_eq!(on("20260601", "26000.01", 1, "1", "0"), Decision::OverYear);
    }

    #[test]
    fn the_limits_before_2019_were_lower_and_knew_no_full_tax() {
        assert_eq!(on("20181231", "2000", 1, "1", "18000"), Decision::Preferential);
        assert_eq!(on("20181231", "2000.01", 1, "1", "0"), Decision::OverSingle);
        assert_eq!(on("20181231", "2000", 1, "1", "18000.01"), Decision::OverYear);
        assert_eq!(on("20190101", "2000.01", 1, "1", "0"), Decision::Preferential);
    }

    #[test]
    fn a_refusal_names_both_figures() {
        let (tables, at) = (Tables::shipped(), Timestamp::parse_ceb("20260601").expect("a day"));
        let over = refusal(Decision::OverYear, cny("1200"), cny("24900"), &tables, at).expect("refused");
        assert_eq!((over.official, over.expected.as_str()), (-621_018, "at most 1100"));
        assert!(over.message_zh.starts_with("已用购买额度为[24900]，本次购买将超过年度限额[26000]"));
        let over = refusal(Decision::OverSingle, cny("5200"), cny("0"), &tables, at).expect("refused");
        assert!(over.official == -621_005 && over.message_zh.contains("[[5000]]"));
        assert_eq!(refusal(Decision::FullTax, cny("6800"), cny("0"), &tables, at), None);
    }

    proptest! {
        #[test]
        fn any_amounts_are_decided_and_more_use_never_helps(
            value in any::<i128>(), pieces in any::<i128>(), used in any::<i128>(), more in 0..i128::MAX, lines in 0_usize..100,
        ) {
            let (tables, at) = (Tables::shipped(), Timestamp(1_780_279_200_000));
            let by = |used| decide(Amount(value), lines, Amount(pieces), Amount(used), &tables, at);
            if by(used) == Decision::OverYear {
                prop_assert_eq!(by(used.saturating_add(more)), Decision::OverYear);
            }
            let _unused = refusal(by(used), Amount(value), Amount(used), &tables, at);
        }
    }
}
