//! R-AGY-03: requests for assistance between agencies (执法互助) and their answers are visible to the two of them alone;
//! anybody else sees how many there are.
//!
//! Source: Article 20 of the regulation, mark D.
//! Passing: an agency asks customs, customs answers once. Failing: a firm asks; a third agency answers.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::Step;
use super::super::super::store::Table;
use super::{AssistanceAnswer, AssistanceAsk, Space, key};
use crate::domain::limits::{ASSISTANCE_CHARS_MAX, REPEATED_MAX, TOKEN_CHARS_MAX};
use crate::domain::{Event, EventKind, Outcome, Rejection, Role};

/// A request and its answer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Assistance {
    #[prost(uint64, tag = "1")]
    pub id: u64,
    #[prost(uint32, tag = "2")]
    pub from: u32,
    #[prost(uint32, tag = "3")]
    pub to: u32,
    #[prost(message, required, tag = "4")]
    pub ask: AssistanceAsk,
    #[prost(int64, tag = "5")]
    pub asked_ms: i64,
    #[prost(message, optional, tag = "6")]
    pub answer: Option<AssistanceAnswer>,
    #[prost(int64, tag = "7")]
    pub answered_ms: i64,
}

fn fault(path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    wrong("R-AGY-03", path, found, expected, zh, en)
}

const AUTHORITIES: [Role; 4] = [Role::Agency, Role::Customs, Role::Tax, Role::Forex];

impl<C: CellsMut> Step<'_, C> {
    /// Asks another agency. The number of the request is the position of its entry.
    pub(super) fn ask_assistance(&mut self, ask: &AssistanceAsk, outcome: &mut Outcome) -> Result<(), StateError> {
        let to = self.registry.of_code(&ask.to);
        let to = to.filter(|(id, party)| id.0 != self.party && AUTHORITIES.iter().any(|role| party.has_role(*role)));
        let mut faults = Vec::new();
        if !self.has_role(&AUTHORITIES) {
            let (zh, en) = ("仅监管部门可请求协助", "only agencies ask for assistance");
            faults.push(fault("to", &self.own_code(), "an agency", zh, en));
        }
        if to.is_none() {
            let (zh, en) = ("被请求方不是其他监管部门", "the party asked is no other agency");
            faults.push(fault("to", &ask.to, "the code of another agency", zh, en));
        }
        // Neither subject nor text is repeated in a refusal: the two alone may know it.
        let subject = ask.subject.chars().count();
        let text = ask.text.chars().count();
        if !(1..=TOKEN_CHARS_MAX).contains(&subject) || !(1..=ASSISTANCE_CHARS_MAX).contains(&text) {
            let (zh, en) = ("主题和内容均须填写，且不得过长", "subject and text must be given, and not be too long");
            faults.push(fault("text", &text.to_string(), "1 to 4000 characters", zh, en));
        }
        if ask.numbers.len() > REPEATED_MAX || ask.numbers.iter().any(|number| number.len() > TOKEN_CHARS_MAX) {
            let (zh, en) = ("单证编号过多或过长", "too many numbers, or too long ones");
            faults.push(fault("numbers", &ask.numbers.len().to_string(), "at most 100", zh, en));
        }
        let Some((to, _)) = to.filter(|_| faults.is_empty()) else {
            refuse(self, outcome, faults);
            return Ok(());
        };
        let assistance = Assistance {
            id: self.position,
            from: self.party,
            to: to.0,
            ask: ask.clone(),
            asked_ms: self.time_ms,
            ..Assistance::default()
        };
        self.save_assistance(&assistance);
        for party in [self.party, to.0] {
            let row = key(Space::AssistanceOf, &[&party.to_be_bytes(), &self.position.to_be_bytes()]);
            self.cells.put(Table::Agency, &row, Vec::new());
        }
        let count = self.cells.get(Table::Agency, &key(Space::AssistanceCount, &[]))?;
        let count = count.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        self.cells.put(Table::Agency, &key(Space::AssistanceCount, &[]), (count + 1).to_be_bytes().to_vec());
        self.tell_assistance(EventKind::AssistanceAsked, &assistance);
        Ok(())
    }

    /// Answers a request, once.
    pub(super) fn answer_assistance(
        &mut self,
        answer: &AssistanceAnswer,
        outcome: &mut Outcome,
    ) -> Result<(), StateError> {
        let row = key(Space::Assistance, &[&answer.id.to_be_bytes()]);
        let held: Option<Assistance> = load(self.cells, Table::Agency, &row)?;
        // To others a request of two agencies is not there.
        let Some(mut held) = held.filter(|held| held.to == self.party) else {
            let (zh, en) = ("没有待本部门答复的该请求", "no request of that number is for this agency to answer");
            refuse(self, outcome, vec![fault("assistance_id", &answer.id.to_string(), "", zh, en)]);
            return Ok(());
        };
        let mut faults = Vec::new();
        if held.answer.is_some() {
            let (zh, en) = ("该请求已答复", "the request is answered already");
            faults.push(fault("assistance_id", &answer.id.to_string(), "", zh, en));
        }
        let text = answer.text.chars().count();
        if !(1..=ASSISTANCE_CHARS_MAX).contains(&text) {
            let (zh, en) = ("答复内容须填写，且不得过长", "the answer must be given, and not be too long");
            faults.push(fault("text", &text.to_string(), "1 to 4000 characters", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        held.answer = Some(answer.clone());
        held.answered_ms = self.time_ms;
        self.save_assistance(&held);
        self.tell_assistance(EventKind::AssistanceAnswered, &held);
        Ok(())
    }

    fn save_assistance(&mut self, assistance: &Assistance) {
        let row = key(Space::Assistance, &[&assistance.id.to_be_bytes()]);
        save(self.cells, Table::Agency, &row, assistance);
    }

    /// The two are told that there is something; what it is they read.
    fn tell_assistance(&mut self, kind: EventKind, of: &Assistance) {
        let event =
            Event { kind: kind as i32, code: of.id.to_string(), owners: vec![of.from, of.to], ..Event::default() };
        self.events.push(event.with("assistanceId", of.id.to_string()));
    }
}
