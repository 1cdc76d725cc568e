//! kill -9 against the real program, at random moments under load: what was acknowledged is there exactly
//! once, its receipt is the same for ever, and every subscriber is complete.
//!
//! `SWX_KILL_SEED` repeats a run; `SWX_KILLS` changes the number of kills.

mod consumer;
mod load;

use consumer::{Consumed, follow};
use load::{Loader, PER_MESSAGE};
use single_window::cli::client::{Backoff, Connect};
use single_window::cli::process::ServerProcess;
use single_window::pb::v1;
use single_window::sample::{Generator, Kind, Settings};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A small generator of random numbers, so that a seed repeats a run.
pub(super) struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

fn number(name: &str, default: impl FnOnce() -> u64) -> u64 {
    std::env::var(name).ok().map_or_else(default, |text| text.parse().expect("a number"))
}

fn party(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "platform",
        Kind::Payment => "payment",
        Kind::Waybill => "logistics",
        Kind::List => "declarant",
    }
}

/// The program, its data and the address that it keeps over restarts.
struct Exchange {
    program: PathBuf,
    data: PathBuf,
    listen: String,
}

impl Exchange {
    /// A server that was just killed may hold its files for a moment more.
    async fn start(&self) -> ServerProcess {
        let mut backoff = Backoff::new();
        let mut tries = 0;
        loop {
            match ServerProcess::start(&self.program, &self.data, &self.listen).await {
                Ok(server) => return server,
                Err(error) => {
                    tries += 1;
                    assert!(tries < 10, "the server does not start again: {error:#}");
                    backoff.wait().await;
                }
            }
        }
    }

    /// Kills a hundred times, now and then while it is still starting.
    async fn kill_and_restart(&self, mut server: ServerProcess, kills: u64, random: &mut Random) -> ServerProcess {
        for _ in 0..kills {
            tokio::time::sleep(Duration::from_millis(random.below(600))).await;
            server.kill().await.expect("kill");
            if random.below(8) == 0 {
                let patience = Duration::from_millis(random.below(120));
                drop(tokio::time::timeout(patience, self.start()).await);
            }
            server = self.start().await;
        }
        server
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_lose_nothing_and_repeat_nothing() {
    let seed = number("SWX_KILL_SEED", || uuid::Uuid::new_v4().as_u64_pair().1);
    let kills = number("SWX_KILLS", || 100);
    eprintln!("kill test: SWX_KILL_SEED={seed} SWX_KILLS={kills}");
    let begun = Instant::now();
    let mut random = Random(seed);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut exchange = Exchange {
        program: PathBuf::from(env!("CARGO_BIN_EXE_swx")),
        data: folder.path().to_owned(),
        listen: "127.0.0.1:0".to_owned(),
    };
    let server = exchange.start().await;
    exchange.listen = server.address().trim_start_matches("https://").to_owned();
    let address = server.address().to_owned();
    let pki = server.pki();

    consumer::create(&Connect::dev(&address, &pki, "customs"), "throughout").await;
    let (stop, stopped) = watch::channel(false);
    let throughout = tokio::spawn(follow(Connect::dev(&address, &pki, "customs"), "throughout", stopped.clone()));

    let (finish, finished) = watch::channel(None);
    let generator = Arc::new(Generator::new(u32::try_from(seed >> 32).expect("32 bits"), Settings::default()));
    let loaders = Kind::ALL.map(|kind| {
        let loader = Loader::new(Connect::dev(&address, &pki, party(kind)), kind, generator.clone());
        (loader.sent(), tokio::spawn(loader.run(finished.clone())))
    });

    let server = exchange.kill_and_restart(server, kills, &mut random).await;

    // Each kind goes on to the same end, so that every list finds its documents.
    let target = loaders.iter().map(|(sent, _)| *sent.borrow()).max().expect("four loaders");
    finish.send_replace(Some(target));
    let mut acknowledged = HashMap::new();
    for (kind, (_, loader)) in Kind::ALL.into_iter().zip(loaders) {
        acknowledged.insert(kind, loader.await.expect("the loader ends"));
    }
    eprintln!("kill test: {} messages of each kind acknowledged after {:?}", target, begun.elapsed());
    assert!(target > 0, "nothing was sent");

    let documents = check_documents(&address, &pki, &generator, target).await;
    check_receipts(&address, &pki, &generator, &acknowledged).await;

    consumer::create(&Connect::dev(&address, &pki, "customs"), "late").await;
    let late = tokio::spawn(follow(Connect::dev(&address, &pki, "customs"), "late", stopped));
    stop.send_replace(true);
    let throughout = throughout.await.expect("the consumer ends");
    let late = late.await.expect("the consumer ends");
    check_consumer("throughout", &throughout, &documents);
    check_consumer("late", &late, &documents);
    assert_eq!(throughout.events, late.events, "the two consumers saw different events (seed {seed})");
    assert!(
        !throughout.crossings.is_empty() || kills == 0,
        "the consumer was never interrupted: the test did not test anything"
    );
    server.kill().await.expect("kill");
    eprintln!("kill test: {} events, done after {:?}", late.events.len(), begun.elapsed());
}

/// Every document sent is listed exactly once to its sender, and every list is stored. Gives their ids.
async fn check_documents(address: &str, pki: &Path, generator: &Generator, messages: u64) -> HashSet<String> {
    let mut ids = HashSet::new();
    for kind in Kind::ALL {
        let listed = list(&Connect::dev(address, pki, party(kind)), kind).await;
        let mut times: HashMap<String, u32> = HashMap::new();
        for document in &listed {
            let keys = document.keys.clone().unwrap_or_default();
            *times.entry(keys.order_no).or_default() += 1;
            assert!(ids.insert(document.document_id.clone()), "an id is given twice: {}", document.document_id);
            if kind == Kind::List {
                assert_eq!(document.status, 120, "a list has not found its documents: {document:?}");
            }
        }
        for ordinal in 0..messages * PER_MESSAGE {
            let order_no = generator.set(ordinal).order.order_no;
            assert_eq!(times.remove(&order_no), Some(1), "{} {order_no}", kind.name());
        }
        assert!(times.is_empty(), "documents that nobody sent: {times:?}");
    }
    ids
}

async fn list(connect: &Connect, kind: Kind) -> Vec<v1::Document> {
    let message_type = match kind {
        Kind::Order => v1::MessageType::Ceb311,
        Kind::Payment => v1::MessageType::Ceb411,
        Kind::Waybill => v1::MessageType::Ceb511,
        Kind::List => v1::MessageType::Ceb621,
    };
    let mut service = connect.connect().await.expect("connect").declarations();
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListDocumentsRequest {
            page_size: 1000,
            page_token,
            message_types: vec![message_type as i32],
            ..v1::ListDocumentsRequest::default()
        };
        let page = service.list_documents(request).await.expect("a page").into_inner();
        all.extend(page.documents);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Sending everything again gives the receipts of the first time, byte for byte.
async fn check_receipts(
    address: &str,
    pki: &Path,
    generator: &Arc<Generator>,
    acknowledged: &HashMap<Kind, HashMap<u64, Vec<u8>>>,
) {
    for (kind, first) in acknowledged {
        let connect = Connect::dev(address, pki, party(*kind));
        let again = load::send_again(&connect, *kind, generator, first.len()).await;
        for (message, receipt) in first {
            let (bytes, replayed) = again.get(message).expect("an answer to each message");
            assert!(*replayed, "{} {message} was applied twice", kind.name());
            assert_eq!(bytes, receipt, "the receipt of {} {message} has changed", kind.name());
        }
    }
}

/// The consumer got an event for every document, in one unbroken chain.
fn check_consumer(name: &str, consumed: &Consumed, documents: &HashSet<String>) {
    assert_eq!(consumed.gaps, Vec::<String>::new(), "{name}: gaps");
    assert_eq!(consumed.changed, Vec::<String>::new(), "{name}: deliveries that came again, but different");
    let accepted = consumed.events.iter().filter(|event| event.kind == v1::EventKind::DocumentAccepted as i32);
    let mut missing: HashSet<&str> = documents.iter().map(String::as_str).collect();
    for event in accepted {
        assert!(missing.remove(event.document.as_str()), "{name}: {} accepted twice, or unknown", event.document);
    }
    assert!(missing.is_empty(), "{name}: {} documents never came: {missing:?}", missing.len());
}
