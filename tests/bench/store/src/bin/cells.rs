//! Measures the program's own state layers: gets and puts with a million random keys in memory, then
//! declaration lists through entries and checkpoints down to the disk. See `README.md`.

#![allow(dead_code, unused_imports, reason = "the sources of the program are taken whole")]

mod domain {
    pub use crate::limits;
}
#[path = "../../../../../src/domain/limits.rs"]
pub mod limits;
#[path = "../measure.rs"]
mod measure;
#[path = "../../../../../src/state/store/mod.rs"]
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Cells, Disk, DiskOptions, Range, Table};

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn key(n: u64, which: u64) -> [u8; 16] {
    let a = mix(n.wrapping_mul(8).wrapping_add(which));
    let mut key = [0; 16];
    key[..8].copy_from_slice(&a.to_be_bytes());
    key[8..].copy_from_slice(&mix(a ^ 0x5bd1_e995).to_be_bytes());
    key
}

fn row(position: u64, ordinal: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&position.to_be_bytes());
    key[8..].copy_from_slice(&(ordinal as u32).to_be_bytes());
    key
}

struct Watch {
    begun: Instant,
    cpu_ms: u64,
}

impl Watch {
    fn start() -> Watch {
        Watch { begun: Instant::now(), cpu_ms: measure::cpu_ms() }
    }

    fn say(self, what: &str, count: u64) {
        let (seconds, cpu) = (self.begun.elapsed().as_secs_f64(), (measure::cpu_ms() - self.cpu_ms) as f64);
        let (rss, peak) = measure::rss_mib();
        let each = cpu * 1000.0 / count as f64;
        println!("{what}: {:.0}/s, cpu {each:.2} us each, rss {rss} peak {peak} MiB", count as f64 / seconds);
    }
}

/// No checkpoint: every key stays in the active layer.
fn overlay(cells: &Cells) {
    const KEYS: u64 = 1_000_000;
    let watch = Watch::start();
    for first in (0..KEYS).step_by(100) {
        let mut txn = cells.begin();
        for n in first..first + 100 {
            txn.put(Table::Key, &key(n, 0), n.to_be_bytes());
        }
        txn.commit_entry();
    }
    watch.say("puts of new random keys, 100 to an entry", KEYS);
    let watch = Watch::start();
    for n in 0..KEYS {
        assert!(cells.get(Table::Key, &key(mix(n) % KEYS, 0)).expect("get").is_some());
    }
    watch.say("gets of random keys in memory, one million live", KEYS);
    let watch = Watch::start();
    for first in (0..KEYS).step_by(100) {
        let mut txn = cells.begin();
        for n in first..first + 100 {
            let key = key(mix(n) % KEYS, 0);
            assert!(txn.get(Table::Key, &key).expect("get").is_some());
            txn.put(Table::Key, &key, n.to_be_bytes());
        }
        txn.commit_entry();
    }
    watch.say("get and put of random keys in memory (pairs), 100 to an entry", KEYS);
    let watch = Watch::start();
    for n in 0..KEYS {
        assert!(cells.get(Table::Key, &key(n, 1)).expect("get").is_none());
    }
    watch.say("gets of absent keys, through to the empty store", KEYS);
    let watch = Watch::start();
    for n in 0..100_000 {
        let rows = cells.scan(Table::Key, &Range::prefix(&key(n, 0)[..8]).limit(8)).expect("scan");
        assert_eq!(rows.len(), 1);
    }
    watch.say("prefix scans of one row", 100_000);
    let usage = cells.usage();
    println!("counted {} bytes for {} keys", usage.active_bytes, usage.active_entries);
    let watch = Watch::start();
    cells.flush().expect("flush");
    watch.say("commit of one million keys", KEYS);
}

/// Lists as `store-bench` has them, 100 to an entry, with checkpoints when they are due.
fn lists(cells: &Cells, from: u64, count: u64) {
    let mut slowest = Duration::ZERO;
    let mut checkpoints = 0;
    let blob: Vec<u8> = (0..512u64).flat_map(|n| mix(n).to_le_bytes()).collect();
    for position in from / 100..(from + count) / 100 {
        let begun = Instant::now();
        let mut txn = cells.begin();
        for ordinal in 0..100 {
            let n = position * 100 + ordinal;
            for which in 0..4 {
                let table = if which == 0 { Table::Match } else { Table::Key };
                assert!(txn.get(table, &key(n, which)).expect("get").is_none());
                txn.put(table, &key(n, which), [&position.to_be_bytes(), &key(n, 5)[..]].concat());
            }
            txn.put(Table::Document, &row(position, ordinal), [&row(position, 0)[..], &key(n, 6), &row(n, 0)].concat());
            txn.put(Table::Deadline, &row(position, ordinal), row(position, 1));
            let earlier = n - mix(n) % n.clamp(1, 200_000);
            if earlier < n {
                assert!(txn.get(Table::Match, &key(earlier, 0)).expect("get").is_some());
                txn.put(Table::Match, &key(earlier, 0), [&row(position, 2)[..], &key(n, 7)].concat());
            }
        }
        txn.put(Table::Facts, &position.to_be_bytes(), &blob[..3300]);
        txn.put(Table::Events, &position.to_be_bytes(), &blob[..1500]);
        txn.put(Table::Submission, &key(position, 4), [0; 40]);
        txn.put(Table::Sent, &row(position, 0), [1]);
        txn.put(Table::Meta, b"applied", position.to_be_bytes());
        txn.commit_entry();
        if cells.should_checkpoint() && cells.checkpoint().expect("checkpoint") == store::Checkpoint::Begun {
            checkpoints += 1;
        }
        slowest = slowest.max(begun.elapsed());
    }
    print!("{checkpoints} checkpoints, slowest entry {} ms; ", slowest.as_millis());
}

fn main() {
    let dir: PathBuf = std::env::args().nth(1).unwrap_or_else(|| "cells-data".into()).into();
    let lists_max: u64 = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let open = |name: &str| Cells::new(Arc::new(Disk::open(&dir.join(name), DiskOptions::default()).expect("open")));
    overlay(&open("overlay"));
    let cells = open("lists");
    for from in (0..lists_max).step_by(500_000) {
        let watch = Watch::start();
        lists(&cells, from, 500_000);
        cells.flush().expect("flush");
        watch.say(&format!("lists to {}, flush included", from + 500_000), 500_000);
        println!("  disk {} B/list", measure::disk_bytes(&dir.join("lists")) / (from + 500_000));
    }
}
