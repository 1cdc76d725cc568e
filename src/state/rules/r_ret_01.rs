//! R-RET-01: an import is returned by an application within 30 days after its release.
//!
//! Source: announcement 2020-45. Day 0 is the day of release [G]. That the goods are back within 45 days is judged when
//! customs accepts the return. Passing: released 06-01, applied for 07-01. Failing: applied for 07-02.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, Timestamp};
use crate::state::cells::StateError;
use crate::state::clearance::life::{list_of, of_list};
use crate::state::clearance::terms::Terms;

pub(super) const RULE: StateRule =
    StateRule { id: "R-RET-01", kinds: |kind| kind == MessageType::Ceb625, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some((at, _)) = list_of(view.cells, &view.facts.keys.invt_no, MessageType::Ceb621)? else { return Ok(()) };
    let released = Timestamp(of_list(view.cells, at)?.released_ms);
    let by = Terms { tables: view.tables, at: view.now }.return_apply_by(released);
    // A change of an application that was in time stays in time.
    if released.0 > 0 && view.now > by && view.incumbent.is_none() {
        refusals.wrong(Wrong {
            field: Field::AppTime,
            line: None,
            found: &view.now.ceb14(),
            expected: &by.ceb14(),
            official: -625_001,
            message_zh: format!(
                "退货申请单报文校验未通过：[清单{}放行，退货申请应不迟于{}]",
                released.ceb8(),
                by.ceb8()
            ),
            message_en: format!("released on {}: the return had to be applied for by {}", released.ceb8(), by.ceb8()),
        });
    }
    Ok(())
}
