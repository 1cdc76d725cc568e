//! What every ledger backend promises, claim by claim. A backend joins by one [`Backend`].
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use single_window::domain::{Clock, Position, SetClock, Timestamp, limits};
use single_window::ledger::fs::{Fs, RealFs};
use single_window::ledger::segment::Config;
use single_window::ledger::simdisk::SimDisk;
use single_window::ledger::{Appended, Error, Ledger, MemoryLedger, Record, SegmentLedger, Stored};
use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

/// Something that opens the same log again and again.
trait Backend {
    /// Opens the log. What was opened before has been dropped.
    fn open(&self) -> Opened;
    /// The clock that the log was given.
    fn clock(&self) -> &SetClock;
}

struct Opened {
    ledger: Arc<dyn Ledger>,
    /// Keeps appends waiting until the answer is dropped.
    stall: Box<dyn Fn() -> Box<dyn Any>>,
}

struct Memory {
    clock: Arc<SetClock>,
    ledger: MemoryLedger,
}

impl Backend for Memory {
    fn open(&self) -> Opened {
        let ledger = self.ledger.clone();
        Opened { ledger: Arc::new(self.ledger.clone()), stall: Box::new(move || Box::new(ledger.hold())) }
    }

    fn clock(&self) -> &SetClock {
        &self.clock
    }
}

struct Segments {
    clock: Arc<SetClock>,
    fs: Arc<dyn Fs>,
    config: Config,
    _dir: Option<tempfile::TempDir>,
}

impl Backend for Segments {
    fn open(&self) -> Opened {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let ledger = Arc::new(SegmentLedger::open(Arc::clone(&self.fs), clock, self.config.clone()).unwrap());
        let held = Arc::downgrade(&ledger);
        Opened { ledger, stall: Box::new(move || Box::new(held.upgrade().unwrap().hold())) }
    }

    fn clock(&self) -> &SetClock {
        &self.clock
    }
}

fn clock() -> Arc<SetClock> {
    Arc::new(SetClock::new(Timestamp(1_700_000_000_000)))
}

fn memory() -> Memory {
    let clock = clock();
    Memory { ledger: MemoryLedger::skipping(Arc::clone(&clock) as Arc<dyn Clock>, 1 << 30, 7), clock }
}

fn segments_in_a_folder() -> Segments {
    let dir = tempfile::tempdir().unwrap();
    let fs = Arc::new(RealFs::new(dir.path().join("ledger")).unwrap());
    Segments { clock: clock(), fs, config: Config::default(), _dir: Some(dir) }
}

/// Small segments and hardly any cache: everything is read back from files.
fn segments_on_a_simulated_disk() -> Segments {
    let config = Config { segment_bytes_max: 4096, cache_bytes_max: 500, ..Config::default() };
    Segments { clock: clock(), fs: Arc::new(SimDisk::new()), config, _dir: None }
}

/// The n-th record: all sections differ, sizes vary, some are empty.
fn record(n: u16) -> Record {
    let noise = |salt: u32, length: usize| -> Vec<u8> {
        let mut state = (u32::from(n) << 8) ^ salt ^ 0x9e37_79b9;
        let step = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        };
        (0..length).map(step).collect()
    };
    let n_usize = usize::from(n);
    Record {
        kind: n,
        version: n % 3,
        header: format!("header {n}").into_bytes(),
        skeleton: format!("<copNo>{n}</copNo>").repeat(n_usize % 40).into_bytes(),
        personal: noise(1, (n_usize * 37) % 500),
    }
}

fn append(ledger: &dyn Ledger, record: Record) -> Appended {
    ledger.append(record).unwrap().blocking_recv().unwrap().unwrap()
}

fn append_all(ledger: &dyn Ledger, numbers: std::ops::Range<u16>) -> Vec<Stored> {
    let appended = |n| {
        let Appended { position, time } = append(ledger, record(n));
        Stored { position, time, record: record(n) }
    };
    numbers.map(appended).collect()
}

fn read_all(ledger: &dyn Ledger, bytes_max: usize) -> Vec<Stored> {
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let after = all.last().map_or(Position::ZERO, |entry| entry.position);
        let more = ledger.read(after, bytes_max).unwrap();
        if more.is_empty() {
            return all;
        }
        all.extend(more.iter().map(|entry| Stored::clone(entry)));
    }
}

fn entries_come_back_unchanged_and_in_order(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    assert_eq!(ledger.durable_tail(), Position::ZERO);
    assert_eq!(read_all(&*ledger, 1000), vec![]);
    let stored = append_all(&*ledger, 0..60);
    assert!(stored.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert_eq!(ledger.durable_tail(), stored.last().unwrap().position);
    for bytes_max in [0, 700, 1 << 20] {
        assert_eq!(read_all(&*ledger, bytes_max), stored, "{bytes_max} bytes at a time");
    }
    assert_eq!(ledger.poisoned(), None);
}

fn entries_are_there_after_reopening(backend: &dyn Backend) {
    let mut stored = Vec::new();
    for round in 0..4 {
        let ledger = backend.open().ledger;
        assert_eq!(read_all(&*ledger, 1500), stored);
        assert_eq!(ledger.durable_tail(), stored.last().map_or(Position::ZERO, |entry| entry.position));
        stored.extend(append_all(&*ledger, round * 10..round * 10 + 10));
        assert_eq!(read_all(&*ledger, 1500), stored);
    }
    assert!(stored.windows(2).all(|pair| pair[0].position < pair[1].position));
}

fn time_never_goes_back(backend: &dyn Backend) {
    let start = backend.clock().now();
    let mut times = Vec::new();
    for offset in [0, 5, -100_000, 7] {
        backend.clock().set(Timestamp(start.0 + offset));
        let ledger = backend.open().ledger;
        times.extend(append_all(&*ledger, 0..3).iter().map(|entry| entry.time));
    }
    let expected = [0, 0, 0, 5, 5, 5, 5, 5, 5, 7, 7, 7].map(|offset| Timestamp(start.0 + offset));
    assert_eq!(times, expected);
    assert_eq!(read_all(&*backend.open().ledger, 1).iter().map(|entry| entry.time).collect::<Vec<_>>(), expected);
}

fn reading_starts_anywhere(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let stored = append_all(&*ledger, 0..30);
    let tail = stored.last().unwrap().position;
    for after in (0..=tail.0 + 2).map(Position) {
        let rest = stored.iter().find(|entry| entry.position > after);
        let first = ledger.read(after, 0).unwrap();
        assert_eq!(first.first().map(|entry| &**entry), rest, "after {after}");
        let here = stored.iter().find(|entry| entry.position == after);
        assert_eq!(ledger.read_one(after).unwrap().as_deref(), here, "at {after}");
    }
    let wanted = [tail, Position(tail.0 + 1), stored[0].position, Position::ZERO];
    let found = ledger.read_batch(&wanted).unwrap();
    let found: Vec<_> = found.iter().map(|entry| entry.as_deref()).collect();
    assert_eq!(found, [stored.last(), None, stored.first(), None]);
    assert_eq!(ledger.read(Position(u64::MAX), 1000).unwrap(), vec![]);
}

fn reads_keep_to_their_bytes(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let stored = append_all(&*ledger, 0..40);
    for bytes_max in [0, 1, 300, 1000, 5000] {
        for (at, entry) in stored.iter().enumerate() {
            let after = Position(entry.position.0 - 1);
            let read = ledger.read(after, bytes_max).unwrap();
            let bytes: usize = read.iter().map(|entry| entry.record.bytes()).sum();
            assert!(read.len() == 1 || bytes <= bytes_max, "{bytes} of {bytes_max}");
            assert!(!read.is_empty());
            assert!(read.iter().zip(&stored[at..]).all(|(read, stored)| **read == *stored));
        }
    }
}

fn every_one_of_many_appenders_is_answered_once(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let appenders: Vec<_> = (0..8_u16)
        .map(|thread| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || append_all(&*ledger, thread * 100..thread * 100 + 25))
        })
        .collect();
    let mut by_thread = Vec::new();
    for appender in appenders {
        let stored = appender.join().unwrap();
        assert!(stored.windows(2).all(|pair| pair[0].position < pair[1].position));
        by_thread.extend(stored);
    }
    by_thread.sort_by_key(|entry| entry.position);
    assert_eq!(by_thread.iter().map(|entry| entry.position).collect::<HashSet<_>>().len(), 200);
    assert_eq!(read_all(&*ledger, 4000), by_thread);
}

fn entries_of_one_caller_keep_their_order_without_waiting(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let appending: Vec<_> = (0..100).map(|n| ledger.append(record(n)).unwrap()).collect();
    for (n, answer) in appending.into_iter().enumerate() {
        let appended = answer.blocking_recv().unwrap().unwrap();
        let entry = ledger.read_one(appended.position).unwrap().unwrap();
        assert_eq!(usize::from(entry.record.kind), n);
    }
}

fn dropping_the_answer_does_not_undo_the_append(backend: &dyn Backend) {
    let opened = backend.open();
    for n in 0..10 {
        drop(opened.ledger.append(record(n)).unwrap());
    }
    drop(opened);
    let kinds: Vec<u16> = read_all(&*backend.open().ledger, 1).iter().map(|entry| entry.record.kind).collect();
    assert_eq!(kinds, (0..10).collect::<Vec<u16>>());
}

fn the_tail_only_moves_forward_and_never_past_what_can_be_read(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let mut tail = ledger.watch();
    let watcher = {
        let ledger = Arc::clone(&ledger);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut seen = vec![*tail.borrow_and_update()];
            while ledger.read_one(seen[seen.len() - 1]).unwrap().is_none_or(|entry| entry.record.kind != 49) {
                runtime.block_on(tail.changed()).unwrap();
                let now = *tail.borrow_and_update();
                assert!(ledger.read_one(now).unwrap().is_some(), "{now} is durable and cannot be read");
                assert!(ledger.durable_tail() >= now);
                seen.push(now);
            }
            seen
        })
    };
    let stored = append_all(&*ledger, 0..50);
    let seen = watcher.join().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert_eq!(seen.last(), stored.last().map(|entry| &entry.position));
}

fn readers_behind_follow_the_appenders_without_a_gap(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let readers: Vec<_> = [0, 3000, 1 << 20]
        .into_iter()
        .map(|bytes_max| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let mut tail = ledger.watch();
                let mut read: Vec<Arc<Stored>> = Vec::new();
                while read.len() < 300 {
                    let after = read.last().map_or(Position::ZERO, |entry| entry.position);
                    let more = ledger.read(after, bytes_max).unwrap();
                    if more.is_empty() {
                        runtime.block_on(tail.changed()).unwrap();
                    }
                    read.extend(more);
                }
                read
            })
        })
        .collect();
    let appenders: Vec<_> = (0..3_u16)
        .map(|thread| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || append_all(&*ledger, thread * 1000..thread * 1000 + 100))
        })
        .collect();
    let mut stored: Vec<_> = appenders.into_iter().flat_map(|appender| appender.join().unwrap()).collect();
    stored.sort_by_key(|entry| entry.position);
    for reader in readers {
        let read = reader.join().unwrap();
        assert!(read.iter().map(|entry| &**entry).eq(&stored));
    }
}

fn what_waits_cannot_be_read(backend: &dyn Backend) {
    let Opened { ledger, stall } = backend.open();
    append(&*ledger, record(1));
    let tail = ledger.durable_tail();
    let stalled = stall();
    let appending = ledger.append(record(2)).unwrap();
    assert_eq!(ledger.durable_tail(), tail);
    assert_eq!(ledger.read(tail, 1000).unwrap(), vec![]);
    drop(stalled);
    let appended = appending.blocking_recv().unwrap().unwrap();
    assert_eq!(ledger.durable_tail(), appended.position);
}

fn an_oversized_record_is_refused_and_harmless(backend: &dyn Backend) {
    let ledger = backend.open().ledger;
    let sized =
        |bytes| Record { skeleton: vec![7; bytes - 3], header: vec![1; 2], personal: vec![2], ..Record::default() };
    append(&*ledger, record(1));
    let refused = ledger.append(sized(limits::RECORD_BYTES_MAX + 1));
    assert!(matches!(refused, Err(Error::TooLarge { bytes, .. }) if bytes == limits::RECORD_BYTES_MAX + 1));
    let largest = append(&*ledger, sized(limits::RECORD_BYTES_MAX));
    assert_eq!(ledger.read_one(largest.position).unwrap().unwrap().record, sized(limits::RECORD_BYTES_MAX));
    append(&*ledger, record(2));
    assert_eq!(read_all(&*ledger, 1).len(), 3);
}

fn a_full_queue_is_busy_and_recovers(backend: &dyn Backend) {
    let Opened { ledger, stall } = backend.open();
    let stalled = stall();
    let mut waiting = Vec::new();
    let busy = loop {
        match ledger.append(record(3)) {
            Ok(appending) => waiting.push(appending),
            Err(error) => break error,
        }
        assert!(waiting.len() < 100_000, "the queue has no end");
    };
    assert!(matches!(busy, Error::Busy), "{busy}");
    drop(stalled);
    let accepted = waiting.len();
    for appending in waiting {
        appending.blocking_recv().unwrap().unwrap();
    }
    append(&*ledger, record(4));
    assert_eq!(read_all(&*ledger, 1 << 20).len(), accepted + 1);
}

fn empty_sections_come_back_empty(backend: &dyn Backend) {
    let full = record(39);
    let records = [
        Record::default(),
        Record { header: Vec::new(), ..full.clone() },
        Record { skeleton: Vec::new(), ..full.clone() },
        Record { personal: Vec::new(), ..full.clone() },
        full,
    ];
    let ledger = backend.open().ledger;
    for record in &records {
        append(&*ledger, record.clone());
    }
    drop(ledger);
    let read: Vec<Record> = read_all(&*backend.open().ledger, 1).into_iter().map(|entry| entry.record).collect();
    assert_eq!(read, records);
}

macro_rules! contract {
    ($($claim:ident),+ $(,)?) => {
        contract!(@ memory: $($claim)+);
        contract!(@ segments_in_a_folder: $($claim)+);
        contract!(@ segments_on_a_simulated_disk: $($claim)+);
    };
    (@ $backend:ident: $($claim:ident)+) => {
        mod $backend {
            $(#[test] fn $claim() { super::$claim(&super::$backend()); })+
        }
    };
}

contract! {
    entries_come_back_unchanged_and_in_order,
    entries_are_there_after_reopening,
    time_never_goes_back,
    reading_starts_anywhere,
    reads_keep_to_their_bytes,
    every_one_of_many_appenders_is_answered_once,
    entries_of_one_caller_keep_their_order_without_waiting,
    dropping_the_answer_does_not_undo_the_append,
    the_tail_only_moves_forward_and_never_past_what_can_be_read,
    readers_behind_follow_the_appenders_without_a_gap,
    what_waits_cannot_be_read,
    an_oversized_record_is_refused_and_harmless,
    a_full_queue_is_busy_and_recovers,
    empty_sections_come_back_empty,
}
