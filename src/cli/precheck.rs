//! `swx precheck`: says what would become of messages if they were sent now, and what a firm lacks to send a type.

use super::client::{Connect, explain};
use super::paint::{Paint, safe};
use super::{json, json_filing, show};
use crate::domain::MessageType;
use crate::domain::limits::MESSAGE_BYTES_MAX;
use crate::pb::v1;
use anyhow::{Context, anyhow, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks messages against the rules and the present state; nothing is recorded.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Messages to look at
    #[arg(required_unless_present = "sending", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Instead: say what is lacking to send messages of this type, for example CEB621
    #[arg(long, value_name = "CEBnnn", conflicts_with = "files", value_parser = message_type)]
    sending: Option<MessageType>,
    /// With --sending: the firm that would send; the caller if not given
    #[arg(long, default_value = "", requires = "sending")]
    code: String,
    /// With --sending: the firm that it would be sent for
    #[arg(long, default_value = "", requires = "sending")]
    for_code: String,
    /// Print one JSON object for each message
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

fn message_type(text: &str) -> Result<MessageType, String> {
    let digits = text.strip_prefix("CEB").unwrap_or(text);
    let kind = digits.parse().map_or(MessageType::Unknown, MessageType::of_number);
    if kind == MessageType::Unknown { Err("a message type looks like CEB621".to_owned()) } else { Ok(kind) }
}

/// Runs the command. Exit code 1 if anything would be refused or is lacking.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    let mut filings = client.filings();
    if let Some(kind) = args.sending {
        let request = v1::PrecheckSendingRequest {
            message_type: kind as i32,
            code: args.code,
            for_code: args.for_code,
            ..Default::default()
        };
        let answer = filings.precheck_sending(request).await.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        print_checks(paint, args.json, &answer)?;
        return Ok(ExitCode::from(u8::from(!answer.may_send)));
    }
    let mut exit = 0;
    for path in &args.files {
        let problem = || format!("cannot read {} · 无法读取", path.display());
        let length = usize::try_from(std::fs::metadata(path).with_context(problem)?.len()).unwrap_or(usize::MAX);
        if length > MESSAGE_BYTES_MAX {
            bail!("{} has more than {MESSAGE_BYTES_MAX} bytes · 报文过大", path.display());
        }
        let xml = std::fs::read(path).with_context(problem)?.into();
        let request = v1::PrecheckRequest { xml, at_least: String::new() };
        let answer = filings.precheck(request).await.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        let receipt = answer.receipt.unwrap_or_default();
        let is_whole = receipt.outcome == v1::Outcome::Accepted as i32;
        exit |= u8::from(!is_whole || receipt.documents.iter().any(is_refused));
        if args.json {
            paint.line(json::receipt(&receipt).to_string())?;
        } else {
            print_receipt(paint, &path.display().to_string(), answer.sent_before, &receipt)?;
        }
    }
    Ok(ExitCode::from(exit))
}

fn is_refused(document: &v1::DocumentVerdict) -> bool {
    document.outcome == v1::Outcome::Rejected as i32
}

fn print_receipt(paint: Paint, path: &str, sent_before: bool, receipt: &v1::Receipt) -> std::io::Result<()> {
    let verdict = match receipt.outcome == v1::Outcome::Accepted as i32 {
        _ if sent_before => "was sent before · 已报送过",
        true if receipt.documents.iter().any(is_refused) => "some documents would be refused · 有单证将退回",
        true => "would be taken · 将受理",
        false => "would be refused · 将退回",
    };
    paint.line(format!("{}  {verdict}", paint.cyan(&safe(path))))?;
    for rejection in &receipt.rejections {
        paint.line(format!("    {}", show::rejection(paint, rejection)))?;
    }
    for document in &receipt.documents {
        let status = show::status_text(paint, document.status);
        paint.line(format!("  {}  {status}  {}", document.ordinal, show::keys(document.keys.as_ref())))?;
        for rejection in &document.rejections {
            paint.line(format!("    {}", show::rejection(paint, rejection)))?;
        }
        for waiting in &document.waiting {
            paint.line(format!("    {}", show::waiting(paint, waiting)))?;
        }
    }
    Ok(())
}

fn print_checks(paint: Paint, as_json: bool, answer: &v1::PrecheckSendingResponse) -> std::io::Result<()> {
    if as_json {
        return paint.line(json_filing::sending(answer).to_string());
    }
    for check in &answer.checks {
        let mark = if check.holds { "✓" } else { "✗" };
        paint.line(format!("{mark} {} · {}", safe(&check.text_zh), safe(&check.text_en)))?;
        if let Some(missing) = &check.missing {
            paint.line(format!("    {}", show::rejection(paint, missing)))?;
        }
    }
    Ok(())
}
