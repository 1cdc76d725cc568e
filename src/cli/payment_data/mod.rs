//! `swx payment-data`: raw payment data, as customs (`ask`, `list`, `show`) and as a platform (`upload`, `serve`).

mod platform;
mod post;

use super::client::{Connect, explain};
use super::paint::{Paint, safe};
use super::show;
use crate::payment_data::{OPEN_FIELD, OpenRequest, encode_form, open_json};
use crate::pb::v1;
use anyhow::anyhow;
use std::process::ExitCode;

/// Raw payment data on demand · 支付原始数据实时获取
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// As customs: ask for the raw payment data of an order
    Ask(Ask),
    /// As customs or the platform: what was asked for an order, and what came
    List(List),
    /// As customs: print the data that was uploaded for a session, as it was received
    Show(Show),
    /// As a platform: sign the data of an order and upload it
    Upload(platform::Upload),
    /// As a platform: answer platDataOpen, and upload what is asked for
    Serve(platform::Serve),
}

#[derive(Debug, clap::Args)]
struct Ask {
    /// Order number
    #[arg(long, value_name = "NUMBER")]
    order_no: String,
    /// Code of the platform
    #[arg(long, value_name = "CODE")]
    platform: String,
    /// Id of the session; a new one if not given
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Address of the platform's platDataOpen, to be called once the request is on record: http://HOST:PORT/PATH
    #[arg(long, value_name = "URL")]
    call: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Order number
    #[arg(long, value_name = "NUMBER")]
    order_no: String,
    /// Code of the platform
    #[arg(long, value_name = "CODE")]
    platform: String,
    /// Print one JSON object per session
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Id of the session
    session: String,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command. Exit code 1 if something was refused.
///
/// # Errors
/// If the server cannot be reached or refuses the call, or a file cannot be read.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Ask(ask) => run_ask(ask).await,
        Command::List(list) => run_list(list).await,
        Command::Show(show) => run_show(show).await,
        Command::Upload(upload) => platform::run_upload(upload).await,
        Command::Serve(serve) => platform::run_serve(serve).await,
    }
}

async fn run_ask(ask: Ask) -> anyhow::Result<ExitCode> {
    let session = ask.session.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let client = ask.connect.connect().await?;
    let request = v1::AskPaymentDataRequest {
        request_id: String::new(),
        order_no: ask.order_no.clone(),
        platform_code: ask.platform,
        session_id: session.clone(),
    };
    let answer = client.payment_data().ask_payment_data(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let recorded = answer.into_inner().recorded.unwrap_or_default();
    let paint = if ask.json { Paint::plain() } else { Paint::stdout() };
    if !recorded.rejections.is_empty() {
        for rejection in &recorded.rejections {
            paint.line(show::rejection(paint, rejection))?;
        }
        return Ok(ExitCode::from(1));
    }
    let called = match &ask.call {
        None => None,
        Some(url) => {
            let now = crate::domain::Clock::now(&crate::domain::SystemClock);
            let wanted =
                OpenRequest { order_no: ask.order_no, session_id: session.clone(), service_time: now.0.to_string() };
            let body = format!("{OPEN_FIELD}={}", encode_form(&open_json(&wanted)));
            Some(post::form(url, body, None).await?)
        }
    };
    let (refused, reply) = called.map_or((false, String::new()), |reply| (!reply.is_taken(), reply.body));
    if ask.json {
        paint.line(
            serde_json::json!({ "session_id": session, "receipt_id": recorded.receipt_id, "reply": reply }).to_string(),
        )?;
    } else {
        paint.line(format!("{} · 已登记 recorded as {}", safe(&session), safe(&recorded.receipt_id)))?;
        if !reply.is_empty() {
            paint.line(format!("  {}", safe(&reply)))?;
        }
    }
    Ok(ExitCode::from(u8::from(refused)))
}

async fn run_list(list: List) -> anyhow::Result<ExitCode> {
    let client = list.connect.connect().await?;
    let request = v1::ListPaymentDataRequest { order_no: list.order_no, platform_code: list.platform };
    let answer = client.payment_data().list_payment_data(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let paint = if list.json { Paint::plain() } else { Paint::stdout() };
    for session in answer.into_inner().sessions {
        if list.json {
            let differences: Vec<&str> = session.differences.iter().map(|one| one.rule.as_str()).collect();
            paint.line(
                serde_json::json!({
                    "session_id": session.session_id,
                    "given": session.given.is_some(),
                    "late": session.late,
                    "pay_transaction_id": session.pay_transaction_id,
                    "total_amount": session.total_amount,
                    "differences": differences,
                })
                .to_string(),
            )?;
            continue;
        }
        let state = match (&session.given, session.late) {
            (None, _) => "等待上传 · waits",
            (Some(_), false) => "已上传 · given",
            (Some(_), true) => "逾期上传 · given late",
        };
        paint.line(format!("{}  {state}  {}", safe(&session.session_id), safe(&session.pay_transaction_id)))?;
        for difference in &session.differences {
            paint.line(format!("    {}", show::rejection(paint, difference)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_show(show: Show) -> anyhow::Result<ExitCode> {
    let client = show.connect.connect().await?;
    let request = v1::GetPaymentDataRequest { session_id: show.session };
    let answer = client.payment_data().get_payment_data(request).await.map_err(|status| anyhow!(explain(&status)))?;
    Paint::plain().line(String::from_utf8_lossy(&answer.into_inner().body))?;
    Ok(ExitCode::SUCCESS)
}
