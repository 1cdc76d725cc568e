//! Rows of a file, CSV with a head line or one JSON object a line, as typed values.

use super::paint::{Paint, safe};
use super::show;
use crate::pb::v1 as pb;
use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Bytes of a file that is read at most.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Reads all rows of a file; `-` is standard input, read as JSON lines.
///
/// # Errors
/// The file cannot be read, or a row is wrong: its number is named.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    if path == Path::new("-") {
        return json_lines(std::io::stdin().lock());
    }
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let file = file.take(FILE_BYTES_MAX);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        let rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file).into_deserialize();
        let numbered = rows.enumerate().map(|(index, row)| row.with_context(|| format!("row {}", index + 1)));
        return numbered.collect();
    }
    json_lines(BufReader::new(file))
}

fn json_lines<T: DeserializeOwned>(lines: impl BufRead) -> anyhow::Result<Vec<T>> {
    let mut rows = Vec::new();
    for (index, line) in lines.lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            rows.push(serde_json::from_str(&line).with_context(|| format!("line {}", index + 1))?);
        }
    }
    Ok(rows)
}

/// A time as RFC 3339 or as CEB writes it (UTC+8).
///
/// # Errors
/// It is neither.
pub(super) fn time(text: &str) -> anyhow::Result<prost_types::Timestamp> {
    let ms = match crate::domain::Timestamp::parse_ceb(text) {
        Some(time) => time.0,
        None => match text.parse::<jiff::Timestamp>() {
            Ok(time) => time.as_millisecond(),
            Err(_) => bail!("`{text}` is no time such as 2026-05-01T12:00:00+08:00 or 20260501120000"),
        },
    };
    let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000)?;
    Ok(prost_types::Timestamp { seconds: ms.div_euclid(1000), nanos })
}

/// Prints what became of a typed request; true if it is refused.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn recorded(paint: Paint, recorded: Option<&pb::Recorded>) -> anyhow::Result<bool> {
    let recorded = recorded.context("the server answered without a record")?;
    for rejection in &recorded.rejections {
        paint.line(show::rejection(paint, rejection))?;
    }
    if recorded.rejections.is_empty() {
        let values = recorded.values.iter().map(|value| format!("{}={}", safe(&value.name), safe(&value.value)));
        let values = values.collect::<Vec<_>>().join(" ");
        let word = if recorded.replayed { "重复 repeated" } else { "已记录 recorded" };
        paint.line(format!("{word} {}  {values}", recorded.receipt_id))?;
    }
    Ok(!recorded.rejections.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds_are_the_same_time() {
        let ceb = time("20260501120000").expect("a time");
        assert_eq!(time("2026-05-01T12:00:00+08:00").expect("a time"), ceb);
        assert!(time("yesterday").is_err());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let read = json_lines::<u32>("1\n\n2\nx\n".as_bytes());
        assert!(read.expect_err("a wrong line").to_string().contains("line 4"));
    }
}
