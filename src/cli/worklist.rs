//! `swx worklist`: what still has to be done, and by when.

use super::client::{Connect, explain};
use super::json;
use super::paint::{Paint, pad, safe};
use super::show;
use crate::pb::v1;
use anyhow::anyhow;
use std::process::ExitCode;

/// Prints the worklist.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this kind of work; may be given several times
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// Print one JSON object for each item
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// A list waits for its documents
    Match,
    /// Customs has not answered
    Answer,
    /// Customs has not answered for long
    AnswerLate,
    /// Returned goods have to be back
    ReturnArrival,
    /// A tax bill has to be paid
    TaxDue,
    /// Closed lists have to be consolidated
    Consolidation,
    /// The arrival of a parcel is missing
    Arrival,
    /// Stock of a warehouse differs from the account book
    StockDifference,
}

impl Kind {
    fn wire(self) -> i32 {
        let kind = match self {
            Kind::Match => v1::WorkKind::Match,
            Kind::Answer => v1::WorkKind::Answer,
            Kind::AnswerLate => v1::WorkKind::AnswerLate,
            Kind::ReturnArrival => v1::WorkKind::ReturnArrival,
            Kind::TaxDue => v1::WorkKind::TaxDue,
            Kind::Consolidation => v1::WorkKind::Consolidation,
            Kind::Arrival => v1::WorkKind::Arrival,
            Kind::StockDifference => v1::WorkKind::StockDifference,
        };
        kind as i32
    }
}

/// Runs the command. Exit code 1 if anything is overdue.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = Paint::stdout();
    let kinds = args.kind.iter().map(|kind| kind.wire()).collect();
    let mut request = v1::ListWorklistRequest { kinds, ..Default::default() };
    let (mut count, mut overdue) = (0_u64, 0_u64);
    loop {
        let page = client.declarations().list_worklist(request.clone()).await;
        let page = page.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        for item in &page.items {
            count = count.saturating_add(1);
            overdue = overdue.saturating_add(u64::from(item.overdue_time.is_some()));
            if args.json {
                paint.line(json::work_item(item).to_string())?;
            } else {
                paint.line(line(paint, item))?;
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if !args.json {
        paint.line(format!("{count} 项待办，{overdue} 项逾期 · {count} items, {overdue} overdue"))?;
    }
    Ok(ExitCode::from(u8::from(overdue > 0)))
}

fn line(paint: Paint, item: &v1::WorkItem) -> String {
    let due = show::date_clock(item.due_time.as_ref());
    let due = due.get(..16).unwrap_or(&due).to_owned();
    let due = if item.overdue_time.is_some() { paint.red(&format!("! {due}")) } else { format!("  {due}") };
    let owners = item.owners.iter().map(|code| safe(code)).collect::<Vec<_>>().join(", ");
    format!(
        "{due}  {}  {} · {}  {}",
        paint.cyan(&pad(&safe(&item.number), 24)),
        safe(&item.message_zh),
        safe(&item.message_en),
        paint.dim(&owners)
    )
}
