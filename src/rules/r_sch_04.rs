//! R-SCH-04: times and days are real: yyyyMMddHHmmss, yyyyMMdd, returnTime with or without milliseconds.
//!
//! Source: specification 202205 (X22 lengths); field code declares 14 characters for returnTime where
//! published samples show 17, so both are read. Passing: `20260131235959`. Failing: `20260231000000`.

use super::{Findings, Rule};
use crate::domain::{Field, Timestamp};

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-04",
    statement: "times are real times yyyyMMddHHmmss, days yyyyMMdd; returnTime and opDate may have milliseconds",
    source: "specification 202205, XSD lengths; domain rule R-SCH-04",
    kinds: |_| true,
    fields: &[
        Field::AppTime,
        Field::PayTime,
        Field::LogisticsTime,
        Field::LeaveTime,
        Field::AccountingDate,
        Field::StartTime,
        Field::EndTime,
        Field::IeDate,
        Field::DeclTime,
        Field::ReturnTime,
        Field::OpDate,
    ],
    check,
};

const TIME: (&[usize], &str) = (&[14], "yyyyMMddHHmmss");
const DAY: (&[usize], &str) = (&[8], "yyyyMMdd");
const PRECISE: (&[usize], &str) = (&[14, 17], "yyyyMMddHHmmss[SSS]");
const FIELDS: [(Field, (&[usize], &str)); 11] = [
    (Field::AppTime, TIME),
    (Field::PayTime, TIME),
    (Field::LogisticsTime, TIME),
    (Field::LeaveTime, TIME),
    (Field::AccountingDate, TIME),
    (Field::StartTime, TIME),
    (Field::EndTime, TIME),
    (Field::IeDate, DAY),
    (Field::DeclTime, DAY),
    (Field::ReturnTime, PRECISE),
    (Field::OpDate, PRECISE),
];

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for (field, (lengths, expected)) in FIELDS {
            let Some(value) = document.head.given(field) else { continue };
            if !lengths.contains(&value.text.len()) || !is_real(&value.text) {
                let (zh, en) = (format!("不是有效的时间，应为 {expected}"), format!("is no real time {expected}"));
                findings.breaks(field, value, None, expected, &zh, &en);
            }
        }
    });
}

/// True for a time of the calendar; a day is the time of its beginning.
fn is_real(text: &str) -> bool {
    if text.len() == 8 {
        return Timestamp::parse_ceb(&format!("{text}000000")).is_some();
    }
    Timestamp::parse_ceb(text).is_some()
}
