//! A report as JSON: one object per file and line.

use super::{Checked, field_names};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct FileResult<'a> {
    file: &'a str,
    valid: bool,
    message_type: Option<&'a str>,
    edition: &'a str,
    faults_total: usize,
    faults: Vec<FaultResult<'a>>,
}

#[derive(Serialize)]
struct FaultResult<'a> {
    line: u32,
    column: u32,
    path: &'a str,
    field: &'a str,
    field_zh: &'a str,
    field_en: &'a str,
    rule: &'a str,
    message_zh: &'a str,
    message_en: &'a str,
    found: Option<&'a str>,
    expected: &'a str,
    official: Option<i32>,
}

pub(super) fn file(out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
    let faults = checked.faults.iter().map(|fault| FaultResult {
        line: fault.place.line,
        column: fault.place.column,
        path: &fault.path,
        field: field_names(fault).2,
        field_zh: &fault.field_zh,
        field_en: &fault.field_en,
        rule: fault.rule,
        message_zh: &fault.message_zh,
        message_en: &fault.message_en,
        found: fault.found.as_deref(),
        expected: &fault.expected,
        official: (fault.official != 0).then_some(fault.official),
    });
    let result = FileResult {
        file: checked.file,
        valid: checked.total == 0,
        message_type: checked.message_type,
        edition: checked.edition,
        faults_total: checked.total,
        faults: faults.collect(),
    };
    serde_json::to_writer(&mut *out, &result)?;
    writeln!(out)
}
