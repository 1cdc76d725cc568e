//! Quantities of a line in the unit that a tax asks for.

use crate::domain::Amount;

/// A quantity of a line and the customs code of its unit.
pub type Quantity<'a> = (&'a str, Amount);

/// What a unit measures, and how many of its smallest unit it has.
fn measure(unit: &str) -> Option<(char, i128)> {
    Some(match unit {
        "036" => ('g', 1),
        "035" => ('g', 1_000),
        "070" => ('g', 1_000_000),
        "096" => ('l', 1),
        "095" => ('l', 1_000),
        "063" => ('l', 1_000_000),
        // Masks are counted as sheets or as pieces.
        "010" | "020" => ('p', 1),
        _ => return None,
    })
}

/// The first quantity that is in the unit or can be converted to it, as units of 0.00001 and how many of them make one
/// unit of it; `None` if there is none.
pub(super) fn in_unit(quantities: &[Quantity<'_>], unit: &str) -> Option<(i128, i128)> {
    let mut there = quantities.iter().filter(|(_, quantity)| quantity.0 > 0);
    if let Some((_, quantity)) = there.clone().find(|(own, _)| *own == unit) {
        return Some((quantity.0, 1));
    }
    let (kind, size) = measure(unit)?;
    there.find_map(|(own, quantity)| {
        let (own_kind, own_size) = measure(own)?;
        (own_kind == kind).then(|| (quantity.0.saturating_mul(own_size), size))
    })
}

/// Kilograms among the quantities of a line; `None` if none is a weight.
#[must_use]
pub fn kilograms(quantities: &[Quantity<'_>]) -> Option<Amount> {
    in_unit(quantities, "035").map(|(units, per)| Amount(units / per.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilograms_are_grams_and_bottles_are_nothing_of_the_kind() {
        let line = [("142", Amount(100_000)), ("035", Amount(2_000))];
        assert_eq!(in_unit(&line, "036"), Some((2_000_000, 1)));
        assert_eq!(in_unit(&line, "070"), Some((2_000_000, 1_000_000)));
        assert_eq!(in_unit(&line, "142"), Some((100_000, 1)));
        assert_eq!(in_unit(&line, "095"), None);
        assert_eq!(in_unit(&[("035", Amount(0))], "035"), None);
    }
}
