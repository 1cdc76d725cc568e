//! `swx inspect`: draws lists for inspection, records results, shows risk. `swx audit-draws` computes draws again.

mod audit;

pub(in crate::cli) use audit::{Args as AuditArgs, run as audit};

use super::client::{Client, Connect, explain};
use super::paint::Paint;
use super::record::{self, clock, keys, keys_json, request_id, wire};
use super::show;
use crate::domain::Timestamp;
use crate::pb::v1;
use anyhow::{anyhow, bail};
use serde_json::json;
use std::process::ExitCode;

/// Inspects as customs or another agency.
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
    /// Commit to the secret of a period of draws · 承诺抽样种子
    Commit {
        /// Name of the period, for example 2026-05
        period: String,
        /// Begin, yyyyMMdd[HHmmss] in UTC+8; now if not given
        #[arg(long, value_parser = record::time)]
        from: Option<Timestamp>,
        /// End (exclusive)
        #[arg(long, value_parser = record::time)]
        to: Timestamp,
        /// Customs office; all of them if not given
        #[arg(long, default_value = "")]
        office: String,
        /// SHA-256 in hex of a secret that customs keeps; the exchange makes one if not given
        #[arg(long)]
        commitment: Option<String>,
    },
    /// Reveal the secret of a period that has ended · 揭示抽样种子
    Reveal {
        /// Name of the period
        period: String,
        /// The secret in hex; the exchange's own if not given
        #[arg(long)]
        secret: Option<String>,
    },
    /// List the periods · 抽样周期
    Periods,
    /// List the draws of a period · 抽样记录
    Draws {
        /// Name of the period
        period: String,
        /// Drawn lists only
        #[arg(long)]
        drawn: bool,
    },
    /// Draw every filed firm once, for post-audit · 抽取稽核企业
    Firms {
        /// Name of the period
        period: String,
    },
    /// File the officers of an office · 备案查验关员
    Officers {
        /// Customs office
        office: String,
        /// Service numbers
        #[arg(required = true)]
        codes: Vec<String>,
    },
    /// Record the result of an inspection · 记录查验结果
    Result(ResultArgs),
    /// Show what is known of the inspection of a list · 查验情况
    Show {
        /// preNo, invtNo or document id
        list: String,
    },
    /// List what was released without a result though it was drawn · 无结果放行
    Silent,
    /// Show the score of risk of a list or a firm · 风险评分
    Risk {
        /// preNo, invtNo or document id of a list
        #[arg(long, required_unless_present = "firm", conflicts_with = "firm")]
        list: Option<String>,
        /// Code of a firm
        #[arg(long)]
        firm: Option<String>,
    },
    /// Report what book and warehouse say of a bonded account book · 账册与仓库库存
    Stock {
        /// Number of the book
        ems_no: String,
        /// Quantity by the book
        book: String,
        /// Quantity by the warehouse's own system
        warehouse: String,
    },
}

#[derive(Debug, clap::Args)]
struct ResultArgs {
    /// preNo, invtNo or document id
    list: String,
    /// 800, 700, 100, 501, 502, 503 or 599
    #[arg(long)]
    status: i32,
    /// Service number of the officer
    #[arg(long)]
    inspector: String,
    /// When, yyyyMMddHHmmss in UTC+8
    #[arg(long, value_parser = record::time)]
    time: Timestamp,
    /// CONFORMING, NAME, QUANTITY, VALUE, CODE, ORIGIN, PROHIBITED, QUALITY or OTHER
    #[arg(long)]
    finding: String,
    /// The finding in words
    #[arg(long, default_value = "")]
    text: String,
    /// Where the evidence is
    #[arg(long)]
    evidence: String,
    /// Code of an agency that it is offered to; may be repeated
    #[arg(long = "offer")]
    offered_to: Vec<String>,
}

pub(in crate::cli) fn failed(status: tonic::Status) -> anyhow::Error {
    anyhow!(explain(&status))
}

/// Bytes of hex digits.
pub(in crate::cli) fn unhex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().ok_or_else(|| anyhow!("`{text}` is no hex · 不是十六进制"))
}

/// Runs the command. Exit code 1 if the request was refused or nothing was found.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    match args.what {
        What::Periods => periods(&client, paint, args.json).await,
        What::Draws { period, drawn } => draws(&client, paint, args.json, period, drawn).await,
        What::Show { list } => inspection(&client, paint, args.json, list).await,
        What::Silent => silent(&client, paint, args.json).await,
        What::Risk { list, firm } => risk(&client, paint, args.json, list, firm).await,
        other @ (What::Commit { .. }
        | What::Reveal { .. }
        | What::Firms { .. }
        | What::Officers { .. }
        | What::Result(_)
        | What::Stock { .. }) => {
            let recorded = request(&client, other).await?;
            Ok(record::print(paint, args.json, recorded.as_ref())?)
        }
    }
}

/// Sends one of the requests that are recorded.
async fn request(client: &Client, what: What) -> anyhow::Result<Option<v1::Recorded>> {
    let mut inspections = client.inspections();
    let request_id = request_id(None);
    Ok(match what {
        What::Commit { period, from, to, office, commitment } => {
            let request = v1::CommitPeriodRequest {
                request_id,
                period,
                office,
                effective_from: from.map(wire),
                effective_to: Some(wire(to)),
                commitment: commitment.map(|text| unhex(&text)).transpose()?.unwrap_or_default().into(),
            };
            inspections.commit_period(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Reveal { period, secret } => {
            let secret = secret.map(|text| unhex(&text)).transpose()?.unwrap_or_default().into();
            let request = v1::RevealPeriodRequest { request_id, period, secret };
            inspections.reveal_period(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Firms { period } => {
            let request = v1::DrawFirmsRequest { request_id, period };
            inspections.draw_firms(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Officers { office, codes } => {
            let request = v1::FileOfficersRequest { request_id, office, codes };
            inspections.file_officers(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Result(given) => {
            let result = v1::InspectionResult {
                status: given.status,
                inspector: given.inspector,
                time: Some(wire(given.time)),
                finding: given.finding,
                text: given.text,
                evidence: given.evidence,
                offered_to: given.offered_to,
                ..v1::InspectionResult::default()
            };
            let request = v1::RecordResultRequest { request_id, list: given.list, result: Some(result) };
            inspections.record_result(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Stock { ems_no, book, warehouse } => {
            let request = v1::ReportStockRequest {
                request_id,
                ems_no,
                book_quantity: book,
                warehouse_quantity: warehouse,
                time: None,
            };
            inspections.report_stock(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Periods | What::Draws { .. } | What::Show { .. } | What::Silent | What::Risk { .. } => {
            bail!("this is no request that is recorded")
        }
    })
}

async fn periods(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListPeriodsRequest::default();
    loop {
        let page = client.inspections().list_periods(request.clone()).await.map_err(failed)?.into_inner();
        for period in &page.periods {
            let fields = json!({
                "period": period.period, "office": period.office,
                "from": clock(period.effective_from.as_ref()), "to": clock(period.effective_to.as_ref()),
                "commitment": super::json::hex(&period.commitment), "secret": super::json::hex(&period.secret),
                "kept_here": period.kept_here, "committed": period.committed_receipt_id,
                "revealed": period.revealed_receipt_id, "firms_drawn": period.firms_drawn,
            });
            record::item(paint, as_json, "周期 period", &fields)?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

async fn draws(
    client: &Client,
    paint: Paint,
    as_json: bool,
    period: String,
    drawn_only: bool,
) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListDrawsRequest { period, drawn_only, ..v1::ListDrawsRequest::default() };
    loop {
        let page = client.inspections().list_draws(request.clone()).await.map_err(failed)?.into_inner();
        for draw in &page.draws {
            let head = if draw.drawn { paint.yellow("● 布控 drawn") } else { paint.dim("○ 未中 not drawn") };
            let numbers = if as_json { keys_json(draw.keys.as_ref()) } else { json!(keys(draw.keys.as_ref())) };
            let fields = json!({
                "document_id": draw.document_id, "keys": numbers, "value": format!("{:016x}", draw.value),
                "rate_ppm": draw.rate_ppm, "drawn": draw.drawn, "rule_version": draw.rule_version,
                "officers": draw.officers, "rows": draw.rows, "receipt_id": draw.receipt_id,
            });
            record::item(paint, as_json, &head, &fields)?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

/// Fields of a result, for people and programs.
pub(in crate::cli) fn result_fields(result: &v1::InspectionResult) -> serde_json::Value {
    json!({
        "number": result.number, "status": result.status, "inspector": result.inspector,
        "time": clock(result.time.as_ref()), "finding": result.finding, "text": result.text,
        "evidence": result.evidence, "offered_to": result.offered_to, "recorded_by": result.recorded_by,
        "receipt_id": result.receipt_id, "decision": result.decision_receipt_id, "decided": result.decided,
    })
}

async fn inspection(client: &Client, paint: Paint, as_json: bool, list: String) -> anyhow::Result<ExitCode> {
    let request = v1::GetInspectionRequest { list };
    let found = client.inspections().get_inspection(request).await.map_err(failed)?.into_inner();
    let results: Vec<serde_json::Value> = found.results.iter().map(result_fields).collect();
    if as_json {
        let all = json!({
            "document_id": found.document_id, "keys": keys_json(found.keys.as_ref()), "status": found.status,
            "period": found.period, "officers": found.officers, "results": results,
            "released_without_result": found.released_without_result,
        });
        paint.line(all.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let fields = json!({
        "document_id": found.document_id, "keys": keys(found.keys.as_ref()), "period": found.period,
        "officers": found.officers, "released_without_result": found.released_without_result,
    });
    record::item(paint, false, &format!("清单 list  {}", show::status_text(paint, found.status)), &fields)?;
    for result in &results {
        record::item(paint, false, "  查验结果 result", result)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn silent(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListSilentReleasesRequest::default();
    loop {
        let page = client.inspections().list_silent_releases(request.clone()).await.map_err(failed)?.into_inner();
        for release in &page.releases {
            let numbers = if as_json { keys_json(release.keys.as_ref()) } else { json!(keys(release.keys.as_ref())) };
            let fields = json!({
                "document_id": release.document_id, "keys": numbers, "receipt_id": release.receipt_id,
            });
            record::item(paint, as_json, &paint.red("无结果放行 released without result"), &fields)?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

async fn risk(
    client: &Client,
    paint: Paint,
    as_json: bool,
    list: Option<String>,
    firm: Option<String>,
) -> anyhow::Result<ExitCode> {
    use v1::get_risk_request::Subject;
    let of_firm = firm.is_some();
    let subject = firm.map(Subject::Firm).or(list.map(Subject::List));
    let risk = client.inspections().get_risk(v1::GetRiskRequest { subject }).await.map_err(failed)?.into_inner();
    if of_firm {
        let fields = json!({
            "lists": risk.firm_lists, "scored": risk.firm_scored, "mean_hundredths": risk.firm_mean_hundredths,
            "signed": risk.firm_signed,
        });
        record::item(paint, as_json, "企业 firm", &fields)?;
    }
    for list in &risk.lists {
        let numbers = if as_json { keys_json(list.keys.as_ref()) } else { json!(keys(list.keys.as_ref())) };
        let reason = |reason: &v1::RiskReason| format!("{} · {} (+{})", reason.text_zh, reason.text_en, reason.points);
        let reasons: Vec<String> = list.reasons.iter().map(reason).collect();
        let fields =
            json!({ "document_id": list.document_id, "keys": numbers, "points": list.points, "reasons": reasons });
        record::item(paint, as_json, "清单 list", &fields)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::unhex;

    #[test]
    fn hex_is_read_and_all_else_refused() {
        assert_eq!(unhex("0aFF").expect("hex"), [10, 255]);
        for none in ["0", "0g", "你好", "0a0"] {
            assert!(unhex(none).is_err(), "{none}");
        }
    }
}
