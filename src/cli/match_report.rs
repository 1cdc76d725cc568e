//! `swx match`: which documents of a list are there, missing or different, and who has to act.

use super::client::{Connect, explain};
use super::json;
use super::paint::{Paint, pad, safe};
use super::show;
use crate::pb::v1;
use crate::report::escaped;
use anyhow::anyhow;
use std::process::ExitCode;

/// Prints the report of the three-document match.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Order, payment, waybill, list (copNo, preNo, invtNo) or receipt number
    number: String,
    /// Print one JSON object for each list
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Print a page for a browser
    #[arg(long)]
    html: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Runs the command. Exit code 1 if a document of a list is missing or differs, or no list is found.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = Paint::stdout();
    let request = v1::GetMatchReportRequest { number: args.number.clone(), ..Default::default() };
    let answer = client.declarations().get_match_report(request).await;
    let reports = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner().reports;
    if args.json {
        for report in &reports {
            paint.line(json::match_report(report).to_string())?;
        }
    } else if args.html {
        paint.line(page(&reports))?;
    } else {
        for report in &reports {
            print(paint, report)?;
        }
        if reports.is_empty() {
            paint.line(format!("no list that you may see is known under {} · 未找到可见的清单", safe(&args.number)))?;
        }
    }
    let is_good = |report: &v1::MatchReport| report.sides.iter().all(is_there);
    Ok(ExitCode::from(u8::from(reports.is_empty() || !reports.iter().all(is_good))))
}

fn is_there(side: &v1::MatchSide) -> bool {
    side.standing == v1::MatchStanding::There as i32
}

fn standing(side: &v1::MatchSide) -> (&'static str, &'static str) {
    match v1::MatchStanding::try_from(side.standing) {
        Ok(v1::MatchStanding::There) => ("✓", "已到 there"),
        Ok(v1::MatchStanding::Missing) => ("✗", "缺少 missing"),
        Ok(v1::MatchStanding::Differs) => ("≠", "不一致 differs"),
        Ok(v1::MatchStanding::Unspecified) | Err(_) => ("?", "未知 unknown"),
    }
}

fn print(paint: Paint, report: &v1::MatchReport) -> std::io::Result<()> {
    let list = report.list.clone().unwrap_or_default();
    let (zh, en) = show::title(list.message_type);
    paint.line(format!(
        "{zh} {en}  {}  {}",
        show::status_text(paint, list.status),
        paint.cyan(&show::keys(list.keys.as_ref()))
    ))?;
    for side in &report.sides {
        let ((mark, text), (zh, en)) = (standing(side), show::title(side.message_type));
        let mark = if is_there(side) { paint.green(mark) } else { paint.red(mark) };
        paint.line(format!("  {mark} {} {}  {}", pad(&format!("{zh} {en}"), 20), pad(text, 14), safe(&side.number)))?;
        if !is_there(side) {
            paint.line(format!("      {} · {}", safe(&side.message_zh), safe(&side.message_en)))?;
        }
        for difference in &side.differences {
            paint.line(format!("      {}", show::waiting(paint, difference)))?;
        }
    }
    for (zh, en, text) in life(report) {
        paint.line(format!("    {} {}", pad(&format!("{zh} {en}"), 24), safe(&text)))?;
    }
    Ok(())
}

/// What happened to the list, named in Chinese and English; only what did.
fn life(report: &v1::MatchReport) -> Vec<(&'static str, &'static str, String)> {
    let life = report.life.clone().unwrap_or_default();
    let time = |at: &Option<prost_types::Timestamp>| {
        let text = show::date_clock(at.as_ref());
        text.get(..16).map_or(String::new(), str::to_owned)
    };
    let lines = life.returned_lines.iter().map(|line| format!("{}: {}", line.gnum, line.qty));
    let declared = life.declared_lines.iter().map(|line| {
        let number = if line.entry_id.is_empty() { &line.decl_seq_no } else { &line.entry_id };
        format!("{}: {number}", line.gnum)
    });
    let all = [
        ("对碰截止", "matched by", time(&report.deadline)),
        ("放行", "released", time(&life.release_time)),
        ("运抵", "arrived", time(&life.arrival_time)),
        ("离境", "left", time(&life.departure_time)),
        ("签收", "signed for", time(&life.signing_time)),
        ("结关", "closed", time(&life.close_time)),
        ("运输工具", "conveyance", life.traf_name.clone()),
        ("航次", "voyage", life.voyage_no.clone()),
        ("提运单", "bill", life.bill_no.clone()),
        ("总包号", "package", life.total_package_no.clone()),
        ("撤销申请", "cancelled by", life.cancelled_by.clone()),
        ("汇总申请", "consolidated by", life.consolidated_by.clone()),
        ("报关单", "declarations", declared.collect::<Vec<_>>().join(", ")),
        ("已退数量", "returned", lines.collect::<Vec<_>>().join(", ")),
    ];
    all.into_iter().filter(|(_, _, text)| !text.is_empty()).collect()
}

/// A page that stands by itself.
fn page(reports: &[v1::MatchReport]) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\"><title>三单对碰报告 · match report</title>\
         <style>body{font-family:sans-serif}td,th{padding:4px 12px;text-align:left;border-bottom:1px solid #ccc}\
         .bad{color:#b00}.good{color:#070}</style></head><body>",
    );
    for report in reports {
        let list = report.list.clone().unwrap_or_default();
        let (zh, en) = show::title(list.message_type);
        html.push_str(&format!(
            "<h2>{zh} {en} {}</h2><p>{}</p><table>",
            escaped(&show::keys(list.keys.as_ref())),
            escaped(&show::status_text(Paint::plain(), list.status))
        ));
        for side in &report.sides {
            let ((mark, text), (zh, en)) = (standing(side), show::title(side.message_type));
            let class = if is_there(side) { "good" } else { "bad" };
            let said = format!("{} · {}", side.message_zh, side.message_en);
            html.push_str(&format!(
                "<tr><th>{zh} {en}</th><td class=\"{class}\">{mark} {text}</td><td>{}</td></tr>",
                escaped(&said)
            ));
            for difference in &side.differences {
                let text = show::waiting(Paint::plain(), difference);
                html.push_str(&format!("<tr><td></td><td></td><td>{}</td></tr>", escaped(&text)));
            }
        }
        html.push_str("</table><table>");
        for (zh, en, text) in life(report) {
            html.push_str(&format!("<tr><th>{zh} {en}</th><td>{}</td></tr>", escaped(&text)));
        }
        html.push_str("</table>");
    }
    html.push_str("</body></html>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_text_cannot_break_out_of_the_page() {
        let side = v1::MatchSide { message_zh: "<script>".to_owned(), ..Default::default() };
        let report = v1::MatchReport { sides: vec![side], ..Default::default() };
        let html = page(&[report]);
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"));
    }
}
