//! What a simulator did: counts for the end of a run.

use super::faults::Fault;
use super::plan::{Act, Planned};
use crate::domain::Effect;
use std::collections::BTreeMap;

/// What became of something that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What a decision did; [`Effect::Applied`] for a notice that was taken, [`Effect::Rejected`] for one that was not.
    pub effect: Option<Effect>,
    /// Status of the document after it.
    pub status: i32,
    /// Why it had no effect, Chinese and English; empty if there is nothing to say.
    pub why: (String, String),
}

/// What a simulator did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Documents that it planned for.
    pub documents: u64,
    /// Of these, decided by a rule.
    pub by_rule: u64,
    /// Documents that their senders took back before everything was sent.
    pub withdrawn: u64,
    /// Decisions that took effect, by status.
    pub applied: BTreeMap<i32, u64>,
    /// Decisions that the exchange had before.
    pub there_before: u64,
    /// Decisions without effect.
    pub without_effect: u64,
    /// Faults that were made, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Tax bills, their statuses and consolidation results that were taken.
    pub notices: u64,
    /// What did not go as planned: another effect than foreseen, or not recorded at all.
    pub unexpected: u64,
}

impl Summary {
    /// How often a fault was made.
    #[must_use]
    pub fn fault(&self, fault: Fault) -> u64 {
        self.faults.get(fault.code()).copied().unwrap_or_default()
    }

    /// Decisions that were sent and recorded.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.applied.values().sum::<u64>() + self.there_before + self.without_effect
    }

    pub(super) fn note_fault(&mut self, fault: Option<Fault>) {
        if let Some(fault) = fault {
            *self.faults.entry(fault.code()).or_default() += 1;
        }
    }

    pub(super) fn note_answer(&mut self, planned: &Planned, answer: &Answer) {
        self.note_fault(planned.fault);
        let effect = answer.effect.unwrap_or(Effect::None);
        let Act::Decide(decision) = &planned.act else {
            match effect {
                Effect::Applied | Effect::Repeated => self.notices += 1,
                Effect::None | Effect::Ignored | Effect::UnknownDocument | Effect::ForeignOffice | Effect::Rejected => {
                    self.unexpected += 1
                }
            }
            return;
        };
        match effect {
            Effect::Applied => *self.applied.entry(decision.status).or_default() += 1,
            Effect::Repeated => self.there_before += 1,
            Effect::Ignored | Effect::UnknownDocument | Effect::ForeignOffice => self.without_effect += 1,
            Effect::None | Effect::Rejected => {}
        }
        // After a restart what was sent before is sent again, and known: that is as it should be.
        if effect != planned.expected && effect != Effect::Repeated {
            self.unexpected += 1;
        }
    }
}
