//! R-INV-09: the commodity code of import has ten digits: eight of the tariff and two of customs.
//!
//! Source: specification 202205, CEB621; CEB625 repeats it. Passing: `1901101010`. Failing: `19011010`.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-09",
    statement: "gcode of import has exactly 10 digits",
    source: "specification 202205, CEB621, CEB625",
    kinds: |kind| matches!(kind, MessageType::Ceb621 | MessageType::Ceb625),
    fields: &[Field::Gcode],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for (index, line) in document.lines.iter().enumerate() {
            let is_code = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
            if let Some(value) = line.given(Field::Gcode).filter(|value| !is_code(&value.text)) {
                findings.breaks(Field::Gcode, value, Some(index), "[0-9]{10}", "应为10位数字", "must have 10 digits");
            }
        }
    });
}
