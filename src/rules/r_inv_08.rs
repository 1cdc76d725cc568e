//! R-INV-08: line numbers run from 1 without gaps and without repeats.
//!
//! Source: specification 202205, CEB311 and CEB621, and error codes -301002, -621027. Passing: gnum 1, 2.
//! Failing: gnum 1, 1.

use super::{Findings, Rule, Wrong, declarations};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-08",
    statement: "gnum runs from 1, contiguous, without repeats",
    source: "specification 202205, CEB311, CEB621; error codes -301002, -621027",
    kinds: declarations,
    fields: &[Field::Gnum],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let mut seen = vec![false; document.lines.len()];
        for (index, line) in document.lines.iter().enumerate() {
            let Some(value) = line.value(Field::Gnum) else { continue };
            let slot = value.text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let fits = slot.and_then(|slot| seen.get_mut(slot)).is_some_and(|seen| !std::mem::replace(seen, true));
            if !fits {
                findings.wrong(Wrong {
                    field: Field::Gnum,
                    value: Some(value),
                    line: Some(index),
                    expected: &format!("1..{}", document.lines.len()),
                    message_zh: format!("请确认表体gnum 无重复、从1连续编号，共 {} 项", document.lines.len()),
                    message_en: format!("line numbers must be 1 to {} without repeats", document.lines.len()),
                    official: official(kind),
                });
            }
        }
    });
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the official table has codes for these two only")]
fn official(kind: MessageType) -> i32 {
    match kind {
        MessageType::Ceb621 => -621_027,
        MessageType::Ceb311 | MessageType::Ceb303 => -301_002,
        _ => 0,
    }
}
