//! R-RET-03: a return is applied for by the declarant or seller of the list.
//!
//! Source: code -625013 of CEB626. Passing: the list's agentCode. Failing: another declarant's.

use super::list::{is_partys, official};
use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::life::{facts_of, list_of};

pub(super) const RULE: StateRule = StateRule {
    id: "R-RET-03",
    kinds: |kind| matches!(kind, MessageType::Ceb213 | MessageType::Ceb625),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let import = view.kind == MessageType::Ceb625;
    let kind = if import { MessageType::Ceb621 } else { MessageType::Ceb603 };
    let code = if import { -625_013 } else { 0 };
    let Some((at, _)) = list_of(view.cells, &view.facts.keys.invt_no, kind)? else { return Ok(()) };
    let list = facts_of(view.cells, at)?.unwrap_or_default();
    let fits = match import {
        true => super::list::is_same_party(view.registry, &view.facts.keys.agent_code, &list.keys.agent_code),
        // Exported goods may come back through another declarant of the same seller.
        false => is_partys(view.registry, &view.facts.keys, &list.keys),
    };
    if !fits {
        refusals.wrong(Wrong {
            field: Field::AgentCode,
            line: None,
            found: &view.facts.keys.agent_code,
            expected: &list.keys.agent_code,
            official: code,
            message_zh: official(code, "", "申报企业与原清单的申报企业、收发货人不一致"),
            message_en: "the declarant of the return is not that of the list".to_owned(),
        });
    }
    Ok(())
}
