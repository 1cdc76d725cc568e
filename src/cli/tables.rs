//! `swx tables`: the dated tables: what is shipped, whether a file of rows is right; and its import into an exchange.
//!
//! Exit codes: 0 done, and the file is right; 1 the file or a name is wrong; 2 the work could not be done.

use super::paint::Paint;
use crate::domain::limits::TABLE_FILE_BYTES_MAX;
use crate::domain::{Clock, SystemClock, Timestamp};
use crate::tables::{Parameter, Problem, Row, TableChange, TableName, Tables, read_csv, shipped_csv, write_time};
use anyhow::Context;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Shows and checks the dated tables.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the tables
    List {
        /// Print one JSON object per table
        #[arg(long)]
        json: bool,
    },
    /// Print the shipped rows of a table that hold on a day
    Show {
        /// Name of the table, see swx tables list
        #[arg(value_name = "TABLE", value_parser = table)]
        table: TableName,
        /// Only keys that begin so
        #[arg(value_name = "KEY", default_value = "")]
        key: String,
        /// Day, as 2026-04-01; today if not given
        #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "all")]
        at: Option<Timestamp>,
        /// All rows, those of other times too
        #[arg(long)]
        all: bool,
        /// Print one JSON object per row
        #[arg(long)]
        json: bool,
    },
    /// Write the shipped file of a table, to change it and import it
    Export {
        /// Name of the table, see swx tables list
        #[arg(value_name = "TABLE", value_parser = table)]
        table: TableName,
        /// Write to this file instead of the standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write GBK instead of UTF-8, as older spreadsheets want it
        #[arg(long)]
        gbk: bool,
    },
    /// Check a file of rows, UTF-8 or GBK, and say everything that is wrong with it
    Check {
        /// CSV file, named as its table: tariff.csv; `-` is the standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Name of the table, if the file has another name
        #[arg(long, value_name = "TABLE", value_parser = table)]
        table: Option<TableName>,
        /// Print one JSON object per problem
        #[arg(long)]
        json: bool,
    },
    /// Add the rows of a file to a table of an exchange
    Import(Box<super::tables_import::Import>),
}

pub(super) fn table(name: &str) -> Result<TableName, String> {
    TableName::of_name(name).ok_or_else(|| {
        let known: Vec<&str> = TableName::ALL.iter().map(|table| table.name()).collect();
        format!("没有此参数表 · there is no such table; they are {}", known.join(", "))
    })
}

fn day(text: &str) -> Result<Timestamp, String> {
    let is_day = text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]);
    let time = is_day.then(|| Timestamp::parse_ceb(&text.replace('-', ""))).flatten();
    time.ok_or_else(|| "不是日期 · it is no day such as 2026-04-01".to_owned())
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or written, or the server of an import cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Import(import) => import.run().await,
        what @ (What::List { .. } | What::Show { .. } | What::Export { .. } | What::Check { .. }) => {
            offline(&Args { what })
        }
    }
}

fn offline(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let is_right = execute(args, Paint::stdout(), SystemClock.now(), &mut out)?;
    out.flush()?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn execute(args: &Args, paint: Paint, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<bool> {
    match &args.what {
        What::List { json } => list(*json, paint, out)?,
        What::Show { table, key, at, all, json } => {
            let at = if *all { None } else { Some(at.unwrap_or(now)) };
            return show(*table, key, at, *json, paint, out);
        }
        What::Export { table, out: file, gbk } => export(*table, file.as_deref(), *gbk, out)?,
        What::Check { file, table, json } => {
            let table = table.map_or_else(|| table_of(file), Ok)?;
            return check(table, file, *json, paint, out);
        }
        // It needs an exchange, and has run before.
        What::Import(_) => {}
    }
    Ok(true)
}

fn list(json: bool, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let tables = Tables::shipped();
    for table in TableName::ALL {
        let (zh, en) = table.title();
        let rows = tables.rows(*table).count();
        if json {
            let object = json!({
                "table": table.name(), "number": table.number(), "zh": zh, "en": en, "shippedRows": rows,
                "sample": table.is_sample(), "keyColumns": table.key_columns(), "columns": table.columns(),
            });
            writeln!(out, "{object}")?;
            continue;
        }
        let name = paint.bold(&format!("{:<24}", table.name()));
        let sample = if table.is_sample() { paint.yellow("  样例 · sample") } else { String::new() };
        writeln!(out, "{name} {rows:>4} 行  {zh} · {en}{sample}")?;
        let columns = [table.key_columns(), table.columns()].concat().join(", ");
        writeln!(out, "{:<24}       {}", "", paint.dim(&columns))?;
    }
    Ok(())
}

/// Prints rows; false if there are none.
fn show(
    table: TableName,
    key: &str,
    at: Option<Timestamp>,
    json: bool,
    paint: Paint,
    out: &mut dyn Write,
) -> anyhow::Result<bool> {
    let tables = Tables::shipped();
    let rows: Vec<&Row> = match at {
        Some(at) => tables.rows_at(table, at).collect(),
        None => tables.rows(table).collect(),
    };
    let mut is_any = false;
    for row in rows.into_iter().filter(|row| row.key.starts_with(key)) {
        is_any = true;
        if json {
            writeln!(out, "{}", as_json(table, row))?;
        } else {
            print(table, row, paint, out)?;
        }
    }
    if !is_any {
        writeln!(io::stderr(), "没有这样的行 · there is no such row")?;
    }
    Ok(is_any)
}

fn print(table: TableName, row: &Row, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let key = paint.bold(&row.key);
    match Parameter::of_name(&row.key).filter(|_| table == TableName::Parameters) {
        Some(parameter) => {
            let (zh, en) = parameter.meaning();
            writeln!(out, "{key} = {}\n  {zh}\n  {en}", paint.cyan(row.value(0)))?;
            if let Some((zh, en)) = parameter.unread() {
                writeln!(out, "  未被读取 · read by nothing: {zh} · {en}")?;
            }
        }
        None => {
            let named = table.columns().iter().zip(&row.values).filter(|(_, value)| !value.is_empty());
            let values: Vec<String> = named.map(|(name, value)| format!("{name}={value}")).collect();
            let values = if row.is_withdrawal() { "已撤 · withdrawn".to_owned() } else { values.join("  ") };
            writeln!(out, "{key}  {values}")?;
        }
    }
    let period = format!("[{} – {})", write_time(row.from_ms), write_time(row.to_ms));
    writeln!(out, "  {}", paint.dim(&format!("{period} [{}] {}", row.mark, row.source)))
}

fn as_json(table: TableName, row: &Row) -> Value {
    let values: serde_json::Map<String, Value> =
        table.columns().iter().zip(&row.values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let time = |ms: i64| (ms != 0).then(|| write_time(ms));
    json!({
        "table": table.name(), "key": row.key, "values": values, "withdrawn": row.is_withdrawal(),
        "effectiveFrom": time(row.from_ms), "effectiveTo": time(row.to_ms), "mark": row.mark, "source": row.source,
    })
}

fn export(table: TableName, file: Option<&Path>, gbk: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = shipped_csv(table);
    let bytes = if gbk { encoding_rs::GBK.encode(text).0.into_owned() } else { text.as_bytes().to_vec() };
    match file {
        Some(path) => std::fs::write(path, bytes).with_context(|| path.display().to_string()),
        None => Ok(out.write_all(&bytes)?),
    }
}

/// The table that a file is named after.
fn table_of(file: &Path) -> anyhow::Result<TableName> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    TableName::of_name(stem)
        .with_context(|| format!("{}: 请用 --table 指明参数表 · name the table with --table", file.display()))
}

/// Reads the rows of a file: UTF-8, with or without byte order mark, or else GBK (GB18030).
///
/// # Errors
/// If the file cannot be read or is neither. The inner error is everything that is wrong with its rows.
pub(crate) fn read_file(table: TableName, file: &Path) -> anyhow::Result<Result<TableChange, Vec<Problem>>> {
    let name = || file.display().to_string();
    // One byte more, so that a file that is too large is seen to be.
    let bound = u64::try_from(TABLE_FILE_BYTES_MAX)?.saturating_add(1);
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(bound).read_to_end(&mut bytes).with_context(name)?;
    } else {
        File::open(file).with_context(name)?.take(bound).read_to_end(&mut bytes).with_context(name)?;
    }
    if bytes.len() > TABLE_FILE_BYTES_MAX {
        anyhow::bail!("{}: 超过 {TABLE_FILE_BYTES_MAX} 字节 · more than {TABLE_FILE_BYTES_MAX} bytes", name());
    }
    Ok(read_csv(table, &decode(&bytes).with_context(name)?))
}

fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let decoded = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    decoded.map(std::borrow::Cow::into_owned).context("既非UTF-8也非GBK · it is neither UTF-8 nor GBK")
}

fn check(table: TableName, file: &Path, json: bool, paint: Paint, out: &mut dyn Write) -> anyhow::Result<bool> {
    let (name, found) = (file.display(), read_file(table, file)?);
    match found {
        Ok(change) => {
            let rows = change.rows.len();
            if json {
                writeln!(out, "{}", json!({ "table": table.name(), "rows": rows, "valid": true }))?;
            } else {
                let (zh, en) = table.title();
                writeln!(out, "{name}: {}", paint.green(&format!("{zh} {rows} 行，合格 · {en}: {rows} rows, valid")))?;
            }
            Ok(true)
        }
        Err(problems) => {
            for problem in &problems {
                let Problem { line, column, found, expected, message_zh, message_en, .. } = problem;
                if json {
                    let object = json!({
                        "line": line, "column": column, "found": found, "expected": expected,
                        "zh": message_zh, "en": message_en,
                    });
                    writeln!(out, "{object}")?;
                } else {
                    writeln!(out, "{name}:{line}: {message_zh}")?;
                    writeln!(out, "  {message_en} {}", paint.dim(&format!("({found:?})")))?;
                }
            }
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests;
