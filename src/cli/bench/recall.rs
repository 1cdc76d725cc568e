//! `swx bench recall`: finding the lists of one lot among very many (R-TRACE-02), in the state store on disk.

use super::Folder;
use super::figures::{Latencies, milliseconds, seconds};
use crate::cli::paint::Paint;
use crate::domain::{DocRef, LotName};
use crate::state::clearance::trace::{self, Link};
use crate::state::store::{Cells, Disk, DiskOptions};
use anyhow::{Context, ensure};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Measures the look-up from a lot to its lists.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Links between lots and lists that are there
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..=20_000_000))]
    links: u32,
    /// Lists of one lot
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    per_lot: u32,
    /// Look-ups
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    lookups: u32,
}

/// Links written in one entry.
const LINKS_PER_ENTRY: u32 = 1000;
/// Links read at a time, as the service does.
const PAGE: usize = 1000;

/// Runs the measurement and prints one JSON line.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = crate::cli::temporary_path("swx-bench-recall");
    std::fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
    let folder = Folder { path, keep: false };
    let store = Disk::open(&folder.path, DiskOptions::default()).context("cannot open the store")?;
    let cells = Cells::new(Arc::new(store));
    let filling = Instant::now();
    fill(&cells, args)?;
    let filling = filling.elapsed();
    let lots = args.links.div_ceil(args.per_lot);
    let mut each = Latencies::default();
    let mut found = 0_usize;
    for lookup in 0..args.lookups {
        // Lots far apart, so that no look-up warms the next.
        let name = lot(lookup.wrapping_mul(7919) % lots);
        let one = Instant::now();
        found += lists(&cells, &name)?;
        each.add(one.elapsed());
    }
    ensure!(found > 0, "no link was found again");
    let line = serde_json::json!({
        "bench": "recall", "links": args.links, "lots": lots, "lists_per_lot": args.per_lot, "lookups": args.lookups,
        "lists_found": found, "lookup_p50_ms": each.percentile_ms(500), "lookup_p99_ms": each.percentile_ms(990),
        "lookup_max_ms": each.percentile_ms(1000), "fill_seconds": seconds(filling),
        "fill_ms": milliseconds(filling),
        "settings": {
            "what": "rows from a lot to its lists, on disk and read in pages; without the documents of the lists",
            "profile": if cfg!(debug_assertions) { "debug" } else { "optimised" },
        },
    });
    Paint::plain().line(line.to_string())?;
    drop(cells);
    drop(folder);
    Ok(ExitCode::SUCCESS)
}

fn lot(number: u32) -> LotName {
    LotName { gtin: "6901234567892".to_owned(), lot: format!("LOT{number:07}") }
}

fn fill(cells: &Cells, args: &Args) -> anyhow::Result<()> {
    let mut next = 0_u32;
    while next < args.links {
        let mut entry = cells.begin();
        for number in next..args.links.min(next.saturating_add(LINKS_PER_ENTRY)) {
            let link = Link {
                code: format!("CODE{number:09}"),
                name: lot(number % args.links.div_ceil(args.per_lot)),
                list: DocRef { position: u64::from(number) + 1, ordinal: 1 },
                gnum: 1,
                qty: "1".to_owned(),
                order_no: format!("ORDER{number:09}"),
                ..Link::default()
            };
            trace::write(&mut entry, &link);
        }
        entry.commit_entry();
        if cells.should_checkpoint() {
            cells.checkpoint().context("cannot commit")?;
        }
        next = next.saturating_add(LINKS_PER_ENTRY);
    }
    cells.flush().context("cannot commit")
}

/// Reads all lists of a lot; how many there are.
fn lists(cells: &Cells, name: &LotName) -> anyhow::Result<usize> {
    let (mut after, mut count) = (Vec::new(), 0);
    loop {
        let (links, next) = trace::links_of_lot(cells, name, &after, PAGE)?;
        count += links.len();
        match next {
            Some(next) => after = next,
            None => return Ok(count),
        }
    }
}
