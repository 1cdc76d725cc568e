//! What a subscription delivers, collected in the background.

use super::stage::{Stage, Told};
use crate::cli::chain::{Chain, Step};
use crate::cli::client::{Client, explain};
use crate::cli::paint::{pad, safe};
use crate::cli::show;
use crate::domain::status;
use crate::pb::v1::{self, consume_request, consume_response, delivery::Content, start_at};
use anyhow::{Context, anyhow, bail};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// Time that a delivery may take before the demo says that it did not come.
const WAIT: Duration = Duration::from_secs(5);

/// What came so far.
#[derive(Default)]
struct Came {
    deliveries: Vec<v1::Delivery>,
    gaps: u32,
}

pub(super) struct Inbox {
    came: watch::Receiver<Came>,
}

impl Inbox {
    /// Makes the subscription and follows it until the server stops.
    pub(super) async fn open(client: &Client, name: &str, view: v1::View) -> anyhow::Result<Inbox> {
        let mut service = client.subscriptions();
        let subscription = v1::Subscription { name: name.to_owned(), view: view as i32, ..v1::Subscription::default() };
        let start_at = Some(v1::StartAt { at: Some(start_at::At::Latest(true)) });
        let create = v1::CreateSubscriptionRequest { subscription: Some(subscription), start_at };
        service.create_subscription(create).await.map_err(|status| anyhow!(explain(&status)))?;
        let (requests, queue) = mpsc::channel(64);
        let start = consume_request::Request::Start(v1::ConsumeStart { name: name.to_owned(), credit: 0 });
        requests.send(v1::ConsumeRequest { request: Some(start) }).await?;
        let answers = service.consume(ReceiverStream::new(queue)).await.map_err(|status| anyhow!(explain(&status)))?;
        let (sender, came) = watch::channel(Came::default());
        tokio::spawn(follow(requests, answers.into_inner(), sender));
        Ok(Inbox { came })
    }

    /// Waits until a delivery tells that the list has that status.
    async fn wait_for(&mut self, list: &Told, code: i32) -> anyhow::Result<()> {
        let is_it = |delivery: &v1::Delivery| {
            let event = delivery.event.as_ref();
            event.is_some_and(|event| {
                event.status == code && event.keys.as_ref().is_some_and(|keys| keys.cop_no == list.set.list.cop_no)
            })
        };
        let came = self.came.wait_for(|came| came.deliveries.iter().any(is_it));
        tokio::time::timeout(WAIT, came).await.context("a delivery did not come in time")??;
        Ok(())
    }
}

async fn follow(
    requests: mpsc::Sender<v1::ConsumeRequest>,
    mut answers: tonic::Streaming<v1::ConsumeResponse>,
    sender: watch::Sender<Came>,
) {
    let mut chain = Chain::new();
    while let Ok(Some(answer)) = answers.message().await {
        let Some(consume_response::Response::Delivery(delivery)) = answer.response else { continue };
        let step = chain.take(&delivery.delivery_id, &delivery.predecessor_id);
        let ack = consume_request::Request::Ack(v1::ConsumeAck { cursor: delivery.cursor.clone() });
        let acked = requests.send(v1::ConsumeRequest { request: Some(ack) }).await.is_ok();
        sender.send_modify(|came| match step {
            Step::New => came.deliveries.push(delivery),
            Step::Again => {}
            Step::Gap { .. } => {
                came.gaps += 1;
                came.deliveries.push(delivery);
            }
        });
        if !acked {
            return;
        }
    }
}

pub(super) struct Inboxes {
    customs: Inbox,
    statistics: Inbox,
    declarant: Inbox,
}

impl Inboxes {
    /// Customs, statistics, declarant, in this order.
    pub(super) fn of(open: Vec<Inbox>) -> anyhow::Result<Inboxes> {
        let [customs, statistics, declarant]: [Inbox; 3] =
            open.try_into().map_err(|_| anyhow!("there are three subscriptions"))?;
        Ok(Inboxes { customs, statistics, declarant })
    }

    /// Shows what each of the three received.
    pub(super) async fn show(mut self, stage: &mut Stage, last: &Told) -> anyhow::Result<()> {
        for inbox in [&mut self.customs, &mut self.statistics, &mut self.declarant] {
            inbox.wait_for(last, status::RELEASED).await?;
        }
        stage.step("What customs received: every document, as sent", "海关收到的完整单证")?;
        lines(stage, &self.customs.came.borrow().deliveries)?;
        stage.step("What statistics received: facts, no person", "统计机构收到的数据，不含个人信息")?;
        statistics(stage, &self.statistics.came.borrow().deliveries, last)?;
        stage.step("The declarant's inbox: receipts", "申报企业收件箱中的回执")?;
        receipts(stage, &self.declarant.came.borrow().deliveries, last)?;
        let gaps: u32 =
            [&self.customs, &self.statistics, &self.declarant].map(|one| one.came.borrow().gaps).iter().sum();
        if gaps > 0 {
            bail!("{gaps} deliveries are missing");
        }
        stage.say(stage.paint.dim("every delivery named its predecessor: nothing is missing · 投递链完整"))?;
        Ok(())
    }
}

fn lines(stage: &Stage, deliveries: &[v1::Delivery]) -> anyhow::Result<()> {
    const SHOWN: usize = 12;
    for delivery in deliveries.iter().rev().take(SHOWN).rev() {
        stage.say(line(stage, delivery))?;
    }
    if deliveries.len() > SHOWN {
        stage.say(stage.paint.dim(&format!("the last {SHOWN} of {}", deliveries.len())))?;
    }
    Ok(())
}

fn line(stage: &Stage, delivery: &v1::Delivery) -> String {
    let Some(event) = &delivery.event else { return String::new() };
    let ((kind_zh, kind_en), (title_zh, title_en)) = (show::kind(event.kind), show::title(event.message_type));
    let bytes = match &delivery.content {
        Some(Content::Document(content)) => format!("{} bytes", content.xml.len()),
        Some(Content::Receipt(content)) => format!("{} bytes", content.xml.len()),
        Some(Content::Statistics(record)) => format!("{} lines", record.lines.len()),
        None => String::new(),
    };
    format!(
        "{}  {}  {}  {}  {}",
        stage.paint.dim(&show::clock(event.time.as_ref())),
        pad(&format!("{kind_zh} {kind_en}"), 24),
        pad(&format!("{title_zh} {title_en}"), 15),
        show::status_text(stage.paint, event.status),
        stage.paint.dim(&bytes)
    )
}

fn statistics(stage: &Stage, deliveries: &[v1::Delivery], list: &Told) -> anyhow::Result<()> {
    lines(stage, deliveries)?;
    let record = deliveries.iter().rev().find_map(|delivery| match &delivery.content {
        Some(Content::Statistics(record)) if !record.lines.is_empty() => Some(record),
        _ => None,
    });
    let Some(record) = record else { return Ok(()) };
    stage.say(format!(
        "mode {}  office {}  country {}  gross {} kg",
        safe(&record.trade_mode),
        safe(&record.customs_code),
        safe(&record.country),
        safe(&record.gross_weight)
    ))?;
    for line in &record.lines {
        stage.say(format!(
            "  {}  {}  {} CNY  {}",
            line.gnum,
            stage.paint.cyan(&safe(&line.gcode)),
            safe(&line.total_price),
            safe(&line.gname)
        ))?;
    }
    let buyer = &list.set.list.buyer;
    let personal = [buyer.name.as_str(), &buyer.id_number, &buyer.telephone];
    let bytes: Vec<Vec<u8>> = deliveries.iter().map(prost::Message::encode_to_vec).collect();
    let leaks = |value: &str| bytes.iter().any(|one| one.windows(value.len()).any(|part| part == value.as_bytes()));
    if personal.iter().any(|value| leaks(value)) {
        bail!("a personal value reached the statistics subscription");
    }
    stage.say(stage.paint.dim("searched for the buyer's name, number and telephone: not in it · 未见个人信息"))?;
    Ok(())
}

fn receipts(stage: &Stage, deliveries: &[v1::Delivery], list: &Told) -> anyhow::Result<()> {
    lines(stage, deliveries)?;
    let of_list = |delivery: &&v1::Delivery| {
        let keys = delivery.event.as_ref().and_then(|event| event.keys.as_ref());
        keys.is_some_and(|keys| keys.cop_no == list.set.list.cop_no)
    };
    let Some(Content::Receipt(receipt)) = deliveries.iter().rev().find(of_list).and_then(|one| one.content.as_ref())
    else {
        return Ok(());
    };
    let xml = String::from_utf8_lossy(&receipt.xml).replace("><", ">\n<");
    for line in xml.lines().filter(|line| !line.trim().is_empty()).take(24) {
        stage.say(stage.paint.dim(&safe(line)))?;
    }
    Ok(())
}
