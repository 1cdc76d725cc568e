//! The most recent entries in memory, so that the applier and the feed rarely touch the disk.

use crate::domain::Position;
use crate::ledger::Stored;
use parking_lot::RwLock;
use std::collections::VecDeque;
use std::sync::Arc;

/// What an entry costs besides its sections.
const ENTRY_OVERHEAD_BYTES: usize = 200;

/// An unbroken run of entries up to the last durable one.
pub(super) struct Cache {
    bytes_max: usize,
    run: RwLock<Run>,
}

#[derive(Default)]
struct Run {
    entries: VecDeque<Arc<Stored>>,
    bytes: usize,
}

fn cost(entry: &Stored) -> usize {
    entry.record.bytes() + ENTRY_OVERHEAD_BYTES
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Cache {
        Cache { bytes_max, run: RwLock::default() }
    }

    /// Adds the entries of a durable group and lets the oldest go.
    pub(super) fn push(&self, group: Vec<Arc<Stored>>) {
        let mut dropped = Vec::new();
        let mut run = self.run.write();
        for entry in group {
            run.bytes += cost(&entry);
            run.entries.push_back(entry);
        }
        while run.bytes > self.bytes_max
            && let Some(oldest) = run.entries.pop_front()
        {
            run.bytes -= cost(&oldest);
            dropped.push(oldest);
        }
        drop(run);
        // Freed outside the lock: readers need not wait for the allocator.
        drop(dropped);
    }

    /// Entries after `after` up to `tail`, about `bytes_max` of them; `None` if the run begins later.
    pub(super) fn read(&self, after: Position, tail: Position, bytes_max: usize) -> Option<Vec<Arc<Stored>>> {
        let run = self.run.read();
        if run.entries.front()?.position > after.next() {
            return None;
        }
        let from = run.entries.partition_point(|entry| entry.position <= after);
        let mut bytes = 0_usize;
        let entries = run.entries.iter().skip(from).take_while(|entry| entry.position <= tail);
        let within = entries.enumerate().take_while(|(at, entry)| {
            bytes = bytes.saturating_add(entry.record.bytes());
            *at == 0 || bytes <= bytes_max
        });
        Some(within.map(|(_, entry)| Arc::clone(entry)).collect())
    }
}
