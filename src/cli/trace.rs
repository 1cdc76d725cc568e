//! `swx trace`: everything known under one number, as a timeline.

use super::client::{Connect, explain};
use super::paint::{Paint, columns, pad, safe};
use super::{json, show};
use crate::pb::v1;
use anyhow::anyhow;
use std::process::ExitCode;

/// Prints a timeline.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Order, payment, waybill, list (copNo, preNo, invtNo), bill, consolidation, tax bill or receipt number
    number: String,
    /// Print one JSON object for each page of the answer
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command. Exit code 1 if nothing is known under the number.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = Paint::stdout();
    let mut request = v1::TraceRequest { key: args.number.clone(), ..Default::default() };
    let mut found = false;
    loop {
        let trace = match client.declarations().trace(request.clone()).await {
            Ok(trace) => trace.into_inner(),
            Err(status) if status.code() == tonic::Code::NotFound => v1::TraceResponse::default(),
            Err(status) => return Err(anyhow!(explain(&status))),
        };
        let is_empty = trace.documents.is_empty() && trace.events.is_empty();
        let is_last = trace.next_page_token.is_empty();
        if args.json && (!is_empty || (is_last && !found)) {
            paint.line(json::trace(&trace).to_string())?;
        } else if !is_empty {
            print(paint, "", &trace)?;
        }
        found |= !is_empty;
        if is_last {
            break;
        }
        request.page_token = trace.next_page_token;
    }
    if !found && !args.json {
        paint.line(format!("nothing that you may see is known under {} · 未找到可见的记录", safe(&args.number)))?;
    }
    Ok(ExitCode::from(u8::from(!found)))
}

/// Prints the documents, then what happened to them, each line after `indent`.
pub(super) fn print(paint: Paint, indent: &str, trace: &v1::TraceResponse) -> std::io::Result<()> {
    for document in &trace.documents {
        let (zh, en) = show::title(document.message_type);
        paint.line(format!(
            "{indent}{}  {}  {}",
            pad(&format!("{zh} {en}"), 15),
            pad_coloured(&show::status_text(paint, document.status), document.status, 26),
            paint.cyan(&show::keys(document.keys.as_ref()))
        ))?;
        for waiting in &document.waiting {
            paint.line(format!("{indent}    {}", show::waiting(paint, waiting)))?;
        }
    }
    if !trace.documents.is_empty() && !trace.events.is_empty() {
        paint.line("")?;
    }
    let last = trace.events.len().saturating_sub(1);
    for (number, event) in trace.events.iter().enumerate() {
        let (zh, en) = show::title(event.message_type);
        let (line, below) = if number == last { ("└─", "  ") } else { ("├─", "│ ") };
        let text = if event.text_en.is_empty() && event.text_zh.is_empty() {
            let (zh, en) = show::kind(event.kind);
            format!("{zh} · {en}")
        } else {
            format!("{} · {}", safe(&event.text_zh), safe(&event.text_en))
        };
        paint.line(format!(
            "{indent}{}  {line} {}  {}  {text}",
            paint.dim(&show::clock(event.time.as_ref())),
            pad(&format!("{zh} {en}"), 15),
            pad_coloured(&show::status_text(paint, event.status), event.status, 26),
        ))?;
        let below = format!("{indent}{}  {below}    ", " ".repeat(12));
        for rejection in &event.rejections {
            paint.line(format!("{below}{}", show::rejection(paint, rejection)))?;
        }
        for waiting in &event.waiting {
            paint.line(format!("{below}{}", show::waiting(paint, waiting)))?;
        }
    }
    Ok(())
}

/// Pads a coloured status by the columns of the text without its colour.
fn pad_coloured(coloured: &str, code: i32, width: usize) -> String {
    let plain = columns(&show::status_text(Paint::plain(), code));
    format!("{coloured}{}", " ".repeat(width.saturating_sub(plain)))
}
