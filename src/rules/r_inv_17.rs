//! R-INV-17: a waybill status is S, signed for.
//!
//! Source: specification 202205, CEB513. Passing: `S`. Failing: `D`.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType};
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-17",
    statement: "logisticsStatus is S, signed for",
    source: "specification 202205, CEB513",
    kinds: |kind| kind == MessageType::Ceb513,
    fields: &[Field::LogisticsStatus],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        findings.must_be_listed(&document.head, Field::LogisticsStatus, None, Parameter::SignOffStatuses);
    });
}
