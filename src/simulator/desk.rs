//! Keeps what is planned until it is due. Knows no clock and does no I/O: times and answers are given to it.
//!
//! A delivery is acknowledged when everything that it led to is done, and all before it are: after a restart the rest
//! comes again, is planned again in the same way, and is known to the exchange where it was sent before.

use super::arrival::{Arrival, Occasion};
use super::faults::Fault;
use super::plan::{Plan, Planned, plan};
use super::scenario::Scenario;
use super::summary::{Answer, Summary};
use crate::domain::Keys;
use crate::domain::limits::SIMULATOR_OPEN_MAX;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Names something that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name, for [`Desk::done`] and [`Desk::again`].
    pub id: TaskId,
    /// What to send; what is [`Fault::Lost`] is not sent, and done at once.
    pub planned: Planned,
    /// Type of the document.
    pub kind: i32,
    /// Numbers of the document.
    pub keys: Arc<Keys>,
}

/// A delivery that is not acknowledged yet.
#[derive(Debug)]
struct Taken<C> {
    cursor: C,
    number: u64,
}

/// A document that customs has not finished with.
#[derive(Debug)]
struct Open {
    document_id: String,
    kind: i32,
    keys: Arc<Keys>,
    arrived_ms: i64,
    time_ms: i64,
    left: VecDeque<Planned>,
}

/// The desk of a made-up customs. `C` is a cursor of the subscription.
#[derive(Debug)]
pub struct Desk<C> {
    scenario: Scenario,
    next: u64,
    taken: VecDeque<Taken<C>>,
    cursors: BTreeSet<C>,
    /// Documents by the number of their delivery.
    open: BTreeMap<u64, Open>,
    by_document: BTreeMap<String, u64>,
    /// When the next step of each document is due: each has one here, or one on its way.
    due: BTreeSet<(i64, u64)>,
    on_the_way: BTreeMap<u64, Planned>,
    summary: Summary,
}

impl<C: Clone + Ord> Desk<C> {
    /// An empty desk.
    #[must_use]
    pub fn new(scenario: Scenario) -> Desk<C> {
        Desk {
            scenario,
            next: 1,
            taken: VecDeque::new(),
            cursors: BTreeSet::new(),
            open: BTreeMap::new(),
            by_document: BTreeMap::new(),
            due: BTreeSet::new(),
            on_the_way: BTreeMap::new(),
            summary: Summary::default(),
        }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Takes a delivery, and plans for the document that it brings. One that is on the desk already is not taken again.
    pub fn take(&mut self, cursor: C, arrival: Arrival, now_ms: i64) -> Option<Plan> {
        if !self.cursors.insert(cursor.clone()) {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.taken.push_back(Taken { cursor, number });
        match arrival {
            Arrival::Nothing => None,
            Arrival::Withdrawn(document) => {
                self.withdraw(&document);
                None
            }
            Arrival::Occasion(occasion) => Some(self.open(number, *occasion, now_ms)),
        }
    }

    fn open(&mut self, number: u64, occasion: Occasion, now_ms: i64) -> Plan {
        // Decided on once more, as when a list matches again: what was planned before counts no more.
        self.withdraw(&occasion.document_id);
        let plan = plan(&occasion, &self.scenario);
        self.summary.documents += 1;
        self.summary.by_rule += u64::from(plan.rule.is_some());
        let open = Open {
            document_id: occasion.document_id.clone(),
            kind: occasion.kind,
            keys: Arc::new(occasion.keys),
            arrived_ms: now_ms,
            time_ms: occasion.time_ms,
            left: plan.steps.iter().cloned().collect(),
        };
        self.by_document.insert(occasion.document_id, number);
        self.open.insert(number, open);
        self.schedule(number, i64::MIN);
        plan
    }

    fn withdraw(&mut self, document: &str) {
        let Some(number) = self.by_document.remove(document) else { return };
        self.summary.withdrawn += 1;
        self.due.retain(|(_, held)| *held != number);
        if let Some(open) = self.open.get_mut(&number) {
            open.left.clear();
        }
        if !self.on_the_way.contains_key(&number) {
            self.open.remove(&number);
        }
    }

    /// Puts the next step of a document on the list of what is due; the document is finished if there is none.
    fn schedule(&mut self, number: u64, not_before_ms: i64) {
        let Some(open) = self.open.get(&number) else { return };
        let Some(planned) = open.left.front() else {
            if self.by_document.get(&open.document_id) == Some(&number) {
                self.by_document.remove(&open.document_id);
            }
            self.open.remove(&number);
            return;
        };
        // Counted from the event, but never longer than planned from its arrival: clocks differ.
        let wait_ms = i64::try_from(planned.after_ms).unwrap_or(i64::MAX);
        let at_ms = open.time_ms.saturating_add(wait_ms).min(open.arrived_ms.saturating_add(wait_ms));
        self.due.insert((at_ms.max(not_before_ms), number));
    }

    /// When the next thing is due, milliseconds since 1970.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(at_ms, _)| *at_ms)
    }

    /// Takes one thing that is due. Of one document never two are on their way.
    pub fn due(&mut self, now_ms: i64) -> Option<Task> {
        let (at_ms, number) = *self.due.first()?;
        if at_ms > now_ms {
            return None;
        }
        self.due.remove(&(at_ms, number));
        let open = self.open.get_mut(&number)?;
        let planned = open.left.pop_front()?;
        let task = Task { id: TaskId(number), planned: planned.clone(), kind: open.kind, keys: Arc::clone(&open.keys) };
        self.on_the_way.insert(number, planned);
        Some(task)
    }

    /// Something was sent and answered.
    pub fn done(&mut self, id: TaskId, answer: &Answer) {
        let Some(planned) = self.on_the_way.remove(&id.0) else { return };
        self.summary.note_answer(&planned, answer);
        self.schedule(id.0, i64::MIN);
    }

    /// Something was to be lost, and is.
    pub fn lost(&mut self, id: TaskId) {
        if self.on_the_way.remove(&id.0).is_some() {
            self.summary.note_fault(Some(Fault::Lost));
            self.schedule(id.0, i64::MIN);
        }
    }

    /// Something could not be sent, and never will be.
    pub fn failed(&mut self, id: TaskId) {
        if self.on_the_way.remove(&id.0).is_some() {
            self.summary.unexpected += 1;
            self.schedule(id.0, i64::MIN);
        }
    }

    /// Something could not be sent now: it is due again at that time.
    pub fn again(&mut self, id: TaskId, at_ms: i64) {
        let Some(planned) = self.on_the_way.remove(&id.0) else { return };
        if let Some(open) = self.open.get_mut(&id.0)
            && self.by_document.get(&open.document_id) == Some(&id.0)
        {
            open.left.push_front(planned);
        }
        self.schedule(id.0, at_ms);
    }

    /// The last delivery up to which everything is done, and how many deliveries that are; none if there is nothing new.
    pub fn acknowledge(&mut self) -> Option<(C, u32)> {
        let (mut last, mut count) = (None, 0_u32);
        while self.taken.front().is_some_and(|taken| !self.open.contains_key(&taken.number)) {
            let Some(taken) = self.taken.pop_front() else { break };
            self.cursors.remove(&taken.cursor);
            last = Some(taken.cursor);
            count = count.saturating_add(1);
        }
        last.map(|cursor| (cursor, count))
    }

    /// True if one more delivery can be taken.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.taken.len() < SIMULATOR_OPEN_MAX
    }

    /// Documents that are not finished.
    #[must_use]
    pub fn open_documents(&self) -> usize {
        self.open.len()
    }

    /// What was done so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}
