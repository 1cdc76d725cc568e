//! R-SCH-13: appType is 1, 2 or 3, appStatus is 1 or 2, and flags say import.
//!
//! Source: specification 202205, field tables of CEB311, 411, 511, 621 (values of appType, appStatus,
//! orderType, ieFlag). Passing: `<appType>1</appType>`. Failing: `<appType>9</appType>`.

use super::{Findings, Rule};
use crate::domain::Field;

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-13",
    statement: "appType is 1 add, 2 change or 3 delete; appStatus is 1 draft or 2 declare; orderType and ieFlag are I",
    source: "specification 202205, field tables",
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        findings.must_be_one_of(&document.head, Field::AppType, None, &["1", "2", "3"]);
        findings.must_be_one_of(&document.head, Field::AppStatus, None, &["1", "2"]);
        findings.must_be_one_of(&document.head, Field::OrderType, None, &["I"]);
        findings.must_be_one_of(&document.head, Field::IeFlag, None, &["I"]);
    });
}
