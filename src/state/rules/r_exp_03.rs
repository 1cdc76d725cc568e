//! R-EXP-03: goods for an overseas warehouse (9810) need their booking (order of type W); the warehouse itself need no
//! longer be filed since 2024-12-15.
//!
//! Source: announcement 2024-167. Passing: 9810 with a booking. Failing: 9810 with an order E.

use super::{Refusals, StateRule, View, Wrong, r_exp_01};
use crate::domain::{Field, MessageType, Role};
use crate::state::cells::StateError;
use crate::state::clearance::terms::Terms;
use crate::state::matching::order_rule;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-03", kinds: |kind| kind == MessageType::Ceb603, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let terms = Terms { tables: view.tables, at: view.now };
    let regime = terms.export_regime(&view.facts.keys.trade_mode);
    let Some(regime) = regime.filter(|regime| order_rule(regime.order_type) == RULE.id) else { return Ok(()) };
    if terms.needs_booking() {
        r_exp_01::disagrees(view, refusals, regime.order_type)?;
    }
    let filed = |code: &str| view.registry.of_code(code).is_some_and(|(_, party)| party.has_role(Role::Warehouse));
    if terms.files_overseas() && !filed(&view.facts.keys.ebp_code) {
        refusals.wrong(Wrong {
            field: Field::EbpCode,
            line: None,
            found: &view.facts.keys.ebp_code,
            expected: "",
            official: 0,
            message_zh: "海外仓未备案".to_owned(),
            message_en: "the overseas warehouse is not filed".to_owned(),
        });
    }
    Ok(())
}
