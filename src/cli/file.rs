//! `swx file`: applies for filings, reviews them, and files goods and credit grades.

use super::client::{Client, Connect, explain};
use super::paint::{Paint, safe};
use super::{json_filing, show};
use crate::domain::limits::CONFIG_BYTES_MAX;
use crate::domain::{LicenceKind, Role, Timestamp};
use crate::pb::v1;
use crate::transport::access::role_name;
use anyhow::{Context, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Files firms, goods and credit grades.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Id of the request; a repeat under the same id gets the first answer
    #[arg(long, global = true, default_value = "")]
    request_id: String,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Apply for a filing, or for a change of it; a certificate that is not filed yet will do
    Apply(Apply),
    /// Review an application as operator
    Review {
        /// Id of the application
        application: String,
        /// Approve it
        #[arg(long, required_unless_present = "refuse", conflicts_with = "refuse")]
        approve: bool,
        /// Refuse it
        #[arg(long, requires = "reason")]
        refuse: bool,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
        /// In force from, yyyyMMdd[HHmmss] in UTC+8; at once if not given
        #[arg(long, value_parser = day)]
        from: Option<Timestamp>,
        /// Approve in spite of a wrong check character of the credit code
        #[arg(long, requires = "reason")]
        override_credit_code: bool,
    },
    /// Suspend or revoke a filing, or put it in force again
    Standing {
        /// Any code of the firm
        code: String,
        /// What it becomes
        #[arg(value_enum)]
        standing: Standing,
        /// Why
        #[arg(long)]
        reason: String,
        /// From when, yyyyMMdd[HHmmss] in UTC+8; at once if not given
        #[arg(long, value_parser = day)]
        from: Option<Timestamp>,
        /// Until when (exclusive)
        #[arg(long, value_parser = day)]
        to: Option<Timestamp>,
    },
    /// File products from a CSV file whose first line names the fields
    Product {
        /// The file
        file: PathBuf,
        /// Only say what would become of them: nothing is filed
        #[arg(long)]
        check: bool,
    },
    /// File an account book with items from a CSV file whose first line names the fields
    Book {
        /// Number of the book
        ems_no: String,
        /// The file
        items: PathBuf,
        /// Code of the firm whose book it is
        #[arg(long)]
        owner: String,
        /// Customs office, 4 digits
        #[arg(long)]
        customs: String,
    },
    /// Book goods that came in: ITEM=QUANTITY, negative for a correction
    Inbound {
        /// Number of the book
        ems_no: String,
        /// Number of the 核注清单
        document_no: String,
        /// What came
        #[arg(required = true, allow_hyphen_values = true, value_parser = quantity)]
        lines: Vec<(String, String)>,
        /// Why, for a correction
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// File a credit grade
    Grade {
        /// Any code of the firm
        code: String,
        /// Key of the grade in the table credit_grades
        grade: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// From when, yyyyMMdd[HHmmss] in UTC+8; at once if not given
        #[arg(long, value_parser = day)]
        from: Option<Timestamp>,
    },
}

/// What is applied for.
#[derive(Debug, clap::Args)]
struct Apply {
    /// Main code: credit code of 18 characters or customs code of 10
    #[arg(long)]
    code: String,
    /// Registered name
    #[arg(long)]
    name: String,
    /// Role, for example seller; may be given several times
    #[arg(long = "role", required = true, value_parser = role)]
    roles: Vec<Role>,
    /// Customs code of 10 characters
    #[arg(long, default_value = "")]
    customs_code: String,
    /// Licence, KIND=NUMBER or KIND=NUMBER@yyyyMMdd for its last day; may be given several times
    #[arg(long = "licence", value_parser = licence)]
    licences: Vec<v1::Licence>,
    /// Country of registration, a code of customs; China if not given
    #[arg(long, default_value = "")]
    country: String,
    /// For a firm abroad: code of its domestic agent
    #[arg(long, default_value = "")]
    agent_code: String,
    /// DXP id; may be given several times
    #[arg(long = "dxp-id")]
    dxp_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Standing {
    Active,
    Suspended,
    Revoked,
}

const DAY_MS: i64 = 24 * 3600 * 1000;

pub(super) fn day(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "a time looks like 20260131 or 20260131093000".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    let wanted = text.to_uppercase().replace('-', "_");
    let known = Role::ALL.into_iter().find(|role| role_name(*role) == wanted);
    known.ok_or_else(|| {
        let names: Vec<String> = Role::ALL.into_iter().map(|role| role_name(role).to_lowercase()).collect();
        format!("roles are {}", names.join(", "))
    })
}

fn kind_name(kind: LicenceKind) -> String {
    let text = format!("{kind:?}");
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn licence(text: &str) -> Result<v1::Licence, String> {
    let (kind, rest) = text.split_once('=').ok_or("a licence looks like express=NUMBER or express=NUMBER@20271231")?;
    let known = LicenceKind::ALL.into_iter().find(|known| kind_name(*known) == kind);
    let known = known.ok_or_else(|| {
        format!("kinds are {}", LicenceKind::ALL.into_iter().map(kind_name).collect::<Vec<_>>().join(", "))
    })?;
    let (number, last) = rest.split_once('@').map_or((rest, None), |(number, last)| (number, Some(last)));
    // The last day counts.
    let to = last.map(day).transpose()?.map(|day| Timestamp(day.0.saturating_add(DAY_MS)));
    Ok(v1::Licence { kind: known as i32, number: number.to_owned(), valid_to: wire(to), ..Default::default() })
}

fn quantity(text: &str) -> Result<(String, String), String> {
    let (item, qty) = text.split_once('=').ok_or("a line looks like ITEM=QUANTITY")?;
    Ok((item.to_owned(), qty.to_owned()))
}

pub(super) fn wire(time: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    time.map(crate::transport::convert::time)
}

/// Runs the command. Exit code 1 if the request is refused.
///
/// # Errors
/// If a file cannot be read, or the server cannot be reached or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let What::Product { file, check: true } = &args.what {
        return check_products(file, &args).await;
    }
    let id = args.request_id.clone();
    let request = prepare(args.what, id)?;
    let client = args.connect.connect().await?;
    let recorded = request.send(&client).await.map_err(|status| anyhow!(explain(&status)))?;
    let recorded = recorded.context("the server answered without a record")?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    if args.json {
        paint.line(json_filing::recorded(&recorded).to_string())?;
    } else {
        print(paint, &recorded)?;
    }
    Ok(ExitCode::from(u8::from(!recorded.rejections.is_empty())))
}

/// Says what would become of products. Exit code 1 if the request would be refused.
async fn check_products(file: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let products = rows(file, set_product)?;
    let client = args.connect.connect().await?;
    let checked = client.goods().precheck_products(v1::PrecheckProductsRequest { products }).await;
    let found = checked.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    if args.json {
        paint.line(json_filing::products_precheck(&found).to_string())?;
    } else {
        for fault in &found.faults {
            paint.line(show::rejection(paint, fault))?;
        }
        for product in &found.products {
            let verdict = if product.passes { "passes · 通过" } else { "waits for review · 待审核" };
            paint.line(format!("{}  {verdict}", paint.cyan(&safe(&product.ent_goods_no))))?;
            for doubt in &product.doubts {
                paint.line(format!("    {}", show::rejection(paint, doubt)))?;
            }
        }
    }
    Ok(ExitCode::from(u8::from(!found.faults.is_empty())))
}

fn print(paint: Paint, recorded: &v1::Recorded) -> std::io::Result<()> {
    let verdict = if recorded.rejections.is_empty() { "taken · 已受理" } else { "refused · 已退回" };
    paint.line(format!("{}  {verdict}", paint.cyan(&safe(&recorded.receipt_id))))?;
    // An application that is approved at once has two events that name it.
    let is_new = |index: usize, value: &v1::NamedValue| !recorded.values.iter().take(index).any(|other| other == value);
    for (_, value) in recorded.values.iter().enumerate().filter(|(index, value)| is_new(*index, value)) {
        paint.line(format!("    {}: {}", safe(&value.name), safe(&value.value)))?;
    }
    for rejection in &recorded.rejections {
        paint.line(format!("    {}", show::rejection(paint, rejection)))?;
    }
    Ok(())
}

/// A request that is ready to be sent.
enum Ready {
    Apply(Box<v1::ApplyFilingRequest>),
    Review(v1::ReviewFilingRequest),
    Standing(v1::ChangeStandingRequest),
    Products(v1::FileProductsRequest),
    Book(Box<v1::FileBookRequest>),
    Inbound(v1::RecordInboundRequest),
    Grade(Box<v1::FileCreditGradeRequest>),
}

impl Ready {
    async fn send(self, client: &Client) -> Result<Option<v1::Recorded>, tonic::Status> {
        let (mut filings, mut goods) = (client.filings(), client.goods());
        Ok(match self {
            Ready::Apply(request) => filings.apply_filing(*request).await?.into_inner().recorded,
            Ready::Review(request) => filings.review_filing(request).await?.into_inner().recorded,
            Ready::Standing(request) => filings.change_standing(request).await?.into_inner().recorded,
            Ready::Products(request) => goods.file_products(request).await?.into_inner().recorded,
            Ready::Book(request) => goods.file_book(*request).await?.into_inner().recorded,
            Ready::Inbound(request) => goods.record_inbound(request).await?.into_inner().recorded,
            Ready::Grade(request) => client.credit().file_credit_grade(*request).await?.into_inner().recorded,
        })
    }
}

fn prepare(what: What, request_id: String) -> anyhow::Result<Ready> {
    Ok(match what {
        What::Apply(apply) => {
            Ready::Apply(Box::new(v1::ApplyFilingRequest { request_id, application: Some(apply.wire()) }))
        }
        What::Review { application, approve, refuse: _, reason, from, override_credit_code } => {
            Ready::Review(v1::ReviewFilingRequest {
                request_id,
                application_id: application,
                approve,
                reason,
                effective_from: wire(from),
                override_credit_code,
            })
        }
        What::Standing { code, standing, reason, from, to } => Ready::Standing(v1::ChangeStandingRequest {
            request_id,
            code,
            standing: match standing {
                Standing::Active => v1::Standing::Active,
                Standing::Suspended => v1::Standing::Suspended,
                Standing::Revoked => v1::Standing::Revoked,
            } as i32,
            effective_from: wire(from),
            effective_to: wire(to),
            reason,
        }),
        What::Product { file, check: _ } => {
            let products = rows(&file, set_product)?;
            Ready::Products(v1::FileProductsRequest { request_id, products })
        }
        What::Book { ems_no, items, owner, customs } => {
            let items = rows(&items, set_item)?;
            let book = v1::Book { ems_no, owner_code: owner, customs_code: customs, items, ..Default::default() };
            Ready::Book(Box::new(v1::FileBookRequest { request_id, book: Some(book) }))
        }
        What::Inbound { ems_no, document_no, lines, reason } => {
            let lines = lines.into_iter().map(|(item_no, qty)| v1::ItemQuantity { item_no, qty }).collect();
            Ready::Inbound(v1::RecordInboundRequest { request_id, ems_no, document_no, lines, reason })
        }
        What::Grade { code, grade, reason, from } => Ready::Grade(Box::new(v1::FileCreditGradeRequest {
            request_id,
            code,
            grade,
            effective_from: wire(from),
            reason,
            ..Default::default()
        })),
    })
}

impl Apply {
    fn wire(self) -> v1::Application {
        let party = v1::Party {
            code: self.code,
            name: self.name,
            roles: self.roles.into_iter().map(|role| role as i32).collect(),
            dxp_ids: self.dxp_ids,
            ..Default::default()
        };
        v1::Application {
            party: Some(party),
            customs_code: self.customs_code,
            licences: self.licences,
            country: self.country,
            agent_code: self.agent_code,
            ..Default::default()
        }
    }
}

/// Reads the rows of a CSV file. `set` puts a value into a field by its name in the contract, and says if there is none.
fn rows<T: Default>(path: &Path, set: fn(&mut T, &str, String) -> Result<(), String>) -> anyhow::Result<Vec<T>> {
    let problem = || format!("cannot read {} · 无法读取", path.display());
    if std::fs::metadata(path).with_context(problem)?.len() > CONFIG_BYTES_MAX {
        bail!("{} has more than {CONFIG_BYTES_MAX} bytes · 文件过大", path.display());
    }
    let mut reader = csv::Reader::from_path(path).with_context(problem)?;
    let names = reader.headers().with_context(problem)?.clone();
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.with_context(problem)?;
        let mut row = T::default();
        for (name, value) in names.iter().zip(record.iter()) {
            set(&mut row, name.trim(), value.trim().to_owned())
                .map_err(|why| anyhow!("{}, row {}: {why}", path.display(), index + 1))?;
        }
        rows.push(row);
    }
    Ok(rows)
}

macro_rules! texts {
    ($row:ident, $name:ident, $value:ident: $($field:ident)+) => {
        match $name {
            $(stringify!($field) => { $row.$field = $value; return Ok(()); })+
            _ => {}
        }
    };
}

fn set_product(row: &mut v1::Product, name: &str, value: String) -> Result<(), String> {
    match name {
        "op" => {
            let op = match value.as_str() {
                "A" | "a" | "" => v1::FilingOp::Add,
                "M" | "m" => v1::FilingOp::Modify,
                "D" | "d" => v1::FilingOp::Delete,
                other => return Err(format!("op is A, M or D, not {other:?}")),
            };
            row.op = op as i32;
            return Ok(());
        }
        "business_type" => {
            row.business_type = value.parse().map_err(|_| format!("business_type is 1, 2 or 3, not {value:?}"))?;
            return Ok(());
        }
        "is_gift" => {
            row.is_gift = matches!(value.as_str(), "1" | "true");
            return Ok(());
        }
        _ => {}
    }
    texts!(row, name, value: owner_code ebp_code customs_code ciq_org ie_flag ent_goods_no eport_goods_no ciq_goods_no
        cus_goods_no ems_no item_no shelf_name hs_code barcode name style brand unit unit1 unit2 price currency origin
        quality manufacturer net_weight gross_weight);
    Err(format!("a product has no field {name:?}"))
}

fn set_item(row: &mut v1::BookItem, name: &str, value: String) -> Result<(), String> {
    if name == "is_deleted" {
        row.is_deleted = matches!(value.as_str(), "1" | "true");
        return Ok(());
    }
    texts!(row, name, value: item_no hs_code name unit unit1 unit2 origin barcode);
    Err(format!("an item has no field {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_read_with_their_last_day() {
        let read = licence("customs-registration=4101980K9C@20271231").expect("a licence");
        assert_eq!(read.kind, v1::LicenceKind::CustomsRegistration as i32);
        let first_day_after = Timestamp::parse_ceb("20280101").expect("a day").0 / 1000;
        assert_eq!(read.valid_to.map(|to| to.seconds), Some(first_day_after));
        assert!(licence("express").is_err() && licence("driving=1").is_err() && licence("express=1@x").is_err());
    }

    #[test]
    fn a_file_of_products_is_read_by_the_names_of_its_columns() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let write = |text: &str| std::fs::write(file.path(), text).expect("write");
        write("op,ent_goods_no,name,business_type\nA,SKU-1,\"奶粉,2段\",1\nD,SKU-2,,1\n");
        let read = rows(file.path(), set_product).expect("a good file");
        assert_eq!((read.len(), read[0].name.as_str(), read[1].op), (2, "奶粉,2段", v1::FilingOp::Delete as i32));
        write("colour\nred\n");
        assert!(rows(file.path(), set_product).is_err_and(|error| error.to_string().contains("colour")));
    }
}
