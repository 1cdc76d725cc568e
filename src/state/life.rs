//! The life cycle of a document: its stored state and the steps customs may take (R-ST-01, domain.md §2.2).

use super::clearance::quota::ListQuota;
use super::clearance::taxes::ListTax;
use super::facts::Facts;
use super::keys::Side;
use crate::domain::{Audience, DocRef, Keys, MessageType, status};

/// Where a document stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct DocState {
    #[prost(enumeration = "MessageType", tag = "1")]
    pub kind: i32,
    /// CEB return status, or one of ours.
    #[prost(sint32, tag = "2")]
    pub status: i32,
    /// Time that customs gave its last effective decision, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub decided_ms: i64,
    /// appTime as a number.
    #[prost(uint64, tag = "4")]
    pub app_time: u64,
    /// Party that sent it.
    #[prost(uint32, tag = "5")]
    pub sender: u32,
    /// Lists that reached 120 with it: as long as there is one, it may not change (R-ST-08).
    #[prost(uint32, tag = "6")]
    pub frozen_by: u32,
    #[prost(string, tag = "7")]
    pub pre_no: String,
    /// Number that customs gave it.
    #[prost(string, tag = "8")]
    pub customs_no: String,
    #[prost(message, optional, tag = "9")]
    pub replaced_by: Option<DocRef>,
    /// Positions of the entries that touched it, oldest first.
    #[prost(uint64, repeated, tag = "10")]
    pub trail: Vec<u64>,
    /// Hashes of decisions seen (R-ST-02).
    #[prost(fixed64, repeated, tag = "11")]
    pub decisions: Vec<u64>,
    /// List: when it stops waiting, milliseconds since 1970; 0 if it does not wait.
    #[prost(int64, tag = "12")]
    pub deadline_ms: i64,
    /// List: hash of what it waited for last, so that only changes become events.
    #[prost(fixed64, tag = "13")]
    pub waiting_hash: u64,
    /// List: the documents it froze.
    #[prost(message, repeated, tag = "14")]
    pub froze: Vec<DocRef>,
    /// Time of its entry, milliseconds since 1970.
    #[prost(int64, tag = "15")]
    pub time_ms: i64,
    /// Parties that its message named to be told of it.
    #[prost(message, optional, tag = "20")]
    pub audience: Option<Audience>,
    /// List of imports, logic 2: the tax on it, until it ends.
    #[prost(message, optional, tag = "21")]
    pub tax: Option<ListTax>,
    /// List of imports, logic 2: what it holds of its buyer's year, until it ends.
    #[prost(message, optional, tag = "22")]
    pub quota: Option<ListQuota>,
}

/// Entries kept in a trail; the oldest is the document's own and stays.
const TRAIL_MAX: usize = 256;
/// Decisions remembered for R-ST-02.
const DECISIONS_MAX: usize = 64;

impl DocState {
    /// True if it holds its business keys: not replaced, cancelled, refused by customs, or failed.
    pub(super) fn is_live(&self) -> bool {
        self.status > 0 && !matches!(self.status, status::REJECTED | status::CANCELLED | status::REPLACED)
    }

    /// True for a list that still waits for its documents.
    pub(super) fn is_waiting(&self) -> bool {
        Side::of(MessageType::of_number(self.kind)) == Side::List && matches!(self.status, status::DECLARING | 3 | 4)
    }

    /// Its numbers: the sender's, and those that it was given since.
    pub(super) fn keys(&self, facts: &Facts) -> Keys {
        let mut keys = facts.keys.clone();
        if let Some(spec) = MessageType::of_number(self.kind).spec() {
            if !spec.pre_no.is_empty() {
                self.pre_no.clone_into(&mut keys.pre_no);
            }
            if let Some(given) = spec.given {
                keys.set(given, &self.customs_no);
            }
        }
        keys
    }

    /// Notes that an entry touched it.
    pub(super) fn touch(&mut self, position: u64) {
        if self.trail.last() == Some(&position) {
            return;
        }
        if self.trail.len() >= TRAIL_MAX {
            self.trail.remove(1);
        }
        self.trail.push(position);
    }

    /// Notes a decision; false if it was there before.
    pub(super) fn note_decision(&mut self, hash: u64) -> bool {
        if self.decisions.contains(&hash) {
            return false;
        }
        if self.decisions.len() >= DECISIONS_MAX {
            self.decisions.remove(0);
        }
        self.decisions.push(hash);
        true
    }
}

/// True if customs may take a document of that type from one status to another.
///
/// Source: domain.md §2.2 (order inferred from the meanings of the codes), `docs/decisions/0003`. A list is stored by
/// its match, so customs decides on it from 120 on; on everything else it may decide as soon as it is declared. Codes
/// that no table knows are let through from every status that is not final: they must be stored and shown.
pub(crate) fn is_legal_step(kind: MessageType, from: i32, to: i32) -> bool {
    if is_final(from) {
        return false;
    }
    if from == to {
        return true;
    }
    let known =
        |code: i32| matches!(code, 1..=4 | 100 | 120 | 300 | 399 | 400 | 500..=503 | 505 | 599 | 600 | 700 | 800 | 899);
    if !known(to) || !known(from) {
        return to > 0 || matches!(from, 2..=4 | 120);
    }
    match from {
        2..=4 if Side::of(kind) == Side::List => matches!(to, 3 | 4 | 100),
        2..=4 => matches!(to, 3 | 4 | 100 | 120 | 300 | 399 | 400 | 500 | 800),
        120 => matches!(to, 100 | 300 | 399 | 400 | 500 | 800),
        300 => matches!(to, 399 | 100 | 500),
        399 => matches!(to, 400 | 500 | 800),
        400 => matches!(to, 500 | 800),
        500 => matches!(to, 800 | 700 | 100 | 501 | 502 | 503 | 505 | 599 | 600),
        501 | 502 | 503 | 505 | 599 => matches!(to, 800 | 700),
        600 => matches!(to, 500 | 800 | 700 | 100),
        800 => to == 899,
        _ => false,
    }
}

/// Statuses that customs may decide on from another, for people.
pub(super) fn next_steps(kind: MessageType, from: i32) -> String {
    let known = [3, 4, 100, 120, 300, 399, 400, 500, 501, 502, 503, 505, 599, 600, 700, 800, 899];
    let next = known.into_iter().filter(|to| *to != from && is_legal_step(kind, from, *to));
    next.map(|to| to.to_string()).collect::<Vec<_>>().join(" | ")
}

/// True if nothing follows.
pub(crate) fn is_final(code: i32) -> bool {
    code < 0 || matches!(code, 100 | 700 | 899 | status::CANCELLED | status::REPLACED)
}

/// True if the sender may still change a declared document by appType 2 (R-ST-04; the set is not published, this is
/// the default of R-ST-06 for lists that have a number). What has no release is done when it is adjudicated.
pub(super) fn may_change(kind: MessageType, code: i32) -> bool {
    matches!(code, 1..=4 | 120 | 300) || (matches!(code, 399 | 400) && Side::of(kind) == Side::List)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_lists_only_close() {
        assert!(is_legal_step(MessageType::Ceb621, 800, 899));
        for to in [2, 100, 120, 300, 500, 700] {
            assert!(!is_legal_step(MessageType::Ceb621, 800, to), "{to}");
        }
    }

    #[test]
    fn final_codes_stay() {
        for from in [100, 700, 899, status::CANCELLED, -621_001] {
            assert!(!is_legal_step(MessageType::Ceb621, from, 800), "{from}");
        }
    }

    #[test]
    fn codes_that_nobody_knows_are_kept() {
        assert!(is_legal_step(MessageType::Ceb621, 500, 1399));
        assert!(is_legal_step(MessageType::Ceb621, 1399, 800));
    }

    #[test]
    fn a_cancellation_is_decided_as_soon_as_it_is_declared_and_ends_adjudicated() {
        for to in [3, 100, 120, 399] {
            assert!(is_legal_step(MessageType::Ceb605, 2, to), "{to}");
        }
        assert!(!is_legal_step(MessageType::Ceb605, 399, 100));
        assert!(!is_legal_step(MessageType::Ceb605, 1, 399), "customs never saw a draft");
        assert!(may_change(MessageType::Ceb605, 120) && !may_change(MessageType::Ceb605, 399));
    }

    #[test]
    fn an_order_may_be_rejected_after_it_was_stored() {
        assert!(is_legal_step(MessageType::Ceb311, 120, 100));
        assert!(!is_legal_step(MessageType::Ceb311, 120, 2));
    }

    #[test]
    fn a_list_that_waits_cannot_be_released() {
        assert!(!is_legal_step(MessageType::Ceb621, 2, 800));
    }
}
