//! `swx decide`: customs decides on documents, typed or with its own receipt messages.

use super::client::{Connect, explain};
use super::paint::{Paint, safe};
use super::{EXIT_COULD_NOT_RUN, json, show};
use crate::domain::{Field, Keys, MessageType, Timestamp};
use crate::pb::v1::{self, decide_request};
use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use std::path::PathBuf;
use std::process::ExitCode;

/// Decides as customs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Receipt messages of customs (CEB622, 312, 606 …) instead of flags
    #[arg(value_name = "FILE", conflicts_with_all = ["status"])]
    files: Vec<PathBuf>,
    /// New status: 800 released, 500 inspection, 100 rejected, 399 adjudicated …
    #[arg(long, value_name = "CODE", required_unless_present = "files", allow_negative_numbers = true)]
    status: Option<i32>,
    /// Customs' number of the list
    #[arg(long, default_value = "")]
    invt_no: String,
    /// Pre-entry number of the list
    #[arg(long, default_value = "")]
    pre_no: String,
    /// Declarant's own number of the list; with --agent-code
    #[arg(long, default_value = "", requires = "agent_code")]
    cop_no: String,
    /// Code of the declarant
    #[arg(long, default_value = "", requires = "cop_no")]
    agent_code: String,
    /// Number of an order; with --ebp-code
    #[arg(long, default_value = "", requires = "ebp_code")]
    order_no: String,
    /// Code of the platform
    #[arg(long, default_value = "")]
    ebp_code: String,
    /// Number of a payment; with --pay-code
    #[arg(long, default_value = "", requires = "pay_code")]
    pay_transaction_id: String,
    /// Code of the payment institution
    #[arg(long, default_value = "")]
    pay_code: String,
    /// Number of a waybill; with --logistics-code
    #[arg(long, default_value = "", requires = "logistics_code")]
    logistics_no: String,
    /// Code of the logistics enterprise
    #[arg(long, default_value = "")]
    logistics_code: String,
    /// Type of the document, for example CEB605; told by the numbers for an order, payment, waybill or list of import
    #[arg(long = "type", value_name = "CEBnnn", value_parser = message_type)]
    kind: Option<MessageType>,
    /// A number of the document by its official name, for example operatorCode=410116W003; may be repeated
    #[arg(long = "number", value_name = "NAME=VALUE", value_parser = number)]
    numbers: Vec<(Field, String)>,
    /// Text for the declarant
    #[arg(long, default_value = "")]
    info: String,
    /// Time of the decision, yyyyMMddHHmmss[SSS] in UTC+8; the exchange's time if not given
    #[arg(long, value_parser = ceb_time)]
    time: Option<Timestamp>,
    /// Id of the decision; a new one if not given. The same id, status and time twice has no further effect
    #[arg(long)]
    guid: Option<String>,
    /// Print one JSON object per decision
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

fn ceb_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "a time looks like 20260131093000".to_owned())
}

fn message_type(text: &str) -> Result<MessageType, String> {
    let digits = text.strip_prefix("CEB").unwrap_or(text);
    let kind = digits.parse().map_or(MessageType::Unknown, MessageType::of_number);
    if kind.receipt().answered() == Some(kind) {
        return Ok(kind);
    }
    Err("a type that customs answers with a receipt, for example CEB621 or CEB605".to_owned())
}

fn number(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("a number looks like copNo=A-1")?;
    let mut keys = Keys::default();
    let field = Field::of_name(name).ok_or_else(|| format!("{name:?} is no field"))?;
    keys.set(field, value);
    if keys.get(field).is_empty() {
        return Err(format!("{name} is no number of a document, or has no value"));
    }
    Ok((field, value.to_owned()))
}

/// Runs the command. Exit code 0: all applied or there before; 1: some had no effect; 2: some not recorded.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let requests = requests(&args)?;
    let client = args.connect.connect().await?;
    let expected = requests.len();
    let stream = client.clearance().decide(tokio_stream::iter(requests)).await;
    let mut answers = stream.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    let (mut answered, mut exit) = (0, 0);
    while let Some(answer) = answers.message().await.map_err(|status| anyhow!(explain(&status)))? {
        answered += 1;
        for result in &answer.results {
            exit = exit.max(u8::from(!is_done(result.effect)));
            paint.line(if args.json { json::decision(result).to_string() } else { result_line(paint, result) })?;
        }
        if let Some(failure) = &answer.failure {
            exit = EXIT_COULD_NOT_RUN;
            print_failure(paint, args.json, failure)?;
        }
    }
    if answered < expected {
        bail!("{} of {expected} decisions were not answered · 部分决定未收到答复", expected - answered);
    }
    Ok(ExitCode::from(exit))
}

fn requests(args: &Args) -> anyhow::Result<Vec<v1::DecideRequest>> {
    let Some(status) = args.status else {
        let read = |(number, path): (usize, &PathBuf)| {
            let xml = std::fs::read(path).with_context(|| format!("cannot read {} · 无法读取", path.display()))?;
            let decision = Some(decide_request::Decision::Xml(Bytes::from(xml)));
            Ok(v1::DecideRequest { sequence: u64::try_from(number)?, decision })
        };
        return args.files.iter().enumerate().map(read).collect();
    };
    let decision = decide_request::Decision::Typed(typed(args, status)?);
    Ok(vec![v1::DecideRequest { sequence: 0, decision: Some(decision) }])
}

fn typed(args: &Args, status: i32) -> anyhow::Result<v1::Decision> {
    let named = [
        (Field::InvtNo, &args.invt_no),
        (Field::PreNo, &args.pre_no),
        (Field::CopNo, &args.cop_no),
        (Field::AgentCode, &args.agent_code),
        (Field::OrderNo, &args.order_no),
        (Field::EbpCode, &args.ebp_code),
        (Field::PayTransactionId, &args.pay_transaction_id),
        (Field::PayCode, &args.pay_code),
        (Field::LogisticsNo, &args.logistics_no),
        (Field::LogisticsCode, &args.logistics_code),
    ];
    let mut keys = Keys::default();
    for (field, value) in named.into_iter().chain(args.numbers.iter().map(|(field, value)| (*field, value))) {
        if !value.is_empty() {
            keys.set(field, value);
        }
    }
    let message_type = match args.kind {
        Some(kind) => kind,
        None if !args.order_no.is_empty() => MessageType::Ceb311,
        None if !args.pay_transaction_id.is_empty() => MessageType::Ceb411,
        None if !args.logistics_no.is_empty() => MessageType::Ceb511,
        None if !(keys.invt_no.is_empty() && keys.pre_no.is_empty() && keys.cop_no.is_empty()) => MessageType::Ceb621,
        None => {
            bail!("which document? give --invt-no, --pre-no, --cop-no with --agent-code, --order-no with --ebp-code …")
        }
    };
    let keys = crate::transport::convert::keys(&keys);
    Ok(v1::Decision {
        guid: args.guid.clone().unwrap_or_else(new_guid),
        message_type: message_type as i32,
        keys: Some(keys),
        status,
        time: args.time.map(wire_time),
        info: args.info.clone(),
    })
}

/// A new id in the form of the standard: 36 characters, upper case.
pub(super) fn new_guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

pub(super) fn wire_time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.0.div_euclid(1000),
        nanos: i32::try_from(at.0.rem_euclid(1000) * 1_000_000).unwrap_or(0),
    }
}

fn is_done(effect: i32) -> bool {
    effect == v1::DecisionEffect::Applied as i32 || effect == v1::DecisionEffect::Repeated as i32
}

fn result_line(paint: Paint, result: &v1::DecisionResult) -> String {
    let effect = match v1::DecisionEffect::try_from(result.effect) {
        Ok(v1::DecisionEffect::Applied) => paint.green("✓ 已生效 applied"),
        Ok(v1::DecisionEffect::Repeated) => paint.dim("= 已有相同决定 there before"),
        Ok(v1::DecisionEffect::Ignored) => paint.yellow("– 未生效 kept without effect"),
        Ok(v1::DecisionEffect::UnknownDocument) => paint.red("✗ 未找到单证 no such document"),
        Ok(v1::DecisionEffect::ForeignOffice) => paint.red("✗ 非本关区 another office's document"),
        Ok(v1::DecisionEffect::Rejected) => paint.red("✗ 被拒 refused"),
        Ok(v1::DecisionEffect::Unspecified) | Err(_) => format!("? effect {}", result.effect),
    };
    let mut text = format!("{effect}  {}", paint.cyan(&show::keys(result.keys.as_ref())));
    if result.status != 0 {
        text.push_str(&format!("  {}", show::status_text(paint, result.status)));
    }
    if !result.message_en.is_empty() || !result.message_zh.is_empty() {
        text.push_str(&format!("  {} · {}", safe(&result.message_zh), safe(&result.message_en)));
    }
    text
}

fn print_failure(paint: Paint, as_json: bool, failure: &v1::DecideFailure) -> std::io::Result<()> {
    if as_json {
        let failure = serde_json::json!({ "failure": { "reason": failure.reason, "message": failure.message } });
        return paint.line(failure.to_string());
    }
    paint.line(format!("{} {}  {}", paint.red("✗"), paint.red(&safe(&failure.reason)), safe(&failure.message)))?;
    failure.rejections.iter().try_for_each(|rejection| paint.line(format!("    {}", show::rejection(paint, rejection))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_document_that_customs_answers_can_be_named() {
        assert_eq!(message_type("CEB605"), Ok(MessageType::Ceb605));
        assert_eq!(message_type("507"), Ok(MessageType::Ceb507));
        for none in ["CEB606", "CEB816", "CEB900", "CEB000", "list"] {
            assert!(message_type(none).is_err(), "{none}");
        }
        assert_eq!(number("msgSeqNo=2"), Ok((Field::MsgSeqNo, "2".to_owned())));
        for none in ["copNo", "copNo=", "buyerName=x", "nothing=x"] {
            assert!(number(none).is_err(), "{none}");
        }
    }
}
