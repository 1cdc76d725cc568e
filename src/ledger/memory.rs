//! The ledger in memory: for tests, and for trying the program out. Durable as long as the process.

use super::{Appended, Appending, Error, Ledger, Record, Stored};
use crate::domain::{Clock, Position, Timestamp, limits};
use parking_lot::RwLock;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// A ledger in memory. Clones are the same ledger: keep one to "reopen" it.
#[derive(Clone)]
pub struct MemoryLedger {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    step: u64,
    bytes_max: usize,
    queue_entries_max: usize,
    tail: watch::Sender<Position>,
    log: RwLock<Log>,
}

#[derive(Default)]
struct Log {
    entries: Vec<Arc<Stored>>,
    bytes: usize,
    time: Option<Timestamp>,
    last: Position,
    holds: usize,
    waiting: VecDeque<(Record, oneshot::Sender<Result<Appended, Error>>)>,
}

impl MemoryLedger {
    /// An empty ledger that holds up to `bytes_max` bytes of sections.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, bytes_max: usize) -> MemoryLedger {
        MemoryLedger::skipping(clock, bytes_max, 1)
    }

    /// As [`MemoryLedger::new`], with positions that grow by 1 up to `step_max` at a time, so that a test
    /// sees who takes them for a count.
    #[must_use]
    pub fn skipping(clock: Arc<dyn Clock>, bytes_max: usize, step_max: u64) -> MemoryLedger {
        let inner = Inner {
            clock,
            step: step_max.max(1),
            bytes_max,
            queue_entries_max: limits::APPEND_QUEUE_ENTRIES_MAX,
            tail: watch::Sender::new(Position::ZERO),
            log: RwLock::default(),
        };
        MemoryLedger { inner: Arc::new(inner) }
    }

    /// Lets appends wait until the answer is dropped, as a slow disk does.
    #[doc(hidden)]
    #[must_use]
    pub fn hold(&self) -> MemoryHold {
        self.inner.log.write().holds += 1;
        MemoryHold(Arc::clone(&self.inner))
    }
}

impl Inner {
    /// Takes in all that waits, and answers in order.
    fn settle(&self, log: &mut Log) {
        if log.holds > 0 {
            return;
        }
        while let Some((record, answer)) = log.waiting.pop_front() {
            let appended = self.take(log, record);
            // Whoever dropped the receiver does not want the answer.
            drop(answer.send(appended));
        }
    }

    fn take(&self, log: &mut Log, record: Record) -> Result<Appended, Error> {
        let bytes = log.bytes.saturating_add(record.bytes());
        if bytes > self.bytes_max {
            let source = Arc::new(io::Error::new(io::ErrorKind::StorageFull, "the memory ledger is full"));
            return Err(Error::Io { what: "appending to memory".into(), source });
        }
        let now = self.clock.now();
        let time = log.time.map_or(now, |previous| previous.max(now));
        // Steps that differ, and the same in every run.
        let skipped = log.last.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).checked_rem(self.step).unwrap_or(0);
        let position = Position(log.last.next().0.saturating_add(skipped));
        log.entries.push(Arc::new(Stored { position, time, record }));
        (log.bytes, log.time, log.last) = (bytes, Some(time), position);
        self.tail.send_replace(position);
        Ok(Appended { position, time })
    }
}

impl Ledger for MemoryLedger {
    fn append(&self, record: Record) -> Result<Appending, Error> {
        if record.bytes() > limits::RECORD_BYTES_MAX {
            return Err(Error::TooLarge { bytes: record.bytes(), bytes_max: limits::RECORD_BYTES_MAX });
        }
        let (answer, appending) = oneshot::channel();
        let mut log = self.inner.log.write();
        if log.waiting.len() >= self.inner.queue_entries_max {
            return Err(Error::Busy);
        }
        log.waiting.push_back((record, answer));
        self.inner.settle(&mut log);
        Ok(appending)
    }

    fn read(&self, after: Position, bytes_max: usize) -> Result<Vec<Arc<Stored>>, Error> {
        let log = self.inner.log.read();
        let from = log.entries.partition_point(|entry| entry.position <= after);
        let mut bytes = 0_usize;
        let within = log.entries.iter().skip(from).enumerate().take_while(|(at, entry)| {
            bytes = bytes.saturating_add(entry.record.bytes());
            *at == 0 || bytes <= bytes_max
        });
        Ok(within.map(|(_, entry)| Arc::clone(entry)).collect())
    }

    fn durable_tail(&self) -> Position {
        *self.inner.tail.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.inner.tail.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        None
    }
}

/// See [`MemoryLedger::hold`].
#[doc(hidden)]
pub struct MemoryHold(Arc<Inner>);

impl Drop for MemoryHold {
    fn drop(&mut self) {
        let mut log = self.0.log.write();
        log.holds -= 1;
        self.0.settle(&mut log);
    }
}
