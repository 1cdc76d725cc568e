//! `swx bench parcels`: events of parcels that a carrier reports in batches over one stream, each batch answered once it is
//! on stable storage.

use super::Bench;
use super::figures::{Latencies, per_second, seconds};
use crate::cli::client::{Connect, explain};
use crate::cli::paint::Paint;
use crate::domain::{Clock, SystemClock};
use crate::pb::v1 as pb;
use anyhow::{Context, anyhow, ensure};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Measures the intake of parcel events.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Events, in batches of 1000
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    events: u32,
    /// Events of one parcel
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=8))]
    per_parcel: u32,
}

const BATCH: u32 = 1000;

/// Runs the measurement and prints one JSON line.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bench = Bench::start(None).await?;
    let connect = Connect::dev(bench.server.address(), &bench.server.pki(), "logistics");
    let client = connect.connect().await?;
    let now = SystemClock.now().0 / 1000;
    let batches: Vec<_> = (0..args.events / BATCH).map(|number| batch(number, args.per_parcel, now)).collect();
    let count = batches.len();
    let (sender, stream) = mpsc::channel(4);
    let begun = Instant::now();
    let sending = tokio::spawn(async move {
        for batch in batches {
            if sender.send(batch).await.is_err() {
                return;
            }
        }
    });
    let answers = client.parcels().sync_parcels(ReceiverStream::new(stream)).await;
    let mut answers = answers.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let (mut taken, mut each, mut last) = (0_usize, Latencies::default(), Instant::now());
    for _ in 0..count {
        let answer = answers.message().await.map_err(|status| anyhow!(explain(&status)))?;
        let answer = answer.context("the server ended the stream early")?;
        ensure!(answer.failure.is_none() && answer.rejections.is_empty(), "a batch was refused: {answer:?}");
        taken += usize::try_from(answer.taken)?;
        each.add(last.elapsed());
        last = Instant::now();
    }
    let elapsed = begun.elapsed();
    sending.await?;
    let line = serde_json::json!({
        "bench": "parcels", "events_per_second": per_second(taken, elapsed), "events": taken,
        "parcels": args.events / args.per_parcel, "batch": BATCH, "seconds": seconds(elapsed),
        "batch_p50_ms": each.percentile_ms(500), "batch_p99_ms": each.percentile_ms(990),
        "settings": super::settings(serde_json::json!({ "streams": 1 })),
    });
    bench.stop().await?;
    Paint::plain().line(line.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Events of parcels in turn; each parcel has one step after the other, an hour apart.
fn batch(number: u32, per_parcel: u32, now: i64) -> pb::SyncParcelsRequest {
    let event = |index: u32| {
        let all = number * BATCH + index;
        let (parcel, step) = (all / per_parcel, all % per_parcel);
        pb::ParcelEvent {
            logistics_no: format!("BENCH{parcel:012}"),
            step: i32::try_from(step + 1).unwrap_or(1),
            time: Some(prost_types::Timestamp { seconds: now - 86_400 + i64::from(step) * 3600, nanos: 0 }),
            place: "郑州".to_owned(),
            ..Default::default()
        }
    };
    pb::SyncParcelsRequest {
        sequence: u64::from(number) + 1,
        events: (0..BATCH).map(event).collect(),
        request_id: String::new(),
    }
}
