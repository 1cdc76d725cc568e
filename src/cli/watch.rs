//! `swx watch`: follows a subscription, acknowledges what it printed, and sees if anything is missing.

use super::chain::{Chain, Step};
use super::client::{Backoff, Client, Connect, explain, is_retryable, reason};
use super::paint::Paint;
use super::{json, show};
use crate::domain::Timestamp;
use crate::pb::v1::{self, consume_request, consume_response, start_at};
use anyhow::{anyhow, bail};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// Deliveries that the server may send ahead of our acknowledgements.
const CREDIT: u32 = 1000;
/// Deliveries after which they are acknowledged and credit is renewed, at the latest.
const ACK_EVERY: u32 = 100;
/// The same by time.
const ACK_WITHIN: Duration = Duration::from_millis(500);
/// Time that the server may take to record an acknowledgement; it does so every second.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);

/// Prints what a subscription delivers.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the subscription
    subscription: String,
    /// Make the subscription first, if it is not there
    #[arg(long)]
    create: bool,
    /// What it shows: own (inbox), full (customs) or statistics
    #[arg(long, value_enum, default_value_t = ViewName::Own, requires = "create")]
    view: ViewName,
    /// Where it begins: earliest, latest, a position, or a time yyyyMMddHHmmss
    #[arg(long, default_value = "latest", requires = "create")]
    from: String,
    /// Only these message types, for example 621
    #[arg(long = "type", value_name = "NUMBER", requires = "create")]
    types: Vec<i32>,
    /// Only these customs offices
    #[arg(long, value_name = "CODE", requires = "create")]
    office: Vec<String>,
    /// Only events that lead to these statuses, for example 800
    #[arg(long, value_name = "CODE", requires = "create", allow_negative_numbers = true)]
    status: Vec<i32>,
    /// End after so many deliveries
    #[arg(long, value_name = "N")]
    max: Option<u64>,
    /// Print one JSON object per delivery
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// The views, as flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ViewName {
    /// Receipts for our own documents.
    Own,
    /// Everything, for customs.
    Full,
    /// Facts without personal values.
    Statistics,
}

impl ViewName {
    fn wire(self) -> v1::View {
        match self {
            ViewName::Own => v1::View::Own,
            ViewName::Full => v1::View::Full,
            ViewName::Statistics => v1::View::Statistics,
        }
    }
}

/// Runs the command. Exit code 1 if a gap was seen.
///
/// # Errors
/// If the server cannot be reached for long, or refuses the call.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.connect.connect().await?;
    if args.create {
        create(&client, &args).await?;
    }
    let mut watcher = Watcher { args: &args, paint: Paint::stdout(), chain: Chain::new(), taken: 0, gaps: 0 };
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut backoff = Backoff::new();
    loop {
        let before = watcher.taken;
        let ended = tokio::select! {
            ended = watcher.follow(&client) => ended?,
            _ = &mut interrupted => break,
        };
        let Some(status) = ended else { break };
        // Connecting again would only take it back from whoever took it over.
        if !is_retryable(&status) || reason(&status) == "SUBSCRIPTION_SUPERSEDED" {
            bail!(explain(&status));
        }
        if watcher.taken > before {
            backoff = Backoff::new();
        }
        backoff.wait().await;
    }
    Ok(ExitCode::from(u8::from(watcher.gaps > 0)))
}

async fn create(client: &Client, args: &Args) -> anyhow::Result<()> {
    let subscription = v1::Subscription {
        name: args.subscription.clone(),
        filter: Some(v1::Filter {
            message_types: args.types.clone(),
            customs_codes: args.office.clone(),
            statuses: args.status.clone(),
            ..v1::Filter::default()
        }),
        view: args.view.wire() as i32,
        ..v1::Subscription::default()
    };
    let request =
        v1::CreateSubscriptionRequest { subscription: Some(subscription), start_at: Some(place(&args.from)?) };
    match client.subscriptions().create_subscription(request).await {
        Ok(_) => Ok(()),
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        Err(status) => Err(anyhow!(explain(&status))),
    }
}

/// Reads `earliest`, `latest`, a CEB time or a position token.
pub(super) fn place(text: &str) -> anyhow::Result<v1::StartAt> {
    let at = match text {
        "earliest" => start_at::At::Earliest(true),
        "latest" => start_at::At::Latest(true),
        "" => bail!("--from needs earliest, latest, a position or a time"),
        text => match Timestamp::parse_ceb(text) {
            Some(Timestamp(ms)) => start_at::At::Time(prost_types::Timestamp {
                seconds: ms.div_euclid(1000),
                nanos: i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or(0),
            }),
            None => start_at::At::Position(text.to_owned()),
        },
    };
    Ok(v1::StartAt { at: Some(at) })
}

struct Watcher<'a> {
    args: &'a Args,
    paint: Paint,
    chain: Chain,
    taken: u64,
    gaps: u64,
}

impl Watcher<'_> {
    /// Follows one stream; `None` if all wanted deliveries came, else why it ended.
    async fn follow(&mut self, client: &Client) -> anyhow::Result<Option<Status>> {
        let (requests, queue) = mpsc::channel(16);
        let start = v1::ConsumeStart { name: self.args.subscription.clone(), credit: CREDIT };
        requests.send(request(consume_request::Request::Start(start))).await?;
        let mut answers = match client.subscriptions().consume(ReceiverStream::new(queue)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Ok(Some(status)),
        };
        let mut acks = Acks::new(requests);
        let mut tick = tokio::time::interval(ACK_WITHIN);
        loop {
            let answer = tokio::select! {
                answer = answers.message() => answer,
                _ = tick.tick() => {
                    acks.send().await;
                    continue;
                }
            };
            let response = match answer {
                Ok(Some(answer)) => answer.response,
                Ok(None) => return Ok(Some(Status::unavailable("the server ended the stream"))),
                Err(status) => {
                    if !self.args.json && is_retryable(&status) {
                        let why =
                            if reason(&status).is_empty() { "connection lost".to_owned() } else { reason(&status) };
                        eprintln_dim(&format!("{why}, connecting again · 正在重连"));
                    }
                    return Ok(Some(status));
                }
            };
            match response {
                Some(consume_response::Response::Delivery(delivery)) => {
                    self.print(&delivery)?;
                    acks.note(delivery.cursor);
                    if self.args.max.is_some_and(|max| self.taken >= max) {
                        acks.finish(client, &self.args.subscription).await?;
                        return Ok(None);
                    }
                    if acks.count >= ACK_EVERY {
                        acks.send().await;
                    }
                }
                Some(consume_response::Response::Heartbeat(beat)) => {
                    let step = self.chain.heartbeat(&beat.last_delivery_id);
                    self.check(step)?;
                }
                None => {}
            }
        }
    }

    fn print(&mut self, delivery: &v1::Delivery) -> anyhow::Result<()> {
        let step = self.chain.take(&delivery.delivery_id, &delivery.predecessor_id);
        if step == Step::Again {
            return Ok(());
        }
        self.check(step)?;
        self.taken += 1;
        if self.args.json {
            self.paint.line(json::delivery(delivery).to_string())?;
            return Ok(());
        }
        self.paint.line(show::delivery(self.paint, delivery))?;
        let Some(event) = &delivery.event else { return Ok(()) };
        for rejection in &event.rejections {
            self.paint.line(format!("    {}", show::rejection(self.paint, rejection)))?;
        }
        for waiting in &event.waiting {
            self.paint.line(format!("    {}", show::waiting(self.paint, waiting)))?;
        }
        Ok(())
    }

    fn check(&mut self, step: Step) -> std::io::Result<()> {
        let Step::Gap { last, predecessor } = step else { return Ok(()) };
        self.gaps += 1;
        let text = if self.args.json {
            serde_json::json!({ "gap": { "last": last, "predecessor": predecessor } }).to_string()
        } else {
            self.paint.red(&format!("GAP after {last}: {predecessor} did not come · 投递缺失"))
        };
        self.paint.line(text)
    }
}

/// Acknowledgements and credit, a few times a second.
pub(super) struct Acks {
    requests: mpsc::Sender<v1::ConsumeRequest>,
    cursor: Option<String>,
    count: u32,
}

impl Acks {
    pub(super) fn new(requests: mpsc::Sender<v1::ConsumeRequest>) -> Acks {
        Acks { requests, cursor: None, count: 0 }
    }

    fn note(&mut self, cursor: String) {
        self.note_all(cursor, 1);
    }

    /// So many deliveries more are done, up to that cursor.
    pub(super) fn note_all(&mut self, cursor: String, count: u32) {
        self.cursor = Some(cursor);
        self.count = self.count.saturating_add(count);
    }

    /// Sends what is due. If the stream has ended, reading it says why.
    pub(super) async fn send(&mut self) {
        let Some(cursor) = self.cursor.take() else { return };
        let ack = request(consume_request::Request::Ack(v1::ConsumeAck { cursor }));
        let credit = request(consume_request::Request::Credit(v1::ConsumeCredit { deliveries: self.count }));
        self.count = 0;
        if self.requests.send(ack).await.is_ok() {
            drop(self.requests.send(credit).await);
        }
    }

    /// Acknowledges the last delivery and waits until that is recorded: it would be lost if the stream ended
    /// before it was read.
    pub(super) async fn finish(mut self, client: &Client, name: &str) -> anyhow::Result<()> {
        let Some(cursor) = self.cursor.clone() else { return Ok(()) };
        self.send().await;
        let mut service = client.subscriptions();
        let deadline = tokio::time::Instant::now() + RECORDED_WITHIN;
        while tokio::time::Instant::now() < deadline {
            let answer = service.get_subscription(v1::GetSubscriptionRequest { name: name.to_owned() }).await;
            let subscription = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner().subscription;
            if subscription.is_some_and(|subscription| subscription.acked_cursor == cursor) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

pub(super) fn request(request: consume_request::Request) -> v1::ConsumeRequest {
    v1::ConsumeRequest { request: Some(request) }
}

pub(super) fn eprintln_dim(text: &str) {
    use std::io::Write;
    // Nobody reads standard error: then there is nobody to tell.
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        assert_eq!(place("earliest").expect("a place").at, Some(start_at::At::Earliest(true)));
        let time = place("19700101080001").expect("a place").at;
        assert_eq!(time, Some(start_at::At::Time(prost_types::Timestamp { seconds: 1, nanos: 0 })));
        assert_eq!(place("p-17").expect("a place").at, Some(start_at::At::Position("p-17".into())));
        assert!(place("").is_err());
    }
}
