//! The page as HTML: a form and what was found. No script.

use super::{Asked, Shown};
use crate::report::escaped;
use std::fmt::Write;

const STYLE: &str = "body{font-family:sans-serif;max-width:46em;margin:1.5em auto;padding:0 1em;color:#222;line-height:1.5}\
h1{font-size:1.3em}label{display:block;margin:.4em 0}input{font-size:1em;padding:.3em;width:20em;max-width:100%}\
button{font-size:1em;padding:.4em 1.2em;margin-top:.5em}table{border-collapse:collapse;width:100%;margin:1em 0}\
th,td{border:1px solid #bbb;padding:.35em .5em;text-align:left;vertical-align:top}th{width:14em;background:#f4f4f4;\
font-weight:normal}.bad{background:#fdecea;border:2px solid #b3261e;padding:.6em;font-weight:bold}\
.note{background:#fff8e1;padding:.6em}small{color:#555}";

/// The whole page.
pub(super) fn html(asked: &Asked, notice: &str, traces: &[Shown]) -> String {
    let mut out = String::with_capacity(4096);
    // Writing to a text cannot fail.
    let written = write(&mut out, asked, notice, traces);
    debug_assert!(written.is_ok());
    out
}

fn write(out: &mut String, asked: &Asked, notice: &str, traces: &[Shown]) -> std::fmt::Result {
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
<title>跨境商品质量追溯 · Trace of cross-border goods</title><style>{STYLE}</style></head>\n<body>\n\
<h1>跨境商品质量追溯 <small lang=\"en\">Trace of cross-border goods</small></h1>\n<form method=\"get\" action=\"/\">\n"
    )?;
    for (name, zh, en, value) in [
        ("code", "追溯码", "Trace code", &asked.code),
        ("lot", "批次", "Lot", &asked.lot),
        ("gtin", "GTIN（与批次一起）", "GTIN (with a lot)", &asked.gtin),
        ("order_no", "订单编号", "Order number", &asked.order_no),
        ("waybill_no", "运单编号", "Waybill number", &asked.waybill_no),
    ] {
        writeln!(
            out,
            "<label>{zh} <small lang=\"en\">{en}</small><br><input name=\"{name}\" maxlength=\"128\" value=\"{}\"></label>",
            escaped(value)
        )?;
    }
    out.push_str("<button>查询 · Look up</button>\n</form>\n");
    if !notice.is_empty() {
        writeln!(out, "<p class=\"note\" role=\"status\">{}</p>", escaped(notice))?;
    }
    for trace in traces {
        one(out, trace)?;
    }
    out.push_str(
        "<p><small>此页只含商品信息，不含消费者信息。 <span lang=\"en\">This page is about goods and holds nothing of \
consumers.</span></small></p>\n</body>\n</html>\n",
    );
    Ok(())
}

fn one(out: &mut String, trace: &Shown) -> std::fmt::Result {
    if trace.blocked {
        writeln!(
            out,
            "<p class=\"bad\" role=\"alert\">该批次已被管控，请停止销售和使用 · This lot is blocked, do not sell or use it: {}</p>",
            escaped(&trace.block_reason)
        )?;
    }
    writeln!(out, "<table><caption><strong>{}</strong></caption>", escaped(&trace.name))?;
    let both = |zh: &str, en: &str| match (zh, en) {
        ("", en) => en.to_owned(),
        (zh, "") => zh.to_owned(),
        (zh, en) => format!("{zh} · {en}"),
    };
    let rows = [
        ("追溯码", "Trace code", trace.code.clone()),
        ("GTIN", "", trace.gtin.clone()),
        ("批次", "Lot", trace.lot.clone()),
        ("商品编码", "Commodity code", trace.hs.clone()),
        ("生产日期", "Made", day(&trace.made)),
        ("保质期至", "Best before", day(&trace.expires)),
        ("原产国", "Origin", both(&trace.origin_zh, &trace.origin_en)),
        ("进口商", "Importer", trace.importer.clone()),
        ("代理商", "Agent", trace.agent.clone()),
        ("经销商", "Distributor", trace.distributor.clone()),
        ("进境口岸", "Port of entry", both(&trace.entry_port_zh, &trace.entry_port)),
        ("申报状态", "Declaration", both(&trace.declaration_zh, &trace.declaration_en)),
        ("放行日期", "Released", day(&trace.release_day)),
        ("检验检疫", "Inspection", both(trace.inspection_zh, trace.inspection_en)),
    ];
    for (zh, en, value) in rows.iter().filter(|(.., value)| !value.is_empty()) {
        writeln!(out, "<tr><th>{zh} <small lang=\"en\">{en}</small></th><td>{}</td></tr>", escaped(value))?;
    }
    out.push_str("</table>\n");
    Ok(())
}

/// `yyyyMMdd` with hyphens.
fn day(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_back_as_text() {
        let asked = Asked { code: "\"><script>alert(1)</script>".to_owned(), ..Asked::default() };
        let page = html(&asked, "", &[]);
        assert!(!page.contains("<script") && page.contains("&quot;&gt;&lt;script&gt;"), "{page}");
    }
}
