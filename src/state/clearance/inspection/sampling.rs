//! The rate of a draw: rows of the dated table `sampling` and the credit grade of the seller (R-CRED-02).
//!
//! A row is of everything (`all`) or of what its selector names: a grade, a beginning of the commodity code, an origin,
//! or several of them joined by `+`, all of which one line must meet. The highest rate of the rows that fit a list is
//! taken; then each factor of such rows applies to it. A score of risk from `brushing_review_points` on
//! sets the rate to at least `sampling_review_per_ten_thousand`. The result is at most the whole.

use super::super::super::cells::{Cells, StateError};
use super::super::super::facts::Facts;
use super::super::super::registry::Registry;
use crate::domain::{Field, Timestamp};
use crate::tables::{Parameter, TableName, Tables};
use std::collections::BTreeSet;

/// All of it, in parts of a million.
const WHOLE: u32 = 1_000_000;
/// Parts of a million in one part of ten thousand.
const PER_10000: u32 = 100;

/// A rate and where it comes from.
#[derive(Debug, Default)]
pub(super) struct Rate {
    pub ppm: u32,
    pub rows: Vec<String>,
}

/// Rows named with a draw at most; the rate is of all of them.
const ROWS_NAMED_MAX: usize = 16;

/// Selectors that fit a list, as the table writes them.
fn selectors(grade: i64, facts: &Facts) -> BTreeSet<String> {
    let grade = format!("grade:{grade}");
    let mut all = BTreeSet::from(["all".to_owned(), grade.clone()]);
    for line in &facts.lines {
        let code = line.value(Field::Gcode);
        let origin = format!("origin:{}", line.country);
        all.insert(format!("{grade}+{origin}"));
        for goods in (2..=10).filter_map(|digits| code.get(..digits)).map(|prefix| format!("hs:{prefix}")) {
            all.insert(format!("{grade}+{goods}+{origin}"));
            all.insert(format!("{grade}+{goods}"));
            all.insert(format!("{goods}+{origin}"));
            all.insert(goods);
        }
        all.insert(origin);
    }
    all
}

/// The rate of a list.
pub(super) fn rate(
    cells: &impl Cells,
    registry: &Registry,
    tables: &Tables,
    at: Timestamp,
    facts: &Facts,
    score: u32,
) -> Result<Rate, StateError> {
    let grade = super::grade_of(cells, registry, tables, &facts.keys.ebc_code, at)?;
    let mut rate = Rate::default();
    let mut factors: Vec<u64> = Vec::new();
    for selector in selectors(grade, facts) {
        let Some(row) = tables.row(TableName::Sampling, &selector, at) else { continue };
        let number = |place: usize| row.values.get(place).and_then(|value| value.parse::<u32>().ok());
        if let Some(per_10000) = number(0) {
            rate.ppm = rate.ppm.max(per_10000.saturating_mul(PER_10000));
        }
        factors.extend(number(1).map(u64::from));
        if rate.rows.len() < ROWS_NAMED_MAX {
            rate.rows.push(selector);
        }
    }
    for percent in factors {
        let scaled = u64::from(rate.ppm).saturating_mul(percent) / 100;
        rate.ppm = u32::try_from(scaled).unwrap_or(WHOLE).min(WHOLE);
    }
    let from = tables.number(Parameter::BrushingReviewPoints, at);
    if from > 0 && i64::from(score) >= from {
        rate.ppm = rate.ppm.max(per_10000(tables, Parameter::SamplingReviewPerTenThousand, at));
        rate.rows.push(format!("score:{score}"));
    }
    rate.ppm = rate.ppm.min(WHOLE);
    Ok(rate)
}

/// The rate at which firms are drawn for post-audit.
pub(super) fn audit_rate(tables: &Tables, at: Timestamp) -> u32 {
    per_10000(tables, Parameter::AuditDrawPerTenThousand, at)
}

fn per_10000(tables: &Tables, parameter: Parameter, at: Timestamp) -> u32 {
    let rate = u32::try_from(tables.number(parameter, at)).unwrap_or_default();
    rate.saturating_mul(PER_10000).min(WHOLE)
}
