//! `swx bench ingest`: how much the exchange durably accepts.

use super::figures::{Latencies, mib, per_second, ratio, seconds};
use super::load::{self, Load};
use super::{Bench, settings};
use crate::cli::client::{Client, Connect, explain};
use crate::cli::paint::Paint;
use crate::cli::process::Usage;
use crate::pb::v1;
use crate::sample::{Generator, Kind, Settings};
use anyhow::{anyhow, bail};
use bytes::Bytes;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Lists that are made and sent at a time before the measurement.
const PRELOAD_CHUNK: usize = 50_000;
/// Documents a page when counting what was accepted.
const PAGE: i32 = 1000;

/// Measures durable acceptance.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Declaration lists to send while the clock runs
    #[arg(long, default_value_t = 100_000)]
    lists: usize,
    /// Documents per message
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    per_message: u8,
    /// Connections, each with its own stream (with --sets always one for each of the four parties)
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    /// Messages under way on each connection
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    in_flight: u16,
    /// Complete sets: order, payment and waybill too, from four parties at the same time
    #[arg(long)]
    sets: bool,
    /// Unary calls instead of streams
    #[arg(long)]
    unary: bool,
    /// Lists that are there already when the clock starts
    #[arg(long, default_value_t = 0)]
    preload: usize,
    /// Seed of the documents
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Keep the data here instead of in a temporary folder that is removed
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// One connection's work.
struct Part {
    client: Client,
    messages: Vec<Bytes>,
}

/// Runs the measurement and prints one JSON line.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bench = Bench::start(args.data.clone()).await?;
    let generator = Generator::new(args.seed, Settings::default());
    preload(&bench, &generator, &args).await?;
    let first = u64::try_from(args.preload)?;
    let parts = parts(&bench, &generator, &args, first).await?;
    let payload: usize = parts.iter().flat_map(|part| &part.messages).map(Bytes::len).sum();

    let disk_before = bench.server.disk_bytes()?;
    let (server_before, client_before) = (bench.server.usage()?, Usage::own()?);
    let begun = Instant::now();
    let mut load = drive(parts, &args).await?;
    let elapsed = begun.elapsed();
    let (server, client) = (bench.server.usage()?, Usage::own()?);

    let documents = if args.sets { args.lists * 4 } else { args.lists };
    let proved = if args.sets { Some(count_stored(&bench).await?) } else { None };
    let missing = proved.map_or(0, |stored| (args.lists + preloaded_sets(&args)).saturating_sub(stored));
    load.errors += missing + documents.saturating_sub(load.accepted + load.errors);
    let line = report(&args, &bench, &mut load, elapsed, payload, disk_before, proved)?;
    let line = merge(
        line,
        serde_json::json!({
            "rss_mib": mib(server.rss_bytes), "rss_peak_mib": mib(server.rss_peak_bytes),
            "server_cpu_seconds": ratio(server.cpu_ms - server_before.cpu_ms, 1000_u64),
            "client_cpu_seconds": ratio(client.cpu_ms - client_before.cpu_ms, 1000_u64),
        }),
    );
    bench.stop().await?;
    Paint::plain().line(line.to_string())?;
    Ok(ExitCode::from(u8::from(load.errors > 0)))
}

fn preloaded_sets(args: &Args) -> usize {
    if args.sets { args.preload } else { 0 }
}

fn report(
    args: &Args,
    bench: &Bench,
    load: &mut Load,
    elapsed: Duration,
    payload: usize,
    disk_before: u64,
    proved: Option<usize>,
) -> anyhow::Result<serde_json::Value> {
    let lists = if args.sets { args.lists } else { load.accepted };
    let mut latencies: Latencies = std::mem::take(&mut load.latencies);
    let disk = bench.server.disk_bytes()?.saturating_sub(disk_before);
    Ok(serde_json::json!({
        "bench": "ingest",
        "lists_per_second": per_second(lists, elapsed),
        "sets_per_second": if args.sets { Some(per_second(args.lists, elapsed)) } else { None },
        "messages_per_second": per_second(load.messages, elapsed),
        "ack_p50_ms": latencies.percentile_ms(500), "ack_p99_ms": latencies.percentile_ms(990),
        "bytes_on_disk_per_list": ratio(disk, u64::try_from(args.lists)?),
        "payload_bytes_per_list": ratio(payload, args.lists),
        "seconds": seconds(elapsed), "errors": load.errors, "first_error": load.first_error, "retries": load.retries,
        "lists": args.lists, "lists_stored": proved, "preload": args.preload,
        "per_message": args.per_message, "fsync": true, "mtls": true,
        "settings": settings(serde_json::json!({
            "connections": if args.sets { 4 } else { args.connections }, "in_flight": args.in_flight,
            "call": if args.unary { "unary" } else { "stream" }, "seed": args.seed,
            "payload": if args.sets { "order, payment, waybill and list" } else { "lists whose counterparts are not there yet" },
        })),
    }))
}

fn merge(mut line: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    if let (Some(all), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
        all.extend(more);
    }
    line
}

fn party(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "platform",
        Kind::Payment => "payment",
        Kind::Waybill => "logistics",
        Kind::List => "declarant",
    }
}

async fn connect(bench: &Bench, kind: Kind) -> anyhow::Result<Client> {
    Connect::dev(bench.server.address(), &bench.server.pki(), party(kind)).connect().await
}

fn kinds(args: &Args) -> Vec<(Kind, usize)> {
    if args.sets {
        Kind::ALL.into_iter().map(|kind| (kind, 1)).collect()
    } else {
        vec![(Kind::List, usize::from(args.connections))]
    }
}

/// What each connection sends: messages of one kind, dealt out to its connections in turn.
async fn parts(bench: &Bench, generator: &Generator, args: &Args, first: u64) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for (kind, connections) in kinds(args) {
        let mut dealt: Vec<Vec<Bytes>> = vec![Vec::new(); connections];
        let all = load::messages(generator, kind, first, args.lists, usize::from(args.per_message));
        for (number, message) in all.into_iter().enumerate() {
            if let Some(part) = dealt.get_mut(number % connections) {
                part.push(message);
            }
        }
        for messages in dealt {
            parts.push(Part { client: connect(bench, kind).await?, messages });
        }
    }
    Ok(parts)
}

async fn drive(parts: Vec<Part>, args: &Args) -> anyhow::Result<Load> {
    let mut tasks = JoinSet::new();
    let in_flight = usize::from(args.in_flight);
    for Part { client, messages } in parts {
        if args.unary {
            tasks.spawn(load::unary(client, messages, in_flight));
        } else {
            tasks.spawn(load::stream(client, messages, in_flight));
        }
    }
    let mut sum = Load::default();
    while let Some(load) = tasks.join_next().await {
        sum.merge(load??);
    }
    Ok(sum)
}

async fn preload(bench: &Bench, generator: &Generator, args: &Args) -> anyhow::Result<()> {
    let mut done = 0;
    while done < args.preload {
        let count = PRELOAD_CHUNK.min(args.preload - done);
        let mut tasks = JoinSet::new();
        for (kind, _) in kinds(args) {
            let messages = load::messages(generator, kind, u64::try_from(done)?, count, 100);
            tasks.spawn(load::stream(connect(bench, kind).await?, messages, 16));
        }
        while let Some(load) = tasks.join_next().await {
            let load = load??;
            if load.errors > 0 {
                bail!("a document of the preload was not accepted: {}", load.first_error.unwrap_or_default());
            }
        }
        done += count;
    }
    Ok(())
}

/// Counts the lists with status 120 or beyond it. A receipt leaves after the entry is applied, so that once
/// all four kinds are acknowledged every list has met its documents: this proves it.
async fn count_stored(bench: &Bench) -> anyhow::Result<usize> {
    let mut service = connect(bench, Kind::List).await?.declarations();
    let mut count = 0;
    let mut page_token = String::new();
    loop {
        let request = v1::ListDocumentsRequest {
            page_size: PAGE,
            page_token,
            message_types: vec![v1::MessageType::Ceb621 as i32],
            status: crate::domain::status::STORED,
            at_least: String::new(),
        };
        let page = service.list_documents(request).await.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        count += page.documents.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(count);
        }
    }
}
