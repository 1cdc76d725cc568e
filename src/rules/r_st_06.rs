//! R-ST-06, what a message alone tells of it: a cancellation says why.
//!
//! Source: domain.md §2.2; code -623012 of CEB624. The schema of CEB605 lets the reason be empty, that of CEB623 lets it
//! be blank. Passing: `<reason>订购人取消订单</reason>`. Failing: `<reason/>`.

use super::{Findings, Rule, Wrong};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-ST-06",
    statement: "a cancellation has a reason",
    source: "specification 202205, CEB605 and CEB623",
    kinds: |kind| matches!(kind, MessageType::Ceb605 | MessageType::Ceb623),
    fields: &[Field::Reason],
    check,
};

/// Official code of a cancellation without a reason; export has no codes.
const NO_REASON: i32 = -623_012;

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let blank = document.head.value(Field::Reason).filter(|value| value.text.trim().is_empty());
        let Some(value) = blank else { return };
        findings.wrong(Wrong {
            field: Field::Reason,
            value: Some(value),
            line: None,
            expected: "",
            message_zh: "撤单原因为空，请填写撤单原因".to_owned(),
            message_en: "the reason of the cancellation is empty: say why".to_owned(),
            official: if kind == MessageType::Ceb623 { NO_REASON } else { 0 },
        });
    });
}
