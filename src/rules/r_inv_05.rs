//! R-INV-05: a direct-purchase list (9610) names its conveyance, voyage and master bill.
//!
//! Source: specification 202205, CEB621. Passing: 9610 with trafNo, voyageNo, billNo. Failing: 9610 without
//! billNo.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-05",
    statement: "9610: trafNo, voyageNo and billNo are required",
    source: "specification 202205, CEB621",
    kinds: |kind| kind == MessageType::Ceb621,
    fields: &[Field::TradeMode, Field::TrafNo, Field::VoyageNo, Field::BillNo],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        if document.head.text(Field::TradeMode) != "9610" {
            return;
        }
        for field in [Field::TrafNo, Field::VoyageNo, Field::BillNo] {
            if document.head.given(field).is_none() {
                findings.lacks(field, None, "直购进口[9610]", "for direct purchase (9610)");
            }
        }
    });
}
