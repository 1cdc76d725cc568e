//! `swx filings`: lists applications, products, books and warehouses, and shows how a filing stands.

use super::client::{Connect, explain};
use super::file::{day, wire};
use super::paint::{Paint, safe};
use super::{json_filing, show};
use crate::domain::Timestamp;
use crate::pb::v1;
use anyhow::anyhow;
use std::process::ExitCode;

/// Lists filings.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Print one JSON object for each row
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Applications: all for an operator, else those of one's own certificate
    Applications {
        /// Only those that wait for review
        #[arg(long)]
        waiting: bool,
        /// Only those for this code
        #[arg(long, default_value = "")]
        code: String,
    },
    /// How a filing stood at a time, and its history
    History {
        /// Any code of the firm; the caller if not given
        #[arg(default_value = "")]
        code: String,
        /// At this time, yyyyMMdd[HHmmss] in UTC+8; now if not given
        #[arg(long, value_parser = day)]
        at: Option<Timestamp>,
        /// As far as was known then
        #[arg(long, value_parser = day)]
        known: Option<Timestamp>,
    },
    /// Products of a firm
    Products {
        /// Code of the firm; the caller if not given, all firms for authorities and operators
        #[arg(default_value = "")]
        owner: String,
        /// Only those that wait for a decision, with the doubts about them
        #[arg(long)]
        waiting: bool,
    },
    /// Account books
    Books,
    /// Items of an account book with their balances
    Book {
        /// Number of the book
        ems_no: String,
    },
    /// Warehouses
    Warehouses,
    /// Credit grade of a firm, and its history
    Credit {
        /// Any code of the firm; the caller if not given
        #[arg(default_value = "")]
        code: String,
    },
}

/// Runs the command.
///
/// # Errors
/// If the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    let out = Out { paint: if args.json { Paint::plain() } else { Paint::stdout() }, json: args.json };
    let (mut filings, mut goods) = (client.filings(), client.goods());
    let failed = |status: tonic::Status| anyhow!(explain(&status));
    let mut page_token = String::new();
    loop {
        page_token = match &args.what {
            What::Applications { waiting, code } => {
                let request = v1::ListApplicationsRequest {
                    waiting_only: *waiting,
                    code: code.clone(),
                    page_token,
                    ..Default::default()
                };
                let page = filings.list_applications(request).await.map_err(failed)?.into_inner();
                page.applications.iter().try_for_each(|row| out.application(row))?;
                page.next_page_token
            }
            What::History { code, at, known } => {
                let request = v1::GetFilingHistoryRequest {
                    code: code.clone(),
                    valid_at: wire(*at),
                    known_at: wire(*known),
                    ..Default::default()
                };
                out.history(&filings.get_filing_history(request).await.map_err(failed)?.into_inner())?;
                String::new()
            }
            What::Products { owner, waiting } => {
                let request = v1::ListProductsRequest {
                    owner_code: owner.clone(),
                    waiting_only: *waiting,
                    page_token,
                    ..Default::default()
                };
                let page = goods.list_products(request).await.map_err(failed)?.into_inner();
                page.products.iter().try_for_each(|row| out.product(row))?;
                page.next_page_token
            }
            What::Books => {
                let request = v1::ListBooksRequest { page_token, ..Default::default() };
                let page = goods.list_books(request).await.map_err(failed)?.into_inner();
                page.books.iter().try_for_each(|row| out.book(row))?;
                page.next_page_token
            }
            What::Book { ems_no } => {
                let request = v1::ListBookItemsRequest { ems_no: ems_no.clone(), page_token, ..Default::default() };
                let page = goods.list_book_items(request).await.map_err(failed)?.into_inner();
                page.items.iter().try_for_each(|row| out.item(row))?;
                page.next_page_token
            }
            What::Warehouses => {
                let request = v1::ListWarehousesRequest { page_token, ..Default::default() };
                let page = goods.list_warehouses(request).await.map_err(failed)?.into_inner();
                page.warehouses.iter().try_for_each(|row| out.warehouse(row))?;
                page.next_page_token
            }
            What::Credit { code } => {
                let request = v1::GetCreditRequest { code: code.clone(), ..Default::default() };
                out.credit(&client.credit().get_credit(request).await.map_err(failed)?.into_inner())?;
                String::new()
            }
        };
        if page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// How rows are printed.
#[derive(Clone, Copy)]
struct Out {
    paint: Paint,
    json: bool,
}

impl Out {
    /// One row: its JSON, or its parts.
    fn row(self, value: &serde_json::Value, parts: &[&str]) -> std::io::Result<()> {
        if self.json {
            return self.paint.line(value.to_string());
        }
        let parts: Vec<String> = parts.iter().filter(|part| !part.is_empty()).map(|part| safe(part)).collect();
        self.paint.line(parts.join("  "))
    }

    fn application(self, row: &v1::FilingApplication) -> std::io::Result<()> {
        let party = row.application.as_ref().and_then(|application| application.party.clone()).unwrap_or_default();
        let status = format!("{} {}", row.status_zh, row.status_en);
        let received = show::date_clock(row.received_at.as_ref());
        let parts = [&row.application_id, &received, &party.code, &party.name, &status, &row.reason];
        self.row(&json_filing::filing_application(row), &parts.map(String::as_str))?;
        if !self.json {
            for reason in &row.reasons {
                self.paint.line(format!("    {}", show::rejection(self.paint, reason)))?;
            }
        }
        Ok(())
    }

    fn history(self, view: &v1::GetFilingHistoryResponse) -> std::io::Result<()> {
        let standing = format!("{} {}", view.standing_zh, view.standing_en);
        self.row(&json_filing::filing_history(view), &[&view.code, &standing])?;
        if !self.json {
            for said in &view.statements {
                let (known, from) =
                    (show::date_clock(said.known_at.as_ref()), show::date_clock(said.effective_from.as_ref()));
                let to = show::date_clock(said.effective_to.as_ref());
                let span = format!("[{from} – {to}]");
                let standing = format!("{} {}", said.standing_zh, said.standing_en);
                self.row(&serde_json::Value::Null, &["   ", &known, &span, &standing, &said.stated_by, &said.reason])?;
            }
        }
        Ok(())
    }

    fn product(self, row: &v1::FiledProduct) -> std::io::Result<()> {
        let product = row.product.clone().unwrap_or_default();
        let customs = format!("海关 customs: {} {}", row.customs_zh, row.customs_en);
        let quarantine = format!("检验检疫 quarantine: {} {}", row.quarantine_zh, row.quarantine_en);
        let parts =
            [&product.owner_code, &product.ent_goods_no, &product.hs_code, &product.name, &customs, &quarantine];
        self.row(&json_filing::filed_product(row), &parts.map(String::as_str))?;
        for doubt in row.doubts.iter().filter(|_| !self.json) {
            self.row(&serde_json::Value::Null, &["   ", &show::rejection(self.paint, doubt)])?;
        }
        Ok(())
    }

    fn book(self, row: &v1::Book) -> std::io::Result<()> {
        let filed = show::date_clock(row.filed_at.as_ref());
        let parts = [&row.ems_no, &row.owner_code, &row.customs_code, &row.warehouse_code, &filed];
        self.row(&json_filing::book(row), &parts.map(String::as_str))
    }

    fn item(self, row: &v1::BookBalance) -> std::io::Result<()> {
        let item = row.item.clone().unwrap_or_default();
        let balance = format!(
            "余量 balance {} = {} − {} 占用 reserved − {} 核销 used",
            row.balance, row.inbound, row.reserved, row.used
        );
        self.row(&json_filing::book_balance(row), &[&item.item_no, &item.hs_code, &item.name, &balance, &item.unit])
    }

    fn warehouse(self, row: &v1::Warehouse) -> std::io::Result<()> {
        let kind = if row.is_overseas { "海外仓 overseas" } else { "保税仓 bonded" };
        let parts = [&row.code, &row.name, kind, &row.area_code, &row.country, &row.operator_code];
        self.row(&json_filing::warehouse(row), &parts)
    }

    fn credit(self, view: &v1::GetCreditResponse) -> std::io::Result<()> {
        let grade = format!("{} {} {}", view.grade, view.grade_zh, view.grade_en);
        self.row(&json_filing::credit(view), &[&view.code, &grade])?;
        if !self.json {
            for said in &view.statements {
                let (known, from) =
                    (show::date_clock(said.known_at.as_ref()), show::date_clock(said.effective_from.as_ref()));
                let grade = format!("{} {} {}", said.grade, said.grade_zh, said.grade_en);
                self.row(&serde_json::Value::Null, &["   ", &known, &from, &grade, &said.filed_by, &said.reason])?;
            }
        }
        Ok(())
    }
}
