//! R-INV-06: a bonded list (1210, 1239) names its account book, warehouse and record numbers, comes from
//! China and has no conveyance across the border.
//!
//! Source: specification 202205, CEB621. Passing: 1210 with emsNo, areaCode, areaName, country 142. Failing:
//! 1210 with a voyageNo.

use super::{Findings, Rule};
use crate::domain::{Field, MessageType};

pub(super) const RULE: Rule = Rule {
    id: "R-INV-06",
    statement: "1210: emsNo, areaCode, areaName and itemRecordNo are required; trafNo, voyageNo and billNo are left out; country is 142",
    source: "specification 202205, CEB621",
    kinds: |kind| kind == MessageType::Ceb621,
    fields: &[
        Field::TradeMode,
        Field::EmsNo,
        Field::AreaCode,
        Field::AreaName,
        Field::ItemRecordNo,
        Field::TrafNo,
        Field::VoyageNo,
        Field::BillNo,
        Field::Country,
    ],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, _, document| {
        let head = &document.head;
        if !matches!(head.text(Field::TradeMode), "1210" | "1239") {
            return;
        }
        let (zh, en) = ("保税进口[1210]", "for bonded import (1210)");
        for field in [Field::EmsNo, Field::AreaCode, Field::AreaName] {
            if head.given(field).is_none() {
                findings.lacks(field, None, zh, en);
            }
        }
        for (index, line) in document.lines.iter().enumerate() {
            if line.given(Field::ItemRecordNo).is_none() {
                findings.lacks(Field::ItemRecordNo, Some(index), zh, en);
            }
        }
        for field in [Field::TrafNo, Field::VoyageNo, Field::BillNo] {
            if let Some(value) = head.given(field) {
                findings.breaks(
                    field,
                    value,
                    None,
                    "",
                    "在保税进口[1210]中不填",
                    "is left out for bonded import (1210)",
                );
            }
        }
        findings.must_be_one_of(head, Field::Country, None, &["142"]);
    });
}
