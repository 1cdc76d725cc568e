//! The one thread that writes: groups, syncs, new segments, and what happens when they fail.

use super::format::{
    Chain, FILE_BYTES, FileHeader, GROUP_BYTES, GroupHeader, Identity, RECORDS_BYTES_MAX, file_name, hash,
};
use super::index::Slot;
use super::queue::Waiting;
use super::recover::{Opened, failed};
use super::{Config, Shared};
use crate::domain::{Clock, Position};
use crate::ledger::fs::{File, Fs};
use crate::ledger::{Appended, Error, Stored, record};
use crate::telemetry;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Group buffer kept between groups.
const BUFFER_BYTES_KEPT: usize = 4 * 1024 * 1024;

/// Why a group was not written.
enum Failure {
    /// Nothing of it is left; the next group may be tried.
    Undone(Error),
    /// What is on disk is not known.
    Poisoned(String),
}

/// Owns the newest segment.
pub(super) struct Writer {
    shared: Arc<Shared>,
    fs: Arc<dyn Fs>,
    clock: Arc<dyn Clock>,
    config: Config,
    identity: Identity,
    chain: Chain,
    file: Arc<dyn File>,
    first: u64,
    mark: u64,
    end: u64,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        fs: Arc<dyn Fs>,
        clock: Arc<dyn Clock>,
        config: Config,
        opened: Opened,
    ) -> Writer {
        let Opened { identity, chain, file, first, mark, end, .. } = opened;
        Writer { shared, fs, clock, config, identity, chain, file, first, mark, end, buffer: Vec::new() }
    }

    /// Writes groups until the queue is closed and empty.
    pub(super) fn run(mut self) {
        // If this thread ends in any way, nobody waits for it.
        let shared = Arc::clone(&self.shared);
        let _gone = Gone(&shared);
        let group_bytes_max = self.config.group_bytes_max.min(usize::try_from(RECORDS_BYTES_MAX).unwrap_or(usize::MAX));
        while let Some(batch) = shared.queue.take(group_bytes_max) {
            if let Some(error) = shared.poison() {
                refuse(batch.into_iter().map(|waiting| waiting.answer), &error);
                continue;
            }
            self.group(batch);
        }
    }

    fn group(&mut self, batch: Vec<Waiting>) {
        let time = self.clock.now().max(self.chain.time);
        self.buffer.clear();
        self.buffer.resize(GROUP_BYTES, 0);
        let mut entries = Vec::with_capacity(batch.len());
        let mut answers = Vec::with_capacity(batch.len());
        let first = self.chain.next;
        let mut next = first;
        for Waiting { record, encoded, answer } in batch {
            let position = Position(next);
            record::write(&mut self.buffer, &encoded, position, time);
            entries.push(Arc::new(Stored { position, time, record }));
            answers.push(answer);
            next += 1;
        }
        let records = self.buffer.get(GROUP_BYTES..).unwrap_or_default();
        let header = GroupHeader {
            mark: 0, // set below: a new segment has another one
            records_bytes: u32::try_from(records.len()).expect("the queue bounds a group"),
            records: u32::try_from(entries.len()).expect("the queue bounds a group"),
            first,
            time,
            previous: self.chain.hash,
            records_hash: hash(records),
        };
        match self.write(header) {
            Ok((slot, chain)) => {
                self.chain = chain;
                let tail = Position(next - 1);
                self.shared.index.push_group(slot, self.end);
                self.shared.cache.push(entries.clone());
                self.shared.tail.send_replace(tail);
                for (entry, answer) in entries.into_iter().zip(answers) {
                    // Whoever dropped the receiver does not want the answer.
                    drop(answer.send(Ok(Appended { position: entry.position, time: entry.time })));
                }
            }
            Err(Failure::Undone(error)) => {
                tracing::warn!(%error, first, "group was not written");
                refuse(answers, &error);
            }
            Err(Failure::Poisoned(reason)) => {
                tracing::error!(reason, first, "ledger is read-only until restart");
                let error = self.shared.poison_with(reason);
                refuse(answers, &error);
                self.shared.queue.refuse_all(&error);
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
    }

    /// Writes the group in the buffer and brings it to stable storage.
    fn write(&mut self, header: GroupHeader) -> Result<(Slot, Chain), Failure> {
        let group_bytes = header.group_bytes();
        if self.end > FILE_BYTES as u64 && self.end.saturating_add(group_bytes) > self.config.segment_bytes_max {
            self.roll()?;
        }
        let header = GroupHeader { mark: self.mark, ..header };
        for (to, from) in self.buffer.iter_mut().zip(header.encode()) {
            *to = from;
        }
        let offset = self.end;
        if let Err(error) = self.file.write_at(&self.buffer, offset) {
            return Err(self.undo_write(error));
        }
        let begun = Instant::now();
        self.file.sync().map_err(|error| poisoned("syncing", self.first, &error))?;
        telemetry::synced(begun.elapsed());
        telemetry::appended(u64::from(header.records));
        self.end += group_bytes;
        Ok((Slot { first: header.first, offset }, header.chain()))
    }

    /// Takes back what a failed write left, so that the next group starts on clean ground.
    fn undo_write(&self, error: io::Error) -> Failure {
        match self.file.truncate(self.end).and_then(|()| self.file.sync()) {
            Ok(()) => Failure::Undone(failed(format!("writing {}", file_name(self.first)))(error)),
            Err(undo) => poisoned("cutting a failed write off", self.first, &undo),
        }
    }

    /// Begins a new segment. It is used only once it and its name are on stable storage.
    fn roll(&mut self) -> Result<(), Failure> {
        let first = self.chain.next;
        let mut mark = [0; 8];
        (self.config.random)(&mut mark).map_err(|error| Failure::Undone(failed("making random bytes")(error)))?;
        let mark = u64::from_le_bytes(mark);
        let name = file_name(first);
        let creating = || failed(format!("creating {name}"));
        let file = self.fs.create(&name).map_err(|error| Failure::Undone(creating()(error)))?;
        let header = FileHeader { identity: self.identity, chain: self.chain, mark };
        if let Err(error) = file.write_at(&header.encode(), 0) {
            return Err(match self.fs.remove(&name).and_then(|()| self.fs.sync_dir()) {
                Ok(()) => Failure::Undone(creating()(error)),
                Err(undo) => poisoned("removing", first, &undo),
            });
        }
        file.sync().and_then(|()| self.fs.sync_dir()).map_err(|error| poisoned("syncing", first, &error))?;
        (self.file, self.first, self.mark, self.end) = (file, first, mark, FILE_BYTES as u64);
        self.shared.index.push_segment(first, mark);
        Ok(())
    }
}

fn poisoned(what: &str, first: u64, error: &io::Error) -> Failure {
    Failure::Poisoned(format!("{what} {} failed: {error}", file_name(first)))
}

fn refuse(answers: impl IntoIterator<Item = oneshot::Sender<Result<Appended, Error>>>, error: &Error) {
    for answer in answers {
        // Whoever dropped the receiver does not want the answer.
        drop(answer.send(Err(error.clone())));
    }
}

/// Closes the queue when the writer thread ends, in whatever way.
struct Gone<'a>(&'a Shared);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.queue.close();
        self.0.queue.refuse_all(&Error::Closed);
    }
}
