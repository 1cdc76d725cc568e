//! `AdminService`: the dated tables.

use crate::domain::{Caller, Timestamp};
use crate::pb::v1 as pb;
use crate::tables::{Row, TableChange, TableName};
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::status::Failure;
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Admin(pub(super) Door);

#[tonic::async_trait]
impl pb::admin_service_server::AdminService for Admin {
    async fn list_table_rows(
        &self,
        request: Request<pb::ListTableRowsRequest>,
    ) -> Result<Response<pb::ListTableRowsResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::ReadTables)?;
        let request = request.into_inner();
        let name = table_name(&request.table).map_err(Failure::from)?;
        let prefix = convert::text("key_prefix", request.key_prefix).map_err(Failure::from)?;
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"table", name.name().as_bytes(), prefix.as_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let skipped = after.try_into().map(u64::from_be_bytes).unwrap_or_default();
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let tables = self.0.reader.tables();
        let mut rows = tables.rows(name).filter(|row| row.key.starts_with(&prefix)).skip(skipped);
        let page: Vec<pb::TableRow> = rows.by_ref().take(size).map(row_out).collect();
        let more = rows.next().is_some();
        let next = u64::try_from(skipped.saturating_add(page.len())).unwrap_or(u64::MAX);
        Ok(Response::new(pb::ListTableRowsResponse {
            columns: name.columns().iter().map(|column| (*column).to_owned()).collect(),
            rows: page,
            next_page_token: if more { token.write(&next.to_be_bytes()) } else { String::new() },
        }))
    }

    async fn change_table(
        &self,
        request: Request<pb::ChangeTableRequest>,
    ) -> Result<Response<pb::ChangeTableResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ChangeTables)?;
        let caller: &Caller = &peer.caller;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id.clone()).map_err(Failure::from)?;
        let change = change(request).map_err(Failure::from)?;
        let applied = self.0.intake.change_table(caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ChangeTableResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }
}

fn table_name(name: &str) -> Result<TableName, Invalid> {
    TableName::of_name(name).ok_or_else(|| {
        let known: Vec<&str> = TableName::ALL.iter().map(|name| name.name()).collect();
        Invalid::new("table", format!("is no table; they are {}", known.join(", ")))
    })
}

fn row_out(row: &Row) -> pb::TableRow {
    pb::TableRow {
        key: row.key.clone(),
        values: row.values.clone(),
        effective_from: Some(convert::time(Timestamp(row.from_ms))),
        effective_to: (row.to_ms != 0).then(|| convert::time(Timestamp(row.to_ms))),
        source: row.source.clone(),
        mark: row.mark.clone(),
    }
}

/// Rows as they are recorded; what they say is judged when they are applied.
fn change(request: pb::ChangeTableRequest) -> Result<TableChange, Invalid> {
    let name = table_name(&request.table)?;
    let row = |(index, row): (usize, pb::TableRow)| -> Result<Row, Invalid> {
        let time = |field: &str, time: Option<prost_types::Timestamp>| {
            time.map_or(Ok(0), |time| convert::time_in(&format!("rows[{index}].{field}"), &time).map(|time| time.0))
        };
        Ok(Row {
            key: row.key,
            values: row.values,
            from_ms: time("effective_from", row.effective_from)?,
            to_ms: time("effective_to", row.effective_to)?,
            source: row.source,
            mark: row.mark,
        })
    };
    let rows = request.rows.into_iter().enumerate().map(row).collect::<Result<_, _>>()?;
    Ok(TableChange { table: name as u32, rows, note: convert::text("note", request.note)? })
}
