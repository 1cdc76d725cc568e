//! Fuzzing without a nightly toolchain: mutates the corpus, bounded and repeatable from its seed.
//!
//! ```text
//! mutate TARGET [--seed N] [--seconds N] [--runs N] [--corpus DIR] [--found DIR]
//! ```
//!
//! A finding is a panic, an input that takes longer than [`HANG`], or one for which more than [`MEMORY_MAX`] bytes are
//! held at once. Each is written to the folder of findings; the exit code is 1 if there is any. A process that dies
//! without a word (a stack overflow, an abort) leaves its input there as `running`.

#[path = "../targets/mod.rs"]
mod targets;

mod memory;
mod mutate;
mod random;

use random::Random;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An input that takes longer hangs, as far as a sender can tell.
const HANG: Duration = Duration::from_secs(10);
/// Bytes that one input may make the program hold at once.
const MEMORY_MAX: usize = 512 * 1024 * 1024;
/// Bytes of an input.
const INPUT_BYTES_MAX: usize = 256 * 1024;
/// Different findings after which a run ends.
const FINDINGS_MAX: usize = 20;

#[global_allocator]
static MEMORY: memory::Counting = memory::Counting::new();

struct Args {
    target: targets::Target,
    seed: u64,
    seconds: u64,
    runs: u64,
    corpus: PathBuf,
    found: PathBuf,
}

fn args() -> Option<Args> {
    let mut words = std::env::args().skip(1);
    let name = words.next()?;
    let target = *targets::ALL.iter().find(|target| target.name == name)?;
    let mut args = Args {
        target,
        seed: 1,
        seconds: 60,
        runs: u64::MAX,
        corpus: PathBuf::from("corpus").join(target.name),
        found: PathBuf::from("found").join(target.name),
    };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--seed" => args.seed = value.parse().ok()?,
            "--seconds" => args.seconds = value.parse().ok()?,
            "--runs" => args.runs = value.parse().ok()?,
            "--corpus" => args.corpus = value.into(),
            "--found" => args.found = value.into(),
            _ => return None,
        }
    }
    Some(args)
}

fn main() -> ExitCode {
    let Some(args) = args() else {
        let names: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
        eprintln!("usage: mutate TARGET [--seed N] [--seconds N] [--runs N] [--corpus DIR] [--found DIR]");
        eprintln!("targets: {}", names.join(" "));
        return ExitCode::from(2);
    };
    match fuzz(&args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// What is running, for the watchdog: the run's number from 1, when it began, and its input.
static RUN: AtomicU64 = AtomicU64::new(0);
static RUNNING: Mutex<(Option<Instant>, Vec<u8>)> = Mutex::new((None, Vec::new()));
/// Where the last panic came from.
static PANIC: Mutex<String> = Mutex::new(String::new());

fn fuzz(args: &Args) -> std::io::Result<usize> {
    let corpus = read_corpus(&args.corpus)?;
    std::fs::create_dir_all(&args.found)?;
    watch(args.found.join("hang"));
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        *PANIC.lock().expect("one thread panics at a time") = format!("{place}: {info}");
    }));
    let begun = Instant::now();
    let mut told = begun;
    let mut random = Random::new(args.seed);
    let mut findings: Vec<String> = Vec::new();
    let (mut runs, mut peak) = (0_u64, 0);
    while runs < args.runs && begun.elapsed() < Duration::from_secs(args.seconds) && findings.len() < FINDINGS_MAX {
        let input = match corpus.get(usize::try_from(runs).unwrap_or(usize::MAX)) {
            Some(seed) => seed.clone(),
            None => mutate::mutated(&corpus, args.target.words, &mut random, INPUT_BYTES_MAX),
        };
        runs += 1;
        let (result, held) = run(args.target.run, input.clone());
        peak = peak.max(held);
        let finding = match result {
            Err(place) => Some(place),
            Ok(()) if held > MEMORY_MAX => Some(format!("memory: {held} bytes")),
            Ok(()) => None,
        };
        if let Some(what) = finding {
            let place = what.split(": ").next().unwrap_or_default().to_owned();
            if !findings.contains(&place) {
                let name = args.found.join(format!("{}-{}-{runs}", args.target.name, args.seed));
                std::fs::write(&name, &input)?;
                eprintln!("FOUND {what}\n      {}", name.display());
                findings.push(place);
            }
        }
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            eprintln!("{} runs in {} s, {} findings", runs, begun.elapsed().as_secs(), findings.len());
        }
    }
    println!(
        "{}: {runs} runs in {} s, seed {}, {} inputs in the corpus, at most {} KiB held, {} findings",
        args.target.name,
        begun.elapsed().as_secs(),
        args.seed,
        corpus.len(),
        peak / 1024,
        findings.len()
    );
    Ok(findings.len())
}

/// Runs one input; the panic, if there was one, and the bytes held at most.
fn run(target: fn(&[u8]), input: Vec<u8>) -> (Result<(), String>, usize) {
    *RUNNING.lock().expect("the watchdog does not panic") = (Some(Instant::now()), input.clone());
    RUN.fetch_add(1, Ordering::SeqCst);
    MEMORY.begin();
    let result = std::panic::catch_unwind(|| target(&input));
    let held = MEMORY.peak();
    RUNNING.lock().expect("the watchdog does not panic").0 = None;
    (result.map_err(|_| PANIC.lock().expect("one thread panics at a time").clone()), held)
}

/// Ends the process when one input takes too long.
fn watch(path: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let running = RUNNING.lock().expect("the runner does not panic with it");
            if running.0.is_some_and(|since| since.elapsed() > HANG) {
                let run = RUN.load(Ordering::SeqCst);
                eprintln!("FOUND a hang in run {run}: {}", path.display());
                let written = std::fs::write(&path, &running.1);
                std::process::exit(if written.is_ok() { 1 } else { 2 });
            }
        }
    });
}

fn read_corpus(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let mut names: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.path());
    }
    names.sort();
    let corpus: Vec<Vec<u8>> = names.iter().map(std::fs::read).collect::<Result<_, _>>()?;
    if corpus.is_empty() {
        return Err(std::io::Error::other(format!("{} is empty", folder.display())));
    }
    Ok(corpus)
}
