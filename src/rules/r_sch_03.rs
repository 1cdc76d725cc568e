//! R-SCH-03: BaseSubscribe status is ALL, DATA or RET. (That there are at most five is the schema's.)
//!
//! Source: specification 202205, BaseSubscribe. Passing: `<status>RET</status>`. Failing: `BOTH`.

use super::{Findings, Rule, declarations};
use crate::domain::Field;

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-03",
    statement: "BaseSubscribe.status is ALL, DATA or RET",
    source: "specification 202205, BaseSubscribe",
    kinds: declarations,
    fields: &[Field::Status],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    let message = findings.message;
    for (index, subscriber) in message.subscribers.iter().enumerate() {
        findings.must_be_one_of(subscriber, Field::Status, Some(index), &["ALL", "DATA", "RET"]);
    }
}
