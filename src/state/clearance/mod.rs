//! What documents do to one another and to the books of the exchange: the effects of clearance (logic 2 on).
//!
//! Rules ([`super::rules`]) say whether a document is taken; here is what follows once it is, and whenever a document
//! changes its status. Everything is a function of cells, tables and the entry.

use super::cells::{CellsMut, StateError};
use super::facts::Facts;
use super::step::Step;
use crate::domain::{DocRef, MessageType};

/// Logic from which on the rules and effects of clearance are in force.
pub(super) const SINCE_LOGIC: u32 = 2;

/// A document whose status changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved<'a> {
    pub at: DocRef,
    pub kind: MessageType,
    pub facts: &'a Facts,
    /// Status before; 0 for a new document.
    pub from: i32,
    /// Status now; it is saved already.
    pub to: i32,
}

impl<C: CellsMut> Step<'_, C> {
    /// Draws the consequences of a change of status. Called once for every change, after the new state is saved.
    pub(super) fn moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if self.logic < SINCE_LOGIC || moved.from == moved.to {
            return Ok(());
        }
        super::refund::list_moved(self, moved)?;
        Ok(())
    }
}
