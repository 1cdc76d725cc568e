//! R-SCH-04: times are real times: appTime yyyyMMddHHmmss, returnTime with or without milliseconds.
//!
//! Source: specification 202205 (X22 lengths); field code declares 14 characters for returnTime where
//! published samples show 17, so both are read. Passing: `20260131235959`. Failing: `20260231000000`.

use super::{Findings, Rule, Wrong};
use crate::domain::{Field, Timestamp};

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-04",
    statement: "appTime is a real time yyyyMMddHHmmss, returnTime one with or without milliseconds",
    source: "specification 202205, XSD lengths; domain rule R-SCH-04",
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for (field, lengths, expected) in
            [(Field::AppTime, &[14][..], "yyyyMMddHHmmss"), (Field::ReturnTime, &[14, 17][..], "yyyyMMddHHmmss[SSS]")]
        {
            let Some(value) = document.head.value(field) else { continue };
            if !lengths.contains(&value.text.len()) || Timestamp::parse_ceb(&value.text).is_none() {
                findings.wrong(Wrong {
                    field,
                    value,
                    line: None,
                    expected,
                    message_zh: format!("不是有效的时间，应为 {expected}"),
                    message_en: format!("not a real time of the form {expected}"),
                    official: 0,
                });
            }
        }
    });
}
