//! Measures the embedded ledger on this machine's disk, every append synced before it counts.
//!
//! ```text
//! cargo run --release --example ledger_append -- <folder> [documents per record] [threads] [in flight per thread] [seconds]
//! ```
//!
//! A document is about 3.3 KB of made-up CEB621 text, 0.3 KB of them personal. The folder is emptied
//! by hand afterwards.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use single_window::domain::{Position, SystemClock};
use single_window::ledger::fs::RealFs;
use single_window::ledger::segment::Config;
use single_window::ledger::{Ledger, Record, SegmentLedger};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A list's text: fixed tags, values that differ from list to list.
fn document(skeleton: &mut String, personal: &mut String, seed: &mut u64) {
    let mut number = |digits: u32| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 11) % 10_u64.pow(digits)
    };
    const TAGS: [&str; 40] = [
        "guid",
        "appType",
        "appTime",
        "appStatus",
        "orderNo",
        "ebpCode",
        "ebpName",
        "ebcCode",
        "ebcName",
        "logisticsNo",
        "logisticsCode",
        "logisticsName",
        "copNo",
        "preNo",
        "assureCode",
        "emsNo",
        "invtNo",
        "ieFlag",
        "declTime",
        "customsCode",
        "portCode",
        "ieDate",
        "agentCode",
        "agentName",
        "areaCode",
        "areaName",
        "tradeMode",
        "trafMode",
        "trafNo",
        "voyageNo",
        "billNo",
        "loctNo",
        "licenseNo",
        "country",
        "freight",
        "insuredFee",
        "currency",
        "wrapType",
        "packNo",
        "grossWeight",
    ];
    skeleton.push_str("<ceb:Inventory><ceb:InventoryHead>");
    for (at, tag) in TAGS.iter().enumerate() {
        let value = if at % 4 == 0 { number(12) } else { 310_000 + at as u64 };
        write!(skeleton, "<ceb:{tag}>{value}</ceb:{tag}>").expect("writing to a string");
    }
    skeleton.push_str("</ceb:InventoryHead>");
    for item in 1..=3 {
        write!(
            skeleton,
            "<ceb:InventoryList><ceb:gnum>{item}</ceb:gnum><ceb:itemNo>{}</ceb:itemNo><ceb:gcode>3304990029</ceb:gcode>\
             <ceb:gname>面霜 {}</ceb:gname><ceb:qty>{}</ceb:qty><ceb:unit>035</ceb:unit><ceb:price>{}</ceb:price>\
             <ceb:totalPrice>{}</ceb:totalPrice></ceb:InventoryList>",
            number(10),
            number(3),
            number(1),
            number(4),
            number(5)
        )
        .expect("writing to a string");
    }
    skeleton.push_str("</ceb:Inventory>");
    write!(
        personal,
        "buyerIdNumber={:018};buyerName=name{:08};buyerTelephone=1{:010};consigneeAddress=street {:06}, house {:03};",
        number(18),
        number(8),
        number(10),
        number(6),
        number(3)
    )
    .expect("writing to a string");
    personal.extend(std::iter::repeat_n('.', 200));
}

fn record(documents: usize, seed: &mut u64) -> Record {
    let (mut skeleton, mut personal) = (String::new(), String::new());
    (0..documents).for_each(|_| document(&mut skeleton, &mut personal, seed));
    Record { kind: 1, version: 1, header: vec![7; 160], skeleton: skeleton.into(), personal: personal.into() }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("give a folder")?;
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (documents, threads, in_flight, seconds) = (number(100)?, number(8)?, number(1)?, number(10)?);
    let opening = Instant::now();
    let ledger = SegmentLedger::open(Arc::new(RealFs::new(&dir)?), Arc::new(SystemClock), Config::default())?;
    println!("opened in {:?}: {:?}", opening.elapsed(), ledger.opening());
    let ledger = Arc::new(ledger);
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds.try_into()?);
    let appenders: Vec<_> = (0..threads)
        .map(|thread| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || append(&ledger, thread, documents, in_flight, until))
        })
        .collect();
    let mut waits = Vec::new();
    let mut bytes = 0_usize;
    for appender in appenders {
        let (of_thread, bytes_of_thread) = appender.join().map_err(|_| "an appender panicked")?;
        waits.extend(of_thread);
        bytes += bytes_of_thread;
    }
    let milliseconds = begun.elapsed().as_millis().max(1);
    waits.sort_unstable();
    let at = |percent: usize| waits.get(waits.len() * percent / 100).copied().unwrap_or_default();
    let records = waits.len() as u128;
    println!(
        "{threads} threads × {in_flight} in flight, {documents} documents per record ({} bytes): {} records/s, \
         {} documents/s, {} KB/s; append p50 {:?}, p99 {:?}, max {:?}",
        bytes / waits.len().max(1),
        records * 1000 / milliseconds,
        records * 1000 * documents as u128 / milliseconds,
        bytes as u128 / milliseconds,
        at(50),
        at(99),
        waits.last()
    );
    let stored: u64 = std::fs::read_dir(&dir)?.filter_map(|entry| entry.ok()?.metadata().ok()).map(|it| it.len()).sum();
    println!("folder: {} MB, {} bytes per document of all runs with this size", stored / 1_000_000, {
        let all = (ledger.opening().records + waits.len() as u64) * documents as u64;
        stored / all.max(1)
    });
    let reading = Instant::now();
    let (mut after, mut read) = (Position::ZERO, 0_u64);
    while read < 20_000
        && let Some(last) = ledger.read(after, 8 << 20)?.last().map(|entry| entry.position)
    {
        read += last.0 - after.0;
        after = last;
    }
    println!("read {read} records from the start in {:?}", reading.elapsed());
    Ok(())
}

/// Appends until the time is up, at most `in_flight` waiting; answers the wait of each and the bytes.
fn append(
    ledger: &SegmentLedger,
    thread: usize,
    documents: usize,
    in_flight: usize,
    until: Instant,
) -> (Vec<Duration>, usize) {
    let mut seed = thread as u64;
    // Made beforehand: it is the ledger that is measured.
    let ready: Vec<Record> = (0..(2000 / documents).max(4)).map(|_| record(documents, &mut seed)).collect();
    let (mut waits, mut bytes, mut waiting) = (Vec::new(), 0, VecDeque::new());
    for record in ready.iter().cycle() {
        if Instant::now() > until {
            break;
        }
        let begun = Instant::now();
        bytes += record.bytes();
        waiting.push_back((begun, ledger.append(record.clone()).expect("there is room for it")));
        if waiting.len() >= in_flight
            && let Some((begun, answer)) = waiting.pop_front()
        {
            answer.blocking_recv().expect("it is answered").expect("it is stored");
            waits.push(begun.elapsed());
        }
    }
    for (begun, answer) in waiting {
        answer.blocking_recv().expect("it is answered").expect("it is stored");
        waits.push(begun.elapsed());
    }
    (waits, bytes)
}
