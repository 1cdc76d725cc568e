//! R-SCH-15: the parts of a split document are counted: msgSeqNo is 1 to msgCount.
//!
//! Source: specification 202205, field tables of CEB507, 509, 607, 701 and 792: the sequence begins at 1 and has no
//! gaps, and what is not split is 1 of 1. Whether a part is still missing shows in the state, not in one message.
//! Passing: `<msgCount>2</msgCount><msgSeqNo>2</msgSeqNo>`. Failing: `<msgCount>2</msgCount><msgSeqNo>3</msgSeqNo>`.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType, Value};

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-15",
    statement: "a split document says in how many parts it comes, and its parts are numbered from 1 to that many",
    source: "specification 202205, CEB507, CEB509, CEB607, CEB701, CEB792",
    kinds: |kind| {
        use MessageType::{Ceb507, Ceb509, Ceb607, Ceb701, Ceb792};
        matches!(kind, Ceb507 | Ceb509 | Ceb607 | Ceb701 | Ceb792)
    },
    fields: &[Field::MsgCount, Field::MsgSeqNo],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        let number = |value: &Value<'_>| value.text.trim().parse::<u64>().ok();
        let count = document.head.given(Field::MsgCount);
        if let Some(value) = count.filter(|value| number(value).is_none_or(|count| count == 0)) {
            findings.breaks(Field::MsgCount, value, None, "1…", "应不小于 1", "must be 1 or more");
            return;
        }
        let count = count.and_then(number).unwrap_or(1);
        let within = |value: &Value<'_>| number(value).is_some_and(|sequence| (1..=count).contains(&sequence));
        if let Some(value) = document.head.given(Field::MsgSeqNo).filter(|value| !within(value)) {
            let expected = format!("1…{count}");
            findings.breaks(Field::MsgSeqNo, value, None, &expected, "应从 1 到报文总数", "must be 1 to msgCount");
        }
    });
}
