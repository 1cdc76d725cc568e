//! Tables as CSV files: UTF-8, comma, a line of column names, lines of comment that begin with `#`.
//!
//! Columns: the key, the values, `effective_from`, `effective_to`, `mark`, `source`. They are found by name; more columns
//! are a problem. Times are days (`2026-04-01`: its begin in China) or moments (`2026-04-01T12:00:00+08:00`);
//! `effective_to` is the first day or moment to which the row does not apply any more. Empty is open. A row whose values
//! are all empty withdraws the key for its period.

use super::check::{Problems, check};
use super::{Problem, Row, TableChange, TableName};
use crate::domain::Timestamp;
use crate::domain::limits::{TABLE_CHANGE_ROWS_MAX, TABLE_FILE_BYTES_MAX};

const FROM: &str = "effective_from";
const TO: &str = "effective_to";
const MARK: &str = "mark";
const SOURCE: &str = "source";

fn both(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

/// Column names of a table's file, in the order in which they are written.
fn header(table: TableName) -> Vec<&'static str> {
    let mut names = table.key_columns().to_vec();
    names.extend(table.columns());
    names.extend([FROM, TO, MARK, SOURCE]);
    names
}

/// Reads a file of a table. A row whose values are all empty is a withdrawal.
///
/// # Errors
/// Everything that is wrong with it, with lines and columns.
pub fn read_csv(table: TableName, text: &str) -> Result<TableChange, Vec<Problem>> {
    let mut problems = Problems::default();
    if text.len() > TABLE_FILE_BYTES_MAX {
        let expected = (format!("最多{TABLE_FILE_BYTES_MAX}字节"), format!("at most {TABLE_FILE_BYTES_MAX} bytes"));
        problems.add(0, "row", &text.len().to_string(), expected, "文件过大", "the file is too large");
        return Err(problems.done().err().unwrap_or_default());
    }
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let names = header(table);
    let Ok(found) = reader.headers().cloned() else {
        problems.add(0, "row", "", both("列名行", "a line of column names"), "文件不可读", "the file cannot be read");
        return Err(problems.done().err().unwrap_or_default());
    };
    let places: Vec<Option<usize>> = names.iter().map(|name| found.iter().position(|it| it == *name)).collect();
    for (name, place) in names.iter().zip(&places) {
        if place.is_none() {
            problems.add(0, name, "", both("该列", "the column"), "缺列", "the column is missing");
        }
    }
    for name in found.iter().filter(|name| !names.contains(name)) {
        problems.add(0, name, name, (names.join("、"), names.join(", ")), "多余的列", "there is no such column");
    }
    std::mem::take(&mut problems).done()?;
    let mut change = TableChange { table: table.number(), ..TableChange::default() };
    let mut lines = Vec::new();
    for record in reader.records() {
        let index = change.rows.len();
        let Ok(record) = record else {
            problems.add(index, "row", "", both("一行CSV", "a line of CSV"), "不可读", "it cannot be read");
            break;
        };
        lines.push(record.position().map_or(0, csv::Position::line));
        if record.len() != found.len() {
            let expected = (format!("{}列", found.len()), format!("{} columns", found.len()));
            problems.add(index, "row", &record.len().to_string(), expected, "列数不对", "wrong number of columns");
        }
        change.rows.push(row(table, &names, &places, &record, index, &mut problems));
        if change.rows.len() > TABLE_CHANGE_ROWS_MAX {
            break;
        }
    }
    let mut wrong = problems.done().err().unwrap_or_default();
    wrong.extend(check(&change).err().unwrap_or_default());
    for problem in &mut wrong {
        problem.line = lines.get(problem.row).copied().unwrap_or_default();
    }
    if wrong.is_empty() { Ok(change) } else { Err(wrong) }
}

fn row(
    table: TableName,
    names: &[&str],
    places: &[Option<usize>],
    record: &csv::StringRecord,
    index: usize,
    problems: &mut Problems,
) -> Row {
    let cell = |name: &str| {
        let place = names.iter().position(|it| *it == name).and_then(|at| places.get(at).copied().flatten());
        place.and_then(|place| record.get(place)).unwrap_or_default()
    };
    let mut time = |name: &str| match read_time(cell(name)) {
        Some(ms) => ms,
        None => {
            let expected = both("日期如 2026-04-01，或空", "a day such as 2026-04-01, or nothing");
            problems.add(index, name, cell(name), expected, "不是日期", "it is no day");
            0
        }
    };
    let (from_ms, to_ms) = (time(FROM), time(TO));
    let values: Vec<String> = table.columns().iter().map(|name| cell(name).to_owned()).collect();
    let withdrawn = values.iter().all(String::is_empty);
    Row {
        key: table.key_columns().first().map(|name| cell(name).to_owned()).unwrap_or_default(),
        values: if withdrawn { Vec::new() } else { values },
        from_ms,
        to_ms,
        source: cell(SOURCE).to_owned(),
        mark: cell(MARK).to_owned(),
    }
}

/// Writes rows as a file that [`read_csv`] reads; the first line says what it is.
#[must_use]
pub fn write_csv<'a>(table: TableName, rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let mut written = writer.write_record(header(table)).is_ok();
    for row in rows {
        let mut cells = vec![row.key.clone()];
        cells.extend((0..table.columns().len()).map(|column| row.value(column).to_owned()));
        cells.extend([write_time(row.from_ms), write_time(row.to_ms), row.mark.clone(), row.source.clone()]);
        written &= writer.write_record(cells).is_ok();
    }
    let bytes = writer.into_inner().unwrap_or_default();
    debug_assert!(written);
    let (zh, en) = table.title();
    format!("# {}: {zh}; {en}\n{}", table.name(), String::from_utf8(bytes).unwrap_or_default())
}

/// Milliseconds of a day or moment; 0 of an empty text.
fn read_time(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    if text.len() == 10 {
        let mut parts = text.split('-');
        let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return None;
        }
        return Timestamp::parse_ceb(&[year, month, day].concat()).map(|time| time.0);
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The day or the moment; nothing for 0.
#[must_use]
pub fn write_time(ms: i64) -> String {
    if ms == 0 {
        return String::new();
    }
    let time = Timestamp(ms);
    let mut text = time.to_string();
    if Timestamp::parse_ceb(&time.ceb8()) == Some(time) {
        text.truncate(10);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::shipped::shipped_csv;
    use super::*;

    #[test]
    fn written_files_are_read_again() {
        for table in TableName::ALL {
            let change = read_csv(*table, shipped_csv(*table)).expect("a shipped file");
            assert_eq!(read_csv(*table, &write_csv(*table, &change.rows)), Ok(change));
        }
    }

    #[test]
    fn moments_and_days_are_times() {
        let day = Timestamp::parse_ceb("20260401").expect("a day").0;
        assert_eq!(read_time("2026-04-01"), Some(day));
        assert_eq!(read_time("2026-04-01T00:00:01+08:00"), Some(day + 1_000));
        assert_eq!(write_time(day), "2026-04-01");
        assert_eq!(read_time(&write_time(day + 1)), Some(day + 1));
        for text in ["2026-02-30", "20260401", "2026-4-1", "2026/04/01", "tomorrow"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn everything_wrong_with_a_file_is_said_at_once_with_its_line() {
        let text = "# a comment\nname,value,effective_from,effective_to,mark,source\n\
            single_limit,many,2026-02-30,,S,law\nno_such_figure,1,,,X,\nmatch_wait_hours,72,,,D\n";
        let problems = read_csv(TableName::Parameters, text).expect_err("a wrong file");
        let mut places: Vec<(u64, &str)> = problems.iter().map(|it| (it.line, it.column.as_str())).collect();
        places.sort_unstable();
        let expected =
            [(3, "effective_from"), (3, "value"), (4, "mark"), (4, "name"), (4, "source"), (5, "row"), (5, "source")];
        assert_eq!(places, expected);
    }

    #[test]
    fn a_file_without_a_column_or_with_one_more_is_refused() {
        let text = "hs_prefix,name,reason,effective_from,effective_to,mark,colour\n";
        let problems = read_csv(TableName::NoRefund, text).expect_err("a wrong file");
        assert_eq!(problems.iter().map(|it| it.column.as_str()).collect::<Vec<_>>(), ["source", "colour"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_never_panics(text in "[ -~\n\"]{0,200}", table in 0..TableName::ALL.len()) {
            let table = TableName::ALL[table];
            let _unused = read_csv(table, &text);
            let _unused = read_csv(table, &format!("{}\n{text}", header(table).join(",")));
        }
    }
}
