//! R-ID-04: an account of a buyer at a platform goes with one identity.
//!
//! Source: domain.md §6.3 `[S:HRYJ field note]`. In force if the switch `buyer_account_one_id` is on; off as shipped,
//! since the source is weak. Account and identity are compared by keyed hashes.
//!
//! Passes: the second order of the account with the same identity number. Fails: one with another.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::filing::{self, identity};

pub(super) const RULE: StateRule = StateRule { id: "R-ID-04", kinds: |kind| kind == MessageType::Ceb311, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    if view.facts.person_id.is_empty() || !filing::is_on(view.tables, identity::ONE_ID_PER_ACCOUNT, view.now.0) {
        return Ok(());
    }
    let holder = identity::holder_of_account(view.cells, view.facts)?;
    if holder.is_some_and(|holder| holder != view.facts.person_id) {
        refusals.wrong(Wrong {
            field: Field::BuyerRegNo,
            line: None,
            found: "",
            expected: "",
            official: 0,
            message_zh: "订购人注册号在该平台已对应另一证件号码".to_owned(),
            message_en: "this account of the platform goes with another identity number".to_owned(),
        });
    }
    Ok(())
}
