//! `swx agency`: agencies together, consents and figures. `swx audit-case`: post-audit.

mod case;
mod export;

pub(in crate::cli) use case::{Args as CaseArgs, run as case};

use super::client::{Client, Connect};
use super::inspect::failed;
use super::paint::Paint;
use super::record::{self, clock, keys, keys_json, request_id, wire};
use crate::domain::Timestamp;
use crate::pb::v1;
use anyhow::bail;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Works as an agency beside customs, as a firm that gives consent, or as its bank.
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
    /// Decide on a list as an agency: 800, 500, 700, 100 · 部门决定
    Decide {
        /// preNo, invtNo or document id
        list: String,
        /// 800 release, 500 inspection, 700 return, 100 refuse
        #[arg(long)]
        status: i32,
        /// Text for the declarant
        #[arg(long, default_value = "")]
        info: String,
    },
    /// Put an agreement on record · 协议备案
    Agree(AgreeArgs),
    /// List the agreements · 协议
    Agreements,
    /// Recognise the inspection result of another agency · 监管互认
    Recognise {
        /// preNo, invtNo or document id
        list: String,
        /// Number of the result
        #[arg(long)]
        result: u32,
        /// Id of the agreement
        #[arg(long)]
        agreement: String,
    },
    /// Show who has to release a list, and who has · 联合放行
    Joint {
        /// preNo, invtNo or document id
        list: String,
    },
    /// Ask another agency for assistance · 请求协助
    Ask {
        /// Code of the agency
        to: String,
        /// Subject
        #[arg(long)]
        subject: String,
        /// What is asked
        #[arg(long)]
        text: String,
        /// Number of a document that it is about; may be repeated
        #[arg(long = "number")]
        numbers: Vec<String>,
        /// Until when an answer is wanted, yyyyMMdd[HHmmss] in UTC+8
        #[arg(long, value_parser = record::time)]
        due: Option<Timestamp>,
    },
    /// Answer a request for assistance · 答复协助
    Answer {
        /// Number of the request
        id: u64,
        /// The answer
        #[arg(long)]
        text: String,
        /// Decline instead of giving assistance
        #[arg(long)]
        decline: bool,
    },
    /// List one's own requests for assistance · 执法互助
    Assistance,
    /// Give a bank the firm's consent to read its figures, or withdraw it · 授权
    Consent {
        /// Code of the bank
        bank: String,
        /// trade, returns or tax; may be repeated; all of them if not given
        #[arg(long = "scope", value_enum)]
        scopes: Vec<Scope>,
        /// Until when (exclusive), yyyyMMdd[HHmmss] in UTC+8
        #[arg(long, value_parser = record::time)]
        to: Option<Timestamp>,
        /// First month of the figures, for example 202601
        #[arg(long, default_value_t = 0)]
        first_month: u32,
        /// Withdraw it
        #[arg(long)]
        withdraw: bool,
    },
    /// List the consents that the caller has given · 授权清单
    Consents,
    /// Show the trade figures of a firm by month · 贸易数据
    Figures {
        /// Code of the firm; the caller itself if not given
        #[arg(default_value = "")]
        firm: String,
        /// First month, for example 202601
        #[arg(long, default_value_t = 0)]
        from: u32,
        /// Last month
        #[arg(long, default_value_t = 0)]
        to: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scope {
    Trade,
    Returns,
    Tax,
}

#[derive(Debug, clap::Args)]
struct AgreeArgs {
    /// Id of the agreement
    id: String,
    /// Code of the agency whose release is needed, or that recognises
    #[arg(long)]
    who: String,
    /// Code of the agency whose results are recognised; without it the agreement is on joint release
    #[arg(long, default_value = "")]
    whose: String,
    /// Beginning of a commodity code; may be repeated; all goods if not given
    #[arg(long = "hs")]
    hs_prefixes: Vec<String>,
    /// Customs office; may be repeated
    #[arg(long = "office")]
    offices: Vec<String>,
    /// Supervision mode; may be repeated
    #[arg(long = "mode")]
    trade_modes: Vec<String>,
    /// From when, yyyyMMdd[HHmmss] in UTC+8; the begin of 1970 if not given
    #[arg(long, value_parser = record::time)]
    from: Option<Timestamp>,
    /// Until when (exclusive)
    #[arg(long, value_parser = record::time)]
    to: Option<Timestamp>,
    /// Where it is written
    #[arg(long, default_value = "")]
    source: String,
}

/// Runs the command. Exit code 1 if the request was refused.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    match args.what {
        What::Agreements => agreements(&client, paint, args.json).await,
        What::Joint { list } => joint(&client, paint, args.json, list).await,
        What::Assistance => assistance(&client, paint, args.json).await,
        What::Consents => consents(&client, paint, args.json).await,
        What::Figures { firm, from, to } => {
            let request = v1::GetTradeFiguresRequest { firm, first_month: from, last_month: to };
            figures(&client, paint, args.json, request).await
        }
        other @ (What::Decide { .. }
        | What::Agree(_)
        | What::Recognise { .. }
        | What::Ask { .. }
        | What::Answer { .. }
        | What::Consent { .. }) => {
            let recorded = request(&client, other).await?;
            Ok(record::print(paint, args.json, recorded.as_ref())?)
        }
    }
}

/// Sends one of the requests that are recorded.
async fn request(client: &Client, what: What) -> anyhow::Result<Option<v1::Recorded>> {
    let mut agencies = client.agencies();
    let request_id = request_id(None);
    Ok(match what {
        What::Decide { list, status, info } => {
            let request = v1::RecordAgencyDecisionRequest { request_id, list, status, info, time: None };
            agencies.record_agency_decision(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Agree(given) => {
            let request = v1::FileAgreementRequest { request_id, agreement: Some(agreement(given)) };
            agencies.file_agreement(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Recognise { list, result, agreement } => {
            let request = v1::RecogniseResultRequest { request_id, list, result, agreement_id: agreement };
            agencies.recognise_result(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Ask { to, subject, text, numbers, due } => {
            let request = v1::AskAssistanceRequest { request_id, to, subject, text, numbers, due: due.map(wire) };
            agencies.ask_assistance(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Answer { id, text, decline } => {
            let request = v1::AnswerAssistanceRequest { request_id, assistance_id: id, granted: !decline, text };
            agencies.answer_assistance(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Consent { bank, scopes, to, first_month, withdraw } => {
            let all = if scopes.is_empty() { vec![Scope::Trade, Scope::Returns, Scope::Tax] } else { scopes };
            let request = v1::ChangeConsentRequest {
                request_id,
                bank,
                scopes: all.into_iter().map(scope).collect(),
                effective_to: to.map(wire),
                first_month,
                withdrawn: withdraw,
                ..v1::ChangeConsentRequest::default()
            };
            agencies.change_consent(request).await.map_err(failed)?.into_inner().recorded
        }
        What::Agreements | What::Joint { .. } | What::Assistance | What::Consents | What::Figures { .. } => {
            bail!("this is no request that is recorded")
        }
    })
}

fn scope(scope: Scope) -> i32 {
    let scope = match scope {
        Scope::Trade => v1::FiguresScope::Trade,
        Scope::Returns => v1::FiguresScope::Returns,
        Scope::Tax => v1::FiguresScope::Tax,
    };
    scope as i32
}

fn agreement(given: AgreeArgs) -> v1::Agreement {
    let kind = if given.whose.is_empty() { v1::AgreementKind::JointRelease } else { v1::AgreementKind::Recognition };
    v1::Agreement {
        id: given.id,
        kind: kind as i32,
        who: given.who,
        whose: given.whose,
        hs_prefixes: given.hs_prefixes,
        offices: given.offices,
        trade_modes: given.trade_modes,
        effective_from: given.from.map(wire),
        effective_to: given.to.map(wire),
        source: given.source,
        filed_by: String::new(),
    }
}

async fn agreements(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListAgreementsRequest::default();
    loop {
        let page = client.agencies().list_agreements(request.clone()).await.map_err(failed)?.into_inner();
        for one in &page.agreements {
            let joint = one.kind == v1::AgreementKind::JointRelease as i32;
            let head = if joint { "联合放行 joint release" } else { "监管互认 recognition" };
            let fields = json!({
                "id": one.id, "kind": if joint { "joint-release" } else { "recognition" }, "who": one.who,
                "whose": one.whose, "hs_prefixes": one.hs_prefixes, "offices": one.offices,
                "trade_modes": one.trade_modes, "from": clock(one.effective_from.as_ref()),
                "to": clock(one.effective_to.as_ref()), "source": one.source, "filed_by": one.filed_by,
            });
            record::item(paint, as_json, head, &fields)?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

async fn joint(client: &Client, paint: Paint, as_json: bool, list: String) -> anyhow::Result<ExitCode> {
    let request = v1::GetJointReleaseRequest { list };
    let found = client.agencies().get_joint_release(request).await.map_err(failed)?.into_inner();
    let word = |word: &v1::AgencyWord| {
        json!({
            "agency": word.agency, "status": word.status, "info": word.info, "time": clock(word.time.as_ref()),
            "receipt_id": word.receipt_id, "agreement": word.agreement_id, "result": word.result,
        })
    };
    let words: Vec<Value> = found.words.iter().map(word).collect();
    let numbers = if as_json { keys_json(found.keys.as_ref()) } else { json!(keys(found.keys.as_ref())) };
    let mut fields = json!({
        "document_id": found.document_id, "keys": numbers, "customs_status": found.customs_status,
        "required": found.required, "waiting_for": found.waiting_for, "released_by_all": found.released_by_all,
    });
    if as_json {
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("words".to_owned(), json!(words));
        }
        paint.line(fields.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = if found.released_by_all {
        paint.green("✓ 均已放行 released by all")
    } else {
        paint.yellow("○ 尚未全部放行 not released by all")
    };
    record::item(paint, false, &head, &fields)?;
    words.iter().try_for_each(|word| record::item(paint, false, "  部门 agency", word))?;
    Ok(ExitCode::SUCCESS)
}

async fn assistance(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListAssistanceRequest::default();
    loop {
        let page = client.agencies().list_assistance(request.clone()).await.map_err(failed)?.into_inner();
        for one in &page.assistance {
            let fields = json!({
                "id": one.assistance_id, "from": one.from, "to": one.to, "subject": one.subject, "text": one.text,
                "numbers": one.numbers, "asked": clock(one.asked.as_ref()), "due": clock(one.due.as_ref()),
                "answered": clock(one.answered.as_ref()), "granted": one.granted, "answer": one.answer,
            });
            record::item(paint, as_json, "协助 assistance", &fields)?;
        }
        if page.next_page_token.is_empty() {
            if !as_json {
                paint.line(format!("全部部门共 {} 件请求 · {0} requests of all agencies", page.count))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

/// Names of scopes.
fn scope_names(scopes: &[i32]) -> Vec<&'static str> {
    let name = |scope: &i32| match v1::FiguresScope::try_from(*scope) {
        Ok(v1::FiguresScope::Trade) => "trade",
        Ok(v1::FiguresScope::Returns) => "returns",
        Ok(v1::FiguresScope::Tax) => "tax",
        Ok(v1::FiguresScope::Unspecified) | Err(_) => "unknown",
    };
    scopes.iter().map(name).collect()
}

async fn consents(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let found = client.agencies().list_consents(v1::ListConsentsRequest {}).await.map_err(failed)?.into_inner();
    for one in &found.consents {
        let fields = json!({
            "bank": one.bank, "scopes": scope_names(&one.scopes), "from": clock(one.effective_from.as_ref()),
            "to": clock(one.effective_to.as_ref()), "first_month": one.first_month, "withdrawn": one.withdrawn,
        });
        record::item(paint, as_json, "授权 consent", &fields)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn figures(
    client: &Client,
    paint: Paint,
    as_json: bool,
    request: v1::GetTradeFiguresRequest,
) -> anyhow::Result<ExitCode> {
    let found = client.agencies().get_trade_figures(request).await.map_err(failed)?.into_inner();
    let flow = |flow: Option<&v1::FlowFigures>| {
        let flow = flow.cloned().unwrap_or_default();
        json!({
            "released": flow.released, "released_cny": flow.released_cny, "closed": flow.closed,
            "closed_cny": flow.closed_cny, "cancelled": flow.cancelled, "cancelled_cny": flow.cancelled_cny,
            "returned": flow.returned, "returned_cny": flow.returned_cny,
            "returned_share_per_10000": flow.returned_share_per_10000, "foreign_currency": flow.foreign_currency,
        })
    };
    for month in &found.months {
        let (import, export) = (flow(month.import.as_ref()), flow(month.export.as_ref()));
        if as_json {
            let all = json!({
                "firm": found.firm, "month": month.month, "import": import, "export": export,
                "tax_billed_cny": month.tax_billed_cny, "tax_voided_cny": month.tax_voided_cny,
                "tax_settled_cny": month.tax_settled_cny,
            });
            paint.line(all.to_string())?;
            continue;
        }
        paint.line(paint.bold(&format!("{}  {}", found.firm, month.month)))?;
        record::item(paint, false, "  进口 import", &import)?;
        record::item(paint, false, "  出口 export", &export)?;
        let tax = json!({
            "billed_cny": month.tax_billed_cny, "voided_cny": month.tax_voided_cny,
            "settled_cny": month.tax_settled_cny,
        });
        record::item(paint, false, "  税款 tax", &tax)?;
    }
    Ok(ExitCode::SUCCESS)
}
