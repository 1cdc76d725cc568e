//! Reading the life cycle: the report of the three-document match, the worklist, what consolidations become.

use super::reader::{Reader, failed, has_part_in};
use super::types::{Found, ReadError};
use crate::domain::limits::REPORT_LISTS_MAX;
use crate::domain::{Caller, DocRef, MessageType, Role, Timestamp, Waiting};
use crate::state::{DocumentView, life_reads, query};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use crate::state::life_reads::{Life, Merged, Together};
pub use crate::state::life_reads::{WorkItem, WorkKind};

/// How one document of a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is there and agrees.
    There,
    /// It has not come.
    Missing,
    /// It is there, and something in it differs.
    Differs,
}

/// One document of a list in a report.
#[derive(Debug, Clone)]
pub(crate) struct SideReport {
    pub(crate) kind: MessageType,
    pub(crate) standing: Standing,
    pub(crate) document: Option<DocRef>,
    pub(crate) number: String,
    /// Codes and names of the parties that have to act; none if nobody has to.
    pub(crate) must_act: Vec<(String, String)>,
    /// What differs, with both values as the caller may see them.
    pub(crate) differences: Vec<Waiting>,
}

/// The report on one list.
#[derive(Debug, Clone)]
pub(crate) struct MatchReport {
    pub(crate) list: Found,
    /// When the list stops waiting; `None` if it does not wait.
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) sides: Vec<SideReport>,
    pub(crate) life: Life,
}

/// An application for consolidation, and what its lists become.
pub(crate) type Consolidation = (DocRef, BTreeMap<Together, Merged>);

impl Reader {
    /// The report of the three-document match for every list known under a number that the caller may see.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn match_report(&self, caller: &Caller, number: &str) -> Result<Vec<MatchReport>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let mut found: Vec<DocRef> = query::documents_of_number(cells, number).map_err(failed)?;
        found.extend(query::documents_with_number(cells, number, DocRef::default(), REPORT_LISTS_MAX).map_err(failed)?);
        let mut lists = BTreeSet::new();
        for at in found {
            lists.extend(query::trade(cells, at).map_err(failed)?.own);
            if lists.len() >= REPORT_LISTS_MAX.saturating_mul(4) {
                break;
            }
        }
        let mut reports = Vec::new();
        for at in lists {
            if reports.len() >= REPORT_LISTS_MAX {
                break;
            }
            reports.extend(self.report_of(caller, at)?);
        }
        Ok(reports)
    }

    fn report_of(&self, caller: &Caller, at: DocRef) -> Result<Option<MatchReport>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let is_list = |kind: i32| kind == MessageType::Ceb621 as i32 || kind == MessageType::Ceb603 as i32;
        let Some(view) = self.view(at)?.filter(|view| is_list(view.event.message_type)) else { return Ok(None) };
        if !self.has_part_in_trade(caller, &view)? {
            return Ok(None);
        }
        let declarant = view.event.keys.as_ref().map(|keys| keys.agent_code.clone()).unwrap_or_default();
        let list = self.found_as(caller, view, false, true)?;
        let waiting = &list.event.waiting;
        let mut sides = Vec::new();
        for side in life_reads::sides(cells, &self.tables(), at).map_err(failed)? {
            let own = |kind: i32| kind == side.kind as i32;
            let of_side = |one: &&Waiting| own(one.left_type) || own(one.right_type);
            let differences: Vec<Waiting> =
                waiting.iter().filter(|one| !one.field.is_empty()).filter(of_side).cloned().collect();
            let standing = match (&side.document, differences.is_empty()) {
                (None, _) => Standing::Missing,
                (Some(_), true) => Standing::There,
                (Some(_), false) => Standing::Differs,
            };
            let mut codes = BTreeSet::new();
            if standing != Standing::There {
                codes.insert(side.code.clone());
            }
            if differences.iter().any(|one| is_list(one.left_type) || is_list(one.right_type)) {
                codes.insert(declarant.clone());
            }
            codes.remove("");
            sides.push(SideReport {
                kind: side.kind,
                standing,
                document: side.document,
                number: side.number,
                must_act: codes.into_iter().map(|code| self.named(code)).collect(),
                differences,
            });
        }
        let deadline = life_reads::match_deadline(cells, at).map_err(failed)?;
        let life = life_reads::life_of(cells, at).map_err(failed)?;
        Ok(Some(MatchReport { list, deadline: (deadline != 0).then_some(Timestamp(deadline)), sides, life }))
    }

    /// True for those that see a list or another document of its trade: its seller sent none of them, but answers for
    /// the order.
    fn has_part_in_trade(&self, caller: &Caller, list: &DocumentView) -> Result<bool, ReadError> {
        if has_part_in(caller, list) {
            return Ok(true);
        }
        if caller.party.has_role(Role::Customs) {
            return Ok(false);
        }
        let is_sellers = list.event.keys.as_ref().is_some_and(|keys| caller.party.is_called(&keys.ebc_code));
        if is_sellers {
            return Ok(true);
        }
        for other in query::trade(self.shared.cells.as_ref(), list.at).map_err(failed)?.own {
            if self.view(other)?.is_some_and(|view| has_part_in(caller, &view)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn named(&self, code: String) -> (String, String) {
        let name = self.party_of_code(&code).map(|(_, party)| party.name.clone()).unwrap_or_default();
        (code, name)
    }

    /// A page of the worklist after a key: own items; customs those of its offices; operators all.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn worklist(
        &self,
        caller: &Caller,
        after: &[u8],
        limit: usize,
        kinds: &[WorkKind],
    ) -> Result<(Vec<WorkItem>, Option<Vec<u8>>), ReadError> {
        let (operator, customs) = (caller.party.has_role(Role::Operator), caller.party.has_role(Role::Customs));
        let may_see = |item: &WorkItem| {
            let office = customs && caller.party.customs_codes.contains(&item.office);
            let wanted = kinds.is_empty() || kinds.iter().any(|kind| *kind as i32 == item.kind);
            wanted && (operator || office || item.owners.contains(&caller.id.0))
        };
        let registry = self.shared.registry.load();
        let page = life_reads::work(self.shared.cells.as_ref(), &registry, after, limit, &may_see).map_err(failed)?;
        Ok((page.items, page.next))
    }

    /// What an application for consolidation becomes; `None` if there is none or the caller may not see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) fn consolidation(&self, caller: &Caller, number: &str) -> Result<Option<Consolidation>, ReadError> {
        let cells = self.shared.cells.as_ref();
        for at in query::documents_of_number(cells, number).map_err(failed)? {
            if self.view(at)?.is_none_or(|view| !has_part_in(caller, &view)) {
                continue;
            }
            if let Some(merged) = life_reads::consolidation(cells, at).map_err(failed)? {
                return Ok(Some((at, merged)));
            }
        }
        Ok(None)
    }
}
