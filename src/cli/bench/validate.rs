//! `swx bench validate`: the validator alone, on one core: decoding, well-formedness and schema.

use super::figures::{Latencies, megabytes_per_second, milliseconds, per_second, ratio, seconds};
use super::load;
use crate::cli::paint::Paint;
use crate::cli::process::Usage;
use crate::sample::{Generator, Kind, Settings};
use crate::schema::{self, NoSink, SchemaSet};
use anyhow::{Context, anyhow, bail};
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Measures the validator.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For how long
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Validate this message instead of a made-up CEB621 with 100 lists
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Compile this schema instead of all that the program carries
    #[arg(long, value_name = "FILE.xsd")]
    schema: Option<PathBuf>,
    /// Seed of the message
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Runs the measurement and prints one JSON line.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let compiling = Instant::now();
    let compiled = match &args.schema {
        Some(path) => {
            crate::cli::validate::compile_at(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        None => schema::carried(),
    };
    let set = compiled.map_err(|errors| anyhow!("the schemas have {} faults", errors.len()))?;
    let compiling = compiling.elapsed();
    let (message, lists) = match &args.file {
        Some(path) => (std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?, None),
        None => {
            let generator = Generator::new(args.seed, Settings::default());
            let message = load::messages(&generator, Kind::List, 0, 100, 100).into_iter().next();
            (message.context("one message was made")?.to_vec(), Some(100))
        }
    };
    let faults = validate(&set, &message)?;
    if faults > 0 && args.file.is_none() {
        bail!("the made-up message has {faults} faults");
    }
    let wanted = Duration::from_secs(u64::from(args.seconds));
    let mut each = Latencies::default();
    let cpu = Usage::own().map_or(0, |usage| usage.cpu_ms);
    let begun = Instant::now();
    while begun.elapsed() < wanted {
        let one = Instant::now();
        black_box(validate(&set, black_box(&message))?);
        each.add(one.elapsed());
    }
    let elapsed = begun.elapsed();
    let cpu = Usage::own().map_or(0, |usage| usage.cpu_ms).saturating_sub(cpu);
    let rounds = each.len();
    let line = serde_json::json!({
        "bench": "validate",
        "megabytes_per_second": megabytes_per_second(rounds * message.len(), elapsed),
        "lists_per_second": lists.map(|lists| per_second(rounds * lists, elapsed)),
        "message_cpu_ms": ratio(cpu, rounds),
        "message_p50_ms": each.percentile_ms(500), "message_p99_ms": each.percentile_ms(990),
        "message_min_ms": each.percentile_ms(0),
        "schema_compile_ms": milliseconds(compiling), "peak_memory_kilobytes": Usage::own().map_or(0, |usage| usage.rss_peak_bytes / 1024),
        "message_bytes": message.len(), "lists_per_message": lists, "rounds": rounds, "faults": faults,
        "seconds": seconds(elapsed), "cores": 1,
        "settings": { "what": "decoding, well-formedness and schema; without rules and reading files", "seed": args.seed },
    });
    Paint::plain().line(line.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// How many faults the message has.
fn validate(set: &SchemaSet, message: &[u8]) -> anyhow::Result<usize> {
    let text = schema::decode(message).map_err(|fault| anyhow!("{}", fault.message_en))?;
    Ok(set.validate(&text, &mut NoSink).faults.len())
}
