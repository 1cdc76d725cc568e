//! R-LIMIT-05: of some goods a person may import only so many kilograms in a calendar year.
//!
//! Source: customs in 人民日报 2025-11-14 [S]: sugar 2 kg, rice 20 kg; the commodity codes [D]. Table `weight_caps`.
//! Passing: 2 kg of sugar. Failing: 2.5 kg of sugar, or 1 kg after 1.5 kg.

use crate::domain::{Amount, Timestamp};
use crate::tables::Tables;
use std::collections::BTreeMap;

/// The kilograms that a list adds to each capped group of goods, by the beginning of the commodity code that is the
/// group's key. A line is its commodity code and its kilograms.
#[must_use]
pub fn capped_kilograms<'t>(lines: &[(&str, Amount)], tables: &'t Tables, at: Timestamp) -> BTreeMap<&'t str, Amount> {
    let mut groups: BTreeMap<&str, Amount> = BTreeMap::new();
    for (code, kilograms) in lines {
        if let Some(cap) = tables.weight_cap(code, at) {
            let sum = groups.entry(cap.prefix).or_default();
            *sum = sum.plus(*kilograms);
        }
    }
    groups
}

/// The cap that so many kilograms, after those of the year, are over; `None` if they are not.
#[must_use]
pub fn over_cap(prefix: &str, kilograms: Amount, used: Amount, tables: &Tables, at: Timestamp) -> Option<Amount> {
    let cap = tables.weight_cap(prefix, at)?.kilograms;
    (used.plus(kilograms) > cap).then_some(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sugar_and_rice_have_caps_of_their_own() {
        let (tables, at) = (Tables::shipped(), Timestamp::parse_ceb("20260601").expect("a day"));
        let kg = |text| Amount::parse(text).expect("a decimal");
        let lines =
            [("1701999090", kg("1.5")), ("1006309090", kg("20")), ("1701999090", kg("0.5")), ("0409000000", kg("9"))];
        let groups = capped_kilograms(&lines, &tables, at);
        assert_eq!(groups.into_iter().collect::<Vec<_>>(), [("1006", kg("20")), ("1701", kg("2"))]);
        assert_eq!(over_cap("1701", kg("2"), kg("0"), &tables, at), None);
        assert_eq!(over_cap("1701", kg("2.5"), kg("0"), &tables, at), Some(kg("2")));
        assert_eq!(over_cap("1701", kg("1"), kg("1.5"), &tables, at), Some(kg("2")));
        assert_eq!(over_cap("0409", kg("1000"), kg("0"), &tables, at), None);
    }
}
