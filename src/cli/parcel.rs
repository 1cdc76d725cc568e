//! `swx parcel`: reports events of parcels, shows a parcel's line and the statistics of a carrier.

use super::client::{Client, Connect, explain};
use super::paint::{Paint, pad, safe};
use super::{rows, show};
use crate::domain::ParcelStep;
use crate::pb::v1 as pb;
use anyhow::{Context, anyhow};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Parcels.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Report events from a CSV or NDJSON file: logistics_no, step, time, place, carrier_event, carrier_code
    Sync {
        /// The file; `-` for NDJSON on standard input
        file: PathBuf,
        /// Events of a batch
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
        batch: u32,
        #[command(flatten)]
        connect: Connect,
    },
    /// Show where a parcel is, and its line
    Show {
        /// Waybill number
        number: String,
        /// Code of its carrier
        #[arg(long, default_value = "")]
        carrier: String,
        /// Print one JSON object for each parcel
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: Connect,
    },
    /// Show what became of the parcels of a carrier, by day
    SignOffs {
        /// First day, yyyyMMdd
        from: String,
        /// Last day, yyyyMMdd
        to: String,
        /// Code of the carrier; empty for oneself
        #[arg(long, default_value = "")]
        carrier: String,
        #[command(flatten)]
        connect: Connect,
    },
}

/// An event as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    carrier_code: String,
    logistics_no: String,
    /// `accepted`, `arrived_at_site`, `line_haul`, `border`, `gate_out`, `delivery`, `returned`, `signed`; empty if
    /// `carrier_event` tells it.
    step: String,
    time: String,
    place: String,
    carrier_event: String,
}

/// Runs the command. Exit code 1 if events are refused or nothing is known.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (What::Sync { connect, .. } | What::Show { connect, .. } | What::SignOffs { connect, .. }) = &args.what;
    let client = connect.connect().await?;
    let paint = Paint::stdout();
    match args.what {
        What::Sync { file, batch, .. } => {
            let rows: Vec<Row> = rows::read(&file)?;
            let events = rows.into_iter().map(event).collect::<anyhow::Result<Vec<_>>>()?;
            let size = usize::try_from(batch)?;
            sync(&client, paint, events.chunks(size).map(<[pb::ParcelEvent]>::to_vec).collect()).await
        }
        What::Show { number, carrier, json, .. } => show_parcel(&client, paint, number, carrier, json).await,
        What::SignOffs { from, to, carrier, .. } => {
            let request = pb::ListSignOffsRequest { carrier_code: carrier, from_day: from, to_day: to };
            let answer = client.parcels().list_sign_offs(request).await.map_err(|status| anyhow!(explain(&status)))?;
            paint.line("日期 day    揽收 accepted  签收 signed  退回 returned  中位天数 median days")?;
            for day in answer.into_inner().days {
                let median = day.median_days.map_or("-".to_owned(), |days| days.to_string());
                let line = format!(
                    "{}    {:>13} {:>12} {:>14}  {median:>20}",
                    day.day, day.accepted, day.signed, day.returned
                );
                paint.line(line)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn event(row: Row) -> anyhow::Result<pb::ParcelEvent> {
    let step = match row.step.as_str() {
        "" => ParcelStep::Other,
        name => ParcelStep::of_name(name).with_context(|| format!("`{name}` is no step"))?,
    };
    Ok(pb::ParcelEvent {
        carrier_code: row.carrier_code,
        logistics_no: row.logistics_no,
        step: step as i32,
        time: Some(rows::time(&row.time)?),
        place: row.place,
        carrier_event: row.carrier_event,
    })
}

/// Sends batches and prints what became of them. The stream stays a few batches ahead of the answers.
async fn sync(client: &Client, paint: Paint, batches: Vec<Vec<pb::ParcelEvent>>) -> anyhow::Result<ExitCode> {
    let (sender, stream) = mpsc::channel(4);
    let count = batches.len();
    let sending = tokio::spawn(async move {
        for (sequence, events) in (1..).zip(batches) {
            let batch = pb::SyncParcelsRequest { sequence, events, request_id: String::new() };
            if sender.send(batch).await.is_err() {
                return;
            }
        }
    });
    let answers = client.parcels().sync_parcels(ReceiverStream::new(stream)).await;
    let mut answers = answers.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let (mut taken, mut repeated, mut refused) = (0_u64, 0_u64, 0_usize);
    for _ in 0..count {
        let answer = answers.message().await.map_err(|status| anyhow!(explain(&status)))?;
        let answer = answer.context("the server ended the stream early")?;
        if let Some(failure) = answer.failure {
            return Err(anyhow!("batch {}: {} ({})", answer.sequence, failure.message, failure.reason));
        }
        taken += u64::from(answer.taken);
        repeated += u64::from(answer.repeated);
        refused += answer.rejections.len();
        for rejection in &answer.rejections {
            paint.line(format!("batch {}: {}", answer.sequence, show::rejection(paint, rejection)))?;
        }
    }
    sending.await?;
    paint.line(format!(
        "新 {taken} 重复 {repeated} 拒绝 {refused} · {taken} new, {repeated} known, {refused} refused"
    ))?;
    Ok(ExitCode::from(u8::from(refused > 0)))
}

async fn show_parcel(
    client: &Client,
    paint: Paint,
    number: String,
    carrier: String,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let request = pb::GetParcelRequest { logistics_no: number, carrier_code: carrier, ..Default::default() };
    let parcels = match client.parcels().get_parcel(request).await {
        Ok(answer) => answer.into_inner().parcels,
        Err(status) if status.code() == tonic::Code::NotFound => Vec::new(),
        Err(status) => return Err(anyhow!(explain(&status))),
    };
    for parcel in &parcels {
        let (zh, en) = ParcelStep::of_number(parcel.step).title();
        if json {
            paint.line(parcel_json(parcel).to_string())?;
            continue;
        }
        paint.line(format!(
            "{} {}  {zh} · {en}",
            safe(&parcel.carrier_code),
            paint.cyan(&safe(&parcel.logistics_no))
        ))?;
        for moment in &parcel.events {
            let (zh, en) = ParcelStep::of_number(moment.step).title();
            let clock = show::clock(moment.time.as_ref());
            let (place, code) = (safe(&moment.place), safe(&moment.carrier_event));
            paint.line(format!("  {clock}  {}  {place}  {code}", pad(&format!("{zh} {en}"), 28)))?;
        }
        if parcel.events_omitted > 0 {
            paint.line(format!("  及更早 {0} 条 · and {0} older ones", parcel.events_omitted))?;
        }
    }
    if parcels.is_empty() && !json {
        paint.line("没有该包裹的信息 · nothing that you may see is known of this parcel")?;
    }
    Ok(ExitCode::from(u8::from(parcels.is_empty())))
}

fn parcel_json(parcel: &pb::Parcel) -> serde_json::Value {
    let moment = |moment: &pb::ParcelMoment| {
        let time_ms = moment.time.map_or(0, |time| time.seconds * 1000 + i64::from(time.nanos) / 1_000_000);
        serde_json::json!({
            "time_ms": time_ms, "step": ParcelStep::of_number(moment.step).name(), "place": moment.place,
            "carrier_event": moment.carrier_event, "upu_event": moment.upu_event,
            "business_step": moment.business_step, "disposition": moment.disposition,
        })
    };
    serde_json::json!({
        "carrier_code": parcel.carrier_code, "logistics_no": parcel.logistics_no,
        "step": ParcelStep::of_number(parcel.step).name(), "events_omitted": parcel.events_omitted,
        "events": parcel.events.iter().map(moment).collect::<Vec<_>>(),
    })
}
