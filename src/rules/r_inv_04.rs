//! R-INV-04: the supervision mode is one of cross-border e-commerce.
//!
//! Source: specification 202205: 9610 and 1210 for import, 9710 and 9810 besides for export, 9661 and 1261 for
//! returns of export (CEB213). 1239, bonded A, is a legal regime that the text does not list. Passing: `9610`.
//! Failing: `0110`.

use super::{Findings, Rule, declarations};
use crate::domain::{Field, MessageType};
use crate::tables::Parameter;

pub(super) const RULE: Rule = Rule {
    id: "R-INV-04",
    statement: "tradeMode is 9610, 1210 or 1239 for import; 9710 and 9810 too for export; 9661 and 1261 too for its returns",
    source: "specification 202205, CEB621, CEB603, CEB213; announcement of mode 1239",
    kinds: declarations,
    fields: &[Field::TradeMode],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    findings.each_document(|findings, kind, document| {
        let modes = if kind == MessageType::Ceb213 {
            Parameter::ExportReturnModes
        } else if kind.is_export() {
            Parameter::ExportTradeModes
        } else {
            Parameter::ImportTradeModes
        };
        findings.must_be_listed(&document.head, Field::TradeMode, None, modes);
    });
}
