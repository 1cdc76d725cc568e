//! Trace records, lots and lists (R-TRACE-01 to R-TRACE-03): filing, blocking, and the link from a lot to the lists that
//! its goods were sold by.
//!
//! A link is either told (a trace record names the order or list) or presumed: what a list takes from a bonded item is
//! drawn from the filed lots of that item, the oldest first, blocked ones left out. A told link ends the presumed one of
//! its line. See `docs/tracing.md`.

mod blocks;
mod file;
mod links;
mod rows;

pub(crate) use blocks::{Block, block_of, blocks_of};
pub(crate) use links::{left, write};
pub(crate) use rows::{
    Any, Link, Number, Record, answerable, filers, gtin_lot, history, links_of_lot, lots_of_item, lots_of_list,
    name_of, of_number, record,
};

use super::{CellsMut, Moved, StateError, Step};
use crate::domain::{MessageType, Outcome, TraceChange, status};

/// Applies a typed request about traces.
pub(in crate::state) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    change: &TraceChange,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    file::apply_change(step, change, outcome)
}

/// Links a list to its lots when it is declared, and frees them when it falls.
pub(super) fn moved<C: CellsMut>(step: &mut Step<'_, C>, moved: &Moved<'_>) -> Result<(), StateError> {
    if !matches!(moved.kind, MessageType::Ceb621) {
        return Ok(());
    }
    let is_dead = moved.to < 0 || matches!(moved.to, status::REJECTED | status::CANCELLED | status::REPLACED);
    if is_dead {
        return links::unlink(step, moved.at);
    }
    if moved.from == 0 && moved.to != status::DRAFT {
        return links::link(step, moved.at, moved.facts);
    }
    if moved.to == status::RELEASED {
        return links::released(step, moved.at);
    }
    Ok(())
}
