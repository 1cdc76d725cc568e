//! R-TAX-07: a tax bill agrees with our assessment of the list, line by line and in its totals (E-TAX-07 if not).
//!
//! Source: specification 202205, CEB816 [S]. Parameter `tax_bill_tolerance`. Passing: bill and assessment both 91.00.
//! Failing: a bill of 91.01.

use super::Assessment;
use crate::domain::Amount;
use std::collections::BTreeMap;

/// Taxes as a bill or an assessment has them, CNY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charged {
    /// customsTax.
    pub duty: Amount,
    /// consumptionTax.
    pub consumption: Amount,
    /// valueAddedTax.
    pub vat: Amount,
}

impl Charged {
    /// The sum of the three.
    #[must_use]
    pub fn total(self) -> Amount {
        self.duty.plus(self.consumption).plus(self.vat)
    }

    /// The sums of both.
    #[must_use]
    pub fn plus(self, other: Charged) -> Charged {
        Charged {
            duty: self.duty.plus(other.duty),
            consumption: self.consumption.plus(other.consumption),
            vat: self.vat.plus(other.vat),
        }
    }
}

/// A tax of which bill and assessment differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Number of the line, gnum; `None` for the totals.
    pub line: Option<u32>,
    /// Name of the field in the bill: `customsTax`, `consumptionTax` or `valueAddedTax`.
    pub field: &'static str,
    /// What the assessment says; `None` if it has no such line.
    pub assessed: Option<Amount>,
    /// What the bill says; `None` if it has no such line.
    pub billed: Option<Amount>,
}

impl Assessment {
    /// The taxes of each line as charged, by the numbers of the lines.
    #[must_use]
    pub fn charged(&self, numbers: &[u32]) -> Vec<(u32, Charged)> {
        numbers.iter().copied().zip(self.lines.iter().map(|line| line.charged())).collect()
    }
}

/// Compares a bill with an assessment: lines by their numbers, then the totals of the bill with the sum of our lines.
/// A bill without lines is compared by its totals alone.
#[must_use]
pub fn reconcile(
    assessed: &[(u32, Charged)],
    billed: &[(u32, Charged)],
    billed_total: Charged,
    tolerance: Amount,
) -> Vec<Difference> {
    let mut lines: BTreeMap<u32, (Option<Charged>, Option<Charged>)> = BTreeMap::new();
    let add = |sum: &mut Option<Charged>, own: Charged| *sum = Some(sum.unwrap_or_default().plus(own));
    for (line, own) in assessed {
        add(&mut lines.entry(*line).or_default().0, *own);
    }
    for (line, own) in billed {
        add(&mut lines.entry(*line).or_default().1, *own);
    }
    let mut differences = Vec::new();
    if !billed.is_empty() {
        for (line, (ours, theirs)) in lines {
            compare(&mut differences, Some(line), ours, theirs, tolerance);
        }
    }
    let total = assessed.iter().fold(Charged::default(), |sum, (_, own)| sum.plus(*own));
    compare(&mut differences, None, Some(total), Some(billed_total), tolerance);
    differences
}

/// One tax of the three.
type Of = fn(Charged) -> Amount;

fn compare(
    differences: &mut Vec<Difference>,
    line: Option<u32>,
    assessed: Option<Charged>,
    billed: Option<Charged>,
    tolerance: Amount,
) {
    let fields: [(&str, Of); 3] =
        [("customsTax", |it| it.duty), ("consumptionTax", |it| it.consumption), ("valueAddedTax", |it| it.vat)];
    for (field, of) in fields {
        let (assessed, billed) = (assessed.map(of), billed.map(of));
        let apart = billed.unwrap_or_default().minus(assessed.unwrap_or_default());
        // A line that only one side has differs, even if no tax is on it.
        let missing = assessed.is_none() != billed.is_none();
        if missing || apart.0.unsigned_abs() > tolerance.0.max(0).unsigned_abs() {
            differences.push(Difference { line, field, assessed, billed });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn charged(consumption: &str, vat: &str) -> Charged {
        let cny = |text| Amount::parse(text).expect("a decimal");
        Charged { duty: Amount(0), consumption: cny(consumption), vat: cny(vat) }
    }

    #[test]
    fn a_bill_that_agrees_has_no_differences() {
        let lines = [(1, charged("0", "91.00")), (2, charged("52.50", "45.50"))];
        assert_eq!(reconcile(&lines, &lines, charged("52.5", "136.5"), Amount(0)), []);
        assert_eq!(reconcile(&lines, &[], charged("52.5", "136.5"), Amount(0)), []);
    }

    #[test]
    fn a_fen_too_much_is_found_in_its_line_and_in_the_totals() {
        let lines = [(1, charged("0", "91.00"))];
        let differences = reconcile(&lines, &[(1, charged("0", "91.01"))], charged("0", "91.01"), Amount(0));
        assert_eq!(
            differences.iter().map(|it| (it.line, it.field)).collect::<Vec<_>>(),
            [(Some(1), "valueAddedTax"), (None, "valueAddedTax")]
        );
        assert_eq!(reconcile(&lines, &[(1, charged("0", "91.01"))], charged("0", "91.01"), Amount(1_000)), []);
    }

    #[test]
    fn lines_that_one_side_lacks_are_named() {
        let lines = [(1, charged("0", "1")), (2, charged("0", "0"))];
        let differences =
            reconcile(&lines, &[(1, charged("0", "1")), (3, charged("0", "0"))], charged("0", "1"), Amount(0));
        assert_eq!(differences.iter().filter(|it| it.line == Some(2) && it.billed.is_none()).count(), 3);
        assert_eq!(differences.iter().filter(|it| it.line == Some(3) && it.assessed.is_none()).count(), 3);
        assert_eq!(differences.len(), 6);
    }

    proptest! {
        #[test]
        fn any_bill_is_compared(ours in any::<[i128; 3]>(), theirs in any::<[i128; 3]>(), tolerance in any::<i128>()) {
            let of = |it: [i128; 3]| Charged { duty: Amount(it[0]), consumption: Amount(it[1]), vat: Amount(it[2]) };
            let _unused = reconcile(&[(1, of(ours)), (1, of(theirs))], &[(1, of(theirs))], of(ours), Amount(tolerance));
        }
    }
}
