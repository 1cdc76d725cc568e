//! `swx stock`: figures of a warehouse, gate-out sheets, stock abroad.

use super::client::{Connect, explain};
use super::paint::{Paint, safe};
use super::rows;
use crate::pb::v1 as pb;
use anyhow::anyhow;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Stock of warehouses.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// File the figures of a day: ems_no, item_record_no, qty
    Figures {
        /// Day, yyyyMMdd
        day: String,
        /// CSV or NDJSON file
        file: PathBuf,
        #[command(flatten)]
        connect: Connect,
    },
    /// File goods that came into a bonded warehouse: ems_no, item_record_no, qty, inbound_no
    Inbound {
        /// CSV or NDJSON file
        file: PathBuf,
        #[command(flatten)]
        connect: Connect,
    },
    /// Show how the figures of a day compare with the book
    Reconciliation {
        /// Day, yyyyMMdd
        day: String,
        /// Code of the warehouse; empty for oneself
        #[arg(long, default_value = "")]
        party: String,
        #[command(flatten)]
        connect: Connect,
    },
    /// File a gate-out sheet: logistics_no, logistics_code
    Sheet {
        /// Number of the sheet
        number: String,
        /// CSV or NDJSON file
        file: PathBuf,
        /// Vehicle
        #[arg(long)]
        vehicle: String,
        /// Site or gate
        #[arg(long)]
        place: String,
        #[command(flatten)]
        connect: Connect,
    },
    /// Confirm that the vehicle of a sheet left
    GateOut {
        /// Number of the sheet
        number: String,
        #[command(flatten)]
        connect: Connect,
    },
    /// File goods that a warehouse abroad took in: order_no, ebp_code, item_no, qty, warehouse
    Received {
        /// CSV or NDJSON file
        file: PathBuf,
        #[command(flatten)]
        connect: Connect,
    },
    /// File what left a warehouse abroad: sale_no, order_no, ebp_code, item_no, qty, amount, currency, lost
    Sold {
        /// CSV or NDJSON file
        file: PathBuf,
        #[command(flatten)]
        connect: Connect,
    },
    /// Show what is sold and not sold abroad
    Abroad {
        /// Code of the seller; empty for oneself
        #[arg(long, default_value = "")]
        party: String,
        #[command(flatten)]
        connect: Connect,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    ems_no: String,
    item_record_no: String,
    inbound_no: String,
    logistics_no: String,
    logistics_code: String,
    sale_no: String,
    order_no: String,
    ebp_code: String,
    item_no: String,
    qty: String,
    amount: String,
    currency: String,
    warehouse: String,
    lost: bool,
}

impl What {
    fn connect(&self) -> &Connect {
        match self {
            What::Figures { connect, .. }
            | What::Inbound { connect, .. }
            | What::Reconciliation { connect, .. }
            | What::Sheet { connect, .. }
            | What::GateOut { connect, .. }
            | What::Received { connect, .. }
            | What::Sold { connect, .. }
            | What::Abroad { connect, .. } => connect,
        }
    }
}

/// Runs the command. Exit code 1 if it is refused.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let paint = Paint::stdout();
    let client = args.what.connect().connect().await?;
    let mut stocks = client.stocks();
    let told = |status: tonic::Status| anyhow!(explain(&status));
    let recorded = match args.what {
        What::Figures { day, file, .. } => {
            let figures = rows::read::<Row>(&file)?.into_iter().map(figure).collect();
            let request = pb::FileStockFiguresRequest { day, figures, ..Default::default() };
            stocks.file_stock_figures(request).await.map_err(told)?.into_inner().recorded
        }
        What::Inbound { file, .. } => {
            let rows = rows::read::<Row>(&file)?.into_iter().map(inbound).collect();
            let request = pb::FileBondedInboundRequest { rows, ..Default::default() };
            stocks.file_bonded_inbound(request).await.map_err(told)?.into_inner().recorded
        }
        What::Sheet { number, file, vehicle, place, .. } => {
            let parcel =
                |row: Row| pb::GateParcel { logistics_no: row.logistics_no, logistics_code: row.logistics_code };
            let parcels = rows::read::<Row>(&file)?.into_iter().map(parcel).collect();
            let sheet = Some(pb::GateSheet { sheet_no: number, vehicle, place, parcels });
            let request = pb::FileGateSheetRequest { sheet, ..Default::default() };
            stocks.file_gate_sheet(request).await.map_err(told)?.into_inner().recorded
        }
        What::GateOut { number, .. } => {
            let request = pb::ConfirmGateOutRequest { sheet_no: number, ..Default::default() };
            stocks.confirm_gate_out(request).await.map_err(told)?.into_inner().recorded
        }
        What::Received { file, .. } => {
            let receipts = rows::read::<Row>(&file)?.into_iter().map(receipt).collect();
            let request = pb::FileOverseasStockRequest { receipts, ..Default::default() };
            stocks.file_overseas_stock(request).await.map_err(told)?.into_inner().recorded
        }
        What::Sold { file, .. } => {
            let sales = rows::read::<Row>(&file)?.into_iter().map(sale).collect();
            let request = pb::FileOverseasStockRequest { sales, ..Default::default() };
            stocks.file_overseas_stock(request).await.map_err(told)?.into_inner().recorded
        }
        What::Reconciliation { day, party, .. } => {
            let request = pb::GetReconciliationRequest { party_code: party, day };
            let report = stocks.get_reconciliation(request).await.map_err(told)?.into_inner();
            return print_report(paint, &report);
        }
        What::Abroad { party, .. } => return abroad(paint, &client, party).await,
    };
    let refused = rows::recorded(paint, recorded.as_ref())?;
    Ok(ExitCode::from(u8::from(refused)))
}

fn print_report(paint: Paint, report: &pb::GetReconciliationResponse) -> anyhow::Result<ExitCode> {
    let (items, count) = (report.items, report.differences.len());
    paint.line(format!("{}  {items} 项，{count} 项不符 · {items} items, {count} differ", report.day))?;
    for row in &report.differences {
        let (ems, item) = (safe(&row.ems_no), safe(&row.item_record_no));
        let (counted, expected) = (safe(&row.counted_qty), safe(&row.expected_qty));
        paint.line(format!("  {ems} {item}  实存 counted {counted}  账存 book {expected}"))?;
    }
    Ok(ExitCode::from(u8::from(count > 0)))
}

async fn abroad(paint: Paint, client: &super::client::Client, party: String) -> anyhow::Result<ExitCode> {
    let mut request = pb::ListOverseasStockRequest { party_code: party, page_size: 1000, ..Default::default() };
    loop {
        let page = client.stocks().list_overseas_stock(request.clone()).await;
        let page = page.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        for item in &page.items {
            let sums: Vec<String> = item.amounts.iter().map(|sum| format!("{} {}", sum.amount, sum.currency)).collect();
            paint.line(format!(
                "{} {}  发出 sent {}  入库 in {}  已售 sold {}  损耗 lost {}  在库 left {}  {}",
                safe(&item.order_no),
                safe(&item.item_no),
                item.sent_qty,
                item.received_qty,
                item.sold_qty,
                item.lost_qty,
                item.on_hand_qty,
                sums.join(", "),
            ))?;
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        request.page_token = page.next_page_token;
    }
}

fn figure(row: Row) -> pb::StockFigure {
    pb::StockFigure { ems_no: row.ems_no, item_record_no: row.item_record_no, qty: row.qty }
}

fn inbound(row: Row) -> pb::BondedInbound {
    pb::BondedInbound {
        ems_no: row.ems_no,
        item_record_no: row.item_record_no,
        qty: row.qty,
        inbound_no: row.inbound_no,
    }
}

fn receipt(row: Row) -> pb::OverseasReceipt {
    pb::OverseasReceipt {
        order_no: row.order_no,
        ebp_code: row.ebp_code,
        item_no: row.item_no,
        qty: row.qty,
        warehouse: row.warehouse,
    }
}

fn sale(row: Row) -> pb::OverseasSale {
    pb::OverseasSale {
        sale_no: row.sale_no,
        order_no: row.order_no,
        ebp_code: row.ebp_code,
        item_no: row.item_no,
        qty: row.qty,
        amount: row.amount,
        currency: row.currency,
        lost: row.lost,
    }
}
