//! The fuzz targets without a fuzzer: the committed corpus, and a few hundred mutations of it from a fixed seed.
//!
//! `SWX_FUZZ_RUNS` sets the number of mutations of each target. `tests/fuzz/run.sh` fuzzes for real.

#[allow(
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "what is broken here panics, as it should"
)]
#[path = "../fuzz/driver/mutate.rs"]
mod mutate;
#[allow(unreachable_pub, reason = "shared with another crate")]
#[path = "../fuzz/driver/random.rs"]
mod random;
#[allow(
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "what is broken here panics, as it should"
)]
#[path = "../fuzz/targets/mod.rs"]
mod targets;

use random::Random;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use targets::Target;

/// Mutations of each target.
const RUNS: usize = 200;
/// Bytes of a mutation.
const INPUT_BYTES_MAX: usize = 32 * 1024;
/// One input that takes longer hangs, even in an unoptimised build on a busy machine.
const HANG: Duration = Duration::from_secs(120);

fn corpus(target: Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("readable").path();
            (path.display().to_string(), std::fs::read(&path).expect("readable"))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no corpus", target.name);
    files
}

/// Runs a target on its corpus and on mutations of it, and notices one that never ends.
fn replay(name: &str) {
    let target = *targets::ALL.iter().find(|target| target.name == name).expect("a target");
    let runs = std::env::var("SWX_FUZZ_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(RUNS);
    let files = corpus(target);
    let (told, begun) = channel();
    let worker = std::thread::spawn(move || {
        for (name, bytes) in &files {
            told.send(name.clone()).expect("the test waits");
            (target.run)(bytes);
        }
        let inputs: Vec<Vec<u8>> = files.into_iter().map(|(_, bytes)| bytes).collect();
        for run in 0..runs {
            let mut random = Random::new(u64::try_from(run).expect("64 bits"));
            let input = mutate::mutated(&inputs, target.words, &mut random, INPUT_BYTES_MAX);
            told.send(format!("mutation {run}")).expect("the test waits");
            (target.run)(&input);
        }
    });
    let mut last = String::new();
    loop {
        match begun.recv_timeout(HANG) {
            Ok(input) => last = input,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("{name} hangs on {last}"),
        }
    }
    assert!(worker.join().is_ok(), "{name} fails on {last}");
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        #[test]
        fn every_target_is_replayed() {
            let named = [$(stringify!($target)),*];
            assert!(targets::ALL.iter().map(|target| target.name).eq(named));
        }
    };
}

replayed! { parser validator schema pattern record ledger wire config signature envelope typed }
