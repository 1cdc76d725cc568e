//! R-INV-15: the second legal unit and quantity come together, and the quantity is above zero.
//!
//! Source: specification 202205, CEB621; error code -625009 for returns. Passing: both or neither. Failing:
//! unit2 without qty2.

use super::{Findings, Rule};
use crate::domain::{Amount, Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-15",
    statement: "unit2 and qty2 are both empty, or both present with qty2 above 0",
    source: "specification 202205, CEB621; error code -625009",
    kinds: |kind| matches!(kind, MessageType::Ceb621 | MessageType::Ceb603 | MessageType::Ceb213),
    fields: &[Field::Unit2, Field::Qty2],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for (index, line) in document.lines.iter().enumerate() {
            match (line.given(Field::Unit2), line.given(Field::Qty2)) {
                (None, None) => {}
                (Some(_), Some(qty2)) => {
                    if Amount::parse(&qty2.text).is_some_and(|amount| amount <= Amount::default()) {
                        findings.breaks(Field::Qty2, qty2, Some(index), "> 0", "应大于0", "must be above 0");
                    }
                }
                (Some(_), None) => findings.lacks(Field::Qty2, Some(index), "已填第二计量单位", "with unit2"),
                (None, Some(_)) => findings.lacks(Field::Unit2, Some(index), "已填第二数量", "with qty2"),
            }
        }
    });
}
