//! R-INV-02: import is in CNY, currency 142, in the head and in every line.
//!
//! Source: specification 202205, CEB311, 411, 511, 621. Passing: `142`. Failing: `502`.

use super::{Findings, Rule};
use crate::domain::Field;
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-02",
    statement: "currency of import is 142 (CNY) in head and lines",
    source: "specification 202205, CEB311, CEB411, CEB511, CEB621",
    kinds: |kind| !kind.is_export(),
    fields: &[Field::Currency],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        findings.must_be_listed(&document.head, Field::Currency, None, Parameter::ImportCurrencies);
        for (index, line) in document.lines.iter().enumerate() {
            findings.must_be_listed(line, Field::Currency, Some(index), Parameter::ImportCurrencies);
        }
    });
}
