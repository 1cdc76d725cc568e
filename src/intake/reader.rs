//! Reading the state: parties, documents, timelines, subscriptions, and who may see what of them.

use super::applier::Shared;
use super::reveal;
use super::types::{Found, Happening, Page, ReadError, Traced};
use crate::domain::limits::TRACE_DOCUMENTS_MAX;
use crate::domain::{Caller, DocRef, Event, Outcome, Party, PartyId, Position, Role, Timestamp};
use crate::feed::Subscription;
use crate::proof::Checkpoint;
use crate::receipt::event_text;
use crate::state::{DocumentView, StateError, query};
use crate::tables::{Parameter, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Submissions that one page of documents looks through at most.
const PAGE_ENTRIES_MAX: usize = 2000;

/// Handle for reading; cheap to clone. Methods that return documents block briefly: call them off the
/// async threads.
#[derive(Clone)]
pub struct Reader {
    pub(crate) shared: Arc<Shared>,
    pub(super) signer: Arc<super::signer::Signer>,
}

impl Reader {
    /// Position of the last applied entry.
    #[must_use]
    pub fn applied(&self) -> Position {
        self.shared.applied()
    }

    /// Follows [`Reader::applied`].
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.shared.watch()
    }

    /// Waits until the state has reached `position`.
    ///
    /// # Errors
    /// [`ReadError::TooEarly`] after `wait`.
    pub async fn reach(&self, position: Position, wait: Duration) -> Result<(), ReadError> {
        let mut applied = self.shared.watch();
        let reached = tokio::time::timeout(wait, applied.wait_for(|at| *at >= position)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReadError::TooEarly(position)),
        }
    }

    /// The active party that filed this client certificate (64 lower-case hex digits of SHA-256), unless its filing is
    /// revoked at that time. A firm that is suspended comes in to read what became of its documents; new ones of it are
    /// refused (R-ENT-06).
    #[must_use]
    pub fn party_of_certificate(&self, sha256: &str, at: Timestamp) -> Option<Caller> {
        let registry = self.shared.registry.load();
        registry.of_certificate(sha256).filter(|caller| !registry.is_revoked(&caller.party.code, at.0))
    }

    /// The party with that code or alias.
    #[must_use]
    pub fn party_of_code(&self, code: &str) -> Option<(PartyId, Arc<Party>)> {
        self.shared.registry.load().of_code(code).map(|(id, party)| (id, Arc::clone(party)))
    }

    /// All parties by code.
    #[must_use]
    pub fn parties(&self) -> Vec<(PartyId, Arc<Party>)> {
        self.shared.registry.load().all()
    }

    /// The dated tables as they stand.
    #[must_use]
    pub fn tables(&self) -> Tables {
        Tables::clone(&self.shared.tables.load())
    }

    /// A number of the dated tables as it stands at a time.
    #[must_use]
    pub fn number(&self, parameter: Parameter, at: Timestamp) -> i64 {
        self.shared.tables.load().number(parameter, at)
    }

    /// DXP id of the exchange.
    pub(crate) fn exchange_dxp_id(&self) -> String {
        self.shared.registry.load().exchange_dxp_id().to_owned()
    }

    /// Code of a party; `exchange` for the exchange itself.
    pub(crate) fn party_code(&self, id: u32) -> String {
        let registry = self.shared.registry.load();
        registry.party(PartyId(id)).map_or_else(|| "exchange".to_owned(), |party| party.code.clone())
    }

    /// One document, if the caller may see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn document(&self, caller: &Caller, id: DocRef) -> Result<Option<Found>, ReadError> {
        let Some(view) = self.view(id)? else { return Ok(None) };
        if !may_see(caller, &view) {
            return Ok(None);
        }
        Ok(Some(self.found(caller, view, true)?))
    }

    /// The list with that preNo or invtNo, if the caller may see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn document_by_number(&self, caller: &Caller, number: &str) -> Result<Option<Found>, ReadError> {
        let at = query::list_of_number(self.shared.cells.as_ref(), number).map_err(failed)?;
        at.map_or(Ok(None), |at| self.document(caller, at))
    }

    /// Documents that the caller sent, newest first, beginning before `before`. Types and status 0 or
    /// empty are not looked at. A page may hold fewer than `limit` although there is a next one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn sent(
        &self,
        caller: &Caller,
        before: Option<DocRef>,
        limit: usize,
        types: &[i32],
        status: i32,
    ) -> Result<Page, ReadError> {
        let mut page = Page::default();
        let mut before = before.unwrap_or(DocRef { position: u64::MAX, ordinal: 0 });
        for _ in 0..PAGE_ENTRIES_MAX {
            // Entries strictly before the cursor, or the one in which it stands.
            let upper = if before.ordinal > 1 { before.position.saturating_add(1) } else { before.position };
            let Some(position) = query::sent_before(self.shared.cells.as_ref(), caller.id, upper).map_err(failed)?
            else {
                return Ok(page);
            };
            let count = query::documents_of(self.shared.cells.as_ref(), position).map_err(failed)?;
            let last = if position == before.position { before.ordinal.saturating_sub(1) } else { count };
            for ordinal in (1..=last).rev() {
                let at = DocRef { position, ordinal };
                if page.documents.len() >= limit {
                    page.next = Some(DocRef { position, ordinal: ordinal + 1 });
                    return Ok(page);
                }
                let Some(view) = self.view(at)? else { continue };
                let fits = (types.is_empty() || types.contains(&view.event.message_type))
                    && (status == 0 || view.event.status == status);
                if fits {
                    page.documents.push(self.found(caller, view, false)?);
                }
            }
            before = DocRef { position, ordinal: 1 };
        }
        page.next = Some(before);
        Ok(page)
    }

    /// Everything known under a number that the caller may see: documents of its trades, and what happened, oldest
    /// first. A number of many trades (a bill, a consolidation) comes in pages; the next one begins after `after`.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn trace(&self, caller: &Caller, key: &str, after: Option<DocRef>) -> Result<Traced, ReadError> {
        let cells = self.shared.cells.as_ref();
        let mut begins: Vec<DocRef> = match (crate::receipt::position_of(key), after) {
            (Some(position), None) => self.documents_of_entry(position)?.into_iter().collect(),
            (None, None) => query::documents_of_number(cells, key).map_err(failed)?,
            (_, Some(_)) => Vec::new(),
        };
        let from = after.unwrap_or_default();
        let further =
            query::documents_with_number(cells, key, from, TRACE_DOCUMENTS_MAX.saturating_add(1)).map_err(failed)?;
        let mut last = from;
        let mut next = None;
        let mut seen: BTreeMap<DocRef, DocumentView> = BTreeMap::new();
        let mut looked_at = BTreeSet::new();
        let own_rows = begins.len();
        begins.extend(further);
        for (index, at) in begins.into_iter().enumerate() {
            if index >= own_rows {
                if seen.len() >= TRACE_DOCUMENTS_MAX || index - own_rows >= TRACE_DOCUMENTS_MAX {
                    next = Some(last);
                    break;
                }
                last = at;
            }
            if !looked_at.contains(&at) && seen.len() < TRACE_DOCUMENTS_MAX {
                let trade = query::trade(cells, at).map_err(failed)?;
                looked_at.extend(trade.own.iter().copied());
                self.see_trade(caller, &trade, &mut seen)?;
            }
        }
        // The last trade may go beyond the limit: it is shown whole.
        let views: Vec<DocumentView> = seen.into_values().collect();
        let mut happenings = Vec::new();
        let positions: BTreeSet<u64> = views.iter().flat_map(|view| view.trail.iter().copied()).collect();
        let ids: BTreeSet<DocRef> = views.iter().map(|view| view.at).collect();
        for position in positions {
            let Some(outcome) = self.outcome(Position(position))? else { continue };
            for event in &outcome.events {
                if event.document.is_some_and(|at| ids.contains(&at)) {
                    happenings.push(self.happening(caller, Position(position), &outcome, event)?);
                }
            }
        }
        happenings.extend(self.parcel_happenings(&views)?);
        happenings.sort_by_key(|happening| happening.time);
        let documents = views.into_iter().map(|view| self.found(caller, view, false)).collect::<Result<_, _>>()?;
        Ok(Traced { documents, happenings, next })
    }

    /// Notes what a caller sees of a trade: all of it, if any of it is its own; what other trades share only if it is
    /// its own; customs what is of its offices.
    fn see_trade(
        &self,
        caller: &Caller,
        trade: &query::Trade,
        seen: &mut BTreeMap<DocRef, DocumentView>,
    ) -> Result<(), ReadError> {
        let read = |refs: &BTreeSet<DocRef>| -> Result<Vec<DocumentView>, ReadError> {
            let mut views = Vec::new();
            for at in refs.iter().take(TRACE_DOCUMENTS_MAX) {
                views.extend(self.view(*at)?);
            }
            Ok(views)
        };
        let (mut own, mut shared) = (read(&trade.own)?, read(&trade.shared)?);
        if caller.party.has_role(Role::Customs) || !own.iter().any(|view| has_part_in(caller, view)) {
            own.retain(|view| has_part_in(caller, view));
        }
        shared.retain(|view| has_part_in(caller, view));
        seen.extend(own.into_iter().chain(shared).map(|view| (view.at, view)));
        Ok(())
    }

    /// A subscription of the caller.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn subscription(&self, caller: &Caller, name: &str) -> Result<Option<Subscription>, ReadError> {
        query::subscription(self.shared.cells.as_ref(), caller.id, name).map_err(failed)
    }

    /// The caller's subscriptions after that name, by name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn subscriptions(&self, caller: &Caller, after: &str, limit: usize) -> Result<Vec<Subscription>, ReadError> {
        query::subscriptions(self.shared.cells.as_ref(), caller.id, after, limit).map_err(failed)
    }

    /// The newest checkpoint, signed.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn checkpoint(&self) -> Result<Checkpoint, ReadError> {
        let (entries, events, position) = self.shared.trees();
        Ok(self.signer.sign(Checkpoint {
            entries: entries.leaves(),
            entries_root: entries.root(),
            events: events.leaves(),
            events_root: events.root(),
            position: position.0,
            ..Checkpoint::default()
        }))
    }

    /// The outcome of an entry; `None` if it changed nothing that is kept.
    pub(crate) fn outcome(&self, position: Position) -> Result<Option<Arc<Outcome>>, ReadError> {
        let recent = self.shared.recent_after(Position(position.0.saturating_sub(1)), 1);
        if let Some((at, outcome)) = recent.and_then(|recent| recent.into_iter().next())
            && at == position
        {
            return Ok(Some(outcome));
        }
        Ok(query::outcome(self.shared.cells.as_ref(), position).map_err(failed)?.map(Arc::new))
    }

    /// Outcomes with events after a position, oldest first, a batch of them.
    pub(crate) fn outcomes_after(&self, after: Position) -> Result<Vec<(Position, Arc<Outcome>)>, ReadError> {
        const EVENTS_PER_BATCH: usize = 400;
        const ENTRIES_PER_READ: usize = 32;
        if let Some(recent) = self.shared.recent_after(after, EVENTS_PER_BATCH) {
            return Ok(recent);
        }
        let outcomes = query::outcomes_after(self.shared.cells.as_ref(), after, ENTRIES_PER_READ).map_err(failed)?;
        Ok(outcomes.into_iter().map(|(position, outcome)| (position, Arc::new(outcome))).collect())
    }

    /// The first position at or after a time; the next one to come if there is none.
    pub(crate) fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        let (mut low, mut high) = (1_u64, self.applied().0.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.shared.ledger.read(Position(middle - 1), 1).map_err(|error| {
                tracing::error!(%error, "reading the ledger by time");
                ReadError::Internal
            })?;
            match next.first() {
                Some(stored) if stored.time < time => low = stored.position.0 + 1,
                Some(_) | None => high = middle,
            }
        }
        Ok(Position(low))
    }

    fn documents_of_entry(&self, position: Position) -> Result<BTreeSet<DocRef>, ReadError> {
        let outcome = self.outcome(position)?;
        Ok(outcome
            .map_or_else(BTreeSet::new, |outcome| outcome.events.iter().filter_map(|event| event.document).collect()))
    }

    pub(super) fn view(&self, at: DocRef) -> Result<Option<DocumentView>, ReadError> {
        let (registry, tables) = (self.shared.registry.load(), self.shared.tables.load());
        query::document(self.shared.cells.as_ref(), &registry, &tables, at).map_err(failed)
    }

    pub(super) fn found(&self, caller: &Caller, view: DocumentView, with_xml: bool) -> Result<Found, ReadError> {
        let has_part = has_part_in(caller, &view);
        self.found_as(caller, view, with_xml, has_part)
    }

    /// A document as somebody sees it who has a part in it, or in its trade, or not.
    pub(super) fn found_as(
        &self,
        caller: &Caller,
        view: DocumentView,
        with_xml: bool,
        has_part: bool,
    ) -> Result<Found, ReadError> {
        let mut source = reveal::Source::new(self.shared.ledger.as_ref());
        let mut event = view.event;
        // Why it was refused stands in the outcome of its own entry.
        if event.status < 0
            && let Some(outcome) = self.outcome(Position(view.at.position))?
            && let Some(own) = outcome.events.iter().find(|other| other.document == Some(view.at))
        {
            event.rejections.clone_from(&own.rejections);
        }
        if !has_part {
            event.waiting.clear();
            event.rejections.clear();
        }
        let sender = view.sender == caller.id.0;
        reveal::event(&mut source, &self.shared, caller, view.at.position, sender, &mut event);
        let is_exact = sender || caller.party.has_role(Role::Customs);
        if with_xml && is_exact {
            // Reads of personal data leave a trace, without the data (R-ID-05).
            crate::telemetry::personal_read(&caller.party.code, &view.at.id());
        }
        let xml = if with_xml { source.document(view.at, is_exact) } else { None };
        Ok(Found {
            id: view.at,
            event,
            time: Timestamp(view.time_ms),
            xml: xml.unwrap_or_default().into(),
            replaced_by: view.replaced_by,
            frozen: view.frozen,
        })
    }

    fn happening(
        &self,
        caller: &Caller,
        position: Position,
        outcome: &Outcome,
        event: &Event,
    ) -> Result<Happening, ReadError> {
        let mut source = reveal::Source::new(self.shared.ledger.as_ref());
        let mut event = event.clone();
        reveal::event(&mut source, &self.shared, caller, position.0, outcome.party == caller.id.0, &mut event);
        let (text_zh, text_en) = event_text(&event);
        Ok(Happening {
            position,
            time: Timestamp(outcome.time_ms),
            party: self.party_code(outcome.party),
            text_zh,
            text_en,
            event,
        })
    }
}

/// Owners, operators, and customs for its own offices (orders, payments and waybills have none).
pub(super) fn has_part_in(caller: &Caller, view: &DocumentView) -> bool {
    let office = view.event.keys.as_ref().map_or("", |keys| keys.customs_code.as_str());
    let customs = caller.party.has_role(Role::Customs)
        && (office.is_empty() || caller.party.customs_codes.iter().any(|code| code == office));
    customs || caller.party.has_role(Role::Operator) || view.event.owners.contains(&caller.id.0)
}

/// Those that have a part in a document, and those that its message names for data: these see the document alone, not
/// what became of it.
fn may_see(caller: &Caller, view: &DocumentView) -> bool {
    let named = view.event.audience.as_ref().is_some_and(|audience| audience.data.contains(&caller.id.0));
    named || has_part_in(caller, view)
}

pub(super) fn failed(error: StateError) -> ReadError {
    tracing::error!(%error, "reading the state");
    ReadError::Internal
}
