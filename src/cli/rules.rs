//! `swx rules`: what must hold, where it comes from, since when, with which figures, and an example.

use super::paint::Paint;
use crate::domain::{Clock, SystemClock, Timestamp};
use crate::rules::catalogue::{self, Known};
use crate::tables::{Row, TableName, Tables};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prints rules.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids, for example R-LIMIT-01, or beginnings of ids, for example R-TAX; all if none is given
    ids: Vec<String>,
    /// Print one JSON object per rule
    #[arg(long)]
    json: bool,
}

/// Runs the command. Exit code 1 if an id is not known.
///
/// # Errors
/// If standard output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let paint = Paint::stdout();
    let begins = |known: &&Known, id: &str| known.id.get(..id.len()).is_some_and(|head| head.eq_ignore_ascii_case(id));
    let mut unknown = false;
    let mut chosen: Vec<&Known> = Vec::new();
    for id in &args.ids {
        let found: Vec<&Known> = match catalogue::find(id) {
            Some(known) => vec![known],
            None => catalogue::all().iter().filter(|known| begins(known, id)).collect(),
        };
        if found.is_empty() {
            eprintln!("没有规则 {id} · no rule {id}; swx rules lists them all");
            unknown = true;
        }
        chosen.extend(found);
    }
    if args.ids.is_empty() {
        chosen.extend(catalogue::all());
    }
    let whole = !args.ids.is_empty();
    let (tables, now) = (Tables::shipped(), SystemClock.now());
    for known in chosen {
        if args.json {
            paint.line(as_json(known, &tables).to_string())?;
        } else if whole {
            explain(paint, known, &tables, now)?;
        } else {
            let (where_zh, where_en) = known.enforced.name();
            paint.line(format!("{:<12} {}", paint.bold(&known.id), known.zh))?;
            paint.line(format!("{:<12} {} {}", "", known.en, paint.dim(&format!("({where_zh} · {where_en})"))))?;
        }
    }
    Ok(if unknown { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn explain(paint: Paint, known: &Known, tables: &Tables, now: Timestamp) -> std::io::Result<()> {
    let (where_zh, where_en) = known.enforced.name();
    let mark = match known.mark.as_str() {
        "S" => "有出处 · sourced",
        "G" => "一般知识，未核实 · general knowledge, not confirmed",
        _ => "本项目提出 · proposed here",
    };
    paint.line(paint.bold(&known.id))?;
    paint.line(format!("  {}", known.zh))?;
    paint.line(format!("  {}", known.en))?;
    paint.line(format!("  来源 source    {} [{}] {mark}", known.source, known.mark))?;
    paint.line(format!("  执行 enforced  {where_zh} · {where_en}  {}", known.place))?;
    for name in &known.parameters {
        for row in rows_of(tables, name) {
            let current = row.from_ms <= now.0 && (row.to_ms == 0 || now.0 < row.to_ms);
            let line = format!("  参数 parameter {name} = {}  {}", row.values.join(" "), period(row));
            paint.line(if current { line } else { paint.dim(&line) })?;
        }
    }
    if !known.example.is_empty() {
        paint.line(format!("  例 example     {}", known.example))?;
    }
    if !known.reason.is_empty() {
        paint.line(format!("  说明 note      {}", known.reason))?;
    }
    paint.line("")
}

fn rows_of<'a>(tables: &'a Tables, name: &'a str) -> impl Iterator<Item = &'a Row> {
    tables.rows(TableName::Parameters).filter(move |row| row.key == name)
}

fn period(row: &Row) -> String {
    let day = |ms: i64| Timestamp(ms).to_string().chars().take(10).collect::<String>();
    let to = if row.to_ms == 0 { String::new() } else { day(row.to_ms) };
    format!("[{} – {to}) [{}] {}", day(row.from_ms), row.mark, row.source)
}

fn as_json(known: &Known, tables: &Tables) -> Value {
    let parameters: Vec<Value> = known
        .parameters
        .iter()
        .flat_map(|name| rows_of(tables, name))
        .map(|row| {
            json!({
                "name": row.key, "value": row.values.first(), "effectiveFromMs": row.from_ms,
                "effectiveToMs": (row.to_ms != 0).then_some(row.to_ms), "source": row.source, "mark": row.mark,
            })
        })
        .collect();
    json!({
        "id": known.id, "zh": known.zh, "en": known.en, "source": known.source, "mark": known.mark,
        "enforced": known.enforced.name().1, "place": known.place, "parameters": parameters,
        "example": known.example, "note": known.reason,
    })
}
