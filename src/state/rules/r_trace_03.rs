//! R-TRACE-03: a list does not sell goods of a lot that is blocked.
//!
//! Which lot a line takes is known by the trace record that names its order, by a trace code or GTIN in `barCode`, or by
//! the filed lots of its item in the account book: a list is refused if only blocked ones have anything left. A record
//! counts only if a party of the list filed it, so that nobody blocks another's sale.
//!
//! Source: domain.md §8, R-TRACE-03 `[S:SSOP4]`: firms act on non-conforming goods, unsold ones are frozen. The text is
//! ours (E-TRACE-03); the official table has no code for it.
//!
//! Passes: a line of lot `L1` while lot `L2` is blocked. Fails: a line of lot `L2`, blocked since before the list was
//! declared.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::limits::LOTS_OF_ITEM_MAX;
use crate::domain::{Amount, Field, LotName, MessageType};
use crate::state::cells::StateError;
use crate::state::clearance::trace::{self, Any, Block, Number};
use crate::state::facts::LineFacts;
use crate::tables::Parameter;

pub(super) const RULE: StateRule =
    StateRule { id: "R-TRACE-03", kinds: |kind| matches!(kind, MessageType::Ceb621), is_of_firms: false, check };

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    if !Any::Block.is_there(view.cells)? || !view.tables.switch(Parameter::LotBlock, view.now) {
        return Ok(());
    }
    let parties = trace::answerable(view.registry, view.sender, view.kind, view.facts);
    let parties = trace::filers(view.cells, parties)?;
    let told = if parties.is_empty() {
        Vec::new()
    } else {
        trace::of_number(view.cells, Number::Order, &view.facts.keys.order_no)?
    };
    let told: Vec<_> = told.into_iter().filter(|record| parties.contains(&record.owner)).collect();
    for record in told.iter().filter(|record| record.record.gnum == 0) {
        let name = trace::name_of(&record.record);
        if let Some(block) = trace::block_of(view.cells, &name, view.now.0)? {
            refusals.wrong(refusal(None, Field::OrderNo, &view.facts.keys.order_no, &name, &block));
        }
    }
    for (index, line) in view.facts.lines.iter().enumerate() {
        let of_line = told.iter().filter(|record| record.record.gnum != 0 && record.record.gnum == line.gnum);
        let mut named: Vec<LotName> = of_line.map(|record| trace::name_of(&record.record)).collect();
        let bar_code = line.value(Field::BarCode);
        if !bar_code.is_empty() {
            let coded = trace::record(view.cells, bar_code)?.filter(|record| parties.contains(&record.owner));
            named.extend(coded.map(|record| trace::name_of(&record.record)));
            named.push(LotName { gtin: bar_code.to_owned(), lot: String::new() });
        }
        let mut refused = None;
        for name in &named {
            if let Some(block) = trace::block_of(view.cells, name, view.now.0)? {
                refused = Some((Field::BarCode, bar_code, name.clone(), block));
                break;
            }
        }
        if refused.is_none() && !told.iter().any(|record| [0, line.gnum].contains(&record.record.gnum)) {
            let item = line.value(Field::ItemRecordNo);
            let drawn = only_blocked(view, &parties, line)?;
            refused = drawn.map(|(name, block)| (Field::ItemRecordNo, item, name, block));
        }
        if let Some((field, found, name, block)) = refused {
            refusals.wrong(refusal(Some(index), field, found, &name, &block));
        }
    }
    Ok(())
}

/// The blocked lot of a line's item, if what is not blocked is not enough for the line.
fn only_blocked(view: &View<'_>, parties: &[u32], line: &LineFacts) -> Result<Option<(LotName, Block)>, StateError> {
    let (ems_no, item) = (view.facts.value(Field::EmsNo), line.value(Field::ItemRecordNo));
    if ems_no.is_empty() || item.is_empty() {
        return Ok(None);
    }
    let mut free = Amount::default();
    if let Some(held) = view.incumbent {
        // What the older list took is free again when this one takes its place.
        let links = trace::lots_of_list(view.cells, held)?;
        let back = links.iter().filter(|link| link.gnum == line.gnum).filter_map(|link| Amount::parse(&link.qty));
        free = back.fold(free, Amount::plus);
    }
    let mut blocked = None;
    for party in parties {
        for lot in trace::lots_of_item(view.cells, *party, ems_no, item, LOTS_OF_ITEM_MAX)? {
            let name = trace::name_of(&lot.record);
            match trace::block_of(view.cells, &name, view.now.0)? {
                Some(block) => blocked = blocked.or(Some((name, block))),
                None => free = free.plus(trace::left(&lot)),
            }
        }
    }
    let wanted = Amount::parse(&line.qty).unwrap_or_default();
    Ok(blocked.filter(|_| free < wanted))
}

fn refusal<'a>(line: Option<usize>, field: Field, found: &'a str, name: &LotName, block: &Block) -> Wrong<'a> {
    let (lot, reason) = (format!("{} {}", name.gtin, name.lot), &block.block.reason);
    let lot = lot.trim();
    Wrong {
        field,
        line,
        found,
        expected: "goods of a lot that is not blocked",
        official: 0,
        message_zh: format!("E-TRACE-03 批次[{lot}]已被管控，不得销售：{reason}"),
        message_en: format!("E-TRACE-03 lot [{lot}] is blocked and must not be sold: {reason}"),
    }
}
