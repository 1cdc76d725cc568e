//! `swx audit-case`: post-audit cases, and their files on disk.

use super::super::inspect::result_fields;
use super::export::export;
use super::{Client, Connect, failed};
use crate::cli::json as render;
use crate::cli::paint::Paint;
use crate::cli::record::{self, clock, keys_json, request_id, wire};
use crate::domain::Timestamp;
use crate::pb::v1;
use anyhow::bail;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Post-audit of firms, as customs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Open a case of a firm · 立案
    Open {
        /// Code of the firm
        firm: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Lists that came from then on, yyyyMMdd[HHmmss] in UTC+8
        #[arg(long, value_parser = record::time)]
        from: Option<Timestamp>,
        /// Until then (exclusive)
        #[arg(long, value_parser = record::time)]
        to: Option<Timestamp>,
    },
    /// Add a finding · 记录发现
    Finding {
        /// Number of the case
        id: u64,
        /// NONE, DOCUMENTS, PRICE, CLASSIFICATION, ORIGIN, IDENTITY, BRUSHING, STOCK or OTHER
        code: String,
        /// In words
        #[arg(long, default_value = "")]
        text: String,
        /// preNo, invtNo or document id of a list that it is about
        #[arg(long, default_value = "")]
        list: String,
    },
    /// Close a case · 结案
    Close {
        /// Number of the case
        id: u64,
        /// Conclusion
        #[arg(long)]
        conclusion: String,
        /// Credit grade that is recommended: a number of the table credit_grades
        #[arg(long, default_value = "")]
        grade: String,
    },
    /// List the cases · 案件清单
    List,
    /// Write the file of a case into a folder: case.json, lists.jsonl, waybills.jsonl, documents.jsonl, proofs.jsonl · 导出案卷
    Export {
        /// Number of the case
        id: u64,
        /// Folder to make; audit-case-ID if not given
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Leave out the documents, which hold personal values of buyers
        #[arg(long)]
        without_documents: bool,
    },
}

/// Runs the command. Exit code 1 if the request was refused.
///
/// # Errors
/// If the server cannot be reached or refuses the call, or a file cannot be written.
pub(in crate::cli) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    match args.what {
        What::List => list(&client, paint, args.json).await,
        What::Export { id, out, without_documents } => {
            let folder = out.unwrap_or_else(|| PathBuf::from(format!("audit-case-{id}")));
            let counts = export(&client, id, &folder, !without_documents).await?;
            let fields = json!({
                "folder": folder.display().to_string(), "lists": counts.lists, "documents": counts.documents,
                "proofs": counts.proofs,
            });
            record::item(paint, args.json, &paint.green("✓ 已导出 exported"), &fields)?;
            Ok(ExitCode::SUCCESS)
        }
        other @ (What::Open { .. } | What::Finding { .. } | What::Close { .. }) => {
            let recorded = request(&client, other).await?;
            Ok(record::print(paint, args.json, recorded.as_ref())?)
        }
    }
}

async fn request(client: &Client, what: What) -> anyhow::Result<Option<v1::Recorded>> {
    let mut agencies = client.agencies();
    let request_id = request_id(None);
    Ok(match what {
        What::Open { firm, reason, from, to } => {
            let (period_from, period_to) = (from.map(wire), to.map(wire));
            let request = v1::OpenAuditRequest { request_id, firm, reason, period_from, period_to };
            agencies.open_audit(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Finding { id, code, text, list } => {
            let finding = v1::AuditFinding { code, text, list, ..v1::AuditFinding::default() };
            let request = v1::AddAuditFindingRequest { request_id, case_id: id, finding: Some(finding) };
            agencies.add_audit_finding(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Close { id, conclusion, grade } => {
            let request = v1::CloseAuditRequest { request_id, case_id: id, conclusion, recommended_grade: grade };
            agencies.close_audit(request).await.map_err(failed)?.into_inner().recorded
        }
        What::List | What::Export { .. } => bail!("this is no request that is recorded"),
    })
}

pub(super) fn case_fields(case: &v1::AuditCase) -> Value {
    let finding = |finding: &v1::AuditFinding| {
        json!({
            "code": finding.code, "text": finding.text, "list": finding.list, "added_by": finding.added_by,
            "time": clock(finding.time.as_ref()),
        })
    };
    let findings: Vec<Value> = case.findings.iter().map(finding).collect();
    json!({
        "id": case.case_id, "firm": case.firm, "reason": case.reason, "drawn_in": case.drawn_in,
        "period_from": clock(case.period_from.as_ref()), "period_to": clock(case.period_to.as_ref()),
        "opened": clock(case.opened.as_ref()), "closed": clock(case.closed.as_ref()), "findings": findings,
        "conclusion": case.conclusion, "recommended_grade": case.recommended_grade, "receipt_id": case.receipt_id,
    })
}

async fn list(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListAuditsRequest::default();
    loop {
        let page = client.agencies().list_audits(request.clone()).await.map_err(failed)?.into_inner();
        for case in &page.cases {
            let head =
                if case.closed.is_some() { paint.dim("● 已结案 closed") } else { paint.yellow("○ 在办 open") };
            record::item(paint, as_json, &head, &case_fields(case))?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

pub(super) fn list_fields(list: &v1::AuditList) -> Value {
    let entry = |entry: &v1::AuditEntry| {
        json!({
            "receipt_id": entry.receipt_id, "time": clock(entry.time.as_ref()),
            "leaf_sha256": render::hex(&entry.leaf_sha256), "texts": entry.texts,
        })
    };
    let reason = |reason: &v1::RiskReason| json!({ "code": reason.code, "value": reason.value, "threshold": reason.threshold, "points": reason.points });
    json!({
        "document_id": list.document_id, "message_type": list.message_type, "keys": keys_json(list.keys.as_ref()), "status": list.status,
        "time": clock(list.time.as_ref()), "entries": list.entries.iter().map(entry).collect::<Vec<_>>(),
        "results": list.results.iter().map(result_fields).collect::<Vec<_>>(), "points": list.points,
        "reasons": list.reasons.iter().map(reason).collect::<Vec<_>>(),
    })
}
