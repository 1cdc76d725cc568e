//! Whether rows may be added to a table. All that is wrong with a change is found at once.

use super::{Problem, Row, TableChange, TableName};
use crate::domain::limits::{
    FOUND_CHARS_MAX, TABLE_CHANGE_ROWS_MAX, TABLE_NOTE_CHARS_MAX, TABLE_PROBLEMS_MAX, TABLE_TEXT_CHARS_MAX,
};
use std::collections::BTreeSet;

/// Collects problems, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    more: usize,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        if self.found.len() < TABLE_PROBLEMS_MAX {
            self.found.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Notes what is wrong at a place; the texts say what, without the value.
    pub(super) fn add(
        &mut self,
        row: usize,
        column: &str,
        found: &str,
        expected: (String, String),
        zh: &str,
        en: &str,
    ) {
        let found: String = found.chars().take(FOUND_CHARS_MAX).collect();
        self.push(Problem {
            row,
            line: 0,
            column: column.to_owned(),
            message_zh: format!("{column}：{zh}，应为{}", expected.0),
            message_en: format!("{column}: {en}, expected {}", expected.1),
            found,
            expected: expected.1,
        });
    }

    pub(super) fn done(mut self) -> Result<(), Vec<Problem>> {
        if let (Some(last), more @ 1..) = (self.found.last_mut(), self.more) {
            last.message_zh.push_str(&format!("（另有{more}处）"));
            last.message_en.push_str(&format!(" (and {more} more)"));
        }
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }
}

fn both(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

/// The table of a change that may be added.
pub(super) fn check(change: &TableChange) -> Result<TableName, Vec<Problem>> {
    let mut problems = Problems::default();
    let Some(table) = TableName::of_number(change.table) else {
        let last = TableName::ALL.len();
        let expected = (format!("1至{last}"), format!("1 to {last}"));
        problems.add(0, "table", &change.table.to_string(), expected, "没有此参数表", "there is no such table");
        return problems.done().map(|()| TableName::Parameters);
    };
    if change.rows.is_empty() || change.rows.len() > TABLE_CHANGE_ROWS_MAX {
        let expected = (format!("1至{TABLE_CHANGE_ROWS_MAX}行"), format!("1 to {TABLE_CHANGE_ROWS_MAX} rows"));
        problems.add(0, "row", &change.rows.len().to_string(), expected, "行数不对", "wrong number of rows");
        return problems.done().map(|()| table);
    }
    check_text(&mut problems, 0, "note", &change.note, TABLE_NOTE_CHARS_MAX);
    let mut seen = BTreeSet::new();
    for (index, row) in change.rows.iter().enumerate() {
        check_row(&mut problems, table, index, row);
        if !seen.insert((row.key.as_str(), row.from_ms, row.to_ms)) {
            let expected = both("同一键同一期间只有一行", "one row for a key and a period");
            problems.add(index, table.key().0, &row.key, expected, "重复", "it stands twice");
        }
    }
    problems.done().map(|()| table)
}

fn check_text(problems: &mut Problems, row: usize, column: &str, text: &str, chars_max: usize) {
    if text.chars().count() > chars_max {
        let expected = (format!("最多{chars_max}个字符"), format!("at most {chars_max} characters"));
        problems.add(row, column, text, expected, "过长", "too long");
    } else if text.chars().any(char::is_control) {
        problems.add(row, column, "", both("无控制字符", "no control characters"), "含控制字符", "control characters");
    }
}

fn check_row(problems: &mut Problems, table: TableName, index: usize, row: &Row) {
    let (key_name, key_kind) = table.key();
    let columns = table.values();
    for (name, text) in std::iter::once((key_name, &row.key))
        .chain(columns.iter().map(|(name, _)| *name).zip(&row.values))
        .chain([("source", &row.source)])
    {
        check_text(problems, index, name, text, TABLE_TEXT_CHARS_MAX);
    }
    if !key_kind.takes("", &row.key) {
        problems.add(index, key_name, &row.key, key_kind.expected(""), "值不对", "wrong value");
    }
    if row.source.trim().is_empty() {
        problems.add(index, "source", "", both("来源", "where it comes from"), "缺来源", "no source");
    }
    if !matches!(row.mark.as_str(), "S" | "G" | "D") {
        problems.add(index, "mark", &row.mark, both("S、G或D", "S, G or D"), "标记不对", "wrong mark");
    }
    if row.to_ms != 0 && row.from_ms != 0 && row.to_ms <= row.from_ms {
        let expected = both("晚于effective_from", "later than effective_from");
        problems.add(index, "effective_to", &row.to_ms.to_string(), expected, "期间为空", "the period is empty");
    }
    if row.is_withdrawal() && table != TableName::Parameters {
        return;
    }
    if row.values.len() != columns.len() {
        let count = columns.len();
        let expected = (format!("{count}个值"), format!("{count} values"));
        problems.add(index, "row", &row.values.len().to_string(), expected, "列数不对", "wrong number of values");
        return;
    }
    for ((name, kind), text) in columns.iter().zip(&row.values) {
        if !kind.takes(&row.key, text) {
            problems.add(index, name, text, kind.expected(&row.key), "值不对", "wrong value");
        }
    }
    check_together(problems, table, index, row);
}

/// Columns that need one another.
fn check_together(problems: &mut Problems, table: TableName, index: usize, row: &Row) {
    if table == TableName::Tariff {
        let [specific, unit, from] = [6, 7, 8].map(|column| row.value(column));
        if unit.is_empty() && !(specific.is_empty() && from.is_empty()) {
            let expected = both("从量税额或起征价的单位", "the unit of the specific amount or of the lowest price");
            problems.add(index, "consumption_unit", unit, expected, "缺单位", "no unit");
        }
    }
    if table == TableName::Sampling && row.value(0).is_empty() == row.value(1).is_empty() {
        let expected = both("比例与系数二选一", "either a rate or a factor");
        problems.add(index, "rate_per_10000", row.value(0), expected, "两列须恰有一列", "exactly one of the two");
    }
}
