//! R-AGY-01: a list whose goods concern agencies beside customs is released by all only when each of them and customs
//! has released it. R-AGY-02: an agency recognises the inspection result of another under an agreement on record.
//!
//! Source: Article 20 of the regulation (通关通检；信息互换、监管互认), mark D.
//! Passing: the agency of an agreement on cosmetics releases, customs releases. Failing: an agency that no agreement
//! names decides; a recognition without an agreement on these goods.

use super::super::super::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use super::super::super::facts::Facts;
use super::super::super::keys::Side;
use super::super::super::life::DocState;
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::Step;
use super::super::super::store::Table;
use super::super::{Moved, inspection};
use super::{AgencyDecision, Agreement, AgreementKind, Recognition, Space, key};
use crate::domain::limits::{AGREEMENTS_MAX, DECISION_INFO_CHARS_MAX, REPEATED_MAX, TOKEN_CHARS_MAX};
use crate::domain::{DocRef, Event, EventKind, Field, Outcome, PartyId, Rejection, Role, status};
use std::sync::Arc;

/// Status of a released list, as customs and agencies write it.
pub(crate) const RELEASED: i32 = 800;
/// What an agency may say.
const SAYS: [i32; 4] = [800, 500, 700, 100];
/// Decisions of one list that are kept; more are refused.
const SAID_MAX: usize = 64;

/// Who has to release a list, and who has.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Joint {
    /// Agencies whose release is needed beside customs'.
    #[prost(uint32, repeated, tag = "1")]
    pub required: Vec<u32>,
    /// What agencies said, oldest first.
    #[prost(message, repeated, tag = "2")]
    pub said: Vec<Said>,
    /// True once all have released it.
    #[prost(bool, tag = "3")]
    pub released_by_all: bool,
}

/// What an agency said.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Said {
    #[prost(uint32, tag = "1")]
    pub by: u32,
    #[prost(int32, tag = "2")]
    pub status: i32,
    #[prost(string, tag = "3")]
    pub info: String,
    #[prost(int64, tag = "4")]
    pub time_ms: i64,
    /// Position of its entry.
    #[prost(uint64, tag = "5")]
    pub position: u64,
    /// If it recognises a result: agreement and number of the result.
    #[prost(string, tag = "6")]
    pub agreement: String,
    #[prost(uint32, tag = "7")]
    pub result: u32,
}

impl Joint {
    /// The newest word of an agency.
    pub(crate) fn last(&self, agency: u32) -> Option<&Said> {
        self.said.iter().rev().find(|said| said.by == agency)
    }

    fn agencies_released(&self) -> bool {
        self.required.iter().all(|agency| self.last(*agency).is_some_and(|said| said.status == RELEASED))
    }
}

impl Agreement {
    /// True if it is in force and speaks of one of the goods of a list.
    pub(crate) fn covers(&self, facts: &Facts, at_ms: i64) -> bool {
        let any = |known: &[String], value: &str| known.is_empty() || known.iter().any(|one| one == value);
        let goods = |line: &super::super::super::facts::LineFacts| {
            self.hs_prefixes.iter().any(|prefix| line.value(Field::Gcode).starts_with(prefix.as_str()))
        };
        self.from_ms <= at_ms
            && (self.to_ms == 0 || at_ms < self.to_ms)
            && any(&self.offices, &facts.keys.customs_code)
            && any(&self.trade_modes, &facts.keys.trade_mode)
            && (self.hs_prefixes.is_empty() || facts.lines.iter().any(goods))
    }
}

/// True if a list is released by customs and by every agency that had to. What goes out of a gate needs it.
pub(crate) fn released_by_all(cells: &impl Cells, at: DocRef, customs_status: i32) -> Result<bool, StateError> {
    let joint: Option<Joint> = load(cells, Table::Agency, &key(Space::Joint, &[&at.key()]))?;
    let by_customs = matches!(customs_status, RELEASED | status::CLOSED);
    Ok(by_customs && joint.is_none_or(|joint| joint.agencies_released()))
}

fn fault(rule: &str, path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    wrong(rule, path, found, expected, zh, en)
}

impl<C: CellsMut> Step<'_, C> {
    /// All agreements, read once for an entry: those that file them match no lists.
    fn agreements(&mut self) -> Result<Arc<[Agreement]>, StateError> {
        if let Some(agreements) = &self.agreements {
            return Ok(Arc::clone(agreements));
        }
        let from = [Space::Agreement as u8];
        let rows = self.cells.scan(Table::Agency, &from, &after_prefix(&from), AGREEMENTS_MAX, false)?;
        let agreements: Arc<[Agreement]> =
            rows.iter().map(|(_, value)| decode(Table::Agency, value)).collect::<Result<_, _>>()?;
        self.agreements = Some(Arc::clone(&agreements));
        Ok(agreements)
    }

    /// Notes who has to release a list when it is stored, and says so when customs was the last to release it.
    pub(super) fn joint_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        if Side::of(moved.kind) != Side::List {
            return Ok(());
        }
        let row = key(Space::Joint, &[&moved.at.key()]);
        if moved.to == status::STORED && moved.from < status::STORED {
            let mut joint = Joint::default();
            for agreement in self.agreements()?.iter() {
                let needed = agreement.kind == AgreementKind::JointRelease as i32;
                if !needed || !agreement.covers(moved.facts, self.time_ms) {
                    continue;
                }
                if let Some((id, _)) = self.registry.of_code(&agreement.who)
                    && !joint.required.contains(&id.0)
                {
                    joint.required.push(id.0);
                }
            }
            if !joint.required.is_empty() {
                save(self.cells, Table::Agency, &row, &joint);
                self.tell_agencies(moved, &joint.required)?;
            }
            return Ok(());
        }
        if moved.to != RELEASED {
            return Ok(());
        }
        let Some(mut joint) = load::<Joint>(self.cells, Table::Agency, &row)? else { return Ok(()) };
        let Some(state) = self.doc_state(moved.at)? else { return Ok(()) };
        self.settle(moved.at, &state, moved.facts, &mut joint)?;
        save(self.cells, Table::Agency, &row, &joint);
        Ok(())
    }

    /// Tells agencies that a list waits for them.
    fn tell_agencies(&mut self, moved: &Moved<'_>, required: &[u32]) -> Result<(), StateError> {
        let Some(state) = self.doc_state(moved.at)? else { return Ok(()) };
        let mut event = self.event(EventKind::AgencyDecided, moved.at, &state, moved.facts)?;
        for agency in required {
            if !event.owners.contains(agency) {
                event.owners.push(*agency);
            }
        }
        let codes: Vec<String> = required.iter().map(|id| self.code_of(*id)).collect();
        self.events.push(event.with("releasedByAll", "false").with("waitingFor", codes.join(",")));
        Ok(())
    }

    fn code_of(&self, id: u32) -> String {
        self.registry.party(PartyId(id)).map(|party| party.code.clone()).unwrap_or_default()
    }

    /// Says that all have released a list, once they have.
    fn settle(&mut self, at: DocRef, state: &DocState, facts: &Facts, joint: &mut Joint) -> Result<(), StateError> {
        let all = matches!(state.status, RELEASED | status::CLOSED) && joint.agencies_released();
        if all == joint.released_by_all {
            return Ok(());
        }
        joint.released_by_all = all;
        let mut event = self.event(EventKind::AgencyDecided, at, state, facts)?;
        event.owners.extend(joint.required.iter().filter(|id| !event.owners.contains(id)).copied().collect::<Vec<_>>());
        event.info = if all {
            "各监管部门均已放行 · released by all agencies".to_owned()
        } else {
            "部门撤回放行 · an agency took its release back".to_owned()
        };
        self.events.push(event.with("releasedByAll", all.to_string()));
        Ok(())
    }

    /// An agency decides on a list.
    pub(super) fn agency_decides(&mut self, given: &AgencyDecision, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some((at, state, facts)) = self.list_named(&given.list)? else {
            let (zh, en) = ("系统中不存在该清单", "no list of that number is here");
            refuse(self, outcome, vec![fault("R-AGY-01", "list", &given.list, "", zh, en)]);
            return Ok(());
        };
        let mut faults = Vec::new();
        if !SAYS.contains(&given.status) {
            let (zh, en) = ("决定代码无效", "this is no decision of an agency");
            faults.push(fault("R-AGY-01", "status", &given.status.to_string(), "800, 500, 700, 100", zh, en));
        }
        if given.info.chars().count() > DECISION_INFO_CHARS_MAX {
            let (zh, en) = ("说明过长", "the text is too long");
            faults.push(fault("R-AGY-01", "info", "", "at most 1000 characters", zh, en));
        }
        if given.time_ms > self.time_ms {
            let (zh, en) = ("决定时间晚于记录时间", "the decision is of a time to come");
            let most = self.time_ms.to_string();
            faults.push(fault("R-AGY-01", "time", &given.time_ms.to_string(), &most, zh, en));
        }
        let said = Said {
            by: self.party,
            status: given.status,
            info: given.info.clone(),
            time_ms: if given.time_ms == 0 { self.time_ms } else { given.time_ms },
            position: self.position,
            ..Said::default()
        };
        self.say(at, state, &facts, said, faults, outcome)
    }

    /// Records the word of an agency that has to release a list.
    fn say(
        &mut self,
        at: DocRef,
        mut state: DocState,
        facts: &Facts,
        said: Said,
        mut faults: Vec<Rejection>,
        outcome: &mut Outcome,
    ) -> Result<(), StateError> {
        let row = key(Space::Joint, &[&at.key()]);
        let mut joint: Joint = load(self.cells, Table::Agency, &row)?.unwrap_or_default();
        if !self.has_role(&[Role::Agency]) || !joint.required.contains(&self.party) {
            let (zh, en) = ("该清单无需本部门放行", "the release of this agency is not asked for");
            let needed: Vec<String> = joint.required.iter().map(|id| self.code_of(*id)).collect();
            faults.push(fault("R-AGY-01", "list", &self.own_code(), &needed.join(","), zh, en));
        }
        if joint.said.len() >= SAID_MAX || !state.is_live() {
            let (zh, en) = ("清单已失效或决定过多", "the list is not live, or has too many decisions");
            faults.push(fault("R-AGY-01", "list", &state.status.to_string(), "a live list", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        joint.said.push(said.clone());
        state.touch(self.position);
        self.save_doc_state(at, &state);
        let mut event = self.event(EventKind::AgencyDecided, at, &state, facts)?;
        if !event.owners.contains(&self.party) {
            event.owners.push(self.party);
        }
        event.info.clone_from(&said.info);
        event.decision_ms = said.time_ms;
        event.code = self.own_code();
        let event = event
            .with("agency", self.own_code())
            .with("agencyStatus", said.status.to_string())
            .with("agreement", said.agreement.clone())
            .with("recognisedResult", if said.result == 0 { String::new() } else { said.result.to_string() });
        self.events.push(event);
        self.settle(at, &state, facts, &mut joint)?;
        save(self.cells, Table::Agency, &row, &joint);
        Ok(())
    }

    /// An agency recognises the inspection result of another: its own release or refusal, by agreement.
    pub(super) fn recognise(&mut self, given: &Recognition, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some((at, state, facts)) = self.list_named(&given.list)? else {
            let (zh, en) = ("系统中不存在该清单", "no list of that number is here");
            refuse(self, outcome, vec![fault("R-AGY-02", "list", &given.list, "", zh, en)]);
            return Ok(());
        };
        let known = inspection::inspection(&*self.cells, at)?.unwrap_or_default();
        let place = usize::try_from(given.result).unwrap_or(usize::MAX).checked_sub(1);
        let Some(result) = place.and_then(|place| known.results.get(place)).cloned() else {
            let (zh, en) = ("没有该查验结果", "the list has no such result");
            let found = given.result.to_string();
            refuse(self, outcome, vec![fault("R-AGY-02", "result", &found, &known.results.len().to_string(), zh, en)]);
            return Ok(());
        };
        let mut faults = Vec::new();
        let agreement: Option<Agreement> =
            load(self.cells, Table::Agency, &key(Space::Agreement, &[given.agreement.as_bytes()]))?;
        let own = self.own_code();
        let fits = agreement.is_some_and(|agreement| {
            agreement.kind == AgreementKind::Recognition as i32
                && self.registry.of_code(&agreement.who).is_some_and(|(id, _)| id.0 == self.party)
                && self.registry.of_code(&agreement.whose).is_some_and(|(id, _)| id.0 == result.by)
                && agreement.covers(&facts, self.time_ms)
        });
        if !fits {
            let (zh, en) =
                ("没有适用的监管互认协议", "no agreement on record covers these goods and both agencies now");
            faults.push(fault("R-AGY-02", "agreement", &given.agreement, &own, zh, en));
        }
        let said = Said {
            by: self.party,
            status: if matches!(result.status, 501 | 502 | 503 | 599) { 500 } else { result.status },
            info: format!("互认{}查验结果 · recognises the result of {0}", self.code_of(result.by)),
            time_ms: self.time_ms,
            position: self.position,
            agreement: given.agreement.clone(),
            result: given.result,
        };
        self.say(at, state, &facts, said, faults, outcome)
    }

    /// Puts an agreement on record.
    pub(super) fn file_agreement(&mut self, given: &Agreement, outcome: &mut Outcome) -> Result<(), StateError> {
        let faults = self.judge_agreement(given)?;
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let mut agreement = given.clone();
        agreement.by = self.party;
        save(self.cells, Table::Agency, &key(Space::Agreement, &[given.id.as_bytes()]), &agreement);
        let history = key(Space::AgreementHistory, &[given.id.as_bytes(), &[0], &self.position.to_be_bytes()]);
        save(self.cells, Table::Agency, &history, &agreement);
        let mut owners = vec![self.party];
        for code in [&given.who, &given.whose] {
            owners.extend(self.registry.of_code(code).map(|(id, _)| id.0).filter(|id| *id != self.party));
        }
        let event = Event {
            kind: EventKind::AgreementFiled as i32,
            code: given.id.clone(),
            info: given.source.clone(),
            owners,
            ..Event::default()
        };
        self.events.push(event.with("who", given.who.clone()).with("whose", given.whose.clone()));
        Ok(())
    }

    fn judge_agreement(&mut self, given: &Agreement) -> Result<Vec<Rejection>, StateError> {
        let rule = "R-AGY-02";
        let mut faults = Vec::new();
        let held: Option<Agreement> = load(self.cells, Table::Agency, &key(Space::Agreement, &[given.id.as_bytes()]))?;
        let recognition = given.kind == AgreementKind::Recognition as i32;
        if !recognition && given.kind != AgreementKind::JointRelease as i32 {
            let (zh, en) = ("协议类型无效", "an agreement is on joint release or on recognition");
            faults.push(fault(rule, "kind", &given.kind.to_string(), "1 or 2", zh, en));
        }
        if given.id.is_empty() || given.id.chars().count() > 64 {
            let (zh, en) = ("协议编号无效", "the id of an agreement has 1 to 64 characters");
            faults.push(fault(rule, "id", &given.id, "1 to 64 characters", zh, en));
        }
        let who = self.registry.of_code(&given.who);
        if !who.is_some_and(|(_, party)| party.has_role(Role::Agency)) {
            let (zh, en) = ("协议方不是监管部门", "this is no agency");
            faults.push(fault(rule, "who", &given.who, "the code of an agency", zh, en));
        }
        // Who binds itself files it; joint release may be filed by customs and the operator, too.
        let own = who.is_some_and(|(id, _)| id.0 == self.party);
        let others = !recognition && self.has_role(&[Role::Customs, Role::Operator]);
        if !own && !others {
            let (zh, en) = ("协议须由承担义务的部门备案", "an agreement is filed by the agency that it binds");
            faults.push(fault(rule, "who", &given.who, &self.own_code(), zh, en));
        }
        if held.as_ref().is_some_and(|held| held.by != self.party) {
            let (zh, en) = ("协议编号已由其他主体使用", "the id is another party's");
            faults.push(fault(rule, "id", &given.id, "", zh, en));
        }
        let whose = self.registry.of_code(&given.whose);
        if recognition && !whose.is_some_and(|(_, party)| party.has_role(Role::Agency) || party.has_role(Role::Customs))
        {
            let (zh, en) = ("被互认方不是监管部门", "results are recognised of agencies and customs only");
            faults.push(fault(rule, "whose", &given.whose, "the code of an agency or customs", zh, en));
        }
        let digits = |text: &String| (2..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let lists = [&given.hs_prefixes, &given.offices, &given.trade_modes];
        if lists.iter().any(|list| list.len() > REPEATED_MAX) || !given.hs_prefixes.iter().all(digits) {
            let (zh, en) = ("商品编码前缀须为2至10位数字", "beginnings of commodity codes have 2 to 10 digits");
            faults.push(fault(rule, "hs_prefixes", "", "at most 100 of 2 to 10 digits", zh, en));
        }
        if given.to_ms != 0 && given.to_ms <= given.from_ms || given.source.chars().count() > TOKEN_CHARS_MAX {
            let (zh, en) = ("协议期限无效", "the agreement ends before it begins, or its source is too long");
            faults.push(fault(rule, "effective_to", &given.to_ms.to_string(), &given.from_ms.to_string(), zh, en));
        }
        if faults.is_empty() && held.is_none() && self.agreements()?.len() >= AGREEMENTS_MAX {
            let (zh, en) = ("协议过多", "too many agreements");
            faults.push(fault(rule, "id", "", &AGREEMENTS_MAX.to_string(), zh, en));
        }
        Ok(faults)
    }
}
