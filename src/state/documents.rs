//! Adding, changing and deleting documents: duplicates, who may, frozen ones, and the match that follows.

use super::cells::{CellsMut, StateError, load, save};
use super::clearance::{self, Moved};
use super::facts::Facts;
use super::keys::{MatchSet, Side, Space, WaybillSlot, clear_key, order_key, unique_keys, waybill_key};
use super::life::{DocState, may_change};
use super::reasons::Reason;
use super::related;
use super::rules;
use super::step::{Step, facts_at, no_facts};
use super::store::Table;
use crate::domain::{Amount, DocRef, EventKind, Field, Keys, MessageType, Part, PartyId, Rejection, Timestamp, status};

/// Logic 1: a waybill number may be used again after six months (R-INV-11).
const WAYBILL_LAPSE_MS: i64 = 183 * 24 * 3600 * 1000;
/// Logic 1: a list waits this long for its three documents (domain.md §3, proposed).
pub(super) const MATCH_WAIT_MS: i64 = 72 * 3600 * 1000;
/// Payments, lists or waybills kept under one key; more are refused as duplicates of a trade.
const UNDER_ONE_KEY_MAX: usize = 64;

/// What a document asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Change,
    Delete,
}

impl<C: CellsMut> Step<'_, C> {
    /// Applies one document that the stateless checks let through. The rejection says why it is refused.
    pub(super) fn apply_document(&mut self, at: DocRef, kind: MessageType, facts: &Facts) -> Result<(), StateError> {
        let refused = if facts.rejections.is_empty() {
            match self.judge(kind, facts)? {
                Ok((action, incumbent)) => {
                    let refused = self.judge_by_rules(kind, facts, action, incumbent.as_ref().map(|(at, _)| *at))?;
                    if refused.is_empty() {
                        return self.bind(at, kind, facts, action, incumbent);
                    }
                    refused
                }
                Err(rejection) => vec![rejection],
            }
        } else {
            facts.rejections.clone()
        };
        self.refuse(at, kind, facts, refused)
    }

    /// What the rules of clearance say of a document that is declared: not of drafts and deletions.
    fn judge_by_rules(
        &mut self,
        kind: MessageType,
        facts: &Facts,
        action: Action,
        incumbent: Option<DocRef>,
    ) -> Result<Vec<Rejection>, StateError> {
        if self.logic < clearance::SINCE_LOGIC || action == Action::Delete || facts.app_status == 1 {
            return Ok(Vec::new());
        }
        let (registry, tables, now) = (self.registry, self.tables, self.now());
        let value = if kind == MessageType::Ceb621 { clearance::quota::value_of(facts) } else { Amount::default() };
        let view = rules::View {
            cells: &*self.cells,
            registry,
            tables,
            now,
            sender: self.party,
            kind,
            facts,
            incumbent,
            value,
        };
        rules::judge(&view, &mut self.firms)
    }

    fn refuse(
        &mut self,
        at: DocRef,
        kind: MessageType,
        facts: &Facts,
        mut rejections: Vec<Rejection>,
    ) -> Result<(), StateError> {
        // Receipts of what is declared must carry a preNo, so a refused document gets one too.
        let pre_no = if is_declared(kind) { self.next_pre_no(kind)? } else { String::new() };
        for rejection in &mut rejections {
            if rejection.path.starts_with('[') {
                rejection.path = kind.line_path(at.ordinal as usize, &rejection.path);
            } else if !rejection.path.starts_with('/') {
                rejection.path = kind.head_path(at.ordinal as usize, &rejection.path);
            }
        }
        let fallback = kind.spec().map(|spec| spec.refused).filter(|code| *code != 0).unwrap_or(-1);
        let official = rejections.iter().map(|rejection| rejection.official).find(|code| *code != 0);
        let state = DocState {
            kind: kind as i32,
            status: official.unwrap_or(fallback),
            sender: self.party,
            app_time: facts.app_time,
            time_ms: self.time_ms,
            trail: vec![self.position],
            audience: self.audience.clone(),
            pre_no,
            ..DocState::default()
        };
        if !state.pre_no.is_empty() {
            save(self.cells, Table::Key, &clear_key(Space::PreNo, &state.pre_no), &at);
        }
        self.save_doc_state(at, &state);
        let mut event = self.event(EventKind::DocumentRejected, at, &state, facts)?;
        event.rejections = rejections;
        self.events.push(event);
        Ok(())
    }

    /// The live document that holds one of this one's business keys, and the number by which it does.
    fn incumbent(&self, kind: MessageType, facts: &Facts) -> Result<Option<(Field, DocRef, DocState)>, StateError> {
        let keys = &facts.keys;
        let named = |field: Field| move |(at, state): (DocRef, DocState)| (field, at, state);
        match Side::of(kind) {
            Side::Order => {
                let set: MatchSet = load(self.cells, Table::Match, &order_key(kind, keys))?.unwrap_or_default();
                Ok(self.live(set.order)?.map(named(Field::OrderNo)))
            }
            Side::Waybill => {
                let slot: WaybillSlot = load(self.cells, Table::Key, &waybill_key(kind, keys))?.unwrap_or_default();
                let live = self.live(slot.waybill)?;
                let kept = live.filter(|(_, state)| self.time_ms - state.time_ms < self.waybill_lapse_ms());
                Ok(kept.map(named(Field::LogisticsNo)))
            }
            Side::Payment | Side::List | Side::Other => {
                for (field, key) in unique_keys(kind, keys) {
                    let at: Option<DocRef> = load(self.cells, Table::Key, &key)?;
                    if let Some(found) = self.live(at)? {
                        return Ok(Some(named(field)(found)));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Decides what may be done with a document, without doing it.
    #[expect(clippy::type_complexity, reason = "a verdict inside a store result")]
    fn judge(
        &mut self,
        kind: MessageType,
        facts: &Facts,
    ) -> Result<Result<(Action, Option<(DocRef, DocState)>), Rejection>, StateError> {
        let keys = &facts.keys;
        let logic = self.logic;
        let refuse = |reason: Reason, field: &str, found: &str, expected: &str| {
            Ok(Err(reason.refusal(logic, kind, field, found, expected)))
        };
        let spec = kind.spec();
        let is_notice = spec.is_some_and(|spec| spec.part == Part::Notice);
        let is_declared = is_declared(kind);
        if let Some(refused) = self.judge_sender(kind, facts, is_notice)? {
            return Ok(Err(refused));
        }
        let mut action = match facts.app_type {
            2 => Action::Change,
            3 => Action::Delete,
            _ => Action::Add,
        };
        if let Some(list) = related::list_needed(kind).filter(|_| action != Action::Delete)
            && related::numbered(self.cells, &keys.invt_no)?.is_none_or(|(_, state)| state.kind != list as i32)
        {
            return refuse(Reason::ListUnknown, Field::InvtNo.name(), &keys.invt_no, "");
        }
        let Some((field, at, held)) = self.incumbent(kind, facts)? else {
            let (field, number) = named(kind, keys);
            return match action {
                Action::Add if is_declared && !keys.pre_no.is_empty() => {
                    refuse(Reason::PreNoUnknown, "preNo", &keys.pre_no, "")
                }
                Action::Add => Ok(Ok((action, None))),
                Action::Change | Action::Delete => refuse(Reason::NotThere, field, number, ""),
            };
        };
        // A list is known to its seller by the order.
        let (field, number) = match Side::of(kind) {
            Side::List => named(kind, keys),
            Side::Order | Side::Payment | Side::Waybill | Side::Other => (field.name(), keys.get(field)),
        };
        if is_notice {
            // Customs says again how it stands.
            action = Action::Change;
        }
        // A draft of one's own is completed by the declaration that follows it.
        if action == Action::Add && !(held.status == status::DRAFT && held.sender == self.party) {
            return refuse(Reason::Duplicate, field, number, "");
        }
        if held.sender != self.party && !is_notice {
            return refuse(Reason::NotYours, field, number, "");
        }
        if facts.app_time < held.app_time {
            return refuse(Reason::Stale, "appTime", &facts.app_time.to_string(), &held.app_time.to_string());
        }
        if held.frozen_by > 0 {
            return refuse(Reason::Frozen, field, number, "");
        }
        if is_declared {
            let given_field = spec.and_then(|spec| spec.given);
            let given = given_field.map_or("", |field| keys.get(field));
            let given_name = given_field.map_or("", Field::name);
            if !self.may_change(kind, held.status) {
                return refuse(Reason::StatusForbids, field, &held.status.to_string(), &self.change_statuses(kind));
            }
            if !held.customs_no.is_empty() && !given.is_empty() && given != held.customs_no {
                return refuse(Reason::CustomsNoFrozen, given_name, given, &held.customs_no);
            }
            if !keys.pre_no.is_empty() && keys.pre_no != held.pre_no {
                return refuse(Reason::PreNoUnknown, "preNo", &keys.pre_no, &held.pre_no);
            }
            if !held.customs_no.is_empty() && (given.is_empty() || keys.pre_no.is_empty()) {
                let (field, own) =
                    if keys.pre_no.is_empty() { ("preNo", &held.pre_no) } else { (given_name, &held.customs_no) };
                return refuse(Reason::NumbersMissing, field, "", own);
            }
            if action == Action::Delete && !held.customs_no.is_empty() {
                return refuse(Reason::StatusForbids, field, &held.status.to_string(), "");
            }
            // All its keys must lead to the same one.
            for (_, key) in unique_keys(kind, keys) {
                let other = self.live(load(self.cells, Table::Key, &key)?)?;
                if other.is_some_and(|(other, _)| other != at) {
                    return refuse(Reason::Duplicate, field, number, "");
                }
            }
        }
        Ok(Ok((action, Some((at, held)))))
    }

    /// Whether the sender may send this document at all: whoever answers for it, or customs for its own office.
    fn judge_sender(
        &mut self,
        kind: MessageType,
        facts: &Facts,
        is_notice: bool,
    ) -> Result<Option<Rejection>, StateError> {
        let party = self.registry.party(PartyId(self.party));
        if is_notice {
            let mut keys = facts.keys.clone();
            self.subject(kind, &facts.keys)?.tell(&mut Vec::new(), &mut keys);
            let office = &keys.customs_code;
            let own = office.is_empty() || party.is_some_and(|customs| customs.customs_codes.contains(office));
            let refused = || Reason::ForeignOffice.refusal(self.logic, kind, Field::CustomsCode.name(), office, "");
            return Ok((!own).then(refused));
        }
        let codes = facts.responsible(kind);
        let speaks = party.is_some_and(|party| {
            codes.iter().any(|(_, code)| self.registry.may_speak_for(party, code, kind, self.time_ms))
        });
        let (field, code) = codes.first().copied().unwrap_or_default();
        let refused = || Reason::NoMandate.refusal(self.logic, kind, field, code, "");
        Ok((!speaks).then(refused))
    }

    /// Binds an accepted document.
    fn bind(
        &mut self,
        at: DocRef,
        kind: MessageType,
        facts: &Facts,
        action: Action,
        incumbent: Option<(DocRef, DocState)>,
    ) -> Result<(), StateError> {
        let draft = facts.app_status == 1;
        let mut state = DocState {
            kind: kind as i32,
            status: match is_declared(kind) {
                _ if draft => status::DRAFT,
                true => status::DECLARING,
                false => status::STORED,
            },
            app_time: facts.app_time,
            sender: self.party,
            time_ms: self.time_ms,
            trail: vec![self.position],
            audience: self.audience.clone(),
            ..DocState::default()
        };
        if let Some((old, mut held)) = incumbent {
            state.pre_no.clone_from(&held.pre_no);
            state.customs_no.clone_from(&held.customs_no);
            self.unlink(old, kind, &mut held)?;
            let deleted = action == Action::Delete;
            let before = held.status;
            held.status = if deleted { status::CANCELLED } else { status::REPLACED };
            held.replaced_by = (!deleted).then_some(at);
            held.touch(self.position);
            self.save_doc_state(old, &held);
            let entry = self.facts_of_entry(old.position)?;
            let none = no_facts();
            let old_facts = facts_at(&entry, old).unwrap_or(&none);
            let what = if deleted { EventKind::DocumentDeleted } else { EventKind::DocumentReplaced };
            let mut event = self.event(what, old, &held, old_facts)?;
            event.other = Some(at);
            self.events.push(event);
            self.moved(&Moved { at: old, kind, facts: old_facts, from: before, to: held.status })?;
            if deleted {
                state.status = status::CANCELLED;
                self.save_doc_state(at, &state);
                let event = self.event(EventKind::DocumentAccepted, at, &state, facts)?;
                self.events.push(event);
                return self.rematch_counterparts(kind, old_facts);
            }
            self.rematch_if_moved(kind, old_facts, facts)?;
        }
        if is_declared(kind) && state.pre_no.is_empty() {
            state.pre_no = self.next_pre_no(kind)?;
        }
        self.link(at, kind, facts, &mut state)?;
        self.take(kind, facts, &mut state)?;
        self.save_doc_state(at, &state);
        let event = self.events.len();
        let mut accepted = self.event(EventKind::DocumentAccepted, at, &state, facts)?;
        if let Some(tax) = &state.tax {
            tax.tell(&mut accepted);
        }
        self.events.push(accepted);
        self.moved(&Moved { at, kind, facts, from: 0, to: state.status })?;
        if Side::of(kind) == Side::List && !draft {
            // No consequence of its acceptance changes the state of a new list.
            let waiting = self.match_waiting(at, state, false)?;
            if let Some(accepted) = self.events.get_mut(event) {
                accepted.waiting = waiting;
            }
            return Ok(());
        }
        if draft { Ok(()) } else { self.rematch_counterparts(kind, facts) }
    }

    /// The next pre-entry number: a letter, the date in UTC+8, and a serial of nine digits (R-INV-13).
    fn next_pre_no(&mut self, kind: MessageType) -> Result<String, StateError> {
        let letter = kind.spec().map_or("", |spec| spec.pre_no);
        let day = Timestamp(self.time_ms).ceb8();
        let key = if letter == "B" { format!("preNo/{day}") } else { format!("preNo/{letter}/{day}") };
        let last = self.cells.get(Table::Meta, key.as_bytes())?;
        let last = last.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        self.cells.put(Table::Meta, key.as_bytes(), (last + 1).to_be_bytes().to_vec());
        Ok(format!("{letter}{day}{:09}", last + 1))
    }

    /// Writes the rows that lead to a document.
    fn link(&mut self, at: DocRef, kind: MessageType, facts: &Facts, state: &mut DocState) -> Result<(), StateError> {
        let keys = &facts.keys;
        let push = |refs: &mut Vec<DocRef>| {
            if !refs.contains(&at) {
                refs.push(at);
            }
            if refs.len() > UNDER_ONE_KEY_MAX {
                refs.remove(0);
            }
        };
        for (_, key) in unique_keys(kind, keys) {
            save(self.cells, Table::Key, &key, &at);
        }
        related::write(self.cells, at, kind, facts);
        let side = Side::of(kind);
        if matches!(side, Side::Order | Side::Payment | Side::List) {
            let key = order_key(kind, keys);
            let mut set: MatchSet = load(self.cells, Table::Match, &key)?.unwrap_or_default();
            match side {
                Side::Order => set.order = Some(at),
                Side::Payment => push(&mut set.payments),
                Side::List | Side::Waybill | Side::Other => push(&mut set.lists),
            }
            save(self.cells, Table::Match, &key, &set);
        }
        if matches!(side, Side::Waybill | Side::List) {
            let key = waybill_key(kind, keys);
            let mut slot: WaybillSlot = load(self.cells, Table::Key, &key)?.unwrap_or_default();
            match side {
                Side::Waybill => slot.waybill = Some(at),
                Side::List | Side::Order | Side::Payment | Side::Other => push(&mut slot.lists),
            }
            save(self.cells, Table::Key, &key, &slot);
        }
        if is_declared(kind) {
            save(self.cells, Table::Key, &clear_key(Space::PreNo, &state.pre_no), &at);
            if !state.customs_no.is_empty() {
                save(self.cells, Table::Key, &clear_key(Space::CustomsNo, &state.customs_no), &at);
            }
            if state.is_waiting() {
                state.deadline_ms = self.time_ms.saturating_add(self.match_wait_ms());
                self.cells.put(Table::Deadline, &deadline_key(state.deadline_ms, at), Vec::new());
            }
        }
        Ok(())
    }

    /// Takes a document out of the rows that lead to it, and thaws what it froze. Rows of unique keys are
    /// overwritten by the next holder; a dead document there does no harm.
    fn unlink(&mut self, at: DocRef, kind: MessageType, state: &mut DocState) -> Result<(), StateError> {
        let entry = self.facts_of_entry(at.position)?;
        let Some(facts) = facts_at(&entry, at) else { return Ok(()) };
        let keys = &facts.keys;
        let side = Side::of(kind);
        if matches!(side, Side::Order | Side::Payment | Side::List) {
            let key = order_key(kind, keys);
            let mut set: MatchSet = load(self.cells, Table::Match, &key)?.unwrap_or_default();
            if set.order == Some(at) {
                set.order = None;
            }
            set.payments.retain(|other| *other != at);
            set.lists.retain(|other| *other != at);
            save(self.cells, Table::Match, &key, &set);
        }
        if matches!(side, Side::Waybill | Side::List) {
            let key = waybill_key(kind, keys);
            let mut slot: WaybillSlot = load(self.cells, Table::Key, &key)?.unwrap_or_default();
            if slot.waybill == Some(at) {
                slot.waybill = None;
            }
            slot.lists.retain(|other| *other != at);
            save(self.cells, Table::Key, &key, &slot);
        }
        self.stop_waiting(at, state);
        self.thaw(state)
    }

    /// How long a list that comes now waits for its documents.
    fn match_wait_ms(&self) -> i64 {
        if self.logic < clearance::SINCE_LOGIC { MATCH_WAIT_MS } else { self.terms().match_wait_ms() }
    }

    /// How long a waybill holds its number.
    fn waybill_lapse_ms(&self) -> i64 {
        if self.logic < clearance::SINCE_LOGIC { WAYBILL_LAPSE_MS } else { self.terms().waybill_lapse_ms() }
    }

    /// Whether the sender may change a declared document in a status (R-ST-04): until customs has it, or as the tables
    /// say of lists.
    fn may_change(&self, kind: MessageType, code: i32) -> bool {
        if self.logic < clearance::SINCE_LOGIC || Side::of(kind) != Side::List || matches!(code, 1..=4) {
            return may_change(kind, code);
        }
        self.terms().may_change(code)
    }

    /// Statuses in which a list may be changed, for people.
    fn change_statuses(&self, kind: MessageType) -> String {
        let of_tables = self.logic >= clearance::SINCE_LOGIC && Side::of(kind) == Side::List;
        if of_tables { self.terms().change_statuses() } else { String::new() }
    }

    /// Ends the wait of a list.
    pub(super) fn stop_waiting(&mut self, at: DocRef, state: &mut DocState) {
        if state.deadline_ms != 0 {
            self.cells.delete(Table::Deadline, &deadline_key(state.deadline_ms, at));
            state.deadline_ms = 0;
        }
    }

    /// Lets the documents change again that a list froze.
    pub(super) fn thaw(&mut self, state: &mut DocState) -> Result<(), StateError> {
        for other in std::mem::take(&mut state.froze) {
            if let Some(mut frozen) = self.doc_state(other)? {
                frozen.frozen_by = frozen.frozen_by.saturating_sub(1);
                self.save_doc_state(other, &frozen);
            }
        }
        Ok(())
    }
}

/// True for documents that are declared to customs and wait for its answer.
fn is_declared(kind: MessageType) -> bool {
    kind.spec().is_some_and(|spec| !spec.pre_no.is_empty())
}

/// The field and number by which people know a document.
fn named(kind: MessageType, keys: &Keys) -> (&'static str, &str) {
    // A list is known to its seller by the order.
    let number = match Side::of(kind) {
        Side::List => Some(Field::OrderNo),
        Side::Order | Side::Payment | Side::Waybill | Side::Other => {
            kind.spec().and_then(|spec| spec.identity.first()).map(|identity| identity.number)
        }
    };
    number.map_or(("guid", keys.guid.as_str()), |field| (field.name(), keys.get(field)))
}

/// Key of a deadline: time, then document, so that the earliest comes first.
pub(super) fn deadline_key(deadline_ms: i64, at: DocRef) -> Vec<u8> {
    let mut key = deadline_ms.to_be_bytes().to_vec();
    key.extend_from_slice(&at.key());
    key
}
