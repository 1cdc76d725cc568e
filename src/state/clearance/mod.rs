//! What documents do to one another and to the books of the exchange: the effects of clearance (logic 2 on).
//!
//! Rules ([`super::rules`]) say whether a document is taken; here is what follows once it is, and whenever a document
//! changes its status. Everything is a function of cells, tables and the entry.

mod cancel;
pub(super) mod consolidate;
pub(super) mod life;
pub(super) mod merge;
pub(super) mod arrivals;
pub(super) mod returns;
pub(super) mod split;
mod statistics;
pub(super) mod terms;
pub(super) mod worklist;
pub(crate) mod bills;
pub(crate) mod guarantee;
pub(crate) mod quota;
pub(crate) mod taxes;
pub mod agency;
pub mod inspection;
pub(crate) mod parcels;
pub(crate) mod stock;
pub(crate) mod trace;

use super::cells::{CellsMut, StateError};
use super::facts::Facts;
use super::life::DocState;
use super::step::Step;
use crate::domain::{DocRef, MessageType, Timestamp, status};
pub(super) use returns::ReturnedLine;

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
    /// What a new list of imports takes: of its buyer's year, and of a guarantee for its tax. Called once, before its
    /// state is saved, which keeps it.
    pub(super) fn take(&mut self, kind: MessageType, facts: &Facts, state: &mut DocState) -> Result<(), StateError> {
        if self.logic >= SINCE_LOGIC && kind == MessageType::Ceb621 && state.status == status::DECLARING {
            let tax = self.assess_list(facts)?;
            state.quota = self.reserve_quota(facts, tax.dutiable)?;
            state.tax = Some(tax);
        }
        Ok(())
    }

    /// Draws the consequences of a change of status. Called once for every change, after the new state is saved.
    pub(super) fn moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if self.logic < SINCE_LOGIC || moved.from == moved.to {
            return Ok(());
        }
        // First: the event of the change is the last one now, and takes the postings.
        self.statistics_moved(moved)?;
        self.life_moved(moved)?;
        self.books_follow(moved)?;
        self.quota_moved(moved)?;
        self.tax_moved(moved)?;
        self.accounts_follow(moved)?;
        self.inspection_moved(moved)?;
        self.agency_moved(moved)?;
        trace::moved(self, moved)?;
        parcels::moved(self, moved)?;
        stock::moved(self, moved)?;
        super::refund::list_moved(self, moved)?;
        Ok(())
    }

    /// Goods of a list came back: customs has accepted a return. Called once for each return, after its event; `lines`
    /// are its lines, `timely` says whether it was in time (R-RET-01), `at` when. The place from which quota, tax, books
    /// and statistics are reversed.
    pub(super) fn returned(
        &mut self,
        list: DocRef,
        kind: MessageType,
        lines: &[ReturnedLine],
        timely: bool,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.statistics_returned(list, lines, at)?;
        if kind == MessageType::Ceb621 {
            self.books_returned(list, lines)?;
            stock::returned(self, list, lines)?;
        }
        if timely && kind == MessageType::Ceb621 {
            self.quota_returned(list, lines)?;
            self.tax_returned(list)?;
        }
        Ok(())
    }
}
