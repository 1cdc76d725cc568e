//! How often lists are inspected.
//!
//! A key of the table `sampling` is `all`, or one to three of `grade:2`, `hs:3304`, `origin:116` in this order with `+`
//! between them. A row has either a rate, of 10,000 lists, or a factor, in percent:
//!
//! 1. the rate is that of the matching row with the most parts, of several the highest;
//! 2. it is multiplied by the factors of all matching rows;
//! 3. more than 10,000 is 10,000.
//!
//! A commodity code or origin matches if any line of the list has it.
//!
//! Source: R-RISK-01, R-CRED-02, no published rate was found: D.

use super::{TableName, Tables};
use crate::domain::Timestamp;

const ALWAYS: u64 = 10_000;

/// How often a list like this is inspected, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sampling {
    /// Lists inspected of 10,000.
    pub rate_per_10000: u32,
    /// Keys of the rows that made the rate, in order of the table.
    pub rows: Vec<String>,
}

fn matches(key: &str, grade: &str, codes: &[&str], origins: &[&str]) -> bool {
    key == "all"
        || key.split('+').all(|part| match part.split_once(':') {
            Some(("grade", number)) => number == grade,
            Some(("hs", prefix)) => codes.iter().any(|code| code.starts_with(prefix)),
            Some(("origin", country)) => origins.contains(&country),
            Some(_) | None => false,
        })
}

impl Tables {
    /// How often a list is inspected: by the grade of its declarant or owner, its commodity codes and countries of origin.
    #[must_use]
    pub fn sampling(&self, grade: u32, codes: &[&str], origins: &[&str], at: Timestamp) -> Sampling {
        let grade = grade.to_string();
        let mut base: Option<(usize, u64, &str)> = None;
        let mut factors: Vec<(u64, &str)> = Vec::new();
        for row in self.rows_at(TableName::Sampling, at).filter(|row| matches(&row.key, &grade, codes, origins)) {
            let parts = if row.key == "all" { 0 } else { row.key.split('+').count() };
            if let Ok(rate) = row.value(0).parse::<u64>() {
                if base.is_none_or(|(most, highest, _)| (parts, rate) > (most, highest)) {
                    base = Some((parts, rate, &row.key));
                }
            } else if let Ok(factor) = row.value(1).parse::<u64>() {
                factors.push((factor, &row.key));
            }
        }
        let Some((_, base, key)) = base else { return Sampling::default() };
        // Millionths, so that small rates survive several factors.
        let multiply =
            |rate: u64, (factor, _): &(u64, &str)| (rate.saturating_mul(*factor) / 100).min(ALWAYS * 1_000_000);
        let rate = factors.iter().fold(base.saturating_mul(1_000_000), multiply) / 1_000_000;
        let mut rows = vec![key.to_owned()];
        rows.extend(factors.iter().map(|(_, key)| (*key).to_owned()));
        rows.sort_unstable();
        Sampling { rate_per_10000: u32::try_from(rate.min(ALWAYS)).unwrap_or_default(), rows }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Row, TableChange};
    use super::*;

    fn tables(rows: &[(&str, &str, &str)]) -> Tables {
        let row = |(key, rate, factor): &(&str, &str, &str)| Row {
            key: (*key).to_owned(),
            values: vec![(*rate).to_owned(), (*factor).to_owned()],
            source: "test".to_owned(),
            mark: "D".to_owned(),
            ..Row::default()
        };
        let rows = rows.iter().map(row).collect();
        let change = TableChange { table: TableName::Sampling.number(), rows, note: String::new() };
        Tables::default().with(&change).expect("right rows")
    }

    #[test]
    fn the_most_special_rate_counts_and_every_factor() {
        let tables = tables(&[
            ("all", "500", ""),
            ("grade:1", "80", ""),
            ("grade:1+hs:3304", "90", ""),
            ("hs:33", "", "200"),
            ("origin:116", "", "150"),
        ]);
        let rate = |grade, code, origin| tables.sampling(grade, &[code], &[origin], Timestamp(1)).rate_per_10000;
        assert_eq!(rate(3, "1901101010", "302"), 500);
        assert_eq!(rate(1, "1901101010", "302"), 80);
        assert_eq!(rate(1, "3304990021", "302"), 180);
        assert_eq!(rate(1, "3304990021", "116"), 270);
        let why = tables.sampling(1, &["3304990021"], &["116"], Timestamp(1)).rows;
        assert_eq!(why, ["grade:1+hs:3304", "hs:33", "origin:116"]);
    }

    #[test]
    fn no_rate_is_more_than_always() {
        let tables = tables(&[("all", "9000", ""), ("hs:33", "", "10000"), ("hs:3304", "", "10000")]);
        assert_eq!(tables.sampling(3, &["3304990021"], &[], Timestamp(1)).rate_per_10000, 10_000);
        assert_eq!(Tables::default().sampling(3, &[], &[], Timestamp(1)), Sampling::default());
    }

    #[test]
    fn certified_and_dishonest_rates_keep_their_distance_to_the_ordinary_one() {
        // R-CRED-02: certified below 20 % of the ordinary average, dishonest above 80 %.
        let tables = Tables::shipped();
        let at = Timestamp::parse_ceb("20260601").expect("a day");
        let rate = |grade| tables.sampling(grade, &[], &[], at).rate_per_10000;
        assert!(rate(1) * 5 < rate(3) && rate(2) * 5 < rate(3) && rate(4) > 8_000 && rate(5) > 8_000);
    }
}
