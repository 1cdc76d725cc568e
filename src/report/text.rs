//! A report as text: each fault with its line and a mark under its place.

use super::excerpt::{excerpt, printable};
use super::{Checked, field_names};
use crate::domain::Fault;
use std::io::{self, Write};

pub(super) fn file(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let Checked { file, text, edition, faults, total, .. } = *checked;
    for fault in faults {
        write_fault(file, text, fault, out)?;
    }
    let kind = checked.message_type.unwrap_or("?");
    if total == 0 {
        return writeln!(out, "{file}: valid · 合格 ({kind}, {edition})");
    }
    let hidden = total.saturating_sub(faults.len());
    let more = if hidden > 0 { format!(", {hidden} not shown · 未列出") } else { String::new() };
    writeln!(out, "{file}: {total} faults · 处错误 ({kind}, {edition}{more})")
}

fn write_fault(file: &str, text: &str, fault: &Fault, out: &mut dyn Write) -> io::Result<()> {
    let place = fault.place;
    let field = match field_names(fault) {
        ("", _, tag) => tag.to_owned(),
        (zh, _, tag) => format!("{zh} {tag}"),
    };
    let official = if fault.official == 0 { String::new() } else { format!(" [{}]", fault.official) };
    writeln!(out, "{file}:{}:{} {}{official} {field}", place.line, place.column, fault.rule)?;
    writeln!(out, "  {}", printable(&fault.message_zh))?;
    writeln!(out, "  {}", printable(&fault.message_en))?;
    if let Some(found) = &fault.found {
        writeln!(out, "  found · 实际: {}", printable(found))?;
    }
    if !fault.expected.is_empty() {
        writeln!(out, "  expected · 应为: {}", printable(&fault.expected))?;
    }
    let offset = usize::try_from(place.offset).unwrap_or(usize::MAX);
    if let Some((line, indent)) = excerpt(text, offset) {
        writeln!(out, "  | {line}\n  | {}^", " ".repeat(indent))?;
    }
    writeln!(out)
}
