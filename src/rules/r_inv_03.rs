//! R-INV-03: one import list and its waybill are one parcel: packNo is 1.
//!
//! Source: specification 202205, CEB511 and CEB621. Passing: `1`. Failing: `2`.

use super::{Findings, Rule};
use crate::domain::Field;
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-03",
    statement: "packNo of import is 1",
    source: "specification 202205, CEB511 and CEB621",
    kinds: |kind| !kind.is_export(),
    fields: &[Field::PackNo],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        findings.must_be_listed(&document.head, Field::PackNo, None, Parameter::ImportPackNo);
    });
}
