//! What every step of the demo needs: a client for each party, and a voice.

use crate::cli::client::{Client, Connect, explain};
use crate::cli::paint::{Paint, pad, safe};
use crate::cli::{show, trace};
use crate::pb::v1;
use crate::sample::{self, Generator, Kind, Set, Settings};
use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use std::collections::HashMap;
use std::path::Path;

/// The demo parties, in the order in which they appear.
pub(super) const PARTIES: [&str; 8] =
    ["platform", "seller", "payment", "logistics", "declarant", "customs", "statistics", "operator"];

pub(super) struct Stage {
    pub(super) paint: Paint,
    clients: HashMap<&'static str, Client>,
    generator: Generator,
    step: u32,
    sets: u64,
}

impl Stage {
    /// Connects as every party, each with its own certificate.
    pub(super) async fn open(paint: Paint, address: &str, pki: &Path) -> anyhow::Result<Stage> {
        let mut clients = HashMap::new();
        for party in PARTIES {
            clients.insert(party, Connect::dev(address, pki, party).connect().await?);
        }
        let generator = Generator::new(20, Settings::default());
        Ok(Stage { paint, clients, generator, step: 0, sets: 0 })
    }

    pub(super) fn title(&self, address: &str, folder: &Path) -> std::io::Result<()> {
        let paint = self.paint;
        paint.line(format!(
            "{}  {}",
            paint.bold("swx · the single-window exchange"),
            paint.dim("跨境电子商务单一窗口")
        ))?;
        paint.line(paint.dim(&format!("gRPC and mTLS at {address} · data in {}", folder.display())))
    }

    /// Begins a step.
    pub(super) fn step(&mut self, en: &str, zh: &str) -> std::io::Result<()> {
        self.step += 1;
        let paint = self.paint;
        paint.line("")?;
        paint.line(format!(
            "{}  {}  {}",
            paint.bold(&paint.cyan(&format!("{:>2}", self.step))),
            paint.bold(en),
            paint.dim(zh)
        ))
    }

    /// One line of a step.
    pub(super) fn say(&self, text: impl AsRef<str>) -> std::io::Result<()> {
        self.paint.line(format!("    {}", text.as_ref()))
    }

    pub(super) fn client(&self, party: &'static str) -> anyhow::Result<&Client> {
        self.clients.get(party).with_context(|| format!("nobody is connected as {party}"))
    }

    /// The next made-up sale.
    pub(super) fn next_set(&mut self) -> Set {
        self.sets += 1;
        self.generator.set(self.sets)
    }

    /// One document as a message of its own.
    pub(super) fn message(&self, kind: Kind, set: &Set) -> Bytes {
        let transfer = self.generator.transfer(kind, set.ordinal);
        Bytes::from(sample::message(kind, std::slice::from_ref(set), &transfer))
    }

    /// Sends one document as its party, and tells what became of it.
    pub(super) async fn submit(&self, kind: Kind, set: &Set) -> anyhow::Result<v1::Receipt> {
        let receipt = self.submit_quietly(kind, set).await?;
        self.tell(kind, &receipt)?;
        Ok(receipt)
    }

    pub(super) async fn submit_quietly(&self, kind: Kind, set: &Set) -> anyhow::Result<v1::Receipt> {
        Ok(self.send(sender(kind), self.message(kind, set)).await?.0)
    }

    /// Sends a message as that party: its receipt, and whether it is one of an earlier submission.
    pub(super) async fn send(&self, party: &'static str, xml: Bytes) -> anyhow::Result<(v1::Receipt, bool)> {
        let answer = self.client(party)?.declarations().submit(v1::SubmitRequest { xml }).await;
        let answer = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        Ok((answer.receipt.context("an answer without a receipt")?, answer.replayed))
    }

    fn tell(&self, kind: Kind, receipt: &v1::Receipt) -> anyhow::Result<()> {
        let paint = self.paint;
        let (zh, en) = show::title(receipt.message_type);
        let who = pad(sender(kind), 10);
        let what = pad(&format!("{zh} {en}"), 14);
        let Some(verdict) = receipt.documents.first() else {
            self.say(format!("{} {who} {what} {}", paint.red("✗"), paint.red("报文被拒 message refused")))?;
            return self.rejections(&receipt.rejections);
        };
        let accepted = verdict.outcome == v1::Outcome::Accepted as i32;
        let mark = match (accepted, verdict.waiting.is_empty()) {
            (false, _) => paint.red("✗"),
            (true, true) => paint.green("✓"),
            (true, false) => paint.yellow("…"),
        };
        let status = show::status_text(paint, verdict.status);
        self.say(format!("{mark} {who} {what} {status}  {}", paint.dim(&show::keys(verdict.keys.as_ref()))))?;
        self.rejections(&verdict.rejections)?;
        self.waiting(&verdict.waiting)
    }

    pub(super) fn rejections(&self, rejections: &[v1::Rejection]) -> anyhow::Result<()> {
        for rejection in rejections {
            self.say(format!("    {}", show::rejection(self.paint, rejection)))?;
        }
        Ok(())
    }

    pub(super) fn waiting(&self, waiting: &[v1::Waiting]) -> anyhow::Result<()> {
        for waiting in waiting {
            self.say(format!("    {}", show::waiting(self.paint, waiting)))?;
        }
        Ok(())
    }

    /// The declarant looks its list up, no earlier than that position.
    pub(super) async fn list(&self, pre_no: &str, at_least: &str) -> anyhow::Result<v1::Document> {
        let name = v1::get_document_request::Name::PreNo(pre_no.to_owned());
        let request = v1::GetDocumentRequest { name: Some(name), at_least: at_least.to_owned(), typed: false };
        let answer = self.client("declarant")?.declarations().get_document(request).await;
        let answer = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        answer.document.context("an answer without a document")
    }

    /// Prints everything known of a list, as the declarant sees it.
    pub(super) async fn timeline(&mut self, list: &Told) -> anyhow::Result<()> {
        self.step("The whole way of one list", "一票清单的全程轨迹")?;
        let request = v1::TraceRequest { key: list.pre_no.clone(), at_least: String::new() };
        let trace = self.client("declarant")?.declarations().trace(request).await;
        let trace = trace.map_err(|status| anyhow!(explain(&status)))?.into_inner();
        trace::print(self.paint, "    ", &trace)?;
        Ok(())
    }
}

/// A list that the exchange has taken.
pub(super) struct Told {
    /// Its documents.
    pub(super) set: Set,
    /// The list's pre-entry number.
    pub(super) pre_no: String,
    /// The list's receipt.
    pub(super) receipt: v1::Receipt,
}

impl Told {
    pub(super) fn new(set: Set, receipt: v1::Receipt) -> anyhow::Result<Told> {
        let keys = receipt.documents.first().and_then(|verdict| verdict.keys.as_ref());
        let pre_no = keys.map(|keys| keys.pre_no.clone()).unwrap_or_default();
        if pre_no.is_empty() {
            let why: Vec<String> = receipt.rejections.iter().map(|one| safe(&one.message_en)).collect();
            bail!("the list has no pre-entry number: {}", why.join(", "));
        }
        Ok(Told { set, pre_no, receipt })
    }
}

/// The demo party that sends documents of a kind.
pub(super) fn sender(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "platform",
        Kind::Payment => "payment",
        Kind::Waybill => "logistics",
        Kind::List => "declarant",
    }
}
