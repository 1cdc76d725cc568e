//! R-EXP-02: exports to enterprises are declared as a list up to 5,000 CNY and without a licence; else by declaration.
//!
//! Source: table of regimes of domain.md §7 (9710, 9810). Passing: 4,999 CNY. Failing: 5,001 CNY, or a licenceNo.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Amount, Field, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::terms::Terms;

pub(super) const RULE: StateRule =
    StateRule { id: "R-EXP-02", kinds: |kind| kind == MessageType::Ceb603, is_of_firms: false, check };

/// What to do instead.
const INSTEAD: (&str, &str) = ("请改用报关单申报", "use a customs declaration instead");

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let (facts, terms) = (view.facts, Terms { tables: view.tables, at: view.now });
    if !terms.export_regime(&facts.keys.trade_mode).is_some_and(|regime| regime.low_value_gate) {
        return Ok(());
    }
    let licence = facts.value(Field::LicenseNo);
    if !licence.is_empty() {
        refusals.wrong(Wrong {
            field: Field::LicenseNo,
            line: None,
            found: licence,
            expected: "",
            official: 0,
            message_zh: format!("涉证商品不得以清单申报，{}", INSTEAD.0),
            message_en: format!("goods under a licence cannot go by list: {}", INSTEAD.1),
        });
    }
    let mut sum = Amount::default();
    for (index, line) in facts.lines.iter().enumerate() {
        let currency = line.value(Field::Currency);
        match terms.in_cny(Amount::parse(&line.total).unwrap_or_default(), currency) {
            Some(value) => sum = sum.plus(value),
            None => refusals.wrong(Wrong {
                field: Field::Currency,
                line: Some(index),
                found: currency,
                expected: "142",
                official: 0,
                message_zh: format!("汇率表中没有币制[{currency}]，无法核对单票限值"),
                message_en: format!("no exchange rate of currency {currency}: the value cannot be compared"),
            }),
        }
    }
    let limit = terms.export_limit();
    if sum > limit {
        refusals.wrong(Wrong {
            field: Field::TotalPrice,
            line: Some(0),
            found: &sum.to_string(),
            expected: &format!("<= {limit}"),
            official: 0,
            message_zh: format!("单票金额[{sum}]元超过[{limit}]元，{}", INSTEAD.0),
            message_en: format!("the list is worth {sum} CNY, more than {limit}: {}", INSTEAD.1),
        });
    }
    Ok(())
}
