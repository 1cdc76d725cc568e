//! `swx forex`: reports settlement and purchase of foreign exchange, and shows what was taken.

use super::client::{Client, Connect, explain};
use super::json::{compact, list, rejection, time_value};
use super::paint::{Paint, safe};
use super::{record, rows, show};
use crate::domain::Timestamp;
use crate::domain::limits::FOREX_MESSAGES_MAX;
use crate::pb::v1;
use anyhow::{anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Foreign exchange: settlement and purchase · 结售汇
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Report messages as a payment institution or bank: one JSON object a line, fields as in the contract · 报送
    Report {
        /// The file; `-` is standard input
        file: PathBuf,
        /// Sums in bulk that they belong to: bulk_ref, currency, foreign_amount, cny_amount, as CSV or JSON lines
        #[arg(long, value_name = "FILE")]
        bulks: Option<PathBuf>,
        /// Id of the request; a repeat under the same id gets the first answer
        #[arg(long, default_value = "", value_name = "ID")]
        request_id: String,
    },
    /// List what was taken: an institution its own, the authority all · 查询报送
    List,
    /// Show what is left of a trade, and the messages that took of it · 可付汇余额
    Show {
        /// Order number
        order_no: String,
        /// Code of the platform of the order
        #[arg(long, default_value = "", value_name = "CODE")]
        platform: String,
        /// Code of the seller; for an export order of a platform without a code
        #[arg(long, default_value = "", value_name = "CODE")]
        seller: String,
    },
    /// Register an institution in the directory as the forex authority · 名录登记
    Register {
        /// Code of the institution
        institution: String,
        /// Its number in the directory
        #[arg(long, default_value = "", value_name = "NUMBER")]
        directory_no: String,
        /// Its own limit of a single payment in USD; not given: the one of the table
        #[arg(long, default_value = "", value_name = "USD")]
        limit: String,
        /// From when, yyyyMMdd[HHmmss] in UTC+8; at once if not given
        #[arg(long, value_parser = record::time)]
        from: Option<Timestamp>,
        /// Until when (exclusive)
        #[arg(long, value_parser = record::time)]
        to: Option<Timestamp>,
    },
}

/// A message as it stands in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    out_order_id: String,
    kind: String,
    merchant_code: String,
    transaction_id: String,
    cny_amount: String,
    foreign_amount: String,
    currency: String,
    rate: String,
    goods: Vec<Goods>,
    counterparty_name: String,
    counterparty_country: String,
    logistics_code: String,
    logistics_no: String,
    presale: bool,
    bop_code: String,
    bank_ref: String,
    order_no: String,
    platform_code: String,
    invt_no: String,
    settlement_day: String,
    original_out_order_id: String,
    bulk_ref: String,
    individual: bool,
    payer_name: String,
    payer_id_number: String,
    payer_id_type: String,
    merged: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Goods {
    name: String,
    category: String,
    unit_price: String,
    quantity: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Bulk {
    bulk_ref: String,
    currency: String,
    foreign_amount: String,
    cny_amount: String,
}

/// Kinds by their names in files and for people.
const KINDS: [(v1::ForexKind, &str, &str); 4] = [
    (v1::ForexKind::Purchase, "purchase", "购汇付汇"),
    (v1::ForexKind::Settlement, "settlement", "收汇结汇"),
    (v1::ForexKind::BuyerRefund, "buyer-refund", "退款"),
    (v1::ForexKind::RemittanceRefund, "remittance-refund", "退汇"),
];

fn kind_in(text: &str) -> anyhow::Result<i32> {
    // As the contract writes them, too.
    let short = text.strip_prefix("FOREX_KIND_").unwrap_or(text).to_ascii_lowercase().replace('_', "-");
    match KINDS.iter().find(|(_, name, _)| *name == short) {
        Some((kind, ..)) => Ok(*kind as i32),
        None => bail!("kind `{}` is none of {} · 类型不正确", safe(text), KINDS.map(|(_, name, _)| name).join(", ")),
    }
}

fn kind_out(number: i32) -> (&'static str, &'static str) {
    let found = KINDS.iter().find(|(kind, ..)| *kind as i32 == number);
    found.map_or(("unknown", "未知"), |(_, en, zh)| (en, zh))
}

impl Row {
    fn message(self) -> anyhow::Result<v1::ForexMessage> {
        let goods = self.goods.into_iter().map(|goods| v1::ForexGoods {
            name: goods.name,
            category: goods.category,
            unit_price: goods.unit_price,
            quantity: goods.quantity,
        });
        Ok(v1::ForexMessage {
            kind: kind_in(&self.kind)?,
            goods: goods.collect(),
            out_order_id: self.out_order_id,
            merchant_code: self.merchant_code,
            transaction_id: self.transaction_id,
            cny_amount: self.cny_amount,
            foreign_amount: self.foreign_amount,
            currency: self.currency,
            rate: self.rate,
            counterparty_name: self.counterparty_name,
            counterparty_country: self.counterparty_country,
            logistics_code: self.logistics_code,
            logistics_no: self.logistics_no,
            presale: self.presale,
            bop_code: self.bop_code,
            bank_ref: self.bank_ref,
            order_no: self.order_no,
            platform_code: self.platform_code,
            invt_no: self.invt_no,
            settlement_day: self.settlement_day,
            original_out_order_id: self.original_out_order_id,
            bulk_ref: self.bulk_ref,
            individual: self.individual,
            payer_name: self.payer_name,
            payer_id_number: self.payer_id_number,
            payer_id_type: self.payer_id_type,
            merged: self.merged,
        })
    }
}

/// Runs the command. `report` exits with 1 if a message is refused.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    match args.command {
        Command::Report { file, bulks, request_id } => {
            let messages =
                rows::read::<Row>(&file)?.into_iter().map(Row::message).collect::<anyhow::Result<Vec<_>>>()?;
            let bulks = bulks.map_or(Ok(Vec::new()), |file| rows::read::<Bulk>(&file))?;
            let request = v1::SubmitForexRequest { request_id, messages, bulks: bulks.into_iter().map(bulk).collect() };
            report(&args.connect.connect().await?, paint, args.json, request).await
        }
        Command::List => all(&args.connect.connect().await?, paint, args.json).await,
        Command::Show { order_no, platform, seller } => {
            let request = v1::GetTradeRequest { order_no, platform_code: platform, seller_code: seller };
            trade(&args.connect.connect().await?, paint, args.json, request).await
        }
        Command::Register { institution, directory_no, limit, from, to } => {
            let request = v1::RegisterInstitutionRequest {
                request_id: record::request_id(None),
                institution_code: institution,
                effective_from: from.map(record::wire),
                effective_to: to.map(record::wire),
                single_limit_usd: limit,
                directory_no,
            };
            let client = args.connect.connect().await?;
            let answer = client.forex().register_institution(request).await;
            let recorded = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner().recorded;
            Ok(record::print(paint, args.json, recorded.as_ref())?)
        }
    }
}

fn bulk(bulk: Bulk) -> v1::BulkLine {
    v1::BulkLine {
        bulk_ref: bulk.bulk_ref,
        currency: bulk.currency,
        foreign_amount: bulk.foreign_amount,
        cny_amount: bulk.cny_amount,
    }
}

/// Sends the messages, a batch at a time, and prints a verdict for each.
async fn report(
    client: &Client,
    paint: Paint,
    as_json: bool,
    request: v1::SubmitForexRequest,
) -> anyhow::Result<ExitCode> {
    if request.messages.is_empty() {
        bail!("the file has no message · 文件中没有信息");
    }
    let batches = request.messages.chunks(FOREX_MESSAGES_MAX);
    if batches.len() > 1 && !(request.bulks.is_empty() && request.request_id.is_empty()) {
        bail!("--bulks and --request-id go with at most {FOREX_MESSAGES_MAX} messages · 仅限一批");
    }
    let (mut good, mut refused) = (0_usize, 0_usize);
    for messages in batches {
        let batch = v1::SubmitForexRequest { messages: messages.to_vec(), ..request.clone() };
        let answer = client.forex().submit_forex(batch).await.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        let recorded = answer.recorded.unwrap_or_default();
        // A batch that is refused whole has no verdicts; else they hold the reasons of each message.
        if answer.verdicts.is_empty() {
            record::print(paint, as_json, Some(&recorded))?;
            refused += messages.len();
            continue;
        }
        for verdict in &answer.verdicts {
            *(if verdict.result == "refused" { &mut refused } else { &mut good }) += 1;
            print_verdict(paint, as_json, verdict)?;
        }
    }
    if !as_json {
        paint.line(format!("{good} 条已受理，{refused} 条被拒 · {good} taken, {refused} refused"))?;
    }
    Ok(ExitCode::from(u8::from(refused > 0)))
}

fn print_verdict(paint: Paint, as_json: bool, verdict: &v1::ForexVerdict) -> std::io::Result<()> {
    if as_json {
        let value = compact([
            ("out_order_id", json!(verdict.out_order_id)),
            ("result", json!(verdict.result)),
            ("rejections", list(&verdict.rejections, rejection)),
            ("remaining", json!(verdict.remaining)),
            ("currency", json!(verdict.currency)),
            ("usd", json!(verdict.usd)),
        ]);
        return paint.line(value.to_string());
    }
    let id = safe(&verdict.out_order_id);
    let left = || format!("余额 remaining {} {}", verdict.remaining, show_currency(&verdict.currency));
    match verdict.result.as_str() {
        "refused" => {
            paint.line(format!("{} {id}  被拒 refused", paint.red("✗")))?;
            for why in &verdict.rejections {
                paint.line(format!("    {}", show::rejection(paint, why)))?;
            }
            Ok(())
        }
        "repeated" => paint.line(format!("{} {id}  重复报送 repeated", paint.dim("="))),
        _ => paint.line(format!("{} {id}  已受理 taken  {}", paint.green("✓"), left())),
    }
}

/// Customs code of a currency with its usual letters, where they are known.
fn show_currency(code: &str) -> String {
    match code {
        "142" => "CNY".to_owned(),
        "502" => "USD".to_owned(),
        other => safe(other),
    }
}

fn taken_json(taken: &v1::TakenForex) -> Value {
    let message = taken.message.clone().unwrap_or_default();
    compact([
        ("out_order_id", json!(message.out_order_id)),
        ("kind", json!(kind_out(message.kind).0)),
        ("institution_code", json!(taken.institution_code)),
        ("merchant_code", json!(message.merchant_code)),
        ("order_no", json!(message.order_no)),
        ("platform_code", json!(message.platform_code)),
        ("invt_no", json!(message.invt_no)),
        ("transaction_id", json!(message.transaction_id)),
        ("cny_amount", json!(message.cny_amount)),
        ("foreign_amount", json!(message.foreign_amount)),
        ("currency", json!(message.currency)),
        ("rate", json!(message.rate)),
        ("usd", json!(taken.usd)),
        ("holds", json!(taken.holds)),
        ("settlement_day", json!(message.settlement_day)),
        ("bop_code", json!(message.bop_code)),
        ("bank_ref", json!(message.bank_ref)),
        ("bulk_ref", json!(message.bulk_ref)),
        ("original_out_order_id", json!(message.original_out_order_id)),
        ("payer_hash", json!(taken.payer_hash)),
        ("time", time_value(taken.time.as_ref())),
    ])
}

fn print_taken(paint: Paint, as_json: bool, taken: &v1::TakenForex) -> std::io::Result<()> {
    if as_json {
        return paint.line(taken_json(taken).to_string());
    }
    let message = taken.message.clone().unwrap_or_default();
    let (en, zh) = kind_out(message.kind);
    paint.line(format!(
        "{}  {zh} {en}  {}  {} {}  {} CNY  {} USD  订单 order {}  机构 institution {}",
        paint.dim(&show::date_clock(taken.time.as_ref())),
        paint.cyan(&safe(&message.out_order_id)),
        safe(&message.foreign_amount),
        show_currency(&message.currency),
        safe(&message.cny_amount),
        safe(&taken.usd),
        safe(&message.order_no),
        safe(&taken.institution_code),
    ))
}

async fn all(client: &Client, paint: Paint, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut request = v1::ListForexRequest { page_size: 1000, page_token: String::new() };
    loop {
        let page = client.forex().list_forex(request.clone()).await;
        let page = page.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        page.messages.iter().try_for_each(|taken| print_taken(paint, as_json, taken))?;
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

/// Prints what is left of a trade. Exit code 1 if there is none, or the caller has no part in it.
async fn trade(client: &Client, paint: Paint, as_json: bool, request: v1::GetTradeRequest) -> anyhow::Result<ExitCode> {
    let found = match client.forex().get_trade(request).await {
        Ok(found) => found.into_inner(),
        Err(status) if status.code() == tonic::Code::NotFound => {
            paint.line("未找到该交易 · no such trade")?;
            return Ok(ExitCode::from(1));
        }
        Err(status) => bail!(explain(&status)),
    };
    if as_json {
        let value = json!({
            "currency": found.currency, "paid": found.paid, "refunded": found.refunded, "used": found.used,
            "remaining": found.remaining, "messages": list(&found.messages, taken_json),
        });
        paint.line(value.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    paint.line(format!(
        "{}  已付 paid {}  已退 refunded {}  已用 used {}  余额 remaining {}",
        show_currency(&found.currency),
        safe(&found.paid),
        safe(&found.refunded),
        safe(&found.used),
        paint.bold(&safe(&found.remaining))
    ))?;
    found.messages.iter().try_for_each(|taken| print_taken(paint, false, taken))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_files_and_as_the_contract_write_them() {
        for (kind, name, _) in KINDS {
            assert_eq!(kind_in(name).ok(), Some(kind as i32));
            assert_eq!(kind_in(kind.as_str_name()).ok(), Some(kind as i32));
            assert_eq!(kind_out(kind as i32).0, name);
        }
        assert!(kind_in("sale").is_err() && kind_in("").is_err());
    }

    #[test]
    fn a_row_becomes_its_message_and_unknown_fields_are_named() {
        let text = r#"{"out_order_id":"B-1","kind":"purchase","goods":[{"name":"示例"}],"presale":true}"#;
        let row: Row = serde_json::from_str(text).expect("a row");
        let message = row.message().expect("a message");
        assert_eq!((message.out_order_id.as_str(), message.kind, message.presale), ("B-1", 1, true));
        assert_eq!(message.goods.first().map(|goods| goods.name.as_str()), Some("示例"));
        let wrong = serde_json::from_str::<Row>(r#"{"amount":"1"}"#).expect_err("no such field");
        assert!(wrong.to_string().contains("amount"));
    }
}
