//! `swx audit-case`: post-audit cases, and their files on disk.

use super::super::inspect::result_fields;
use super::{Client, Connect, failed};
use crate::cli::paint::Paint;
use crate::cli::proof::Line;
use crate::cli::record::{self, clock, keys_json, request_id, wire};
use crate::cli::{inspect, json as render};
use crate::domain::Timestamp;
use crate::pb::v1;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
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
    /// Write the file of a case into a folder: case.json, lists.jsonl, proofs.jsonl · 导出案卷
    Export {
        /// Number of the case
        id: u64,
        /// Folder to make; audit-case-ID if not given
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
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
        What::Export { id, out } => {
            let folder = out.unwrap_or_else(|| PathBuf::from(format!("audit-case-{id}")));
            let lists = export(&client, id, &folder).await?;
            let fields = json!({ "folder": folder.display().to_string(), "lists": lists });
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

fn case_fields(case: &v1::AuditCase) -> Value {
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

fn list_fields(list: &v1::AuditList) -> Value {
    let entry = |entry: &v1::AuditEntry| {
        json!({
            "receipt_id": entry.receipt_id, "time": clock(entry.time.as_ref()),
            "leaf_sha256": render::hex(&entry.leaf_sha256), "texts": entry.texts,
        })
    };
    let reason = |reason: &v1::RiskReason| json!({ "code": reason.code, "value": reason.value, "threshold": reason.threshold, "points": reason.points });
    json!({
        "document_id": list.document_id, "keys": keys_json(list.keys.as_ref()), "status": list.status,
        "time": clock(list.time.as_ref()), "entries": list.entries.iter().map(entry).collect::<Vec<_>>(),
        "results": list.results.iter().map(result_fields).collect::<Vec<_>>(), "points": list.points,
        "reasons": list.reasons.iter().map(reason).collect::<Vec<_>>(),
    })
}

/// One file of the folder.
struct Rows {
    path: PathBuf,
    file: std::io::BufWriter<std::fs::File>,
}

impl Rows {
    fn create(folder: &Path, name: &str) -> anyhow::Result<Rows> {
        let path = folder.join(name);
        let file = std::fs::File::create(&path).with_context(|| problem(&path))?;
        Ok(Rows { path, file: std::io::BufWriter::new(file) })
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.file, "{line}").with_context(|| problem(&self.path))
    }

    fn end(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| problem(&self.path))
    }
}

fn problem(path: &Path) -> String {
    format!("cannot write {} · 无法写入", path.display())
}

/// Writes the file of a case, a page at a time; how many lists it has. The folder must not be there.
async fn export(client: &Client, id: u64, folder: &Path) -> anyhow::Result<u64> {
    std::fs::create_dir(folder).with_context(|| problem(folder))?;
    let (mut lists, mut proofs) = (Rows::create(folder, "lists.jsonl")?, Rows::create(folder, "proofs.jsonl")?);
    let mut request = v1::GetAuditCaseRequest { case_id: id, page_size: 200, ..Default::default() };
    // All proofs are of the tree of the first page's checkpoint.
    let (mut note, mut key) = (String::new(), bytes::Bytes::new());
    let mut proved = BTreeSet::new();
    let mut count = 0_u64;
    loop {
        let page = client.agencies().get_audit_case(request.clone()).await.map_err(inspect::failed)?.into_inner();
        if request.entries == 0 {
            (request.entries, note, key) = (page.entries, page.signed_note.clone(), page.public_key.clone());
        }
        for list in &page.lists {
            lists.line(&list_fields(list).to_string())?;
            count = count.saturating_add(1);
            for proof in list.entries.iter().filter_map(|entry| entry.proof.as_ref()) {
                // The entry of a message or decision on many lists is proved once.
                if proved.insert(proof.entry_position) {
                    proofs.line(&Line::of(proof, &note, &key).json()?)?;
                }
            }
        }
        if page.next_page_token.is_empty() {
            lists.end()?;
            proofs.end()?;
            let firm = page.firm.map(|firm| {
                json!({
                    "code": firm.code, "name": firm.name, "roles": firm.roles, "aliases": firm.aliases,
                    "active": firm.active,
                })
            });
            let case = page.case.as_ref().map_or(Value::Null, case_fields);
            let proof = "proofs.jsonl leads from the entries of the lists to the checkpoint below: swx proof verify \
                         proofs.jsonl · proofs.jsonl 可用 swx proof verify 离线验证";
            let all = json!({
                "case": case, "firm": firm, "credit_grade": page.credit_grade, "lists": count, "proofs": proved.len(),
                "proof": proof, "signed_note": note, "public_key": render::hex(&key),
            });
            let path = folder.join("case.json");
            std::fs::write(&path, format!("{all:#}\n")).with_context(|| problem(&path))?;
            return Ok(count);
        }
        request.page_token = page.next_page_token;
    }
}
