//! `swx refund`: which scheme an export list may use, and the data of a month for tax authorities.

use super::client::{Client, Connect, explain};
use super::paint::{Paint, safe};
use crate::pb::v1;
use anyhow::{Context, anyhow};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Refund and exemption of tax on exports · 出口退（免）税
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say which scheme an export list may use, and why not another
    Check(Check),
    /// Write the data of a month: header, sums of each seller, lists with their six fields
    Export(Export),
    /// Split a service firm's month by client
    Clients(Clients),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Customs' number of the list
    invt_no: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Lines of goods, with a header of comment lines
    Csv,
    /// One object
    Json,
}

#[derive(Debug, clap::Args)]
struct Export {
    /// The month, for example 2026-05
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// Seller; not given: the caller, for a tax authority all
    #[arg(long, default_value = "", value_name = "CODE")]
    seller: String,
    /// Form of the file
    #[arg(long, value_enum, default_value = "csv")]
    format: Form,
    /// Write here and not to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
struct Clients {
    /// The month, for example 2026-05
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// Firm; not given: the caller
    #[arg(long, default_value = "", value_name = "CODE")]
    firm: String,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command. `check` exits with 1 if no scheme is open to the list.
///
/// # Errors
/// If the server cannot be reached or refuses the call, or the file cannot be written.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Check(check) => run_check(check).await,
        Command::Export(export) => run_export(export).await,
        Command::Clients(clients) => run_clients(clients).await,
    }
}

fn scheme(number: i32) -> (&'static str, &'static str) {
    match v1::RefundScheme::try_from(number) {
        Ok(v1::RefundScheme::Normal) => ("退（免）税", "normal"),
        Ok(v1::RefundScheme::Exempt) => ("无票免税", "exempt"),
        Ok(v1::RefundScheme::Deemed) => ("核定征收", "deemed"),
        Ok(v1::RefundScheme::Unspecified) | Err(_) => ("未知", "unknown"),
    }
}

async fn run_check(check: Check) -> anyhow::Result<ExitCode> {
    let client = check.connect.connect().await?;
    let request = v1::CheckRefundRequest { invt_no: check.invt_no };
    let answer = client.refunds().check_refund(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let list = answer.into_inner().list.unwrap_or_default();
    let exit = u8::from(!list.schemes.iter().any(|scheme| scheme.eligible));
    if check.json {
        Paint::plain().line(list_json(&list).to_string())?;
        return Ok(ExitCode::from(exit));
    }
    let paint = Paint::stdout();
    for verdict in &list.schemes {
        let (zh, en) = scheme(verdict.scheme);
        let word = if verdict.eligible { paint.green("可以 · open") } else { paint.red("不可以 · not open") };
        paint.line(format!("{zh} {en}: {word}"))?;
        for reason in &verdict.reasons {
            let text = format!("{} · {}", safe(&reason.message_zh), safe(&reason.message_en));
            paint.line(format!("    {} {text}", safe(&reason.rule)))?;
        }
    }
    Ok(ExitCode::from(exit))
}

/// Sums and lists of a month, page after page.
async fn month(
    client: &Client,
    month: &str,
    seller: &str,
) -> anyhow::Result<(Vec<v1::RefundSum>, Vec<v1::RefundList>)> {
    let mut request = v1::ExportRefundDataRequest {
        month: month.to_owned(),
        seller_code: seller.to_owned(),
        page_size: 1000,
        page_token: String::new(),
    };
    let (mut sums, mut lists) = (Vec::new(), Vec::new());
    loop {
        let answer = client.refunds().export_refund_data(request.clone()).await;
        let page = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        sums.extend(page.sums);
        lists.extend(page.lists);
        if page.next_page_token.is_empty() {
            return Ok((sums, lists));
        }
        request.page_token = page.next_page_token;
    }
}

async fn run_export(export: Export) -> anyhow::Result<ExitCode> {
    let client = export.connect.connect().await?;
    let (sums, lists) = month(&client, &export.month, &export.seller).await?;
    let text = match export.format {
        Form::Csv => csv_text(&export.month, &sums, &lists)?,
        Form::Json => json_text(&export.month, &sums, &lists)?,
    };
    match &export.out {
        Some(path) => std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => Paint::plain().line(text.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn open_schemes(list: &v1::RefundList) -> String {
    let open = list.schemes.iter().filter(|verdict| verdict.eligible).map(|verdict| scheme(verdict.scheme).1);
    open.collect::<Vec<_>>().join("|")
}

/// A line for each goods of each list, after comment lines that name period, sellers and sums.
fn csv_text(month: &str, sums: &[v1::RefundSum], lists: &[v1::RefundList]) -> anyhow::Result<String> {
    let mut text = format!("# period,{month}\n");
    for sum in sums {
        text = format!(
            "{text}# seller,{},{},lists,{},cny,{},lists_without_rate,{},deemed_income,{},deemed_tax,{}\n",
            one_cell(&sum.seller_code),
            one_cell(&sum.seller_name),
            sum.lists,
            sum.cny_value,
            sum.lists_without_rate,
            sum.deemed_income,
            sum.deemed_tax
        );
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "seller_code",
        "invt_no",
        "entry_id",
        "statistics_flag",
        "trade_mode",
        "status",
        "export_date",
        "gnum",
        "gcode",
        "name",
        "unit",
        "quantity",
        "unit_price",
        "amount",
        "currency",
        "schemes",
        "refund_cny",
        "contract_no",
    ])?;
    for list in lists {
        for line in &list.lines {
            writer.write_record([
                &list.seller_code,
                &list.invt_no,
                &list.entry_id,
                &list.statistics_flag,
                &list.trade_mode,
                &list.status.to_string(),
                &list.export_day,
                &line.gnum.to_string(),
                &line.gcode,
                &one_cell(&line.name),
                &line.unit,
                &line.quantity,
                &line.unit_price,
                &line.amount,
                &list.currency,
                &open_schemes(list),
                &list.refund,
                &list.contract_no,
            ])?;
        }
    }
    text.push_str(std::str::from_utf8(&writer.into_inner()?)?);
    Ok(text)
}

/// A text that a spreadsheet takes for no formula and that stays in its line.
fn one_cell(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.starts_with(['=', '+', '-', '@']) { format!("'{plain}") } else { plain }
}

fn list_json(list: &v1::RefundList) -> serde_json::Value {
    let schemes = list.schemes.iter().map(|verdict| {
        let reasons = verdict.reasons.iter().map(
            |reason| json!({ "rule": reason.rule, "message_zh": reason.message_zh, "message_en": reason.message_en }),
        );
        json!({
            "scheme": scheme(verdict.scheme).1,
            "eligible": verdict.eligible,
            "reasons": reasons.collect::<Vec<_>>(),
        })
    });
    let lines = list.lines.iter().map(|line| {
        json!({
            "gnum": line.gnum, "gcode": line.gcode, "name": line.name, "unit": line.unit, "quantity": line.quantity,
            "unit_price": line.unit_price, "amount": line.amount, "missing": line.missing,
        })
    });
    json!({
        "invt_no": list.invt_no, "seller_code": list.seller_code, "owner_code": list.owner_code,
        "agent_code": list.agent_code, "entry_id": list.entry_id, "statistics_flag": list.statistics_flag,
        "trade_mode": list.trade_mode, "status": list.status, "export_date": list.export_day,
        "currency": list.currency, "value": list.value, "cny_value": list.cny_value, "refund_cny": list.refund,
        "contract_no": list.contract_no, "schemes": schemes.collect::<Vec<_>>(), "lines": lines.collect::<Vec<_>>(),
    })
}

fn json_text(month: &str, sums: &[v1::RefundSum], lists: &[v1::RefundList]) -> anyhow::Result<String> {
    let sums = sums.iter().map(|sum| {
        json!({
            "seller_code": sum.seller_code, "seller_name": sum.seller_name, "lists": sum.lists,
            "cny_value": sum.cny_value, "lists_without_rate": sum.lists_without_rate,
            "deemed_income": sum.deemed_income, "deemed_tax": sum.deemed_tax,
        })
    });
    let all = json!({
        "period": month,
        "sellers": sums.collect::<Vec<_>>(),
        "lists": lists.iter().map(list_json).collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&all)?)
}

async fn run_clients(clients: Clients) -> anyhow::Result<ExitCode> {
    let client = clients.connect.connect().await?;
    let request = v1::ListServiceClientsRequest { month: clients.month, firm_code: clients.firm };
    let answer = client.refunds().list_service_clients(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let paint = Paint::plain();
    paint.line("client_code,contract_no,lists,cny_value,refund,client_refund")?;
    for share in answer.into_inner().clients {
        paint.line(format!(
            "{},{},{},{},{},{}",
            one_cell(&share.client_code),
            one_cell(&share.contract_no).replace(',', " "),
            share.lists,
            share.cny_value,
            share.refund,
            share.client_refund
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_begins_with_period_seller_and_sums_and_holds_no_formula() {
        let sums = [v1::RefundSum {
            seller_code: "S1".to_owned(),
            seller_name: "示例".to_owned(),
            lists: 1,
            cny_value: "1000000".to_owned(),
            deemed_income: "40000".to_owned(),
            deemed_tax: "10000".to_owned(),
            ..Default::default()
        }];
        let line = v1::RefundLine { gnum: 1, name: "=1+1".to_owned(), ..Default::default() };
        let lists = [v1::RefundList { seller_code: "S1".to_owned(), lines: vec![line], ..Default::default() }];
        let text = csv_text("2026-05", &sums, &lists).expect("a text");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("# period,2026-05"));
        let header = "# seller,S1,示例,lists,1,cny,1000000,lists_without_rate,0,deemed_income,40000,deemed_tax,10000";
        assert_eq!(lines.next(), Some(header));
        assert!(lines.next().is_some_and(|names| names.starts_with("seller_code,invt_no,entry_id")));
        assert!(lines.next().is_some_and(|line| line.contains(",'=1+1,")), "{text}");
    }
}
