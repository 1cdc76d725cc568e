//! R-ST-06: a cancellation names a known list of its own declarant, in a status that can still be cancelled.
//!
//! Source: codes of CEB624 (-623003, -623005, -623009, -623026); the statuses are not published: default 120, 300, 399,
//! 400, and 800 while the goods have not left [G]. Passing: a list in 120. Failing: a list that has left or is closed.

use super::list::{is_partys, official};
use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, status};
use crate::state::cells::StateError;
use crate::state::clearance::arrivals;
use crate::state::clearance::life::{facts_of, list_of};
use crate::state::clearance::terms::Terms;
use crate::state::related::list_needed;

pub(super) const RULE: StateRule = StateRule {
    id: "R-ST-06",
    kinds: |kind| matches!(kind, MessageType::Ceb605 | MessageType::Ceb623),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let number = &view.facts.keys.invt_no;
    let kind = list_needed(view.kind).unwrap_or(MessageType::Unknown);
    // A list that is not known is refused before the rules are asked.
    let Some((at, state)) = list_of(view.cells, number, kind)? else { return Ok(()) };
    let list = facts_of(view.cells, at)?.unwrap_or_default();
    let import = view.kind == MessageType::Ceb623;
    if !is_partys(view.registry, &view.facts.keys, &list.keys) {
        let code = if import { -623_026 } else { 0 };
        refusals.wrong(Wrong {
            field: Field::AgentCode,
            line: None,
            found: &view.facts.keys.agent_code,
            expected: &list.keys.agent_code,
            official: code,
            message_zh: official(code, "", "清单由其他企业申报，没有权限撤销"),
            message_en: format!("list {number} was declared by another party: only its own declarant may cancel it"),
        });
    }
    let terms = Terms { tables: view.tables, at: view.now };
    let parcel = arrivals::of_list(view.cells, kind, &list)?;
    let has_left = parcel.departed.is_some() || parcel.signed.is_some();
    let released = terms.cancels_released() && !has_left && state.status == status::RELEASED;
    if !released && !terms.may_cancel(state.status) {
        let code = if import { -623_005 } else { 0 };
        let left = if has_left && state.status == status::RELEASED { ": its goods have left" } else { "" };
        refusals.wrong(Wrong {
            field: Field::InvtNo,
            line: None,
            found: &state.status.to_string(),
            expected: &terms.cancel_statuses(),
            official: code,
            message_zh: official(code, number, &format!("清单的状态不符合撤单申报要求(清单编号[{number}])！")),
            message_en: format!("list {number} has status {} and cannot be cancelled{left}", state.status),
        });
    }
    Ok(())
}
