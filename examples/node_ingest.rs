//! How fast a node takes messages without its doors: checks, ledger with fsync, state. One JSON line.
//!
//! `cargo run --release --example node_ingest -- <folder> <lists> <per message> <in flight> [sets]`

use bytes::Bytes;
use single_window::domain::{Caller, Party, PartyId, Role};
use single_window::parts::{Backend, open};
use single_window::sample::{self, Generator, Kind, Set, Settings};
use single_window::signature::Settings as Signatures;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u64>().ok());
    let folder = arguments.get(1).expect("a folder");
    let (lists, per_message, in_flight) =
        (number(2).unwrap_or(20_000), number(3).unwrap_or(100), number(4).unwrap_or(16));
    let sets = arguments.get(5).is_some_and(|text| text == "sets");
    let node = open(Path::new(folder), Backend::Segments, None, Signatures::unverified()).expect("a node");
    let samples = Generator::new(7, Settings::default());
    let parties = samples.settings().parties.clone();
    let filed = [
        (&parties.platform, Role::Platform),
        (&parties.payment, Role::Payment),
        (&parties.logistics, Role::Logistics),
        (&parties.declarant, Role::Declarant),
    ];
    for (party, role) in filed {
        let party = Party {
            code: party.code.to_string(),
            name: party.name.to_string(),
            roles: vec![role as i32],
            active: true,
            ..Party::default()
        };
        node.intake.file_party(PartyId(0), party).await.expect("filed");
    }
    let caller = |code: &str| {
        let (id, party) = node.reader.party_of_code(code).expect("filed");
        Caller { id, party }
    };
    let mut messages: Vec<(Caller, Bytes)> = Vec::new();
    let kinds: &[Kind] = if sets { &Kind::ALL } else { &[Kind::List] };
    for first in (0..lists).step_by(usize::try_from(per_message).expect("small")) {
        let batch: Vec<Set> = (first..first + per_message).map(|ordinal| samples.set(ordinal)).collect();
        for kind in kinds {
            let code = match kind {
                Kind::Order => &parties.platform.code,
                Kind::Payment => &parties.payment.code,
                Kind::Waybill => &parties.logistics.code,
                Kind::List => &parties.declarant.code,
            };
            messages.push((caller(code), sample::message(*kind, &batch, &samples.transfer(*kind, first)).into()));
        }
    }
    let bytes: usize = messages.iter().map(|(_, message)| message.len()).sum();
    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(usize::try_from(in_flight).expect("small")));
    let mut tasks = tokio::task::JoinSet::new();
    for (caller, message) in messages {
        let place = Arc::clone(&places).acquire_owned().await.expect("open");
        let intake = node.intake.clone();
        tasks.spawn(async move {
            let applied = intake.submit(&caller, message).await.expect("taken");
            drop(place);
            assert!(applied.outcome.rejections.is_empty(), "{:?}", applied.outcome.rejections);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no task fails");
    }
    let micros = begun.elapsed().as_micros().max(1);
    let per_second = u128::from(lists) * 1_000_000 / micros;
    let mib_per_second = (bytes as u128) * 1_000_000 / micros / (1 << 20);
    node.stop().await;
    eprintln!(
        "{{\"lists_per_second\":{per_second},\"mib_per_second\":{mib_per_second},\"lists\":{lists},\"per_message\":{per_message},\"sets\":{sets}}}"
    );
}
