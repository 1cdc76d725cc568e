//! R-LIMIT-01: the dutiable value of a list is at most the single limit, but for one item that is taxed in full.
//!
//! Source: 财关税〔2018〕49号 [S]; text and code -621005 of the official table. Parameters `single_limit` and
//! `full_tax_items_max`; R-LIMIT-03 is the exception, and needs no file of its own here. The dutiable value is price,
//! freight and insurance.
//!
//! Passes: 5,000.00 CNY; one watch of 6,800 CNY. Fails: two items of 5,200 CNY together.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Amount, Field, MessageType};
use crate::state::cells::StateError;
use crate::tax::{self, Decision, Refusal};

pub(super) const RULE: StateRule =
    StateRule { id: "R-LIMIT-01", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let value = view.value;
    if !tax::is_over_single(value, view.tables, view.now) {
        return Ok(());
    }
    let lines = &view.facts.lines;
    let pieces = lines.iter().fold(Amount(0), |sum, line| sum.plus(Amount::parse(&line.qty).unwrap_or_default()));
    if !tax::may_be_taxed_in_full(lines.len(), pieces, view.tables, view.now) {
        let refusal = tax::refusal(Decision::OverSingle, value, Amount(0), view.tables, view.now);
        refusals.over_limit(view, value, refusal);
    }
    Ok(())
}

impl Refusals {
    /// Notes that a list is over a limit: at its dearest line, for the value that counts is in no field.
    pub(super) fn over_limit(&mut self, view: &View<'_>, value: Amount, refusal: Option<Refusal>) {
        let Some(refusal) = refusal else { return };
        let total = |(_, line): &(usize, &crate::state::facts::LineFacts)| Amount::parse(&line.total);
        self.wrong(Wrong {
            field: Field::TotalPrice,
            line: view.facts.lines.iter().enumerate().max_by_key(total).map(|(index, _)| index),
            found: &value.to_string(),
            expected: &refusal.expected,
            official: refusal.official,
            message_zh: refusal.message_zh,
            message_en: refusal.message_en,
        });
    }
}
