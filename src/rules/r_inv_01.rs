//! R-INV-01: identity documents of import are resident ID cards: type 1.
//!
//! Source: specification 202205, CEB311, CEB411, CEB621, CEB623, CEB625. Passing: `1`. Failing: `2`.

use super::{Findings, Rule};
use crate::domain::Field;
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-01",
    statement: "buyerIdType and payerIdType are 1, the resident ID card",
    source: "specification 202205, CEB311, CEB411, CEB621, CEB623, CEB625",
    kinds: |kind| !kind.is_export(),
    fields: &[Field::BuyerIdType, Field::PayerIdType],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        for field in [Field::BuyerIdType, Field::PayerIdType] {
            findings.must_be_listed(&document.head, field, None, Parameter::BuyerIdTypes);
        }
    });
}
