//! `swx tax`: the tax on lists of message files, computed offline with the shipped tables.
//!
//! Exit codes: 0 computed; 1 a message is not right, or a tax is not certain; 2 a file cannot be read.

use super::paint::{Paint, safe};
use crate::domain::limits::{ENVELOPE_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::domain::{Clock, SystemClock, Timestamp};
use crate::intake::trial::{Trial, doubt, trial};
use crate::tables::Tables;
use crate::tax::Tax;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Computes the tax on import lists, without an exchange.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CEB621 messages, by themselves or in envelopes, or folders of them (*.xml)
    #[arg(required = true, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Print one JSON object for each list
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or nothing can be printed.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (paint, tables, at) = (Paint::stdout(), Tables::shipped(), SystemClock.now());
    let edition = crate::intake::Edition::carried();
    let mut exit = 0;
    for file in &super::submit::files(&args.files)? {
        match trial(&edition, &read(file)?, &tables, at) {
            Ok(lists) => {
                for list in &lists {
                    exit |= u8::from(list.assessment.lines.iter().any(|line| line.doubt.is_some()));
                    if args.json {
                        paint.line(as_json(list, at).to_string())?;
                    } else {
                        print(paint, list)?;
                    }
                }
            }
            Err(faults) => {
                exit = 1;
                let name = file.display();
                if faults.is_empty() {
                    paint.line(format!("{name}: 不是进口清单 · it is no CEB621"))?;
                }
                for fault in &faults {
                    let (zh, en) = (&fault.message_zh, &fault.message_en);
                    paint.line(format!("{name}: {} {zh} · {en}", paint.red(fault.rule)))?;
                }
            }
        }
    }
    Ok(ExitCode::from(exit))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let problem = || format!("cannot read {} · 无法读取", file.display());
    let length = usize::try_from(std::fs::metadata(file).with_context(problem)?.len()).unwrap_or(usize::MAX);
    let bytes_max = MESSAGE_BYTES_MAX + ENVELOPE_BYTES_MAX;
    if length > bytes_max {
        bail!("{} has more than {bytes_max} bytes · 报文过大", file.display());
    }
    std::fs::read(file).with_context(problem)
}

fn print(paint: Paint, list: &Trial) -> std::io::Result<()> {
    let all = &list.assessment;
    let mode = if all.in_full { "全额 · in full" } else { "限额内 · preferential" };
    paint.line(format!("{}  {}  {mode}", paint.cyan(&safe(&list.order_no)), safe(&list.cop_no)))?;
    paint.line(paint.dim("  行 gnum  税号 gcode  完税价格 value  关税 duty  消费税 consumption  增值税 VAT"))?;
    for ((gnum, gcode), line) in list.lines.iter().zip(&all.lines) {
        let taxes = [&line.duty, &line.consumption, &line.vat].map(|tax| format!("{:>12}", tax.rounded.to_string()));
        let value = line.dutiable.to_string();
        paint.line(format!("  {gnum:>3}  {:<10}  {value:>12}  {}", safe(gcode), taxes.join("  ")))?;
        if let Some(why) = line.doubt {
            paint.line(format!("       {}", paint.yellow(doubt(why))))?;
        }
    }
    let total = paint.bold(&all.total.to_string());
    paint.line(format!("  完税价格 · dutiable value {}，税款合计 · tax {total} CNY", all.dutiable))
}

fn of(tax: &Tax) -> Value {
    json!({ "rounded": tax.rounded.to_string(), "unrounded": tax.exact.to_string() })
}

fn as_json(list: &Trial, at: Timestamp) -> Value {
    let all = &list.assessment;
    let lines = list.lines.iter().zip(&all.lines).map(|((gnum, gcode), line)| {
        json!({
            "gnum": gnum, "gcode": gcode, "dutiableValue": line.dutiable.to_string(), "customsTax": of(&line.duty),
            "consumptionTax": of(&line.consumption), "valueAddedTax": of(&line.vat), "doubt": line.doubt.map(doubt),
        })
    });
    json!({
        "orderNo": list.order_no, "copNo": list.cop_no, "mode": list.mode(), "at": at.ceb14(),
        "dutiableValue": all.dutiable.to_string(), "customsTax": of(&all.duty), "consumptionTax": of(&all.consumption),
        "valueAddedTax": of(&all.vat), "total": all.total.to_string(), "lines": lines.collect::<Vec<_>>(),
    })
}
