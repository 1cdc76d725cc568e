//! R-EXP-05: the simplified declaration (statisticsFlag A) is for goods without a licence.
//!
//! Source: specification 202205 (statisticsFlag). Export duty and refund cannot be seen in a list. Passing: A without
//! licenseNo. Failing: A with one.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-05", kinds: |kind| kind == MessageType::Ceb603, is_of_firms: false, check };

/// Simplified.
const SIMPLIFIED: &str = "A";

#[expect(clippy::unnecessary_wraps, reason = "rules share a signature")]
fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let licence = view.facts.value(Field::LicenseNo);
    if view.facts.keys.statistics_flag == SIMPLIFIED && !licence.is_empty() {
        refusals.wrong(Wrong {
            field: Field::StatisticsFlag,
            line: None,
            found: SIMPLIFIED,
            expected: "B",
            official: 0,
            message_zh: format!("涉证商品（许可证号[{licence}]）不得简化申报"),
            message_en: format!("goods under a licence ({licence}) cannot be declared simplified"),
        });
    }
    Ok(())
}
