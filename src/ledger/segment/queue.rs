//! Appends that wait for the writer: bounded by number and by bytes.

use crate::ledger::record::Encoded;
use crate::ledger::{Appended, Error, Record};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// One append that waits.
pub(super) struct Waiting {
    /// The record as it came: the cache keeps it.
    pub(super) record: Record,
    /// The record as it goes to disk.
    pub(super) encoded: Encoded,
    /// Whom to tell.
    pub(super) answer: oneshot::Sender<Result<Appended, Error>>,
}

impl Waiting {
    fn held_bytes(&self) -> usize {
        self.record.bytes() + self.encoded.stored_bytes()
    }
}

/// The queue between callers and the writer.
pub(super) struct Queue {
    entries_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    holds: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(entries_max: usize, bytes_max: usize) -> Queue {
        Queue { entries_max, bytes_max, state: Mutex::default(), wake: Condvar::new() }
    }

    /// Fails early if nothing can be queued now, before work is put into encoding.
    pub(super) fn check(&self) -> Result<(), Error> {
        let state = self.state.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        if state.waiting.len() >= self.entries_max || state.bytes >= self.bytes_max {
            return Err(Error::Busy);
        }
        Ok(())
    }

    pub(super) fn push(&self, waiting: Waiting) -> Result<(), Error> {
        let bytes = waiting.held_bytes();
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        // An empty queue takes any record: one larger than the limit would otherwise never get in.
        let full = state.waiting.len() >= self.entries_max || state.bytes.saturating_add(bytes) > self.bytes_max;
        if full && !state.waiting.is_empty() {
            return Err(Error::Busy);
        }
        state.bytes += bytes;
        state.waiting.push_back(waiting);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for appends and takes what fits into `stored_bytes_max`, at least one. `None`: closed and empty.
    pub(super) fn take(&self, stored_bytes_max: usize) -> Option<Vec<Waiting>> {
        let mut state = self.state.lock();
        loop {
            if state.waiting.is_empty() {
                if state.closed {
                    return None;
                }
            } else if state.holds == 0 || state.closed {
                break;
            }
            self.wake.wait(&mut state);
        }
        let mut taken = Vec::new();
        let mut stored_bytes = 0_usize;
        while let Some(next) = state.waiting.front() {
            stored_bytes = stored_bytes.saturating_add(next.encoded.stored_bytes());
            if stored_bytes > stored_bytes_max && !taken.is_empty() {
                break;
            }
            let Some(next) = state.waiting.pop_front() else { break };
            state.bytes = state.bytes.saturating_sub(next.held_bytes());
            taken.push(next);
        }
        Some(taken)
    }

    /// Takes no more appends; those that wait are still written.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_all();
    }

    /// Answers all that wait with `error`.
    pub(super) fn refuse_all(&self, error: &Error) {
        let waiting = {
            let mut state = self.state.lock();
            state.bytes = 0;
            std::mem::take(&mut state.waiting)
        };
        for waiting in waiting {
            // Whoever dropped the receiver does not want the answer.
            drop(waiting.answer.send(Err(error.clone())));
        }
    }

    pub(super) fn hold(&self) {
        self.state.lock().holds += 1;
    }

    pub(super) fn release(&self) {
        self.state.lock().holds -= 1;
        self.wake.notify_all();
    }
}
