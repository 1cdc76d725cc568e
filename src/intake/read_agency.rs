//! Reading what agencies do together, post-audit cases, and the figures of a firm for a bank.

use super::Intake;
use super::prove::{Inclusion, Tree};
use super::reader::{Reader, failed, has_part_in};
use super::types::{Applied, Error, ReadError};
use crate::domain::{Caller, DocRef, Event, EventKind, Party, PartyId, Position, Role, Timestamp};
use crate::proof::{Checkpoint, Hash, entry_leaf};
use crate::state::agency::{
    self, AgencyChange, AgencyEntry, Agreement, Assistance, Case, Consent, ConsentEntry, Figures, Joint, scope,
};
use crate::state::inspection::{self, InspectionResult, Score};
use crate::state::{Content, DocumentView, credit};
use std::collections::BTreeSet;

/// Who has to release a list.
#[derive(Debug, Clone)]
pub(crate) struct JointView {
    pub at: DocRef,
    pub event: Event,
    pub joint: Joint,
    pub released_by_all: bool,
}

/// Why figures are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoFigures {
    /// No filed party has the code.
    NoFirm,
    /// The firm has given the caller no consent that is in force.
    NoConsent,
}

/// Figures of a firm that the caller may read.
#[derive(Debug, Clone)]
pub(crate) struct FiguresView {
    pub code: String,
    pub months: Vec<(u32, Figures)>,
    pub scope: u32,
}

/// One entry that a list of a case appears in.
#[derive(Debug, Clone)]
pub(crate) struct CaseEntry {
    pub position: u64,
    pub time: Timestamp,
    /// Leaf of the tree over the entries.
    pub leaf: Hash,
    /// That it is in the tree of the case's checkpoint; `None` if it came later.
    pub proof: Option<Inclusion>,
    /// What it did to the list.
    pub events: Vec<Event>,
}

/// One list or waybill of a case.
#[derive(Debug, Clone)]
pub(crate) struct CaseList {
    pub at: DocRef,
    pub event: Event,
    pub time_ms: i64,
    pub entries: Vec<CaseEntry>,
    pub results: Vec<InspectionResult>,
    pub score: Score,
}

/// A page of a case: the case and its firm, and some of its lists and waybills.
#[derive(Debug, Clone)]
pub(crate) struct CaseFile {
    pub case: Case,
    pub firm: Option<std::sync::Arc<Party>>,
    /// Credit grade of the firm as the last entry left it.
    pub grade: String,
    pub lists: Vec<CaseList>,
    pub next: Option<DocRef>,
    /// Leaves of the tree that the proofs are of.
    pub entries: u64,
    /// Its checkpoint, if it is the newest one.
    pub checkpoint: Option<Checkpoint>,
}

/// Entries that one list of a case brings along at most.
const ENTRIES_PER_LIST_MAX: usize = 256;

impl Intake {
    /// Records a request of an agency.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn agency(&self, caller: &Caller, request_id: &str, change: AgencyChange) -> Result<Applied, Error> {
        self.request(caller, request_id, Content::Agency(AgencyEntry { change: Some(change) })).await
    }

    /// Records that a firm gives or withdraws its consent.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn consent(&self, caller: &Caller, request_id: &str, consent: ConsentEntry) -> Result<Applied, Error> {
        self.request(caller, request_id, Content::Consent(consent)).await
    }
}

impl Reader {
    /// Who has to release a list and who has, for those who have a part in it and those agencies.
    pub(crate) fn joint_release(&self, caller: &Caller, name: &str) -> Result<Option<JointView>, ReadError> {
        let Some((at, _)) = self.list_named(name)? else { return Ok(None) };
        let Some(view) = self.view(at)? else { return Ok(None) };
        let cells = self.shared.cells.as_ref();
        let joint = agency::joint(cells, at).map_err(failed)?.unwrap_or_default();
        if !has_part_in(caller, &view) && !joint.required.contains(&caller.id.0) {
            return Ok(None);
        }
        let released_by_all = agency::released_by_all(cells, at, view.event.status).map_err(failed)?;
        Ok(Some(JointView { at, event: view.event, joint, released_by_all }))
    }

    /// Agreements after an id, by id: every party may know them.
    pub(crate) fn agreements(&self, after: &str, limit: usize) -> Result<Vec<Agreement>, ReadError> {
        agency::agreements(self.shared.cells.as_ref(), after, limit).map_err(failed)
    }

    /// Requests for assistance that the caller made or got, after a number; nobody sees those of others.
    pub(crate) fn assistance(&self, caller: &Caller, after: u64, limit: usize) -> Result<Vec<Assistance>, ReadError> {
        agency::assistance_of(self.shared.cells.as_ref(), caller.id.0, after, limit).map_err(failed)
    }

    /// How many requests for assistance there are.
    pub(crate) fn assistance_count(&self) -> Result<u64, ReadError> {
        agency::assistance_count(self.shared.cells.as_ref()).map_err(failed)
    }

    /// Post-audit cases after a number, by number.
    pub(crate) fn cases(&self, after: u64, limit: usize) -> Result<Vec<Case>, ReadError> {
        agency::cases(self.shared.cells.as_ref(), after, limit).map_err(failed)
    }

    /// A page of the file of a case, of documents within its time with what happened to them, in the order in which they
    /// came: lists that name the firm as seller, and lists and waybills that the firm sent. Proofs are in the tree of
    /// `entries` leaves, 0 for the newest; `None` if there is no such case or tree.
    pub(crate) fn case_file(
        &self,
        caller: &Caller,
        id: u64,
        after: DocRef,
        limit: usize,
        entries: u64,
    ) -> Result<Option<CaseFile>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let Some(case) = agency::case(cells, id).map_err(failed)? else { return Ok(None) };
        let newest = self.checkpoint()?;
        let entries = if entries == 0 { newest.entries } else { entries };
        if entries > newest.entries {
            return Ok(None);
        }
        let registry = self.shared.registry.load();
        let firm = registry.party(PartyId(case.firm)).cloned();
        let (tables, last) = (self.shared.tables.load(), self.shared.last_time());
        let grade = credit::grade_at(cells, &registry, &tables, &case.code, last, last).map_err(failed)?;
        let begin = self.position_at(Timestamp(case.from_ms))?.0.saturating_sub(1);
        let after = after.max(DocRef { position: begin, ordinal: u32::MAX });
        let (refs, mut next) = self.gathered(case.firm, after, limit)?;
        let mut lists = Vec::new();
        let mut tree = self.tree();
        for at in refs {
            let Some(view) = self.view(at)? else { continue };
            if view.time_ms >= case.to_ms {
                next = None;
                break;
            }
            if view.time_ms >= case.from_ms && has_part_in(caller, &view) {
                lists.push(self.case_list(&mut tree, entries, at, view)?);
            }
        }
        let checkpoint = (entries == newest.entries).then_some(newest);
        Ok(Some(CaseFile { case, firm, grade, lists, next, entries, checkpoint }))
    }

    /// Documents of a firm after a place, each once, and where the next page begins.
    fn gathered(&self, firm: u32, after: DocRef, limit: usize) -> Result<(Vec<DocRef>, Option<DocRef>), ReadError> {
        let cells = self.shared.cells.as_ref();
        let sold = agency::lists_of(cells, firm, after, limit).map_err(failed)?;
        let (handled, looked) = agency::handled_by(cells, firm, after, limit).map_err(failed)?;
        let full = (sold.len() >= limit).then(|| sold.last().copied()).flatten();
        // What lies beyond the end of either row of documents may not be all there is.
        let until = full.into_iter().chain(looked).min();
        let all: BTreeSet<DocRef> = sold.into_iter().chain(handled).collect();
        let page: Vec<DocRef> =
            all.into_iter().filter(|at| until.is_none_or(|until| *at <= until)).take(limit).collect();
        let next = if page.len() >= limit { page.last().copied() } else { until };
        Ok((page, next))
    }

    fn case_list(&self, tree: &mut Tree<'_>, size: u64, at: DocRef, view: DocumentView) -> Result<CaseList, ReadError> {
        let cells = self.shared.cells.as_ref();
        let mut entries = Vec::new();
        for position in view.trail.iter().copied().take(ENTRIES_PER_LIST_MAX) {
            entries.extend(self.case_entry(tree, size, position, at)?);
        }
        let inspected = inspection::inspection(cells, at).map_err(failed)?.unwrap_or_default();
        let score = inspection::score(cells, at).map_err(failed)?;
        Ok(CaseList { at, event: view.event, time_ms: view.time_ms, entries, results: inspected.results, score })
    }

    /// An entry with its proof, and what it did to a document.
    fn case_entry(
        &self,
        tree: &mut Tree<'_>,
        size: u64,
        position: u64,
        at: DocRef,
    ) -> Result<Option<CaseEntry>, ReadError> {
        let stored = self.shared.ledger.read_one(Position(position)).map_err(|error| {
            tracing::error!(%error, "reading the ledger for a case");
            ReadError::Internal
        })?;
        let Some(stored) = stored else { return Ok(None) };
        let leaf = entry_leaf(position, stored.time.0, &stored.record.header);
        let proof = tree.inclusion(&stored, size)?;
        let outcome = self.outcome(Position(position))?;
        let of_list = |event: &&Event| event.document == Some(at) && event.kind != EventKind::Drawn as i32;
        let events = outcome.iter().flat_map(|outcome| outcome.events.iter().filter(of_list)).cloned().collect();
        Ok(Some(CaseEntry { position, time: stored.time, leaf, proof, events }))
    }

    /// Consents of the caller after a bank: codes of banks and consents.
    pub(crate) fn consents(&self, caller: &Caller, limit: usize) -> Result<Vec<(String, Consent)>, ReadError> {
        let rows = agency::consents(self.shared.cells.as_ref(), caller.id.0, 0, limit).map_err(failed)?;
        Ok(rows.into_iter().map(|(bank, consent)| (self.party_code(bank), consent)).collect())
    }

    /// Figures of a firm by month: for the firm itself, and for a bank as far as the firm's consent goes now.
    pub(crate) fn trade_figures(
        &self,
        caller: &Caller,
        code: &str,
        months: (u32, u32),
        now: Timestamp,
    ) -> Result<Result<FiguresView, NoFigures>, ReadError> {
        let firm = if code.is_empty() { Some((caller.id, caller.party.clone())) } else { self.party_of_code(code) };
        let Some((firm, party)) = firm else { return Ok(Err(NoFigures::NoFirm)) };
        let cells = self.shared.cells.as_ref();
        let (mut scope, mut first) = (scope::ALL, months.0);
        if firm != caller.id {
            let consent = if caller.party.has_role(Role::Bank) {
                agency::consent(cells, firm.0, caller.id.0).map_err(failed)?
            } else {
                None
            };
            let Some(given) = consent.as_ref().and_then(|consent| consent.at(now.0)) else {
                return Ok(Err(NoFigures::NoConsent));
            };
            scope = given.scope;
            first = first.max(given.first_month);
        }
        let months = agency::figures(cells, firm.0, first, months.1).map_err(failed)?;
        Ok(Ok(FiguresView { code: party.code.clone(), months, scope }))
    }
}
