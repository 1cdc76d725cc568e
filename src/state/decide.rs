//! Customs' decisions: which document, whose office, and whether the step is legal (R-ST-01, 02, 05).

use super::cells::{CellsMut, StateError, after_prefix, decode, load, save};
use super::clearance::{Moved, SINCE_LOGIC};
use super::entry::DecisionFacts;
use super::keys::{MatchSet, Side, Space, WaybillSlot, clear_key, number_prefix, order_key, unique_keys, waybill_key};
use super::life::{DocState, is_final, is_legal_step, next_steps};
use super::related;
use super::step::{Step, facts_at, no_facts};
use super::store::Table;
use crate::domain::{
    DocRef, Effect, Event, EventKind, Field, Keys, MessageType, PartyId, Rejection, Timestamp, status,
};
use crate::proof::sha256;

impl<C: CellsMut> Step<'_, C> {
    /// Applies one decision (ordinal from 1 in its entry) and yields exactly one event for it, and
    /// further ones for lists that it sets waiting again.
    pub(super) fn apply_decision(&mut self, ordinal: u32, decision: &DecisionFacts) -> Result<(), StateError> {
        let kind = MessageType::of_number(decision.kind);
        let Some((at, mut state)) = self.find(kind, &decision.keys)? else {
            let (field, number) = number_of(kind, &decision.keys);
            let why = ignored("R-ST-10", "系统中不存在该单证", "no document of that number is here");
            let why = self.told(why, field, number.to_owned(), "the number of a document that is here");
            let event = Event {
                kind: EventKind::DecisionUnknown as i32,
                message_type: decision.kind,
                status: decision.status,
                keys: Some(decision.keys.clone()),
                owners: vec![self.party],
                rejections: vec![placed(kind, ordinal, why)],
                effect: Effect::UnknownDocument as i32,
                ..Event::default()
            };
            self.push_decision(ordinal, decision, event);
            return Ok(());
        };
        let entry = self.facts_of_entry(at.position)?;
        let facts = facts_at(&entry, at).cloned().unwrap_or_else(no_facts);
        let time_ms = if decision.time_ms == 0 { self.time_ms } else { decision.time_ms };
        let waits = self.arrival_forbids(kind, &facts, decision.status)?;
        let verdict = self.judge_decision(kind, &facts.keys, &mut state, decision, time_ms, waits);
        let (effect, why) = match verdict {
            Ok(()) => (Effect::Applied, None),
            Err(ignored) => (ignored.0, Some(ignored.1)),
        };
        state.touch(self.position);
        let before = state.status;
        if effect == Effect::Applied {
            state.status = decision.status;
            state.decided_ms = time_ms;
            let given = given_number(kind, &decision.keys);
            if state.customs_no.is_empty() && !given.is_empty() {
                given.clone_into(&mut state.customs_no);
                save(self.cells, Table::Key, &clear_key(Space::CustomsNo, given), &at);
                if is_split(kind) {
                    // Its other parts have the same number.
                    related::write_one(self.cells, at, given);
                }
            }
            if is_final(state.status) || state.status > 4 {
                self.stop_waiting(at, &mut state);
            }
            if state.status == status::REJECTED || state.status < 0 {
                self.thaw(&mut state)?;
            }
        }
        self.save_doc_state(at, &state);
        let what = if effect == Effect::Applied { EventKind::Decided } else { EventKind::DecisionIgnored };
        let mut event = self.event(what, at, &state, &facts)?;
        event.effect = effect as i32;
        event.rejections.extend(why.map(|why| placed(kind, ordinal, why)));
        self.push_decision(ordinal, decision, event);
        self.moved(&Moved { at, kind, facts: &facts, from: before, to: state.status })?;
        if effect == Effect::Applied && Side::of(kind) != Side::List {
            self.rematch_counterparts(kind, &facts)?;
        }
        Ok(())
    }

    fn push_decision(&mut self, ordinal: u32, decision: &DecisionFacts, mut event: Event) {
        event.decision_ordinal = ordinal;
        event.decision_ms = if decision.time_ms == 0 { self.time_ms } else { decision.time_ms };
        decision.info.clone_into(&mut event.info);
        self.events.push(event);
    }

    /// Whether a decision takes effect; notes it as seen either way.
    fn judge_decision(
        &self,
        kind: MessageType,
        keys: &Keys,
        state: &mut DocState,
        decision: &DecisionFacts,
        time_ms: i64,
        waits_for_arrival: bool,
    ) -> Result<(), Box<(Effect, Rejection)>> {
        let office = self
            .registry
            .party(PartyId(self.party))
            .is_some_and(|customs| keys.customs_code.is_empty() || customs.customs_codes.contains(&keys.customs_code));
        if !office {
            let rejection = Rejection {
                found: Some(keys.customs_code.clone()),
                ..ignored("R-ST-11", "申报海关不是本海关", "the document belongs to another customs office")
            };
            let own =
                self.registry.party(PartyId(self.party)).map_or_else(String::new, |own| own.customs_codes.join(" | "));
            let rejection = self.told(rejection, Field::CustomsCode.name(), keys.customs_code.clone(), &own);
            return Err(Box::new((Effect::ForeignOffice, rejection)));
        }
        // Not noted as seen: customs may say the same again once the parcel is there.
        if waits_for_arrival && !is_final(state.status) {
            let rejection = ignored(
                "R-EXP-10",
                "运单尚未运抵（入库明细单未报送），清单保持原状态，回执已留痕未更新",
                "the waybill has not arrived (no CEB711): the list stays, the decision is kept without effect",
            );
            let rejection = self.told(rejection, STATUS, decision.status.to_string(), "CEB711 with its waybill first");
            return Err(Box::new((Effect::Ignored, rejection)));
        }
        let status_bytes = decision.status.to_be_bytes();
        // Without a time of its own a decision is dated by its entry, so its time cannot tell repeats.
        let given_ms = decision.time_ms.to_be_bytes();
        let [a, b, c, d, e, f, g, h, ..] = sha256(&[decision.guid.as_bytes(), &[0], &status_bytes, &given_ms]);
        let hash = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        if !decision.guid.is_empty() && !state.note_decision(hash) {
            let rejection = ignored("R-ST-02", "重复回执，不再处理", "the same decision was there before");
            let rejection =
                self.told(rejection, Field::Guid.name(), decision.guid.clone(), "a new guid, status or time");
            return Err(Box::new((Effect::Repeated, rejection)));
        }
        if is_final(state.status) {
            let (zh, en) = status::name(state.status);
            let rejection = ignored(
                "R-ST-01",
                &format!("单证状态[{}]{zh}为终态，回执已留痕未更新", state.status),
                &format!("the document is {en} ({}): kept without effect", state.status),
            );
            let rejection = self.told(rejection, STATUS, decision.status.to_string(), "no decision: it has ended");
            return Err(Box::new((Effect::Ignored, rejection)));
        }
        if time_ms < state.decided_ms {
            let rejection =
                ignored("R-ST-01", "回执乱序，已留痕未更新", "older than the decision in force: kept without effect");
            let since = format!("not before {}", Timestamp(state.decided_ms));
            let rejection = self.told(rejection, "returnTime", Timestamp(time_ms).to_string(), &since);
            return Err(Box::new((Effect::Ignored, rejection)));
        }
        if !is_legal_step(kind, state.status, decision.status) {
            let rejection = ignored(
                "R-ST-01",
                &format!("状态不能由[{}]变为[{}]，回执已留痕未更新", state.status, decision.status),
                &format!("no legal step from {} to {}: kept without effect", state.status, decision.status),
            );
            let next = next_steps(kind, state.status);
            let rejection = self.told(rejection, STATUS, decision.status.to_string(), &next);
            return Err(Box::new((Effect::Ignored, rejection)));
        }
        let given = given_number(kind, &decision.keys);
        if !state.customs_no.is_empty() && !given.is_empty() && given != state.customs_no {
            let rejection = ignored(
                "R-ST-05",
                "海关编号不允许修改",
                "the document has another customs number: kept without effect",
            );
            let field = kind.spec().and_then(|spec| spec.given).map_or("", Field::name);
            let rejection = self.told(rejection, field, given.to_owned(), &state.customs_no);
            return Err(Box::new((Effect::Ignored, rejection)));
        }
        Ok(())
    }

    /// Logic 2: says also which field of the decision is meant, what it says, and what would take effect.
    fn told(&self, why: Rejection, field: &str, found: String, expected: &str) -> Rejection {
        if self.logic < SINCE_LOGIC {
            return why;
        }
        Rejection { path: field.to_owned(), found: Some(found), expected: expected.to_owned(), ..why }
    }

    /// The document that the numbers name: the most telling ones first.
    fn find(&mut self, kind: MessageType, keys: &Keys) -> Result<Option<(DocRef, DocState)>, StateError> {
        let mut found: Vec<DocRef> = Vec::new();
        match Side::of(kind) {
            Side::Order => {
                let set: Option<MatchSet> = load(self.cells, Table::Match, &order_key(kind, keys))?;
                found.extend(set.and_then(|set| set.order));
            }
            Side::Waybill => {
                let slot: Option<WaybillSlot> = load(self.cells, Table::Key, &waybill_key(kind, keys))?;
                found.extend(slot.and_then(|slot| slot.waybill));
            }
            Side::Payment | Side::List | Side::Other => {
                for row in rows(kind, keys) {
                    found.extend(load::<DocRef>(self.cells, Table::Key, &row)?);
                }
            }
        }
        for at in found {
            if let Some(state) = self.doc_state(at)?.filter(|state| state.kind == kind as i32) {
                return Ok(Some((at, state)));
            }
        }
        self.find_by_part(kind, keys)
    }

    /// The one live document of an identity of which the decision names the number and perhaps not all the rest.
    fn find_by_part(&mut self, kind: MessageType, keys: &Keys) -> Result<Option<(DocRef, DocState)>, StateError> {
        let mut fitting: Option<(DocRef, DocState)> = None;
        for identity in kind.spec().map_or(&[][..], |spec| spec.identity) {
            let number = keys.get(identity.number);
            if number.is_empty() {
                continue;
            }
            let prefix = number_prefix(Space::Identity, number);
            for (_, value) in self.cells.scan(Table::Key, &prefix, &after_prefix(&prefix), PARTS_MAX, false)? {
                let at: DocRef = decode(Table::Key, &value)?;
                let Some((at, state)) = self.live(Some(at))?.filter(|(_, state)| state.kind == kind as i32) else {
                    continue;
                };
                let entry = self.facts_of_entry(at.position)?;
                let held = facts_at(&entry, at).map(|facts| &facts.keys);
                let agrees = |field: &Field| {
                    let named = keys.get(*field);
                    named.is_empty() || held.is_some_and(|held| held.get(*field) == named)
                };
                if !agrees(&identity.number) || !identity.further.iter().all(agrees) {
                    continue;
                }
                match &fitting {
                    Some((other, _)) if *other != at => return Ok(None),
                    Some(_) | None => fitting = Some((at, state)),
                }
            }
        }
        Ok(fitting)
    }
}

/// Field with the status that customs decided on.
const STATUS: &str = "returnStatus";

/// The rejection with the path from the root of the receipt message, if it names a field.
fn placed(kind: MessageType, ordinal: u32, mut why: Rejection) -> Rejection {
    if !why.path.is_empty() {
        why.path = kind.receipt().head_path(ordinal as usize, &why.path);
    }
    why
}

/// The number by which a decision names its document: the most telling one that it has.
fn number_of(kind: MessageType, keys: &Keys) -> (&'static str, &str) {
    let spec = kind.spec();
    let own = spec.map_or(&[][..], |spec| spec.identity).iter().map(|identity| identity.number);
    let fields = [Some(Field::PreNo), spec.and_then(|spec| spec.given)].into_iter().flatten().chain(own);
    let mut named = fields.map(|field| (field.name(), keys.get(field)));
    named.find(|(_, number)| !number.is_empty()).unwrap_or((Field::Guid.name(), keys.guid.as_str()))
}

/// Documents of one number among which a decision that names only a part of an identity is looked up.
const PARTS_MAX: usize = 256;

/// Rows that the numbers of a decision lead to, the most telling first.
fn rows(kind: MessageType, keys: &Keys) -> Vec<Vec<u8>> {
    let Some(spec) = kind.spec() else { return Vec::new() };
    let mut rows = Vec::new();
    if !spec.pre_no.is_empty() && !keys.pre_no.is_empty() {
        rows.push(clear_key(Space::PreNo, &keys.pre_no));
    }
    let given = given_number(kind, keys);
    let given = (!given.is_empty()).then(|| clear_key(Space::CustomsNo, given));
    let own = unique_keys(kind, keys).into_iter().map(|(_, key)| key);
    // The parts of a split document share the number that customs gives.
    if is_split(kind) {
        rows.extend(own.chain(given));
    } else {
        rows.extend(given.into_iter().chain(own));
    }
    rows
}

/// True for documents that may come in several parts.
fn is_split(kind: MessageType) -> bool {
    let identities = kind.spec().map_or(&[][..], |spec| spec.identity);
    identities.iter().any(|identity| identity.further.contains(&Field::MsgSeqNo))
}

/// The number that customs gives documents of a type, as a decision has it.
fn given_number(kind: MessageType, keys: &Keys) -> &str {
    kind.spec().and_then(|spec| spec.given).map_or("", |field| keys.get(field))
}

fn ignored(rule: &str, message_zh: &str, message_en: &str) -> Rejection {
    Rejection {
        rule: rule.to_owned(),
        message_zh: message_zh.to_owned(),
        message_en: message_en.to_owned(),
        ..Rejection::default()
    }
}
