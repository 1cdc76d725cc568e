//! R-RET-06: exports come back through their own customs district; through another only 9610, where it is open.
//!
//! Source: announcement 2024-167 (pilot in 20 customs from 2024-12-15), nationwide from 2026-03. Passing: 9610 through
//! another district after 2026-03-01. Failing: 1210 through another district.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::life::{facts_of, list_of};
use crate::state::clearance::terms::Terms;

pub(super) const RULE: StateRule = StateRule {
    id: "R-RET-06",
    kinds: |kind| matches!(kind, MessageType::Ceb213 | MessageType::Ceb215),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some((at, _)) = list_of(view.cells, &view.facts.keys.invt_no, MessageType::Ceb603)? else { return Ok(()) };
    let list = facts_of(view.cells, at)?.unwrap_or_default();
    let district = |office: &str| office.get(..2).unwrap_or_default().to_owned();
    let (here, there) = (district(&view.facts.keys.customs_code), district(&list.keys.customs_code));
    let terms = Terms { tables: view.tables, at: view.now };
    if here != there && !terms.returns_across_districts(&list.keys.trade_mode, &view.facts.keys.customs_code) {
        refusals.wrong(Wrong {
            field: Field::CustomsCode,
            line: None,
            found: &view.facts.keys.customs_code,
            expected: &list.keys.customs_code,
            official: 0,
            message_zh: format!(
                "监管方式[{}]的出口商品应在原出口关区[{}]办理退货；仅9610可跨关区退货且限已开展的关区",
                list.keys.trade_mode, list.keys.customs_code
            ),
            message_en: format!(
                "exports of {} come back through district {there}; only 9610 may cross districts, where that is open",
                list.keys.trade_mode
            ),
        });
    }
    Ok(())
}
