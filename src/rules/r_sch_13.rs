//! R-SCH-13: appType is 1, 2 or 3, appStatus is 1 or 2, and flags name one of their values.
//!
//! Source: specification 202205, field tables (values of appType, appStatus, orderType, ieFlag,
//! statisticsFlag, the flags of freight and insurance, summaryFlag). Returns of export enter again: ieFlag I.
//! A CEB623 is only ever added.
//! Passing: `<appType>1</appType>`. Failing: `<appType>9</appType>`.

use super::{Findings, Rule, declarations};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-13",
    statement: "appType is 1 add, 2 change or 3 delete; appStatus is 1 draft or 2 declare; flags name one of their values",
    source: "specification 202205, field tables",
    kinds: declarations,
    fields: &[
        Field::AppType,
        Field::AppStatus,
        Field::OrderType,
        Field::IeFlag,
        Field::StatisticsFlag,
        Field::FFlag,
        Field::IFlag,
        Field::SummaryFlag,
    ],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let enters = !kind.is_export() || matches!(kind, MessageType::Ceb213 | MessageType::Ceb215);
        let flags: [(Field, &[&str]); 8] = [
            // A cancellation is asked for, not changed.
            (Field::AppType, if kind == MessageType::Ceb623 { &["1"] } else { &["1", "2", "3"] }),
            (Field::AppStatus, &["1", "2"]),
            (Field::OrderType, if kind.is_export() { &["E", "B", "W"] } else { &["I"] }),
            (Field::IeFlag, if enters { &["I"] } else { &["E"] }),
            (Field::StatisticsFlag, &["A", "B"]),
            (Field::FFlag, &["1", "2", "3"]),
            (Field::IFlag, &["1", "2", "3"]),
            (Field::SummaryFlag, &["1", "2"]),
        ];
        for (field, allowed) in flags {
            findings.must_be_one_of(&document.head, field, None, allowed);
        }
    });
}
