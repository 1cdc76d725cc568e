//! A report as one HTML page: no scripts, nothing fetched, printable, Chinese and English side by side.

use super::excerpt::around;
use super::{Checked, field_names};
use crate::domain::Fault;
use std::io::{self, Write};

const STYLE: &str = "body{font:15px/1.5 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;\
max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}h1{font-size:1.4rem}h2{font-size:1.1rem;\
margin:2rem 0 .5rem;border-bottom:2px solid #d9e0e6;padding-bottom:.3rem;overflow-wrap:anywhere}\
.ok{color:#0a6b3d}.bad{color:#a3161f}ol{padding-left:1.6rem}li{margin:1rem 0;break-inside:avoid}\
.en,.place{color:#52606d}.place{font-size:.85rem;overflow-wrap:anywhere}pre{background:#f4f6f8;\
border-left:3px solid #a3161f;padding:.5rem .7rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}\
mark{background:#ffd9dc;color:#a3161f;font-weight:600;padding:0 .1em}code{background:#f4f6f8;padding:0 .25em}\
@media print{body{margin:0}}";

pub(super) fn begin(out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>报文校验报告 · Message check</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>报文校验报告 <span class=\"en\" lang=\"en\">Message check</span></h1>\n"
    )
}

pub(super) fn file(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let kind = escaped(checked.message_type.unwrap_or("?"));
    let (file, edition) = (escaped(checked.file), escaped(checked.edition));
    writeln!(out, "<section>\n<h2>{file} <small class=\"en\">{kind} · {edition}</small></h2>")?;
    if checked.total == 0 {
        writeln!(out, "<p class=\"ok\">合格，未发现错误。<span lang=\"en\">Valid, nothing found.</span></p>")?;
        return writeln!(out, "</section>");
    }
    let total = checked.total;
    writeln!(out, "<p class=\"bad\">共 {total} 处错误。<span lang=\"en\">{total} faults.</span></p>\n<ol>")?;
    for fault in checked.faults {
        item(out, checked.text, fault)?;
    }
    writeln!(out, "</ol>")?;
    let hidden = total.saturating_sub(checked.faults.len());
    if hidden > 0 {
        writeln!(out, "<p>另有 {hidden} 处未列出。<span lang=\"en\">{hidden} more are not shown.</span></p>")?;
    }
    writeln!(out, "</section>")
}

fn item(out: &mut dyn Write, text: &str, fault: &Fault) -> io::Result<()> {
    let (zh, en, tag) = field_names(fault);
    writeln!(out, "<li><strong>{} <code>{}</code></strong> {}<br>", escaped(zh), escaped(tag), escaped(en))?;
    let (zh, en) = (escaped(&fault.message_zh), escaped(&fault.message_en));
    writeln!(out, "{zh}<br><span class=\"en\" lang=\"en\">{en}</span>")?;
    if let Some(found) = &fault.found {
        writeln!(out, "<br>实际 <span lang=\"en\">found</span>: <code>{}</code>", escaped(found))?;
    }
    if !fault.expected.is_empty() {
        writeln!(out, "<br>应为 <span lang=\"en\">expected</span>: <code>{}</code>", escaped(&fault.expected))?;
    }
    let offset = usize::try_from(fault.place.offset).unwrap_or(usize::MAX);
    let marked = fault.found.as_deref().map_or(1, |found| found.chars().count().max(1));
    if let Some((before, mark, after)) = around(text, offset, marked) {
        let [before, mark, after] = [before, mark, after].map(|part| escaped(&part));
        writeln!(out, "<pre>{before}<mark>{mark}</mark>{after}</pre>")?;
    }
    let official = if fault.official == 0 { String::new() } else { format!(" · {}", fault.official) };
    let (line, column, rule) = (fault.place.line, fault.place.column, fault.rule);
    let path = escaped(&fault.path);
    writeln!(
        out,
        "<div class=\"place\">第{line}行第{column}列 line {line}, column {column} · {rule}{official} · {path}</div></li>"
    )
}

pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</body>\n</html>")
}

/// Text with the characters replaced that mean something to HTML, and without control characters.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character if character.is_control() => html.push('\u{fffd}'),
            character => html.push(character),
        }
    }
    html
}
