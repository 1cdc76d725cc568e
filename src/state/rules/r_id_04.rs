//! R-ID-04: an account of a buyer at a platform goes with one identity (`ids_per_buyer_account_max`).
//!
//! Source: domain.md §6.3 `[S:HRYJ field note]`. In force if the switch `buyer_account_checked` is on; off as shipped,
//! since the source is weak. Account and identity are compared by keyed hashes.
//!
//! Passes: the second order of the account with the same identity number. Fails: one with another.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::filing::identity;

pub(super) const RULE: StateRule =
    StateRule { id: "R-ID-04", kinds: |kind| kind == MessageType::Ceb311, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    if !identity::fits_account(view.cells, view.tables, view.facts, view.now)? {
        refusals.wrong(Wrong {
            field: Field::BuyerRegNo,
            line: None,
            found: "",
            expected: "the identity number that the account goes with",
            official: 0,
            message_zh: "订购人注册号在该平台已对应另一证件号码".to_owned(),
            message_en: "this account of the platform goes with another identity number".to_owned(),
        });
    }
    Ok(())
}
