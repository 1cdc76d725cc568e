//! `swx quota`: what a buyer has used of the yearly limit.

use super::client::{Connect, explain};
use super::paint::Paint;
use crate::pb::v1;
use anyhow::{Context, anyhow};
use serde_json::json;
use std::io::BufRead;
use std::process::ExitCode;

/// Prints what a buyer has used of the yearly limit.
///
/// The identity number is read from the standard input, so that it stands in no list of processes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of an order, payment or list of that buyer that the caller sent; customs may leave it out
    #[arg(long, default_value = "", value_name = "NUMBER")]
    document: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut id_number = String::new();
    std::io::stdin().lock().read_line(&mut id_number).context("no identity number on the standard input · 无输入")?;
    let client = args.connect.connect().await?;
    let request = v1::GetQuotaRequest { id_number: id_number.trim().to_owned(), document_number: args.document };
    let answer = client.taxes().get_quota(request).await.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let v1::GetQuotaResponse { year, committed, reserved, used, remaining, limit } = answer;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    if args.json {
        let object = json!({
            "year": year, "committed": committed, "reserved": reserved, "used": used, "remaining": remaining,
            "limit": limit,
        });
        paint.line(object.to_string())?;
    } else {
        paint.line(format!("{year} 年度限额 · yearly limit {limit} CNY"))?;
        paint.line(format!("  已用 · used {used}（已放行 · released {committed}，在途 · in flight {reserved}）"))?;
        paint.line(format!("  剩余 · remaining {remaining}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
