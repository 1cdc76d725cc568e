//! R-INV-07: the guarantor of the tax is the platform, the seller or the logistics enterprise of the list.
//!
//! Source: specification 202205, CEB621. Passing: assureCode equal to ebpCode. Failing: any other code.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-07",
    statement: "assureCode is the ebpCode, ebcCode or logisticsCode of the same list",
    source: "specification 202205, CEB621",
    kinds: |kind| kind == MessageType::Ceb621,
    fields: &[Field::AssureCode, Field::EbpCode, Field::EbcCode, Field::LogisticsCode],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        let head = &document.head;
        let allowed = [Field::EbpCode, Field::EbcCode, Field::LogisticsCode].map(|field| head.text(field));
        let Some(value) = head.given(Field::AssureCode).filter(|value| !allowed.contains(&value.text.as_ref())) else {
            return;
        };
        findings.breaks(
            Field::AssureCode,
            value,
            None,
            &allowed.join(" | "),
            "应为本清单的电商平台、电商企业或物流企业代码",
            "must be the platform, the seller or the logistics enterprise of the list",
        );
    });
}
