//! The plan for one document: what customs will send, when, with which faults.

use super::arrival::Occasion;
use super::content::Content;
use super::customs_no;
use super::faults::{Fault, Sending, sendings};
use super::notice::{Consolidation, TaxBill, TaxStatus};
use super::scenario::Scenario;
use super::way;
use crate::domain::{Effect, Event, EventKind, Field, Keys, MessageType, Position, Timestamp, status};
use crate::proof::sha256;
use crate::receipt::{self, guid_of};
use crate::sample::Rng;
use std::sync::Arc;

/// A number that the exchange never gives: it begins on no day.
const NOBODYS_DAY: &str = "B00000000";

/// A decision to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Id, the same for the same decision in every run over one ledger.
    pub guid: String,
    /// How often it was sent before.
    pub copy: u32,
    /// Type of the document.
    pub kind: MessageType,
    /// Numbers of the document, with the one that customs gives.
    pub keys: Arc<Keys>,
    /// CEB returnStatus.
    pub status: i32,
    /// When customs decided, milliseconds since 1970.
    pub time_ms: i64,
    /// Customs' text.
    pub info: String,
}

impl Decision {
    /// The numbers that find the document, and the one that customs gives it; no others.
    #[must_use]
    pub fn brief_keys(&self) -> Keys {
        let mut brief = Keys::default();
        let Some(spec) = self.kind.spec() else { return brief };
        let mut fields: Vec<Field> = spec.given.into_iter().collect();
        if self.keys.pre_no.is_empty() {
            fields.extend(spec.identity.iter().flat_map(|id| std::iter::once(id.number).chain(id.further.to_vec())));
        } else {
            fields.push(Field::PreNo);
        }
        for field in fields {
            brief.set(field, self.keys.get(field));
        }
        brief
    }

    /// The receipt message of customs: CEB622, 604, 624 …
    #[must_use]
    pub fn xml(&self) -> Vec<u8> {
        let event = Event {
            kind: EventKind::Decided as i32,
            message_type: self.kind as i32,
            status: self.status,
            keys: Some(Keys { guid: self.guid.clone(), ..Keys::clone(&self.keys) }),
            decision_ms: self.time_ms,
            info: self.info.clone(),
            ..Event::default()
        };
        // The message has an id of its own, which follows from this number.
        let [a, b, c, d, e, f, g, h, ..] = sha256(&[b"customs-sim/message", self.guid.as_bytes()]);
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        receipt::event_xml(Position(number), self.copy, Timestamp(self.time_ms), &event)
    }
}

/// Something that customs sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A decision.
    Decide(Box<Decision>),
    /// A tax bill.
    TaxBill(Box<TaxBill>),
    /// A tax bill is paid.
    TaxStatus(Box<TaxStatus>),
    /// The result of a consolidation.
    Consolidate(Box<Consolidation>),
}

/// One thing to send, or to lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Milliseconds after the event.
    pub after_ms: u64,
    /// What.
    pub act: Act,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// What the exchange will do with it if nobody else decides on the document; [`Effect::None`] for what is lost.
    pub expected: Effect,
}

/// What customs will do about one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Number of the rule that decides, from 1; `None` for the rates.
    pub rule: Option<usize>,
    /// In the order in which they are sent.
    pub steps: Vec<Planned>,
    /// Status that customs has decided for the document.
    pub intended: i32,
    /// Status that the document will have when everything was sent: another one if the end is lost.
    pub end: i32,
}

/// Plans what customs does about a document. The same document and scenario give the same plan.
#[must_use]
pub fn plan(occasion: &Occasion, scenario: &Scenario) -> Plan {
    let kind = occasion.message_type();
    let content = Content::read(kind, &occasion.xml);
    let rule = scenario.rules.iter().position(|rule| rule.fits(kind, &occasion.keys, &content));
    let mut rng = rng(occasion, scenario.seed);
    let steps = match rule.and_then(|rule| scenario.rules.get(rule)) {
        Some(rule) => rule.steps.clone(),
        None => way::by_chance(kind, scenario, &mut rng),
    };
    let intended = steps.last().map_or(occasion.status, |step| step.status);
    let sent = sendings(kind, occasion.status, steps, rule.is_some(), scenario, &mut rng);
    let given = customs_no::given(kind, &occasion.keys);
    let mut keys = occasion.keys.clone();
    if let Some((field, number)) = &given {
        keys.set(*field, number);
    }
    let keys = Arc::new(keys);
    let mut steps: Vec<Planned> = sent.list.iter().map(|sending| planned(occasion, scenario, &keys, sending)).collect();
    let number = given.map_or_else(String::new, |(_, number)| number);
    steps.extend(notices(occasion, scenario, &keys, &number, &content, &sent.list));
    steps.sort_by_key(|step| step.after_ms);
    Plan { rule: rule.map(|rule| rule + 1), steps, intended, end: sent.end }
}

fn planned(occasion: &Occasion, scenario: &Scenario, keys: &Arc<Keys>, sending: &Sending) -> Planned {
    let step = u64::try_from(sending.step).unwrap_or(u64::MAX);
    let guid = guid_of(&[
        b"customs-sim/decision",
        &scenario.seed.to_be_bytes(),
        occasion.id.as_bytes(),
        occasion.document_id.as_bytes(),
        &step.to_be_bytes(),
        &sending.attempt.to_be_bytes(),
    ]);
    let info = if sending.info.is_empty() { way::usual_info(sending.status) } else { sending.info.clone() };
    let keys = match sending.fault {
        Some(Fault::UnknownDocument) => Arc::new(nobodys(keys, &guid)),
        Some(_) | None => Arc::clone(keys),
    };
    let decision = Decision {
        guid,
        copy: sending.copy,
        kind: occasion.message_type(),
        keys,
        status: sending.status,
        time_ms: after(occasion.time_ms, sending.decided_ms),
        info: format!("{}{info}", scenario.mark),
    };
    Planned {
        after_ms: sending.after_ms,
        act: Act::Decide(Box::new(decision)),
        fault: sending.fault,
        expected: sending.expected,
    }
}

/// Numbers of nobody's document, in the form of real ones.
fn nobodys(keys: &Keys, guid: &str) -> Keys {
    let digest = sha256(&[b"nobody", guid.as_bytes()]);
    let serial = digest.iter().fold(0_u64, |sum, byte| (sum * 256 + u64::from(*byte)) % 1_000_000_000);
    let number = format!("{NOBODYS_DAY}{serial:09}");
    Keys {
        pre_no: number.clone(),
        cop_no: number.clone(),
        agent_code: keys.agent_code.clone(),
        operator_code: keys.operator_code.clone(),
        logistics_code: keys.logistics_code.clone(),
        logistics_no: number.clone(),
        order_no: number,
        ebp_code: keys.ebp_code.clone(),
        ebc_code: keys.ebc_code.clone(),
        customs_code: keys.customs_code.clone(),
        status: keys.status.clone(),
        statistics_flag: keys.statistics_flag.clone(),
        ..Keys::default()
    }
}

/// What customs sends on its own account once a decision is in force.
#[expect(clippy::wildcard_enum_match_arm, reason = "on other types customs sends nothing of its own")]
fn notices(
    occasion: &Occasion,
    scenario: &Scenario,
    keys: &Arc<Keys>,
    number: &str,
    content: &Content,
    sent: &[Sending],
) -> Vec<Planned> {
    let in_force = |code: i32| sent.iter().find(|held| held.status == code && held.expected == Effect::Applied);
    let notice = |after_ms: u64, act: Act| Planned { after_ms, act, fault: None, expected: Effect::None };
    let id = [occasion.id.as_bytes(), occasion.document_id.as_bytes(), &scenario.seed.to_be_bytes()].concat();
    let at = |after_ms: u64| Timestamp(after(occasion.time_ms, after_ms));
    let mut planned = Vec::new();
    match occasion.message_type() {
        MessageType::Ceb621 => {
            let (Some(bills), Some(released)) = (scenario.tax_bills, in_force(status::RELEASED)) else {
                return planned;
            };
            let bill_ms = released.after_ms.saturating_add(scenario.run_ms(bills.after_ms)).saturating_add(1);
            let Some(bill) = TaxBill::of_list(keys, number, content, &id, at(bill_ms)) else { return planned };
            let paid = bills.paid_after_ms.map(|wait_ms| {
                let paid_ms = bill_ms.saturating_add(scenario.run_ms(wait_ms)).saturating_add(1);
                notice(paid_ms, Act::TaxStatus(Box::new(bill.paid(&id, at(paid_ms)))))
            });
            planned.push(notice(bill_ms, Act::TaxBill(Box::new(bill))));
            planned.extend(paid);
        }
        MessageType::Ceb701 if scenario.consolidations => {
            let Some(adjudicated) = in_force(status::ADJUDICATED) else { return planned };
            let result_ms =
                adjudicated.after_ms.saturating_add(scenario.run_ms(scenario.delay.max_ms)).saturating_add(1);
            let result = Consolidation::of_request(keys, number, content, &id, at(result_ms));
            planned.extend(result.map(|result| notice(result_ms, Act::Consolidate(Box::new(result)))));
        }
        _ => {}
    }
    planned
}

fn after(time_ms: i64, wait_ms: u64) -> i64 {
    time_ms.saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX))
}

/// Chance for one document: it follows from what its sender wrote, so that it is the same in every run.
fn rng(occasion: &Occasion, seed: u64) -> Rng {
    let keys = &occasion.keys;
    let own = [
        &keys.guid,
        &keys.order_no,
        &keys.pay_transaction_id,
        &keys.logistics_no,
        &keys.agent_code,
        &keys.cop_no,
        &keys.msg_seq_no,
    ];
    let mut parts: Vec<&[u8]> = vec![b"customs-sim/chance"];
    let (seed, kind) = (seed.to_be_bytes(), occasion.kind.to_be_bytes());
    parts.extend([&seed[..], &kind[..]]);
    parts.extend(own.iter().flat_map(|text| [text.as_bytes(), &[0]]));
    let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = sha256(&parts);
    Rng::new(u32::from_be_bytes([a, b, c, d]), u64::from_be_bytes([e, f, g, h, i, j, k, l]))
}
