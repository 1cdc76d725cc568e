//! What goes wrong between customs and the exchange: decisions lost, repeated, out of order, or about nothing known.

use super::model::Model;
use super::rule::{Step, StepFault};
use super::scenario::Scenario;
use super::way::{happens, wait_ms};
use crate::domain::{Effect, MessageType};
use crate::sample::Rng;

/// A status that no table has; field code has been seen to handle it (domain rules §2.1).
pub(super) const UNKNOWN_STATUS: i32 = 1399;

/// What is wrong with something that is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is not sent.
    Lost,
    /// It was sent a moment ago.
    Repeated,
    /// It was sent before the later ones.
    RepeatedLate,
    /// It comes before one that was decided earlier, or after one that was decided later.
    OutOfOrder,
    /// Its status is in no table.
    UnknownStatus,
    /// Nobody has the number that it names.
    UnknownDocument,
    /// Customs was asked for what had not arrived, and answers again.
    Recovered,
}

impl Fault {
    /// In words, Chinese and English.
    #[must_use]
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Fault::Lost => ("丢失", "lost"),
            Fault::Repeated => ("重复", "repeated"),
            Fault::RepeatedLate => ("迟到重复", "repeated late"),
            Fault::OutOfOrder => ("乱序", "out of order"),
            Fault::UnknownStatus => ("未知状态码", "unknown status"),
            Fault::UnknownDocument => ("无此单证", "unknown document"),
            Fault::Recovered => ("查询后补发", "recovered"),
        }
    }

    /// One word for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Fault::Lost => "lost",
            Fault::Repeated => "repeated",
            Fault::RepeatedLate => "repeated_late",
            Fault::OutOfOrder => "out_of_order",
            Fault::UnknownStatus => "unknown_status",
            Fault::UnknownDocument => "unknown_document",
            Fault::Recovered => "recovered",
        }
    }
}

/// One sending of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sending {
    /// Index of the step.
    pub(super) step: usize,
    /// How often customs had been asked before: another answer has another id.
    pub(super) attempt: u32,
    /// How often the same answer was sent before.
    pub(super) copy: u32,
    /// Its status.
    pub(super) status: i32,
    /// Customs' text.
    pub(super) info: String,
    /// When customs decided, milliseconds after the event.
    pub(super) decided_ms: u64,
    /// When it is sent, milliseconds after the event.
    pub(super) after_ms: u64,
    pub(super) fault: Option<Fault>,
    /// What the exchange will do with it.
    pub(super) expected: Effect,
}

/// The sendings of a way, and the status that the exchange will have in the end.
pub(super) struct Sendings {
    pub(super) list: Vec<Sending>,
    pub(super) end: i32,
}

/// Makes sendings of steps: those of a rule as written, those by chance with the faults of the scenario.
pub(super) fn sendings(
    kind: MessageType,
    from_status: i32,
    mut steps: Vec<Step>,
    by_rule: bool,
    scenario: &Scenario,
    rng: &mut Rng,
) -> Sendings {
    if !by_rule && steps.len() > 1 && happens(rng, scenario.faults.unknown_status) {
        let at = place(rng, steps.len() - 1);
        let after_ms = wait_ms(scenario, rng);
        steps.insert(at, Step { status: UNKNOWN_STATUS, after_ms, info: String::new(), fault: None });
    }
    let mut list = straight(&steps, scenario);
    let intended = steps.last().map_or(from_status, |step| step.status);
    if by_rule {
        scripted(&mut list, &steps, scenario);
    } else {
        by_chance(&mut list, scenario, rng);
    }
    let mut end = foresee(kind, from_status, &mut list);
    if end != intended
        && let Some(wait_ms) = scenario.faults.recover_ms
    {
        recover(&mut list, &steps, scenario.run_ms(wait_ms));
        end = foresee(kind, from_status, &mut list);
    }
    Sendings { list, end }
}

/// Every step once, in order. Each is decided a millisecond after the one before at least, so that they have an order
/// however fast the scenario runs.
fn straight(steps: &[Step], scenario: &Scenario) -> Vec<Sending> {
    let (mut written_ms, mut last_ms) = (0_u64, 0_u64);
    let one = |(index, step): (usize, &Step)| {
        written_ms = written_ms.saturating_add(step.after_ms);
        last_ms = scenario.run_ms(written_ms).max(last_ms.saturating_add(1));
        Sending {
            step: index,
            attempt: 0,
            copy: 0,
            status: step.status,
            info: step.info.clone(),
            decided_ms: last_ms,
            after_ms: last_ms,
            fault: (step.status == UNKNOWN_STATUS).then_some(Fault::UnknownStatus),
            expected: Effect::None,
        }
    };
    steps.iter().enumerate().map(one).collect()
}

/// The faults that a rule asks for.
fn scripted(list: &mut Vec<Sending>, steps: &[Step], scenario: &Scenario) {
    let mut further = Vec::new();
    for (sending, step) in list.iter_mut().zip(steps) {
        match step.fault {
            None => {}
            Some(StepFault::Lose) => sending.fault = Some(Fault::Lost),
            Some(StepFault::Repeat) => further.push((sending.clone(), Fault::Repeated)),
            Some(StepFault::RepeatLate) => further.push((sending.clone(), Fault::RepeatedLate)),
        }
    }
    repeat(list, further, scenario.run_ms(scenario.delay.max_ms));
}

fn by_chance(list: &mut Vec<Sending>, scenario: &Scenario, rng: &mut Rng) {
    let faults = &scenario.faults;
    if list.len() > 1 && happens(rng, faults.reorder) {
        let at = place(rng, list.len() - 1);
        if let Some([first, second]) = list.get_mut(at..at + 2) {
            std::mem::swap(&mut first.after_ms, &mut second.after_ms);
            (first.fault, second.fault) = (Some(Fault::OutOfOrder), Some(Fault::OutOfOrder));
            list.swap(at, at + 1);
        }
    }
    let mut further = Vec::new();
    for sending in list.iter_mut() {
        // All are drawn for each, so that one rate does not move what another one hits.
        let (lost, twice, late) =
            (happens(rng, faults.lose), happens(rng, faults.repeat), happens(rng, faults.repeat_late));
        if lost {
            sending.fault = Some(Fault::Lost);
            continue;
        }
        if twice {
            further.push((sending.clone(), Fault::Repeated));
        }
        if late {
            further.push((sending.clone(), Fault::RepeatedLate));
        }
    }
    repeat(list, further, scenario.run_ms(wait_ms(scenario, rng)));
    if happens(rng, faults.unknown_document) {
        let after_ms = scenario.run_ms(wait_ms(scenario, rng));
        list.push(Sending {
            step: list.len(),
            attempt: u32::MAX,
            copy: 0,
            status: crate::domain::status::RELEASED,
            info: String::new(),
            decided_ms: after_ms,
            after_ms,
            fault: Some(Fault::UnknownDocument),
            expected: Effect::None,
        });
    }
}

/// Adds the repeats: at once behind what they repeat, or a while after everything.
fn repeat(list: &mut Vec<Sending>, further: Vec<(Sending, Fault)>, later_ms: u64) {
    let last_ms = list.iter().map(|sending| sending.after_ms).max().unwrap_or_default();
    for (sending, fault) in further {
        let late = fault == Fault::RepeatedLate;
        let copy = if late { 2 } else { 1 };
        let after_ms = if late { last_ms.saturating_add(later_ms) } else { sending.after_ms };
        let again = Sending { copy, after_ms, fault: Some(fault), ..sending };
        let behind = list.iter().position(|held| !late && held.step == again.step);
        list.insert(behind.map_or(list.len(), |at| at + 1), again);
    }
}

/// Customs is asked for what did not arrive: it gives every decision again from the first that had no effect, each with
/// its old time and a new id.
fn recover(list: &mut Vec<Sending>, steps: &[Step], wait_ms: u64) {
    let is_in_force = |step: usize| list.iter().any(|held| held.step == step && held.expected == Effect::Applied);
    let first = (0..steps.len()).find(|step| !is_in_force(*step)).unwrap_or_default();
    let last_ms = list.iter().map(|sending| sending.after_ms).max().unwrap_or_default();
    let mut after_ms = last_ms.saturating_add(wait_ms);
    let mut again: Vec<Sending> =
        list.iter().filter(|held| held.copy == 0 && held.attempt == 0 && held.step >= first).cloned().collect();
    again.sort_by_key(|sending| sending.step);
    for sending in again {
        after_ms = after_ms.saturating_add(1);
        list.push(Sending { attempt: 1, after_ms, fault: Some(Fault::Recovered), ..sending });
    }
}

/// Puts the sendings in the order of their time and notes what each will do; the status in the end.
fn foresee(kind: MessageType, from_status: i32, list: &mut [Sending]) -> i32 {
    list.sort_by_key(|sending| sending.after_ms);
    let mut model = Model::new(kind, from_status);
    for sending in list.iter_mut() {
        sending.expected = match sending.fault {
            Some(Fault::Lost) => Effect::None,
            Some(Fault::UnknownDocument) => Effect::UnknownDocument,
            Some(_) | None => {
                let id = format!("{}/{}", sending.step, sending.attempt);
                model.receive(&id, sending.status, i64::try_from(sending.decided_ms).unwrap_or(i64::MAX))
            }
        };
    }
    model.status()
}

/// A place from 0 to below `count`, which is not 0.
fn place(rng: &mut Rng, count: usize) -> usize {
    let below = u64::try_from(count.max(1)).unwrap_or(1);
    usize::try_from(rng.below(below)).unwrap_or_default()
}
