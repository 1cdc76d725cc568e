//! `swx audit-draws`: computes every draw of a revealed period again.

use super::{Connect, failed};
use crate::cli::paint::{Paint, safe};
use crate::pb::v1;
use serde_json::json;
use std::process::ExitCode;

/// Computes the draws of a period again from its revealed secret, and lists what is missing or wrong · 抽样事后审计.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the period
    period: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command. Exit code 1 if something is missing or wrong.
///
/// # Errors
/// If the server cannot be reached or refuses the call; the secret must be revealed.
pub(in crate::cli) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    let mut request = v1::AuditDrawsRequest { period: args.period, page_size: 1000, page_token: String::new() };
    let (mut checked, mut drawn, mut firms, mut faults) = (0_u64, 0_u64, 0_u64, Vec::new());
    loop {
        let part = client.inspections().audit_draws(request.clone()).await.map_err(failed)?.into_inner();
        checked = checked.saturating_add(part.checked);
        drawn = drawn.saturating_add(part.drawn);
        firms = firms.saturating_add(part.firms);
        faults.extend(part.faults);
        if part.next_page_token.is_empty() {
            break;
        }
        request.page_token = part.next_page_token;
    }
    if args.json {
        let fault = |fault: &v1::DrawFault| json!({ "of": fault.of, "what": fault.what, "found": fault.found, "expected": fault.expected });
        let faults: Vec<_> = faults.iter().map(fault).collect();
        paint.line(json!({ "checked": checked, "drawn": drawn, "firms": firms, "faults": faults }).to_string())?;
    } else {
        for fault in &faults {
            let (found, expected) = (safe(&fault.found), safe(&fault.expected));
            let what = paint.red(&safe(&fault.what));
            paint.line(format!("{what}  {}  记录 found {found}  应为 expected {expected}", safe(&fault.of)))?;
        }
        let verdict = if faults.is_empty() {
            paint.green("✓ 全部相符 all agree")
        } else {
            paint.red(&format!("✗ {} 处不符 faults", faults.len()))
        };
        paint.line(format!("{verdict}  清单 lists {checked}  布控 drawn {drawn}  企业 firms {firms}"))?;
    }
    Ok(ExitCode::from(u8::from(!faults.is_empty())))
}
