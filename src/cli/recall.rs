//! `swx recall` and `swx lot`: the lists of a lot; filing trace records, blocking and freeing lots.

use super::client::{Connect, explain};
use super::paint::{Paint, safe};
use super::{rows, show};
use crate::pb::v1 as pb;
use anyhow::anyhow;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prints the lists that goods of a lot were sold by.
#[derive(Debug, clap::Args)]
pub struct Recall {
    /// Lot
    lot: String,
    /// GTIN of the product, as the trace records have it
    #[arg(long, default_value = "")]
    gtin: String,
    /// Print one JSON object for each list
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Files trace records, blocks and frees lots.
#[derive(Debug, clap::Args)]
pub struct Lot {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// File trace records from a CSV or NDJSON file with the field names of TraceRecord
    File {
        /// The file; `-` for NDJSON on standard input
        file: PathBuf,
        #[command(flatten)]
        connect: Connect,
    },
    /// Block a lot, so that no list sells it
    Block(Name),
    /// Free a lot
    Free(Name),
    /// List the blocks
    Blocks {
        #[command(flatten)]
        connect: Connect,
    },
}

#[derive(Debug, clap::Args)]
struct Name {
    /// Lot; empty for all lots of the GTIN
    lot: String,
    /// GTIN; empty for any
    #[arg(long, default_value = "")]
    gtin: String,
    /// Why, in words that may be shown to anyone
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    connect: Connect,
}

/// A trace record as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    code: String,
    gtin: String,
    hs: String,
    lot: String,
    name: String,
    made: String,
    expires: String,
    origin: String,
    inbound_no: String,
    ems_no: String,
    item_record_no: String,
    importer: String,
    agent: String,
    distributor: String,
    entry_port: String,
    order_no: String,
    invt_no: String,
    gnum: Option<u32>,
    inspection_id: String,
    /// `not_drawn`, `under_way`, `passed`, `failed` or empty.
    inspection: String,
    release_time: String,
    qty: String,
}

/// Records of one request.
const RECORDS_PER_REQUEST: usize = 1000;

/// Runs `swx recall`. Exit code 1 if no list is known.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn recall(args: Recall) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let paint = Paint::stdout();
    let name = pb::LotName { gtin: args.gtin, lot: args.lot };
    let mut request = pb::RecallLotRequest { lot: Some(name), page_size: 1000, ..Default::default() };
    let mut count = 0_usize;
    loop {
        let page = client.traces().recall_lot(request.clone()).await.map_err(|status| anyhow!(explain(&status)))?;
        let page = page.into_inner();
        for list in &page.lists {
            count += 1;
            if args.json {
                paint.line(recalled_json(list).to_string())?;
                continue;
            }
            let how = if list.presumed { "推定 presumed" } else { "明确 told" };
            paint.line(format!(
                "{}  {}  order {}  seller {}  waybill {}  qty {}  {how}  {}",
                paint.cyan(&safe(&list.list_no)),
                show::status_text(paint, list.status),
                safe(&list.order_no),
                safe(&list.ebc_code),
                safe(&list.logistics_no),
                safe(&list.qty),
                safe(&list.code),
            ))?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if !args.json {
        paint.line(format!("共 {count} 条 · {count} lines of lists"))?;
    }
    Ok(ExitCode::from(u8::from(count == 0)))
}

fn recalled_json(list: &pb::RecalledList) -> serde_json::Value {
    serde_json::json!({
        "document_id": list.document_id, "list_no": list.list_no, "status": list.status, "order_no": list.order_no,
        "ebc_code": list.ebc_code, "logistics_no": list.logistics_no, "code": list.code, "gnum": list.gnum,
        "qty": list.qty, "presumed": list.presumed,
    })
}

/// Runs `swx lot`. Exit code 1 if something is refused.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn lot(args: Lot) -> anyhow::Result<ExitCode> {
    let paint = Paint::stdout();
    let connect = match &args.what {
        What::File { connect, .. } | What::Blocks { connect } => connect,
        What::Block(name) | What::Free(name) => &name.connect,
    };
    let client = connect.connect().await?;
    match args.what {
        What::File { file, .. } => {
            let records: Vec<Row> = rows::read(&file)?;
            let records = records.into_iter().map(record).collect::<anyhow::Result<Vec<_>>>()?;
            let mut refused = false;
            for part in records.chunks(RECORDS_PER_REQUEST) {
                let request = pb::FileTracesRequest { records: part.to_vec(), ..Default::default() };
                let answer = client.traces().file_traces(request).await.map_err(|status| anyhow!(explain(&status)))?;
                refused |= rows::recorded(paint, answer.into_inner().recorded.as_ref())?;
            }
            Ok(ExitCode::from(u8::from(refused)))
        }
        What::Block(name) => block(&client, paint, name, false).await,
        What::Free(name) => block(&client, paint, name, true).await,
        What::Blocks { .. } => {
            let mut request = pb::ListLotBlocksRequest { page_size: 1000, ..Default::default() };
            loop {
                let page = client.traces().list_lot_blocks(request.clone()).await;
                let page = page.map_err(|status| anyhow!(explain(&status)))?.into_inner();
                for state in &page.blocks {
                    let block = state.block.clone().unwrap_or_default();
                    let name = block.lot.unwrap_or_default();
                    let word = if state.in_force { "管控 blocked" } else { "解除 free" };
                    let (gtin, lot, why) = (safe(&name.gtin), safe(&name.lot), safe(&block.reason));
                    paint.line(format!("{word}  {gtin} {lot}  {why}  ({})", safe(&state.party_code)))?;
                }
                if page.next_page_token.is_empty() {
                    return Ok(ExitCode::SUCCESS);
                }
                request.page_token = page.next_page_token;
            }
        }
    }
}

async fn block(client: &super::client::Client, paint: Paint, name: Name, free: bool) -> anyhow::Result<ExitCode> {
    let lot = pb::LotName { gtin: name.gtin, lot: name.lot };
    let block = pb::LotBlock { lot: Some(lot), free, reason: name.reason, ..Default::default() };
    let request = pb::BlockLotsRequest { blocks: vec![block], ..Default::default() };
    let answer = client.traces().block_lots(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let refused = rows::recorded(paint, answer.into_inner().recorded.as_ref())?;
    Ok(ExitCode::from(u8::from(refused)))
}

fn record(row: Row) -> anyhow::Result<pb::TraceRecord> {
    let inspection = match row.inspection.as_str() {
        "" => pb::LotInspection::Unspecified,
        "not_drawn" => pb::LotInspection::NotDrawn,
        "under_way" => pb::LotInspection::UnderWay,
        "passed" => pb::LotInspection::Passed,
        "failed" => pb::LotInspection::Failed,
        other => return Err(anyhow!("inspection `{other}` is none of not_drawn, under_way, passed, failed")),
    };
    Ok(pb::TraceRecord {
        release_time: if row.release_time.is_empty() { None } else { Some(rows::time(&row.release_time)?) },
        inspection: inspection as i32,
        code: row.code,
        gtin: row.gtin,
        hs: row.hs,
        lot: row.lot,
        name: row.name,
        made: row.made,
        expires: row.expires,
        origin: row.origin,
        inbound_no: row.inbound_no,
        ems_no: row.ems_no,
        item_record_no: row.item_record_no,
        importer: row.importer,
        agent: row.agent,
        distributor: row.distributor,
        entry_port: row.entry_port,
        order_no: row.order_no,
        invt_no: row.invt_no,
        gnum: row.gnum.unwrap_or_default(),
        inspection_id: row.inspection_id,
        qty: row.qty,
    })
}
