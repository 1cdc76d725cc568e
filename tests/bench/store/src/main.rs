//! Compares redb and fjall as the state store at ten million declaration lists. See `README.md`.

mod driver;
mod engine;
mod load;
mod measure;

use std::path::PathBuf;

/// What one run does; the same for every engine.
#[derive(Clone, Debug)]
pub struct Settings {
    pub engine: String,
    pub dir: PathBuf,
    pub lists: u64,
    /// Lists that the folder has already, from a run that was stopped at a window's end.
    pub from: u64,
    pub window: u64,
    pub batch: u64,
    pub cache_mib: u64,
    pub memtable_mib: u64,
    pub journal_mib: u64,
    pub workers: usize,
}

impl Settings {
    fn from_args(mut args: impl Iterator<Item = String>) -> Settings {
        let mut s = Settings {
            engine: "redb,fjall".into(),
            dir: "bench-data".into(),
            lists: 10_000_000,
            from: 0,
            window: 500_000,
            batch: 100_000,
            cache_mib: 256,
            memtable_mib: 32,
            journal_mib: 256,
            workers: 1,
        };
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_else(|| panic!("{name} wants a value"));
            let number = || value.replace('_', "").parse::<u64>().unwrap_or_else(|_| panic!("{name} wants a number"));
            match name.as_str() {
                "--engine" => s.engine = value,
                "--dir" => s.dir = value.into(),
                "--lists" => s.lists = number(),
                "--from" => s.from = number(),
                "--window" => s.window = number(),
                "--batch" => s.batch = number(),
                "--cache-mib" => s.cache_mib = number(),
                "--memtable-mib" => s.memtable_mib = number(),
                "--journal-mib" => s.journal_mib = number(),
                "--workers" => s.workers = number() as usize,
                _ => panic!("unknown option {name}"),
            }
        }
        s
    }

    /// The options of a child that runs `engine`.
    pub fn to_args(&self, engine: &str) -> Vec<String> {
        [
            ("--engine", engine.to_string()),
            ("--dir", self.dir.display().to_string()),
            ("--lists", self.lists.to_string()),
            ("--from", self.from.to_string()),
            ("--window", self.window.to_string()),
            ("--batch", self.batch.to_string()),
            ("--cache-mib", self.cache_mib.to_string()),
            ("--memtable-mib", self.memtable_mib.to_string()),
            ("--journal-mib", self.journal_mib.to_string()),
            ("--workers", self.workers.to_string()),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_string(), value])
        .collect()
    }

    /// Folder of one engine.
    pub fn folder(&self) -> PathBuf {
        self.dir.join(&self.engine)
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let settings = Settings::from_args(args);
    match command.as_str() {
        "run" => driver::run(&settings),
        "child" => load::child(&settings),
        "reopen" => load::reopen(&settings),
        _ => eprintln!("usage: store-bench run [--engine redb,fjall] [--dir D] [--lists N] [--from N] [--window N] [--batch N] [--cache-mib N]"),
    }
}
