//! The one thread that reads the durable log and applies it, and what it publishes to everybody else.

use crate::domain::limits::{RECENT_EVENTS_MAX, RECENT_OUTCOMES_MAX, REPLAY_READ_BYTES};
use crate::domain::{Outcome, Position, Timestamp};
use crate::ledger::{self, Ledger};
use crate::proof::Frontier;
use crate::state::store::Cells;
use crate::state::{Content, Editions, Entry, Machine, Registry, StateError};
use crate::tables::Tables;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// Why the applier stopped; nothing is applied until a restart.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApplyError {
    /// The log could not be read.
    #[error("reading the ledger: {0}")]
    Ledger(#[from] ledger::Error),
    /// The state could not be read or written.
    #[error("state: {0}")]
    State(#[from] StateError),
    /// An entry of a newer program, or damage that its checksum does not show.
    #[error("entry at position {position}: {reason}")]
    Entry {
        /// Its position.
        position: Position,
        /// What does not fit.
        reason: String,
    },
    /// The state has applied more than the ledger holds: the ledger's newest entries were taken away.
    #[error(
        "the state has applied position {applied}, but the ledger ends at {tail}: restore the ledger, or remove the state folder to rebuild it from what is there"
    )]
    LedgerTooShort {
        /// Where the state stands.
        applied: Position,
        /// Where the ledger ends.
        tail: Position,
    },
}

/// What the applier publishes; shared by intake, reader and feed.
pub(crate) struct Shared {
    pub(crate) cells: Arc<Cells>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) registry: ArcSwap<Registry>,
    pub(crate) tables: ArcSwap<Tables>,
    pub(crate) editions: ArcSwap<Editions>,
    applied: watch::Sender<Position>,
    recent: Mutex<Recent>,
    trees: Mutex<(Frontier, Frontier, Position)>,
    /// False once something failed for good.
    healthy: watch::Sender<bool>,
}

/// Outcomes of the last entries, and who waits for one.
#[derive(Default)]
struct Recent {
    outcomes: VecDeque<(Position, Arc<Outcome>)>,
    events: usize,
    /// Every outcome with events after this position is in `outcomes`.
    complete_after: Position,
    waiters: HashMap<Position, Vec<oneshot::Sender<Arc<Outcome>>>>,
    last_time: Timestamp,
}

impl Shared {
    /// Takes the state up where it stands.
    pub(crate) fn open(cells: Arc<Cells>, ledger: Arc<dyn Ledger>) -> Result<(Arc<Shared>, Machine), ApplyError> {
        let machine = Machine::load(cells.as_ref())?;
        let applied = Position(machine.applied().position);
        let tail = ledger.durable_tail();
        if applied > tail {
            return Err(ApplyError::LedgerTooShort { applied, tail });
        }
        let (entries, events) = machine.trees();
        let shared = Shared {
            registry: ArcSwap::new(machine.registry()),
            tables: ArcSwap::from_pointee(machine.tables()),
            editions: ArcSwap::from_pointee(machine.editions().clone()),
            applied: watch::Sender::new(applied),
            recent: Mutex::new(Recent {
                complete_after: applied,
                last_time: Timestamp(machine.applied().time_ms),
                ..Recent::default()
            }),
            trees: Mutex::new((entries.clone(), events.clone(), applied)),
            healthy: watch::Sender::new(true),
            cells,
            ledger,
        };
        super::prove::keep_missing(&shared)?;
        Ok((Arc::new(shared), machine))
    }

    /// Position of the last applied entry.
    pub(crate) fn applied(&self) -> Position {
        *self.applied.borrow()
    }

    /// Follows [`Shared::applied`].
    pub(crate) fn watch(&self) -> watch::Receiver<Position> {
        self.applied.subscribe()
    }

    /// Follows whether entries can be taken and applied.
    pub(crate) fn healthy(&self) -> watch::Receiver<bool> {
        self.healthy.subscribe()
    }

    /// Says that nothing can be taken or applied until a restart.
    pub(crate) fn fail(&self) {
        self.healthy.send_replace(false);
        // Whoever waits for an outcome gets none.
        self.recent.lock().waiters.clear();
    }

    /// Trees over entries and events, and the position that they reach.
    pub(crate) fn trees(&self) -> (Frontier, Frontier, Position) {
        self.trees.lock().clone()
    }

    /// Time of the last applied entry.
    pub(crate) fn last_time(&self) -> Timestamp {
        self.recent.lock().last_time
    }

    /// The outcome of an entry once it is applied; `None` if the exchange stops before, or if so much was applied
    /// since that it must be read from the cells: only recent outcomes are kept whole.
    pub(crate) async fn outcome_of(&self, position: Position) -> Option<Arc<Outcome>> {
        let waiter = {
            let mut recent = self.recent.lock();
            if let Some((_, outcome)) = recent.outcomes.iter().rev().find(|(at, _)| *at == position) {
                return Some(Arc::clone(outcome));
            }
            // Under the lock that `fail` takes after it has said so: no waiter slips in between.
            if self.applied() >= position || !*self.healthy.borrow() {
                return None;
            }
            let (sender, waiter) = oneshot::channel();
            recent.waiters.entry(position).or_default().push(sender);
            waiter
        };
        waiter.await.ok()
    }

    /// Recent outcomes after a position, oldest first, about `events_max` events of them; `None` if some
    /// of them are no longer kept and must be read from the cells.
    pub(crate) fn recent_after(&self, after: Position, events_max: usize) -> Option<Vec<(Position, Arc<Outcome>)>> {
        let recent = self.recent.lock();
        if after < recent.complete_after {
            return None;
        }
        let begin = recent.outcomes.partition_point(|(position, _)| *position <= after);
        let mut events = 0;
        let taken = recent.outcomes.iter().skip(begin).take_while(|(_, outcome)| {
            let fits = events < events_max;
            events += outcome.events.len();
            fits
        });
        Some(taken.cloned().collect())
    }

    fn publish(&self, position: Position, outcome: Arc<Outcome>) {
        // Under one lock with the outcome: who finds an entry applied, finds its outcome too.
        let mut recent = self.recent.lock();
        // Whoever was answered finds it applied; those who follow are told once, after the last entry of a batch.
        self.applied.send_if_modified(|applied| {
            *applied = position;
            false
        });
        recent.last_time = Timestamp(outcome.time_ms);
        for waiter in recent.waiters.remove(&position).unwrap_or_default() {
            // Whoever hung up does not need it.
            let _gone = waiter.send(Arc::clone(&outcome));
        }
        recent.events += outcome.events.len();
        recent.outcomes.push_back((position, outcome));
        while recent.outcomes.len() > RECENT_OUTCOMES_MAX
            || (recent.events > RECENT_EVENTS_MAX && recent.outcomes.len() > 1)
        {
            let Some((oldest, outcome)) = recent.outcomes.pop_front() else { break };
            recent.events -= outcome.events.len();
            recent.complete_after = oldest;
        }
    }
}

/// Applies entries until `stop` turns true, then commits the state.
pub(crate) struct Applier {
    shared: Arc<Shared>,
    machine: Machine,
}

impl Applier {
    pub(crate) fn new(shared: Arc<Shared>, machine: Machine) -> Applier {
        Applier { shared, machine }
    }

    /// Applies everything that is durable now: what a start does before anything is answered.
    pub(crate) fn catch_up(&mut self) -> Result<u64, ApplyError> {
        let mut applied = 0;
        loop {
            let count = self.apply_some()?;
            if count == 0 {
                return Ok(applied);
            }
            applied += count;
        }
    }

    /// Runs on a thread of its own. `due` says now and then that what was applied should be committed
    /// even if it is little.
    pub(crate) fn run(
        mut self,
        runtime: &tokio::runtime::Handle,
        mut stop: watch::Receiver<bool>,
        mut due: watch::Receiver<()>,
    ) {
        let mut tail = self.shared.ledger.watch();
        let result = loop {
            tail.mark_unchanged();
            match self.apply_some() {
                Err(error) => break Err(error),
                Ok(0) => {}
                Ok(_) => continue,
            }
            if *stop.borrow() {
                break Ok(());
            }
            let woken = runtime.block_on(async {
                tokio::select! {
                    changed = tail.changed() => changed.map(|()| false),
                    changed = stop.changed() => changed.map(|()| false),
                    changed = due.changed() => changed.map(|()| true),
                }
            });
            match woken {
                Ok(false) => {}
                Ok(true) => {
                    if let Err(error) = self.shared.cells.checkpoint() {
                        break Err(ApplyError::State(StateError::Store(error.to_string())));
                    }
                }
                // Whoever started this is gone.
                Err(_) => break Ok(()),
            }
        };
        let result = result.and_then(|()| {
            self.shared.cells.flush().map_err(|error| ApplyError::State(StateError::Store(error.to_string())))
        });
        if let Err(error) = result {
            tracing::error!(%error, position = %self.shared.applied(), "applying stopped");
        }
        // However it ended: nothing is applied any more, so nobody may wait for it.
        self.shared.fail();
    }

    fn apply_some(&mut self) -> Result<u64, ApplyError> {
        let entries = self.shared.ledger.read(self.shared.applied(), REPLAY_READ_BYTES)?;
        let (mut count, mut last) = (0, None);
        for stored in entries {
            let entry = Entry::of_record(&stored.record)
                .map_err(|error| ApplyError::Entry { position: stored.position, reason: error.to_string() })?;
            let (is_of_documents, is_of_tables) = (
                matches!(entry.content, Content::Submission(_) | Content::Decisions(_)),
                matches!(entry.content, Content::Tables(_)),
            );
            let mut writes = self.shared.cells.begin();
            let outcome = self.machine.apply(&mut writes, &stored, entry)?;
            writes.commit_entry();
            if !is_of_documents {
                self.shared.registry.store(self.machine.registry());
                if is_of_tables {
                    self.shared.tables.store(Arc::new(self.machine.tables()));
                }
                if **self.shared.editions.load() != *self.machine.editions() {
                    self.shared.editions.store(Arc::new(self.machine.editions().clone()));
                }
            }
            let (entries, events) = self.machine.trees();
            *self.shared.trees.lock() = (entries.clone(), events.clone(), stored.position);
            self.shared.publish(stored.position, Arc::new(outcome));
            last = Some(stored.position);
            count += 1;
        }
        // Followers are woken once for all of them; who waits for one outcome was told above.
        if let Some(last) = last {
            self.shared.applied.send_replace(last);
        }
        if count > 0 && self.shared.cells.should_checkpoint() {
            self.shared.cells.checkpoint().map_err(|error| StateError::Store(error.to_string()))?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SystemClock;
    use crate::ledger::MemoryLedger;
    use crate::state::store::Memory;

    /// Nothing that is asked for while it is published may get lost between "applied" and its outcome.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_outcome_asked_for_while_it_is_published_is_found() {
        const ENTRIES: u64 = 5_000;
        let ledger = MemoryLedger::new(Arc::new(SystemClock), 1);
        let (shared, _) =
            Shared::open(Arc::new(Cells::new(Arc::new(Memory::default()))), Arc::new(ledger)).expect("nothing there");
        let (asked, asking) = std::sync::mpsc::channel();
        let publisher = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for position in asking {
                    shared.publish(position, Arc::default());
                }
            })
        };
        for position in (1..=ENTRIES).map(Position) {
            asked.send(position).expect("the publisher runs");
            assert!(shared.outcome_of(position).await.is_some(), "{position} was published");
        }
        drop(asked);
        publisher.join().expect("it ends");
    }
}
