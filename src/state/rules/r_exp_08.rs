//! R-EXP-08: an arrival list names the bill, unless it is mail; its body may be empty.
//!
//! Source: specification 202205 (CEB507, billNo). Passing: trafMode 6 without billNo. Failing: trafMode 5 without it.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-08", kinds: |kind| kind == MessageType::Ceb507, is_of_firms: false, check };

/// Transport mode of mail.
const MAIL: &str = "6";

#[expect(clippy::unnecessary_wraps, reason = "rules share a signature")]
fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let mode = view.facts.value(Field::TrafMode);
    if view.facts.keys.bill_no.is_empty() && mode != MAIL {
        refusals.wrong(Wrong {
            field: Field::BillNo,
            line: None,
            found: "",
            expected: "the master bill",
            official: 0,
            message_zh: format!("运输方式[{mode}]的运抵单须填写提运单号，仅邮件运输可不填"),
            message_en: format!("transport mode {mode} needs billNo: only mail may leave it out"),
        });
    }
    Ok(())
}
