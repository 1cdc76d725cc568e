//! R-SCH-16: the numbers that identify a document of export are not empty.
//!
//! Source: specification 202205, field tables (required fields) and README of the carried schemas: the schemas of
//! export let required texts be empty, those of import do not. An empty number would be everybody's.
//! Passing: `<orderNo>A-1</orderNo>`. Failing: `<orderNo/>`.

use super::{Findings, Rule, declarations};
use crate::domain::Field;

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-16",
    statement: "the numbers and codes that identify a document of export are not empty",
    source: "specification 202205, field tables of the export messages",
    kinds: |kind| declarations(kind) && kind.is_export(),
    fields: &[
        Field::OrderNo,
        Field::LogisticsNo,
        Field::CopNo,
        Field::CoElNo,
        Field::InvtNo,
        Field::EbpCode,
        Field::EbcCode,
        Field::LogisticsCode,
        Field::OperatorCode,
        Field::AgentCode,
    ],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let identities = kind.spec().map_or(&[][..], |spec| spec.identity);
        let fields = identities.iter().flat_map(|identity| std::iter::once(&identity.number).chain(identity.further));
        let mut seen: Vec<Field> = Vec::with_capacity(4);
        for field in fields {
            // Money that came without a transaction number has none.
            let empty = document.head.value(*field).filter(|value| value.text.trim().is_empty());
            if let Some(value) = empty.filter(|_| *field != Field::PayNo && !seen.contains(field)) {
                findings.breaks(*field, value, None, "", "不能为空", "must not be empty");
            }
            seen.push(*field);
        }
    });
}
