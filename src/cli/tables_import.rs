//! `swx tables import`: adds the rows of a file to a table of an exchange, in one request.

use super::client::{Connect, explain};
use super::paint::Paint;
use super::{rows, tables};
use crate::pb::v1;
use crate::tables::{Row, TableName};
use anyhow::anyhow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Adds the rows of a CSV file to a table of an exchange; for operators.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// Name of the table, see swx tables list
    #[arg(value_name = "TABLE", value_parser = tables::table)]
    table: TableName,
    /// CSV file, UTF-8 or GBK; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for the record
    #[arg(long, default_value = "")]
    note: String,
    /// Only check the file and say how many rows it has
    #[arg(long)]
    dry_run: bool,
    /// Id of the request, so that sending it again changes nothing
    #[arg(long, default_value = "", value_name = "ID")]
    request_id: String,
    #[command(flatten)]
    connect: Connect,
}

impl Import {
    /// Runs the command. Exit code 1 if the file is wrong or the exchange refuses it.
    ///
    /// # Errors
    /// If the file cannot be read, or the server cannot be reached or refuses the call.
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let paint = Paint::stdout();
        let change = match tables::read_file(self.table, &self.file)? {
            Ok(change) => change,
            Err(problems) => {
                for problem in &problems {
                    let (zh, en) = (&problem.message_zh, &problem.message_en);
                    paint.line(format!("{}:{}: {zh} · {en}", self.file.display(), problem.line))?;
                }
                return Ok(ExitCode::from(1));
            }
        };
        let count = change.rows.len();
        if self.dry_run {
            paint.line(format!("{} {count} 行，合格，未导入 · valid, not imported", self.table.name()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let request = v1::ChangeTableRequest {
            request_id: self.request_id,
            table: self.table.name().to_owned(),
            rows: change.rows.into_iter().map(wire).collect(),
            note: self.note,
        };
        let client = self.connect.connect().await?;
        let answer = client.admin().change_table(request).await.map_err(|status| anyhow!(explain(&status)))?;
        let recorded = answer.into_inner().recorded;
        let is_refused = rows::recorded(paint, recorded.as_ref())?;
        // A repeat imports nothing more.
        if !is_refused && !recorded.is_some_and(|recorded| recorded.replayed) {
            paint.line(format!("{} {count} 行已导入 · rows imported", self.table.name()))?;
        }
        Ok(ExitCode::from(u8::from(is_refused)))
    }
}

fn wire(row: Row) -> v1::TableRow {
    let time = |ms: i64| {
        let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or_default();
        (ms != 0).then(|| prost_types::Timestamp { seconds: ms.div_euclid(1000), nanos })
    };
    v1::TableRow {
        effective_from: time(row.from_ms),
        effective_to: time(row.to_ms),
        key: row.key,
        values: row.values,
        source: row.source,
        mark: row.mark,
    }
}
