//! R-EXP-09: a departure list says when the goods left, which is not in the future.
//!
//! Source: specification 202205 (CEB509, leaveTime); that it is past [D]. Passing: left an hour ago. Failing: tomorrow.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, Timestamp};
use crate::state::cells::StateError;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-09", kinds: |kind| kind == MessageType::Ceb509, is_of_firms: false, check };

#[expect(clippy::unnecessary_wraps, reason = "rules share a signature")]
fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let text = view.facts.value(Field::LeaveTime);
    // Times of two places differ a little: the whole day of today is taken.
    let latest = view.now.end_of_day_after(0, 0);
    if Timestamp::parse_ceb(text).is_none_or(|left| left > latest) {
        refusals.wrong(Wrong {
            field: Field::LeaveTime,
            line: None,
            found: text,
            expected: &format!("<= {}", latest.ceb14()),
            official: 0,
            message_zh: format!("离境时间[{text}]未填写或晚于今日"),
            message_en: format!("leaveTime {text:?} is missing or later than today"),
        });
    }
    Ok(())
}
