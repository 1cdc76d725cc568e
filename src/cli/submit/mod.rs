//! `swx submit`: sends message files and says why documents are refused.

mod plan;
mod stream;

use super::client::Connect;
use super::paint::{Paint, safe};
use super::{EXIT_COULD_NOT_RUN, json, show};
use crate::pb::v1;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use plan::Job;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stream::Answer;

/// Sends messages and prints why documents are refused.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Message files, or folders that are searched for *.xml
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Save receipts here, as NAME.receipt.xml and NAME.receipt.json; for messages in envelopes also the transport's
    /// answer as NAME.dxprep.receipt.xml and the receipt in an envelope as NAME.dxpmsg.receipt.xml
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Messages under way at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    in_flight: u16,
    /// Also print what accepted lists still wait for
    #[arg(long)]
    waiting: bool,
    /// Print one JSON object per message instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Every file named, and every `*.xml` under a folder named, as this command takes them.
///
/// # Errors
/// If one of them cannot be read.
pub(super) fn files(paths: &[std::path::PathBuf]) -> anyhow::Result<Vec<std::path::PathBuf>> {
    Ok(plan::jobs(paths)?.into_iter().map(|job| job.path).collect())
}

/// Runs the command. Exit code 0: everything accepted; 1: something refused; 2: something not sent.
///
/// # Errors
/// If the server cannot be reached or files cannot be read or written.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let jobs = plan::jobs(&args.paths)?;
    let client = args.connect.connect().await?;
    let mut report = Report::new(&args, jobs.len());
    let sent =
        stream::send_all(&client, &jobs, usize::from(args.in_flight), |job, answer| report.take(job, answer)).await;
    report.bar.finish_and_clear();
    if !args.json {
        report.summary()?;
    }
    sent?;
    Ok(report.exit_code())
}

/// Counts and prints.
struct Report<'a> {
    args: &'a Args,
    bar: ProgressBar,
    paint: Paint,
    messages: u64,
    accepted: u64,
    refused: u64,
    waiting: u64,
    replayed: u64,
    not_sent: u64,
}

impl<'a> Report<'a> {
    fn new(args: &'a Args, messages: usize) -> Report<'a> {
        let visible = std::io::stderr().is_terminal() && !args.json;
        let bar =
            if visible { ProgressBar::new(u64::try_from(messages).unwrap_or(u64::MAX)) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("  {bar:32} {pos}/{len} messages  {per_sec}  {eta}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━╸─"));
        }
        let paint = if args.json { Paint::plain() } else { Paint::stdout() };
        Report { args, bar, paint, messages: 0, accepted: 0, refused: 0, waiting: 0, replayed: 0, not_sent: 0 }
    }

    fn take(&mut self, job: &Job, answer: Answer) -> anyhow::Result<()> {
        self.messages += 1;
        let lines = match answer {
            Answer::Receipt { receipt, replayed } => {
                self.replayed += u64::from(replayed);
                if let Some(out) = &self.args.out {
                    save(out, job, &receipt)?;
                }
                self.receipt(job, &receipt, replayed)
            }
            Answer::Failed { reason, message } => {
                self.refused += 1;
                self.failure(job, &reason, &message)
            }
            Answer::GaveUp { reason, message } => {
                self.not_sent += 1;
                self.failure(job, &reason, &message)
            }
        };
        let paint = self.paint;
        self.bar.suspend(|| lines.iter().try_for_each(|line| paint.line(line)))?;
        self.bar.inc(1);
        Ok(())
    }

    fn failure(&self, job: &Job, reason: &str, message: &str) -> Vec<String> {
        if self.args.json {
            let failure = serde_json::json!({ "reason": reason, "message": message });
            return vec![serde_json::json!({ "file": job.path.to_string_lossy(), "failure": failure }).to_string()];
        }
        let file = job.path.display().to_string();
        vec![format!("{} {}  {}  {}", self.paint.red("✗"), safe(&file), self.paint.red(&safe(reason)), safe(message))]
    }

    fn receipt(&mut self, job: &Job, receipt: &v1::Receipt, replayed: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let file = safe(&job.path.display().to_string());
        if receipt.outcome != v1::Outcome::Accepted as i32 && receipt.documents.is_empty() {
            self.refused += 1;
            lines.extend(self.reasons(&file, &receipt.rejections));
            if receipt.rejections_omitted > 0 {
                lines.push(self.paint.dim(&format!("    … and {} more · 另有更多", receipt.rejections_omitted)));
            }
            if !receipt.conflicts_with.is_empty() {
                let first = safe(&receipt.conflicts_with);
                lines.push(self.paint.dim(&format!("    first submission · 首次提交: {first}")));
            }
        }
        for verdict in &receipt.documents {
            let place = format!("{file}#{} {}", verdict.ordinal, self.paint.cyan(&show::keys(verdict.keys.as_ref())));
            if verdict.outcome == v1::Outcome::Accepted as i32 {
                self.accepted += 1;
                self.waiting += u64::from(!verdict.waiting.is_empty());
                if self.args.waiting {
                    let waits = verdict.waiting.iter().map(|waiting| show::waiting(self.paint, waiting));
                    lines.extend(waits.map(|text| format!("{} {place}  {text}", self.paint.yellow("…"))));
                }
            } else {
                self.refused += 1;
                lines.extend(self.reasons(&place, &verdict.rejections));
            }
        }
        for note in &receipt.notes {
            let (code, zh, en) = (safe(&note.code), safe(&note.message_zh), safe(&note.message_en));
            lines.push(format!("{} {file}  {code} {zh} {en}", self.paint.yellow("!")));
        }
        if self.args.json {
            let receipt = json::receipt(receipt);
            let line =
                serde_json::json!({ "file": job.path.to_string_lossy(), "replayed": replayed, "receipt": receipt });
            return vec![line.to_string()];
        }
        lines
    }

    /// The refused document with its first reason on one line, further reasons below it.
    fn reasons(&self, place: &str, rejections: &[v1::Rejection]) -> Vec<String> {
        let mut reasons = rejections.iter().map(|rejection| show::rejection(self.paint, rejection));
        let first = reasons.next().unwrap_or_else(|| "refused without a reason".to_owned());
        std::iter::once(format!("{} {place}  {first}", self.paint.red("✗")))
            .chain(reasons.map(|reason| format!("    {reason}")))
            .collect()
    }

    fn summary(&self) -> std::io::Result<()> {
        let mut parts = vec![
            format!("{} messages 报文", self.messages),
            self.paint.green(&format!("{} documents accepted 接收", self.accepted)),
        ];
        let also = [
            (self.refused, "refused 拒绝", Paint::red as fn(Paint, &str) -> String),
            (self.waiting, "lists waiting for their documents 待对碰", Paint::yellow),
            (self.replayed, "seen before 重复提交", Paint::dim),
            (self.not_sent, "not sent 未能发送", Paint::red),
        ];
        parts.extend(
            also.iter().filter(|(n, ..)| *n > 0).map(|(n, text, colour)| colour(self.paint, &format!("{n} {text}"))),
        );
        self.paint.line(parts.join(" · "))
    }

    fn exit_code(&self) -> ExitCode {
        if self.not_sent > 0 { ExitCode::from(EXIT_COULD_NOT_RUN) } else { ExitCode::from(u8::from(self.refused > 0)) }
    }
}

/// Saves a receipt as the XML that the standard has, and as JSON with everything that XML has no place for.
fn save(out: &Path, job: &Job, receipt: &v1::Receipt) -> anyhow::Result<()> {
    let base = out.join(&job.receipt);
    let with_ending = |ending: &str| {
        let mut name = base.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let problem = || format!("cannot write the receipt {} · 无法保存回执", base.display());
    if let Some(folder) = base.parent() {
        std::fs::create_dir_all(folder).with_context(problem)?;
    }
    std::fs::write(with_ending(".receipt.xml"), &receipt.receipt_xml).with_context(problem)?;
    if !receipt.dxp_rep.is_empty() {
        std::fs::write(with_ending(".dxprep.receipt.xml"), &receipt.dxp_rep).with_context(problem)?;
        std::fs::write(with_ending(".dxpmsg.receipt.xml"), &receipt.receipt_dxp).with_context(problem)?;
    }
    let mut file = std::fs::File::create(with_ending(".receipt.json")).with_context(problem)?;
    serde_json::to_writer_pretty(&mut file, &json::receipt(receipt)).with_context(problem)?;
    writeln!(file).with_context(problem)
}
