//! What an exchange does with decisions that arrive: the part of its state that a plan has to foresee.
//!
//! The legal steps are the exchange's own ([`is_legal_step`]); order by customs' time is R-ST-01, repeats are R-ST-02.

use crate::domain::{Effect, MessageType};
use crate::state::{is_final, is_legal_step};
use std::collections::BTreeSet;

/// A document as the exchange will have it.
#[derive(Debug, Clone)]
pub(super) struct Model {
    kind: MessageType,
    status: i32,
    decided_ms: i64,
    seen: BTreeSet<(String, i32, i64)>,
}

impl Model {
    /// A document before customs' first decision.
    pub(super) fn new(kind: MessageType, status: i32) -> Model {
        Model { kind, status, decided_ms: 0, seen: BTreeSet::new() }
    }

    /// A decision arrives.
    pub(super) fn receive(&mut self, guid: &str, status: i32, time_ms: i64) -> Effect {
        if !self.seen.insert((guid.to_owned(), status, time_ms)) {
            return Effect::Repeated;
        }
        let late = time_ms < self.decided_ms;
        if is_final(self.status) || late || !is_legal_step(self.kind, self.status, status) {
            return Effect::Ignored;
        }
        self.status = status;
        self.decided_ms = time_ms;
        Effect::Applied
    }

    /// Status that it has.
    pub(super) fn status(&self) -> i32 {
        self.status
    }
}
