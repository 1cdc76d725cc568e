//! R-RET-04: only what was released is returned: goods that cannot be released are carried over, re-exported or
//! destroyed.
//!
//! Source: 跨境电商零售进口政策问答. Passing: a list in 800 or 899. Failing: a list in 500.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, status};
use crate::state::cells::StateError;
use crate::state::clearance::life::list_of;

pub(super) const RULE: StateRule = StateRule {
    id: "R-RET-04",
    kinds: |kind| matches!(kind, MessageType::Ceb213 | MessageType::Ceb625),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let import = view.kind == MessageType::Ceb625;
    let kind = if import { MessageType::Ceb621 } else { MessageType::Ceb603 };
    let number = &view.facts.keys.invt_no;
    let Some((_, state)) = list_of(view.cells, number, kind)? else { return Ok(()) };
    if !matches!(state.status, status::RELEASED | status::CLOSED) {
        let (zh, en) = status::name(state.status);
        refusals.wrong(Wrong {
            field: Field::InvtNo,
            line: None,
            found: &state.status.to_string(),
            expected: "800, 899",
            official: if import { -625_001 } else { 0 },
            message_zh: format!(
                "清单[{number}]状态为[{}]{zh}，未放行的商品应结转、复运出境或销毁，不得申请退货",
                state.status
            ),
            message_en: format!(
                "list {number} is {en} ({}): goods that were not released are carried over, re-exported or destroyed",
                state.status
            ),
        });
    }
    Ok(())
}
