//! R-RET-05: exported goods come back within one year of their release.
//!
//! Source: announcement 2020-44. Passing: released 2026-05-01, back 2027-05-01. Failing: 2027-05-02. A list that is not
//! known here is older than this exchange, or another's: it is customs' to judge.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, Timestamp};
use crate::state::cells::StateError;
use crate::state::clearance::life::{list_of, of_list};
use crate::state::clearance::terms::Terms;

pub(super) const RULE: StateRule = StateRule {
    id: "R-RET-05",
    kinds: |kind| matches!(kind, MessageType::Ceb213 | MessageType::Ceb215),
    is_of_firms: false,
    check,
};

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some((at, _)) = list_of(view.cells, &view.facts.keys.invt_no, MessageType::Ceb603)? else { return Ok(()) };
    let released = Timestamp(of_list(view.cells, at)?.released_ms);
    let by = Terms { tables: view.tables, at: view.now }.export_return_by(released);
    if released.0 > 0 && view.now > by {
        refusals.wrong(Wrong {
            field: Field::AppTime,
            line: None,
            found: &view.now.ceb14(),
            expected: &by.ceb14(),
            official: 0,
            message_zh: format!("出口清单{}放行，退货应不迟于{}", released.ceb8(), by.ceb8()),
            message_en: format!("released on {}: it could be returned until {}", released.ceb8(), by.ceb8()),
        });
    }
    Ok(())
}
