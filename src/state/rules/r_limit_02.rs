//! R-LIMIT-02: what a person buys in a calendar year is worth at most the yearly limit.
//!
//! Source: 财关税〔2018〕49号 [S]; text and code -621018 of the official table; that goods above it are general trade is
//! R-LIMIT-04. Parameter `yearly_limit`. Lists that customs has not released count as well as released ones; the list that
//! is replaced does not. See `state/clearance/quota.rs`.
//!
//! Passes: 1,100 CNY after 24,900. Fails: 1,200 CNY after 24,900.

use super::{Refusals, StateRule, View};
use crate::domain::MessageType;
use crate::state::cells::StateError;
use crate::state::clearance::quota;
use crate::tax::{self, Decision};

pub(super) const RULE: StateRule =
    StateRule { id: "R-LIMIT-02", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some(person) = quota::person_of(view.kind, view.facts) else { return Ok(()) };
    let used = quota::used_beside(view, person)?.used();
    if tax::is_over_year(view.value, used, view.tables, view.now) {
        refusals.over_limit(
            view,
            view.value,
            tax::refusal(Decision::OverYear, view.value, used, view.tables, view.now),
        );
    }
    Ok(())
}
