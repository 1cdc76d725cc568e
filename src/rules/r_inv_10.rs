//! R-INV-10: a bar code is a GTIN with a right check digit, or the word 无.
//!
//! Source: specification 202205, CEB621; check digit of GS1 General Specifications. Passing: `6901234567892`.
//! Failing: `6901234567893`.

use super::{Findings, Rule};
use crate::domain::check_digit::{Wrong, check_gtin};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-10",
    statement: "barCode is a GTIN with a right check digit, or 无",
    source: "specification 202205, CEB621; GS1 General Specifications",
    kinds: |kind| kind == MessageType::Ceb621,
    fields: &[Field::BarCode],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for (index, line) in document.lines.iter().enumerate() {
            let Some(value) = line.given(Field::BarCode).filter(|value| value.text != "无") else { continue };
            let (expected, zh, en) = match check_gtin(&value.text) {
                Ok(()) => continue,
                Err(Wrong::Check(right)) => (
                    format!("…{right}"),
                    format!("的校验位错误，应为 {right}"),
                    format!("has a wrong check digit, {right} would be right"),
                ),
                Err(_) => ("GTIN | 无".to_owned(), "应为GTIN条码或“无”".to_owned(), "must be a GTIN or 无".to_owned()),
            };
            findings.breaks(Field::BarCode, value, Some(index), &expected, &zh, &en);
        }
    });
}
