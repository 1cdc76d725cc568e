//! The load: keys, values and reads of declaration lists, 100 to a message, one position per message.

use crate::engine::{self, Engine, TABLES, Writes};
use crate::{Settings, measure};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

const LISTS_PER_MESSAGE: u64 = 100;
/// A counterpart comes at most this many lists later.
const COUNTERPART_DISTANCE: u64 = 200_000;

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Random 16-byte key number `which` of list or message `n`.
fn random_key(n: u64, which: u64) -> Vec<u8> {
    let a = mix(n.wrapping_mul(8).wrapping_add(which));
    let mut key = a.to_be_bytes().to_vec();
    key.extend_from_slice(&mix(a ^ 0x5bd1_e995).to_be_bytes());
    key
}

fn position_key(position: u64, ordinal: u64) -> Vec<u8> {
    let mut key = position.to_be_bytes().to_vec();
    key.extend_from_slice(&(ordinal as u32).to_be_bytes());
    key
}

/// A position, which compresses, then bytes that do not.
fn value(position: u64, length: usize, seed: u64) -> Vec<u8> {
    let mut out = position.to_be_bytes().to_vec();
    let mut x = seed;
    while out.len() < length {
        x = mix(x);
        out.extend_from_slice(&x.to_le_bytes());
    }
    out.truncate(length);
    out
}

/// Writes not yet committed, above the engine: what the program's overlay does.
struct Load {
    engine: Box<dyn Engine>,
    pending: [HashMap<Vec<u8>, Vec<u8>>; TABLES.len()],
    lists: u64,
    seed: u64,
    read_seconds: f64,
    reads: u64,
    commits_ms: Vec<f64>,
    logical_bytes: u64,
}

impl Load {
    fn open(s: &Settings) -> Load {
        Load {
            engine: engine::open(s),
            pending: Default::default(),
            lists: s.from,
            seed: mix(s.from),
            read_seconds: 0.0,
            reads: 0,
            commits_ms: Vec::new(),
            logical_bytes: 0,
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed = mix(self.seed);
        self.seed % below.max(1)
    }

    fn get(&mut self, table: usize, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(v) = self.pending[table].get(key) {
            return Some(v.clone());
        }
        self.reads += 1;
        let begun = Instant::now();
        let found = self.engine.get(table, key);
        self.read_seconds += begun.elapsed().as_secs_f64();
        found
    }

    fn put(&mut self, table: usize, key: Vec<u8>, value: Vec<u8>) {
        self.logical_bytes += (key.len() + value.len()) as u64;
        self.pending[table].insert(key, value);
    }

    /// One list: four duplicate checks, six new keys, then the counterpart of an earlier one.
    fn list(&mut self, n: u64) {
        let (position, ordinal) = (n / LISTS_PER_MESSAGE + 1, n % LISTS_PER_MESSAGE);
        for which in 0..4 {
            let table = if which == 0 { engine::MATCH } else { engine::KEY };
            assert!(self.get(table, &random_key(n, which)).is_none(), "key {which} of list {n} is there already");
        }
        self.put(engine::MATCH, random_key(n, 0), value(position, 24, n));
        self.put(engine::KEY, random_key(n, 1), value(position, 24, n + 1));
        self.put(engine::KEY, random_key(n, 2), value(position, 12, n + 2));
        self.put(engine::KEY, random_key(n, 3), value(position, 12, n + 3));
        self.put(engine::DOCUMENT, position_key(position, ordinal), value(position, 40, n + 4));
        self.put(engine::PRENO, position_key(position, ordinal), value(position, 12, n + 5));

        // The counterpart of an earlier list arrives; every second one also moves the life cycle.
        if n > 0 {
            let back = self.random(n.min(COUNTERPART_DISTANCE)) + 1;
            let earlier = n - back;
            let set = self.get(engine::MATCH, &random_key(earlier, 0)).expect("an earlier match set is there");
            self.put(engine::MATCH, random_key(earlier, 0), value(position, (set.len() + 8).min(40), n + 6));
            if n.is_multiple_of(2) {
                let key = position_key(earlier / LISTS_PER_MESSAGE + 1, earlier % LISTS_PER_MESSAGE);
                assert!(self.get(engine::DOCUMENT, &key).is_some(), "the row of an earlier list is there");
                self.put(engine::DOCUMENT, key, value(position, 40, n + 7));
            }
        }
        // One list in ten looks at an old one anywhere in the store.
        if n.is_multiple_of(10) && n > 0 {
            let old = self.random(n);
            for which in 0..4 {
                let table = if which == 0 { engine::MATCH } else { engine::KEY };
                assert!(self.get(table, &random_key(old, which)).is_some(), "key {which} of list {old} is there");
            }
        }
        if ordinal == LISTS_PER_MESSAGE - 1 {
            self.message(position);
        }
    }

    fn message(&mut self, position: u64) {
        self.put(engine::FACTS, position.to_be_bytes().to_vec(), value(position, 3300, position));
        self.put(engine::EVENTS, position.to_be_bytes().to_vec(), value(position, 1500, position + 1));
        self.put(engine::SUBMISSION, random_key(position, 5), value(position, 40, position + 2));
        self.put(engine::SENT, position_key(position, 7), vec![1]);
    }

    fn commit(&mut self) {
        let begun = Instant::now();
        let batch: [Writes; TABLES.len()] = std::array::from_fn(|table| {
            let mut writes: Writes = std::mem::take(&mut self.pending[table]).into_iter().collect();
            writes.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            writes
        });
        self.engine.commit(batch);
        self.commits_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
    }

    fn run(&mut self, count: u64, batch: u64) {
        for _ in 0..count {
            self.list(self.lists);
            self.lists += 1;
            if self.lists.is_multiple_of(batch) {
                self.commit();
            }
        }
    }

    /// Random reads by key per second, of keys that exist and of keys that do not.
    fn random_reads(&mut self, count: u64) -> (f64, f64) {
        let (lists, begun) = (self.lists, Instant::now());
        for _ in 0..count {
            let n = self.random(lists);
            assert!(self.engine.get(engine::MATCH, &random_key(n, 0)).is_some(), "list {n} is there");
        }
        let found = count as f64 / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        for _ in 0..count {
            let n = u64::MAX / 16 + self.random(lists);
            assert!(self.engine.get(engine::MATCH, &random_key(n, 0)).is_none(), "list {n} is not there");
        }
        (found, count as f64 / begun.elapsed().as_secs_f64())
    }
}

/// Obeys the driver: `window N BATCH`, `reads N`, until the input ends or it is killed.
pub fn child(s: &Settings) {
    let mut load = Load::open(s);
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("read a command");
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words.get(i).and_then(|w| w.parse::<u64>().ok()).expect("a number");
        match words.first().copied() {
            Some("window") => {
                let (begun, cpu, written) = (Instant::now(), measure::cpu_ms(), measure::written_bytes());
                load.read_seconds = 0.0;
                load.reads = 0;
                load.logical_bytes = 0;
                load.commits_ms.clear();
                load.run(number(1), number(2));
                let seconds = begun.elapsed().as_secs_f64();
                load.engine.settle();
                let settled = begun.elapsed().as_secs_f64();
                let (rss, peak) = measure::rss_mib();
                let lists = number(1) as f64;
                let max = measure::percentile(&mut load.commits_ms, 100);
                writeln!(
                    out,
                    "{} {} lists: {:.0}/s ({:.0}/s settled), cpu {:.1} us/list, commit p50 {:.0} p99 {:.0} max {max:.0} ms, in-load reads {:.0}/s, rss {rss} peak {peak} MiB, disk {:.0} B/list, written {:.0} B/list (logical {:.0})",
                    s.engine,
                    load.lists,
                    lists / seconds,
                    lists / settled,
                    (measure::cpu_ms() - cpu) as f64 * 1000.0 / lists,
                    measure::percentile(&mut load.commits_ms, 50),
                    measure::percentile(&mut load.commits_ms, 99),
                    load.reads as f64 / load.read_seconds,
                    measure::disk_bytes(&s.folder()) as f64 / load.lists as f64,
                    (measure::written_bytes() - written) as f64 / lists,
                    load.logical_bytes as f64 / lists,
                )
            }
            Some("reads") => {
                let cpu = measure::cpu_ms();
                let (found, absent) = load.random_reads(number(1));
                let (rss, peak) = measure::rss_mib();
                writeln!(
                    out,
                    "{} random reads at {} lists: {found:.0}/s found, {absent:.0}/s absent, cpu {:.1} us each, rss {rss} peak {peak} MiB; {}",
                    s.engine,
                    load.lists,
                    (measure::cpu_ms() - cpu) as f64 * 500.0 / number(1) as f64,
                    load.engine.describe()
                )
            }
            // Ends in the middle of the load, nothing settled; the driver kills this process then.
            Some("dirty") => {
                load.run(number(1), number(2));
                writeln!(out, "{} dirty at {} lists", s.engine, load.lists)
            }
            _ => break,
        }
        .expect("write the answer");
        out.flush().expect("flush");
    }
}

/// Opens what a killed child left, checks that the last committed list is there, and reads at random.
pub fn reopen(s: &Settings) {
    let (begun, cpu) = (Instant::now(), measure::cpu_ms());
    let mut load = Load::open(&Settings { from: s.lists, ..s.clone() });
    let last = s.lists - 1;
    for which in 0..4 {
        let table = if which == 0 { engine::MATCH } else { engine::KEY };
        assert!(load.engine.get(table, &random_key(last, which)).is_some(), "key {which} of list {last} is there");
    }
    let (seconds, cpu) = (begun.elapsed().as_secs_f64(), measure::cpu_ms() - cpu);
    println!(
        "{} reopened after kill -9 in {:.0} ms (cpu {cpu} ms), last list there, disk {:.0} B/list; {}",
        s.engine,
        seconds * 1000.0,
        measure::disk_bytes(&s.folder()) as f64 / s.lists as f64,
        load.engine.describe()
    );
    let before = measure::cpu_ms();
    let (found, absent) = load.random_reads(100_000);
    let (rss, peak) = measure::rss_mib();
    println!(
        "{} random reads after that: {found:.0}/s found, {absent:.0}/s absent, cpu {:.1} us each, rss {rss} peak {peak} MiB",
        s.engine,
        (measure::cpu_ms() - before) as f64 / 200.0
    );
}
