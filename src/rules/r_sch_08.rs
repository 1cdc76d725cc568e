//! R-SCH-08: dxpMode is DXP. (That copCode is the caller needs the filings, so `state` checks it.)
//!
//! Source: specification 202205, BaseTransfer. Passing: `<dxpMode>DXP</dxpMode>`. Failing: `ABC`.

use super::{Findings, Rule, declarations};
use crate::domain::Field;

pub(super) const RULE: Rule = Rule {
    id: "R-SCH-08",
    statement: "BaseTransfer.copCode is the connected party and dxpMode is DXP",
    source: "specification 202205, BaseTransfer",
    kinds: declarations,
    fields: &[Field::DxpMode, Field::CopCode],
    check,
};

fn check(findings: &mut Findings<'_, '_>) {
    let transfer = &findings.message.transfer;
    findings.must_be_one_of(transfer, Field::DxpMode, None, &["DXP"]);
}
