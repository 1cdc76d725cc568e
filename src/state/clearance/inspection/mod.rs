//! Inspection and release: random draws that can be audited afterwards (R-RISK-02), results (R-RISK-01, R-RISK-03) and
//! scores of risk (R-RISK-04).
//!
//! `apply` knows no secret. Customs commits to the hash of a period's secret before the period begins. When a list is
//! stored, `apply` notes that it is to be drawn and at what rate; whoever holds the secret computes the draw outside and
//! records it; after the period the secret is revealed, checked against the commitment, and every draw can be computed
//! again by anybody.
//!
//! Rows of the table `Risk`, by their first byte: see `Space`.

mod draws;
mod entry;
mod firms;
mod read;
mod reasons;
mod results;
mod risk;
mod sampling;

pub(crate) use draws::{Draw, FirmDrawn, Inspection, Period, is_drawn, pick, subject};
pub use entry::{
    Draws, FirmDraw, InspectionChange, InspectionEntry, InspectionResult, ListDraw, Officers, SeedCommit, SeedReveal,
    StockDifference,
};
pub(crate) use firms::auditable;
pub(crate) use read::*;
pub use risk::{Feature, Score};
pub(crate) use risk::{Seller, SellerDay};

use super::super::cells::{Cells, CellsMut, StateError};
use super::super::credit;
use super::super::facts::Facts;
use super::super::keys::Side;
use super::super::life::DocState;
use super::super::registry::Registry;
use super::super::requests::{refuse, wrong};
use super::super::step::{Step, facts_at, no_facts};
use super::Moved;
use crate::domain::{DocRef, MessageType, Outcome, PartyId, Role, Timestamp, status};
use crate::tables::{Parameter, Tables};

/// A share of the table `parameters`, in percent.
fn percent_of(tables: &Tables, parameter: Parameter, at: Timestamp) -> i64 {
    const WHOLE: i128 = 100_000;
    i64::try_from(tables.amount(parameter, at).0.saturating_mul(100) / WHOLE).unwrap_or(i64::MAX)
}

/// Credit grade of a firm when a list of it is accepted: what the table `sampling` looks at (R-CRED-01, R-CRED-04).
fn grade_of(
    cells: &impl Cells,
    registry: &Registry,
    tables: &Tables,
    code: &str,
    at: Timestamp,
) -> Result<u32, StateError> {
    let grade = credit::grade_at(cells, registry, tables, code, at, at)?;
    Ok(grade.parse().unwrap_or_default())
}

/// First bytes of the rows of the table `Risk`. Permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Space {
    /// Period by name: a [`Period`].
    Period = 1,
    /// Office, 0, begin of a period: its name.
    PeriodAt = 2,
    /// A list that is to be drawn: a [`Pending`].
    Pending = 3,
    /// Period, 0, list: a [`Draw`].
    Draw = 4,
    /// Period, 0, code of a firm: a [`FirmDrawn`].
    FirmDraw = 5,
    /// A list that was drawn or has results: an [`Inspection`].
    Inspection = 6,
    /// Office, 0, position: the officers filed then.
    Officers = 7,
    /// Position, list: released without a result though it was drawn. No value.
    Alert = 8,
    /// A list with a score of risk: a [`Score`].
    Score = 9,
    /// Day, kind, key: a counter that lapses.
    Counter = 10,
    /// Commodity code: a sketch of unit prices.
    Price = 11,
    /// A seller: [`Seller`].
    Seller = 12,
    /// Account book: the last [`StockDifference`].
    Stock = 13,
}

/// A key of that space.
pub(super) fn key(space: Space, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![space as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

impl<C: CellsMut> Step<'_, C> {
    /// Applies a request about inspection.
    pub(in crate::state) fn apply_inspection(
        &mut self,
        entry: &InspectionEntry,
        outcome: &mut Outcome,
    ) -> Result<(), StateError> {
        match &entry.change {
            Some(InspectionChange::Commit(commit)) => self.commit_seed(commit, outcome),
            Some(InspectionChange::Reveal(reveal)) => self.reveal_seed(reveal, outcome),
            Some(InspectionChange::Draws(draws)) => self.apply_draws(draws, outcome),
            Some(InspectionChange::Officers(officers)) => self.file_officers(officers, outcome),
            Some(InspectionChange::Result(result)) => self.record_result(result, outcome),
            Some(InspectionChange::Stock(stock)) => self.report_stock(stock, outcome),
            None => {
                let nothing = wrong("R-RISK-03", "change", "", "one change", "请求内容为空", "the request is empty");
                refuse(self, outcome, vec![nothing]);
                Ok(())
            }
        }
    }

    /// What inspection does when a document changes its status.
    pub(super) fn inspection_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if moved.kind == MessageType::Ceb513 && moved.to == status::STORED {
            return self.count_signed(moved.facts);
        }
        if Side::of(moved.kind) != Side::List {
            return Ok(());
        }
        if moved.to == status::STORED && moved.from < status::STORED {
            let score = self.score_list(moved.at, moved.kind, moved.facts)?;
            return self.note_pending(moved.at, moved.facts, score);
        }
        if moved.to > status::STORED && moved.to < status::CANCELLED {
            return self.link_decision(moved);
        }
        Ok(())
    }

    /// The list that a request names by preNo, invtNo or document id.
    pub(in crate::state) fn list_named(&mut self, name: &str) -> Result<Option<(DocRef, DocState, Facts)>, StateError> {
        let at = match DocRef::of_id(name) {
            Some(at) => Some(at),
            None => super::super::query::list_of_number(&*self.cells, name)?,
        };
        let Some(at) = at else { return Ok(None) };
        let Some(state) = self.doc_state(at)? else { return Ok(None) };
        if Side::of(MessageType::of_number(state.kind)) != Side::List {
            return Ok(None);
        }
        let entry = self.facts_of_entry(at.position)?;
        let facts = facts_at(&entry, at).cloned().unwrap_or_else(no_facts);
        Ok(Some((at, state, facts)))
    }

    /// True if the party of the entry is customs, and of that office if one is named.
    pub(in crate::state) fn is_customs_of(&self, office: &str) -> bool {
        self.registry.party(PartyId(self.party)).is_some_and(|party| {
            party.has_role(Role::Customs)
                && (office.is_empty() || party.customs_codes.iter().any(|code| code == office))
        })
    }

    /// Numbers of the customs parties that decide for an office.
    pub(super) fn customs_of(&self, office: &str) -> Vec<u32> {
        let all = self.registry.all().into_iter();
        all.filter(|(_, party)| {
            party.active && party.has_role(Role::Customs) && party.customs_codes.iter().any(|code| code == office)
        })
        .map(|(id, _)| id.0)
        .collect()
    }
}
