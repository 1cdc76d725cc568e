//! R-LIMIT-05: of some goods a person imports at most so many kilograms in a calendar year.
//!
//! Source: customs in 人民日报 2025-11-14 [S], commodity codes [D]; the official table has no code for it. Table
//! `weight_caps`. A line that names no quantity in a unit of weight counts with the net weight of its list.
//!
//! Passes: 2 kg of sugar. Fails: 2.5 kg of sugar, or 1 kg after 1.5 kg.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::quota;
use crate::tax;

pub(super) const RULE: StateRule =
    StateRule { id: "R-LIMIT-05", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let weights = quota::weights_of(view.facts, view.tables, view.now);
    if weights.is_empty() {
        return Ok(());
    }
    let Some(person) = quota::person_of(view.kind, view.facts) else { return Ok(()) };
    let held = quota::used_beside(view, person)?;
    for (prefix, kilograms) in weights {
        let used = held.kilograms(prefix);
        let Some(cap) = tax::over_cap(prefix, kilograms, used, view.tables, view.now) else { continue };
        let name = view.tables.weight_cap(prefix, view.now).map_or("", |cap| cap.name);
        let left = cap.minus(used).max(crate::domain::Amount(0));
        refusals.wrong(Wrong {
            field: Field::Gcode,
            line: view.facts.lines.iter().position(|line| line.value(Field::Gcode).starts_with(prefix)),
            found: &format!("{kilograms} kg"),
            expected: &format!("at most {left} kg"),
            official: 0,
            message_zh: format!(
                "超出个人年度限量：{name}每人每年限[{cap}]千克，已用[{used}]千克，本次[{kilograms}]千克"
            ),
            message_en: format!(
                "goods of {prefix} are limited to {cap} kg per person and year: {used} kg used, this is {kilograms} kg"
            ),
        });
    }
    Ok(())
}
