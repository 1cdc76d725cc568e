//! R-PRD-02: a list of bonded goods asks for no more of an item than its account book has left.
//!
//! Source: domain.md §6.2 and R-WH-01, E-PRD-02 `账册余量不足`. What the list that is replaced holds is free for its
//! successor. What a list that is taken asks for is reserved; see `state/filing/books.rs`.
//!
//! Passes: 2 pieces where 2 are left. Fails: 3 pieces where 2 are left.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType};
use crate::state::cells::StateError;
use crate::state::filing::books;

pub(super) const RULE: StateRule =
    StateRule { id: "R-PRD-02", kinds: |kind| kind == MessageType::Ceb621, is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let Some(ems_no) = books::book_of(view.kind, view.facts) else { return Ok(()) };
    if !books::is_filed(view.cells, ems_no)? {
        return Ok(());
    }
    let held = view.incumbent.map_or(Ok(None), |at| books::taken(view.cells, at))?;
    for (item_no, asked) in books::asked(view.facts) {
        // That an item is not there is R-PRD-01's to say.
        let Some(row) = books::item(view.cells, ems_no, item_no)? else { continue };
        let left = row.balance().plus(books::held_of(held.as_ref(), ems_no, item_no));
        if asked <= left {
            continue;
        }
        let line = view.facts.lines.iter().position(|line| line.value(Field::ItemRecordNo) == item_no);
        refusals.wrong(Wrong {
            field: Field::Qty,
            line,
            found: &asked.to_string(),
            expected: &format!("≤ {left}"),
            official: 0,
            message_zh: format!("E-PRD-02 账册余量不足：账册[{ems_no}]项号[{item_no}]余量[{left}]，本单[{asked}]"),
            message_en: format!("account book {ems_no} has {left} of item {item_no} left, the list asks for {asked}"),
        });
    }
    Ok(())
}
