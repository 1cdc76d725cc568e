//! `swx bench latency`: how long an acknowledgement and a delivery take at a given rate of arrival.
//!
//! The load is open-loop: each message has a time at which it is to be sent, whether or not earlier ones
//! were answered, and its latency counts from that time. So a stall shows in every message that it delays.

use super::figures::{Latencies, per_second, ratio, seconds};
use super::load::{self, Load};
use super::{Bench, settings};
use crate::cli::client::{Client, Connect, explain};
use crate::cli::paint::Paint;
use crate::cli::process::Usage;
use crate::pb::v1::{self, consume_request, consume_response, start_at, submit_stream_response};
use crate::sample::{Generator, Kind, Settings};
use anyhow::anyhow;
use bytes::Bytes;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;

/// Time between the last preparation and the first message.
const LEAD: Duration = Duration::from_millis(200);
/// Time that deliveries may take after the last message, before they count as missing.
const DELIVERY_WAIT: Duration = Duration::from_secs(10);

/// Measures times at a rate.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lists a second, one per message; 1417 is the nation's published peak
    #[arg(long, default_value_t = 1417, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// For how long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Connections, each with its own stream
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    /// Subscribers that all get every list, each on a connection of its own
    #[arg(long, default_value_t = 0)]
    subscribers: u8,
    /// Seed of the documents
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// When each message is to be sent.
#[derive(Clone, Copy)]
struct Schedule {
    start: Instant,
    rate: u32,
}

impl Schedule {
    fn at(self, number: usize) -> Instant {
        let nanos = u64::try_from(number).unwrap_or(u64::MAX).saturating_mul(1_000_000_000) / u64::from(self.rate);
        self.start + Duration::from_nanos(nanos)
    }
}

/// Runs the measurement and prints one JSON line.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bench = Bench::start(None).await?;
    let count = usize::try_from(u64::from(args.rate) * u64::from(args.seconds))?;
    let generator = Generator::new(args.seed, Settings::default());
    let messages: Arc<Vec<Bytes>> = Arc::new(load::messages(&generator, Kind::List, 0, count, 1));
    let ordinals = (0..u64::try_from(count)?).map(|ordinal| generator.set(ordinal).list.cop_no);
    let numbers: Arc<HashMap<String, usize>> = Arc::new(ordinals.enumerate().map(|(n, cop_no)| (cop_no, n)).collect());

    let mut clients = Vec::new();
    for _ in 0..args.connections {
        clients.push(connect(&bench, "declarant").await?);
    }
    let mut subscribers = Vec::new();
    for number in 0..args.subscribers {
        subscribers.push(subscribe(&bench, number).await?);
    }
    let (server_before, client_before) = (bench.server.usage()?, Usage::own()?);
    let schedule = Schedule { start: Instant::now() + LEAD, rate: args.rate };
    let mut deliveries = JoinSet::new();
    for (requests, answers) in subscribers {
        let numbers = numbers.clone();
        deliveries.spawn(async move { follow(requests, answers, &numbers, schedule, count).await });
    }
    let mut senders = JoinSet::new();
    let step = clients.len();
    for (first, client) in clients.into_iter().enumerate() {
        senders.spawn(send(client, messages.clone(), schedule, first, step));
    }
    let mut load = Load::default();
    while let Some(part) = senders.join_next().await {
        load.merge(part??);
    }
    let elapsed = schedule.start.elapsed();
    let (mut delivered, mut missing) = (Latencies::default(), 0);
    while let Some(part) = deliveries.join_next().await {
        let part = part?;
        missing += count - part.len();
        delivered.merge(part);
    }
    let (server, client) = (bench.server.usage()?, Usage::own()?);
    load.errors += missing + count.saturating_sub(load.accepted + load.errors);
    let mut acks = std::mem::take(&mut load.latencies);
    let subscribed = args.subscribers > 0;
    let line = serde_json::json!({
        "bench": "latency", "rate": args.rate, "lists": count,
        "lists_per_second": per_second(load.accepted, elapsed),
        "ack_p50_ms": acks.percentile_ms(500), "ack_p99_ms": acks.percentile_ms(990),
        "ack_p999_ms": acks.percentile_ms(999), "ack_max_ms": acks.percentile_ms(1000),
        "subscribers": args.subscribers,
        "delivered_p50_ms": subscribed.then(|| delivered.percentile_ms(500)),
        "delivered_p99_ms": subscribed.then(|| delivered.percentile_ms(990)),
        "delivered_max_ms": subscribed.then(|| delivered.percentile_ms(1000)),
        "deliveries_missing": missing, "errors": load.errors, "first_error": load.first_error,
        "seconds": seconds(elapsed), "per_message": 1, "fsync": true, "mtls": true,
        "rss_mib": super::figures::mib(server.rss_bytes),
        "server_cpu_seconds": ratio(server.cpu_ms - server_before.cpu_ms, 1000_u64),
        "client_cpu_seconds": ratio(client.cpu_ms - client_before.cpu_ms, 1000_u64),
        "settings": settings(serde_json::json!({
            "arrival": "open loop, latency from the intended time of sending", "connections": args.connections,
            "call": "stream", "seed": args.seed,
        })),
    });
    bench.stop().await?;
    Paint::plain().line(line.to_string())?;
    Ok(ExitCode::from(u8::from(load.errors > 0)))
}

async fn connect(bench: &Bench, party: &str) -> anyhow::Result<Client> {
    Connect::dev(bench.server.address(), &bench.server.pki(), party).connect().await
}

/// Sends every `step`th message from `first` on at its time.
async fn send(
    client: Client,
    messages: Arc<Vec<Bytes>>,
    schedule: Schedule,
    first: usize,
    step: usize,
) -> anyhow::Result<Load> {
    // The queue takes all: a message that waits here is late, and its latency says so.
    let (requests, queue) = mpsc::channel(messages.len().max(1));
    let answers = client.declarations().submit_stream(ReceiverStream::new(queue)).await;
    let mut answers = answers.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let sending = tokio::spawn(async move {
        for (number, xml) in messages.iter().enumerate().skip(first).step_by(step) {
            tokio::time::sleep_until(schedule.at(number).into()).await;
            let request = v1::SubmitStreamRequest { sequence: u64::try_from(number)?, xml: xml.clone() };
            requests.send(request).await.map_err(|_| anyhow!("the server ended the stream"))?;
        }
        Ok::<_, anyhow::Error>(())
    });
    let mut load = Load::default();
    while let Some(answer) = answers.message().await.map_err(|status| anyhow!(explain(&status)))? {
        match answer.result {
            Some(submit_stream_response::Result::Receipt(receipt)) => {
                load.latencies.add(schedule.at(usize::try_from(answer.sequence)?).elapsed());
                load.receipt(&receipt);
            }
            Some(submit_stream_response::Result::Failure(failure)) => {
                load.failure(format!("{}: {}", failure.reason, failure.message));
            }
            None => load.failure("an empty answer".to_owned()),
        }
    }
    sending.await??;
    Ok(load)
}

type Consumer = (mpsc::Sender<v1::ConsumeRequest>, tonic::Streaming<v1::ConsumeResponse>);

/// Customs and the declarant in turn, each from now on.
async fn subscribe(bench: &Bench, number: u8) -> anyhow::Result<Consumer> {
    let (party, view) =
        if number.is_multiple_of(2) { ("customs", v1::View::Full) } else { ("declarant", v1::View::Own) };
    let mut service = connect(bench, party).await?.subscriptions();
    let name = format!("bench-{number}");
    let filter = v1::Filter { message_types: vec![v1::MessageType::Ceb621 as i32], ..v1::Filter::default() };
    let subscription =
        v1::Subscription { name: name.clone(), filter: Some(filter), view: view as i32, ..v1::Subscription::default() };
    let start_at = Some(v1::StartAt { at: Some(start_at::At::Latest(true)) });
    let create = v1::CreateSubscriptionRequest { subscription: Some(subscription), start_at };
    service.create_subscription(create).await.map_err(|status| anyhow!(explain(&status)))?;
    let (requests, queue) = mpsc::channel(64);
    let start = consume_request::Request::Start(v1::ConsumeStart { name, credit: 10_000 });
    requests.send(v1::ConsumeRequest { request: Some(start) }).await?;
    let answers = service.consume(ReceiverStream::new(queue)).await.map_err(|status| anyhow!(explain(&status)))?;
    Ok((requests, answers.into_inner()))
}

/// Notes the first delivery of each list, until all came or too much time went by.
async fn follow(
    requests: mpsc::Sender<v1::ConsumeRequest>,
    mut answers: tonic::Streaming<v1::ConsumeResponse>,
    numbers: &HashMap<String, usize>,
    schedule: Schedule,
    count: usize,
) -> Latencies {
    let mut latencies = Latencies::default();
    let mut seen = vec![false; count];
    let deadline = tokio::time::Instant::from_std(schedule.at(count)) + DELIVERY_WAIT;
    let mut unacked = 0;
    while latencies.len() < count {
        let Ok(Ok(Some(answer))) = tokio::time::timeout_at(deadline, answers.message()).await else { break };
        let Some(consume_response::Response::Delivery(delivery)) = answer.response else { continue };
        let keys = delivery.event.and_then(|event| event.keys).unwrap_or_default();
        if let Some(number) = numbers.get(&keys.cop_no)
            && let Some(seen) = seen.get_mut(*number)
            && !std::mem::replace(seen, true)
        {
            latencies.add(schedule.at(*number).elapsed());
        }
        unacked += 1;
        if unacked == 1000 {
            let ack = consume_request::Request::Ack(v1::ConsumeAck { cursor: delivery.cursor });
            let credit = consume_request::Request::Credit(v1::ConsumeCredit { deliveries: unacked });
            for request in [ack, credit] {
                if requests.send(v1::ConsumeRequest { request: Some(request) }).await.is_err() {
                    return latencies;
                }
            }
            unacked = 0;
        }
    }
    latencies
}
