//! The life cycle beside customs' decisions: what cancellations, returns, arrivals and consolidations do to lists.
//!
//! Rows of the table `Life` about one list or one waybill, and who draws which consequence when a document moves.

use super::super::cells::{Cells, CellsMut, StateError, decode, load, save};
use super::super::facts::{Facts, FactsOfEntry};
use super::super::life::DocState;
use super::super::pack;
use super::super::related;
use super::super::step::Step;
use super::super::store::Table;
use super::Moved;
use super::terms::Terms;
use super::worklist::{self, WorkItem, WorkKind};
use crate::domain::{DocRef, MessageType, Timestamp, status};

/// Spaces of the table `Life`. Permanent; 1 to 3 are the worklist's.
pub(super) const LIST: u8 = 4;
pub(super) const RETURN: u8 = 5;
pub(super) const CLOSED: u8 = 6;
pub(super) const CLAIM: u8 = 7;
pub(super) const PARCEL: u8 = 8;
pub(super) const SPLIT: u8 = 10;

/// What happened to a list beside its own status.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct ListLife {
    /// When customs released it, milliseconds since 1970; 0 if it has not.
    #[prost(int64, tag = "1")]
    pub released_ms: i64,
    /// When customs closed it, milliseconds since 1970; 0 if it has not.
    #[prost(int64, tag = "2")]
    pub closed_ms: i64,
    /// Cancellation that ended it.
    #[prost(message, optional, tag = "3")]
    pub cancelled_by: Option<DocRef>,
    /// Application for consolidation that took it in.
    #[prost(message, optional, tag = "4")]
    pub claimed_by: Option<DocRef>,
    /// Customs declarations that its lines went into.
    #[prost(message, repeated, tag = "5")]
    pub entries: Vec<DeclaredLine>,
    /// True while statistics count it as trade (R-STAT-03).
    #[prost(bool, tag = "6")]
    pub is_traded: bool,
}

/// A line of a list in a customs declaration (CEB792).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(in crate::state) struct DeclaredLine {
    /// Line of the list.
    #[prost(uint32, tag = "1")]
    pub gnum: u32,
    /// Consolidation number, one per customs declaration.
    #[prost(string, tag = "2")]
    pub decl_seq_no: String,
    /// Number of the customs declaration; empty until it is known.
    #[prost(string, tag = "3")]
    pub entry_id: String,
    /// Status of the customs declaration, as customs writes it.
    #[prost(string, tag = "4")]
    pub state: String,
}

pub(super) fn key_of(space: u8, at: DocRef) -> Vec<u8> {
    let mut key = vec![space];
    key.extend_from_slice(&at.key());
    key
}

/// What happened to a list.
pub(in crate::state) fn of_list(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<ListLife, StateError> {
    Ok(load(cells, Table::Life, &key_of(LIST, at))?.unwrap_or_default())
}

pub(super) fn save_list(cells: &mut impl CellsMut, at: DocRef, life: &ListLife) {
    save(cells, Table::Life, &key_of(LIST, at), life);
}

/// Facts of a document, without a cache.
pub(in crate::state) fn facts_of(cells: &(impl Cells + ?Sized), at: DocRef) -> Result<Option<Facts>, StateError> {
    let Some(value) = cells.get(Table::Facts, &at.position.to_be_bytes())? else { return Ok(None) };
    let mut entry: FactsOfEntry = decode(Table::Facts, &pack::unpack(Table::Facts, &value)?)?;
    let index = (at.ordinal as usize).checked_sub(1).filter(|index| *index < entry.documents.len());
    Ok(index.map(|index| entry.documents.swap_remove(index)))
}

/// A list by the number that customs gave it, if it is of that type.
pub(in crate::state) fn list_of(
    cells: &(impl Cells + ?Sized),
    number: &str,
    kind: MessageType,
) -> Result<Option<(DocRef, DocState)>, StateError> {
    Ok(related::numbered(cells, number)?.filter(|(_, state)| state.kind == kind as i32))
}

/// True for a document that customs has agreed to.
pub(super) fn is_accepted(code: i32) -> bool {
    matches!(code, status::ADJUDICATED | status::RELEASED | status::CLOSED)
}

/// True for a document that is of no effect any more.
pub(super) fn is_dead(code: i32) -> bool {
    code < 0 || matches!(code, status::REJECTED | status::CANCELLED | status::REPLACED)
}

/// True if a document was declared or stored just now, drafts left out.
pub(super) fn is_new(moved: &Moved<'_>) -> bool {
    moved.from == 0 && matches!(moved.to, status::DECLARING | status::STORED)
}

impl<C: CellsMut> Step<'_, C> {
    /// The dated tables at the time of the entry.
    pub(in crate::state) fn terms(&self) -> Terms<'_> {
        Terms { tables: self.tables, at: self.now() }
    }

    /// Draws the consequences of a change of status for the life cycle.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the types with effects are named, all else has none")]
    pub(super) fn life_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        self.watch_answer(moved)?;
        match moved.kind {
            MessageType::Ceb605 | MessageType::Ceb623 => self.cancellation_moved(moved),
            MessageType::Ceb213 | MessageType::Ceb625 => self.return_moved(moved),
            MessageType::Ceb215 => self.tally_moved(moved),
            MessageType::Ceb507
            | MessageType::Ceb509
            | MessageType::Ceb513
            | MessageType::Ceb607
            | MessageType::Ceb711 => self.parcels_moved(moved),
            MessageType::Ceb701 => self.consolidation_moved(moved),
            MessageType::Ceb792 => self.result_moved(moved),
            MessageType::Ceb603 | MessageType::Ceb621 => self.list_moved(moved),
            MessageType::Ceb311 => self.order_moved(moved),
            MessageType::Ceb411 => self.payment_moved(moved),
            _ => Ok(()),
        }
    }

    /// R-ST-09: whoever declares something is told when customs does not answer.
    fn watch_answer(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let is_list = matches!(moved.kind, MessageType::Ceb603 | MessageType::Ceb621);
        let declared = moved.kind.spec().is_some_and(|spec| !spec.pre_no.is_empty());
        let asked = if is_list { status::STORED } else { status::DECLARING };
        let key = moved.at.key();
        if !declared || matches!(moved.to, 1 | 3 | 4) || (is_list && moved.to == status::DECLARING) {
            return Ok(());
        }
        if moved.to == asked {
            let (alert_ms, _) = self.terms().answer_waits_ms();
            let item = self.work_of(moved, self.time_ms.saturating_add(alert_ms))?;
            return worklist::open(self, WorkKind::Answer, &key, item);
        }
        worklist::close(self, WorkKind::Answer, &key)?;
        worklist::close(self, WorkKind::AnswerLate, &key)
    }

    /// An item about the document that moved, for those who answer for it.
    pub(super) fn work_of(&mut self, moved: &Moved<'_>, due_ms: i64) -> Result<WorkItem, StateError> {
        let state = self.doc_state(moved.at)?.unwrap_or_default();
        let keys = state.keys(moved.facts);
        let named = [&keys.invt_no, &keys.pre_no, &keys.cop_no, &keys.order_no];
        let number = named.into_iter().find(|number| !number.is_empty()).unwrap_or(&keys.guid);
        Ok(WorkItem {
            due_ms,
            opened_ms: self.time_ms,
            document: Some(moved.at),
            owners: self.registry.workers(state.sender, moved.kind, moved.facts),
            office: keys.customs_code.clone(),
            number: number.clone(),
            ..WorkItem::default()
        })
    }

    fn list_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if matches!(moved.to, status::RELEASED | status::CLOSED) {
            let mut life = of_list(self.cells, moved.at)?;
            let decided = self.doc_state(moved.at)?.map_or(0, |state| state.decided_ms);
            let decided = if decided == 0 { self.time_ms } else { decided };
            if moved.to == status::RELEASED {
                life.released_ms = decided;
            } else {
                life.closed_ms = decided;
            }
            save_list(self.cells, moved.at, &life);
            if moved.to == status::CLOSED && moved.kind == MessageType::Ceb603 {
                self.list_closed(moved, Timestamp(decided))?;
            }
        }
        if is_dead(moved.to) {
            self.list_ended(moved)?;
        }
        self.watch_arrival(moved)
    }
}
