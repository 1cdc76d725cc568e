//! The rate of a draw: the dated table `sampling` by the credit grade of the seller, the goods and their origins
//! (R-CRED-02, [`Tables::sampling`]); a score of risk of `brushing_review_points` or more sets it to at least
//! `sampling_review_per_ten_thousand`.

use super::super::super::cells::{Cells, StateError};
use super::super::super::facts::Facts;
use super::super::super::registry::Registry;
use crate::domain::{Field, Timestamp};
use crate::tables::{Parameter, Sampling, Tables};

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
    let codes: Vec<&str> = facts.lines.iter().map(|line| line.value(Field::Gcode)).collect();
    let origins: Vec<&str> = facts.lines.iter().map(|line| line.country.as_str()).collect();
    let Sampling { rate_per_10000, rows } = tables.sampling(grade, &codes, &origins, at);
    let mut rate = Rate { ppm: rate_per_10000.saturating_mul(PER_10000).min(WHOLE), rows };
    let from = tables.number(Parameter::BrushingReviewPoints, at);
    if from > 0 && i64::from(score) >= from {
        rate.ppm = rate.ppm.max(per_10000(tables, Parameter::SamplingReviewPerTenThousand, at));
        rate.rows.push(format!("score:{score}"));
    }
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
