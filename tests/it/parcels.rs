//! Parcel status: bulk streams, late and repeated events, the line in trace and feed, sign-off statistics.

use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use proptest::prelude::*;
use single_window::domain::Party;
use single_window::domain::{
    Caller, EventKind, Mandate, ParcelEvent, ParcelStep, ParcelSync, PartyId, Position, Role, Timestamp,
};
use single_window::intake::{Applied, ParcelFound};
use single_window::ledger::Stored;
use single_window::pb::v1 as pb;
use single_window::pb::v1::parcel_service_client::ParcelServiceClient;
use single_window::sample::Kind;
use single_window::state::{Content, Editions, Entry, Header, Machine, MemoryCells};
use tokio_stream::wrappers::ReceiverStream;

const HOUR_MS: i64 = 3_600_000;

fn event(carrier: &str, number: &str, step: ParcelStep, hours: i64) -> ParcelEvent {
    ParcelEvent {
        carrier_code: carrier.to_owned(),
        logistics_no: number.to_owned(),
        step: step as i32,
        time_ms: NOON.0 + hours * HOUR_MS,
        place: "郑州".to_owned(),
        carrier_event: String::new(),
    }
}

impl TestNode {
    async fn sync(&self, caller: &Caller, events: Vec<ParcelEvent>) -> Applied {
        self.node.intake.sync_parcels(caller, "", ParcelSync { events }).await.expect("it is recorded")
    }

    fn parcel(&self, caller: &Caller, number: &str) -> ParcelFound {
        let found = self.node.reader.parcels(caller, number, "").expect("readable");
        found.into_iter().next().expect("the parcel is known")
    }
}

fn counts(applied: &Applied) -> (String, String, String) {
    let summary = applied.outcome.events.iter().find(|event| event.code == "batch").expect("a summary");
    let value = |name: &str| {
        let value = summary.values.iter().find(|value| value.name == name);
        value.map(|value| value.value.clone()).unwrap_or_default()
    };
    (value("taken"), value("repeated"), value("refused"))
}

fn three(taken: &str, repeated: &str, refused: &str) -> (String, String, String) {
    (taken.to_owned(), repeated.to_owned(), refused.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn late_and_repeated_events_are_harmless_and_the_seller_is_told() {
    let test = TestNode::start_clearance().await;
    let set = test.samples.set(1);
    for kind in [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List] {
        let message = test.message(kind, std::slice::from_ref(&set), 1);
        test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken");
    }
    let carrier = test.sender(Kind::Waybill);
    let (code, number) = (carrier.party.code.clone(), set.waybill.waybill_no.clone());
    let seller = test.caller(&test.samples.settings().parties.seller.code);
    let platform = test.sender(Kind::Order);

    let signed = test.sync(&carrier, vec![event(&code, &number, ParcelStep::Signed, 20)]).await;
    let moved = signed.outcome.events.iter().find(|event| event.code == "signed").expect("an event");
    assert_eq!(moved.kind, EventKind::ParcelMoved as i32);
    for party in [&carrier, &seller, &platform] {
        assert!(moved.owners.contains(&party.id.0), "{}", party.party.code);
    }
    let late = [ParcelStep::Accepted, ParcelStep::LineHaul, ParcelStep::Delivery];
    let late: Vec<_> = (1..).zip(late).map(|(hours, step)| event(&code, &number, step, hours)).collect();
    assert_eq!(counts(&test.sync(&carrier, late.clone()).await), three("3", "0", "0"));
    assert_eq!(counts(&test.sync(&carrier, late).await), three("0", "3", "0"));
    let parcel = test.parcel(&seller, &number);
    assert_eq!((parcel.step, parcel.events.len()), (ParcelStep::Signed, 4), "late ones change nothing");

    let traced = test.node.reader.trace(&seller, &set.order.order_no, None).expect("readable");
    let steps: Vec<&str> = traced
        .happenings
        .iter()
        .filter(|happening| happening.event.kind == EventKind::ParcelMoved as i32)
        .map(|happening| happening.event.code.as_str())
        .collect();
    assert_eq!(steps, ["accepted", "line_haul", "delivery", "signed"]);
    let days = test.node.reader.signed_off(&carrier, "", ("20260401", "20260531"), 100).expect("readable");
    let days = days.expect("one's own");
    assert_eq!((days.len(), days[0].accepted, days[0].signed, days[0].median_days), (1, 1, 1, Some(0)));
    assert!(test.node.reader.signed_off(&seller, &code, ("20260401", "20260531"), 9).expect("readable").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_carrier_or_its_agent_reports_its_parcels() {
    let test = TestNode::start_clearance().await;
    let carrier = test.sender(Kind::Waybill);
    let code = carrier.party.code.clone();
    let declarant = test.sender(Kind::List);
    let foreign = test.sync(&declarant, vec![event(&code, "W1", ParcelStep::Accepted, 1)]).await;
    assert_eq!(counts(&foreign), three("0", "0", "1"));
    let mandate = Mandate {
        agent_code: declarant.party.code.clone(),
        mandator_code: code.clone(),
        message_types: Vec::new(),
        from_ms: 1,
        to_ms: 0,
    };
    test.node.intake.file_mandate(PartyId(0), mandate).await.expect("it can be filed");
    let mut good = event(&code, "W1", ParcelStep::Other, 2);
    good.carrier_event = "ZZ-17".to_owned();
    let mut bad = event(&code, "", ParcelStep::Accepted, 1);
    let ahead = event(&code, "W1", ParcelStep::Signed, 1000);
    bad.time_ms = 0;
    let mixed = test.sync(&declarant, vec![bad, good, ahead]).await;
    assert_eq!(counts(&mixed), three("1", "0", "2"), "one wrong event holds up none of the others");
    let parcel = test.parcel(&carrier, "W1");
    assert_eq!((parcel.events[0].carrier_event.as_str(), parcel.step), ("ZZ-17", ParcelStep::Other));
    assert!(test.node.reader.parcels(&test.sender(Kind::Order), "W1", &code).expect("readable").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_off_document_stands_in_the_same_line() {
    let test = TestNode::start_clearance().await;
    let set = test.samples.set(1);
    let carrier = test.sender(Kind::Waybill);
    let mut xml = String::new();
    let run = single_window::sample::Run::new(&test.samples, 1..2, 1);
    run.write(&mut xml, single_window::domain::MessageType::Ceb513, 1);
    let applied = test.node.intake.submit(&carrier, xml.into()).await.expect("it is taken");
    assert!(applied.outcome.rejections.is_empty(), "{:?}", applied.outcome.rejections);
    let parcel = test.parcel(&carrier, &set.waybill.waybill_no);
    assert_eq!((parcel.step, parcel.events[0].carrier_event.as_str()), (ParcelStep::Signed, "CEB513/S"));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_a_stream_are_answered_in_order() {
    let exchange = Harness::start().await;
    let mut client = ParcelServiceClient::new(exchange.channel("logistics").await);
    let (batches, stream) = tokio::sync::mpsc::channel(4);
    let mut answers = client.sync_parcels(ReceiverStream::new(stream)).await.expect("a stream").into_inner();
    let now = single_window::domain::Clock::now(&single_window::domain::SystemClock).0;
    let event = |number: u64, term: &str| pb::ParcelEvent {
        logistics_no: format!("W{number}"),
        carrier_event: term.to_owned(),
        time: Some(prost_types::Timestamp { seconds: now / 1000 - 60, nanos: 0 }),
        ..Default::default()
    };
    for sequence in 1..=3 {
        let events = (0..10).map(|number| event(number, "EMA")).collect();
        let batch = pb::SyncParcelsRequest { sequence, events, request_id: String::new() };
        batches.send(batch).await.expect("sent");
        let answer = answers.message().await.expect("an answer").expect("one");
        let known = if sequence == 1 { (10, 0) } else { (0, 10) };
        assert_eq!((answer.sequence, answer.taken, answer.repeated), (sequence, known.0, known.1), "{answer:?}");
    }
    let none = pb::SyncParcelsRequest { sequence: 4, ..Default::default() };
    batches.send(none).await.expect("sent");
    let refused = answers.message().await.expect("an answer").expect("one");
    assert_eq!(refused.failure.map(|failure| failure.reason), Some("INVALID_FIELD".to_owned()));
    drop(batches);
    let request = pb::GetParcelRequest { logistics_no: "W1".to_owned(), ..Default::default() };
    let found = client.get_parcel(request).await.expect("found").into_inner();
    let moment = &found.parcels[0].events[0];
    assert_eq!((found.parcels[0].step, moment.upu_event.as_str()), (pb::ParcelStep::Accepted as i32, "EMA"));
    exchange.stop().await;
}

/// Applies batches to an empty state with one carrier.
fn apply(batches: &[Vec<ParcelEvent>]) -> MemoryCells {
    let carrier =
        Party { code: "410116W001".to_owned(), roles: vec![Role::Logistics as i32], active: true, ..Party::default() };
    let header = |party: u32| Header { party, ..Header::default() };
    let mut entries = vec![
        Entry { header: header(0), content: Content::Party(carrier) },
        Entry {
            header: header(0),
            content: Content::Editions(Editions { logic: Editions::LOGIC, ..Editions::first() }),
        },
    ];
    let batch = |events: &Vec<ParcelEvent>| Entry {
        header: header(1),
        content: Content::Parcels(ParcelSync { events: events.clone() }),
    };
    entries.extend(batches.iter().map(batch));
    let mut cells = MemoryCells::default();
    let mut machine = Machine::load(&cells).expect("memory can be read");
    for (index, entry) in entries.iter().enumerate() {
        let position = Position(index as u64 + 1);
        // The time of entries stands still, so that nothing but the events differs.
        let stored = Stored { position, time: Timestamp(NOON.0 + 1000 * HOUR_MS), record: entry.record() };
        let decoded = Entry::of_record(&stored.record).expect("what was encoded decodes");
        machine.apply(&mut cells, &stored, decoded).expect("memory can be written");
    }
    cells
}

/// Statistics; the lines themselves name the entry that first brought an event, which depends on the order.
fn statistics(cells: &MemoryCells) -> Vec<(Vec<u8>, Vec<u8>)> {
    use single_window::state::store::Table;
    let rows = cells.0.iter().filter(|((table, key), _)| *table == Table::Parcel && key.first() == Some(&2));
    rows.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}

fn arbitrary() -> impl Strategy<Value = ParcelEvent> {
    (0..2_u8, 0..9_i32, 0..90_i64, 0..3_u8).prop_map(|(number, step, hours, place)| ParcelEvent {
        carrier_code: "410116W001".to_owned(),
        logistics_no: format!("W{number}"),
        step,
        time_ms: NOON.0 + hours * HOUR_MS,
        place: format!("P{place}"),
        carrier_event: "X".to_owned(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_of_the_same_events_gives_the_same_statistics(
        events in prop::collection::vec(arbitrary(), 1..400),
        seed in any::<u64>(),
        size in 1..50_usize,
    ) {
        let once = apply(std::slice::from_ref(&events));
        let mut shuffled = events.clone();
        shuffled.extend(events.iter().take(size).cloned());
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(index, usize::try_from(state >> 33).expect("it fits") % (index + 1));
        }
        let batches: Vec<Vec<ParcelEvent>> = shuffled.chunks(size).map(<[ParcelEvent]>::to_vec).collect();
        let other = apply(&batches);
        prop_assert_eq!(statistics(&other), statistics(&once));
        // And the same log again gives the same state, to the last byte.
        prop_assert_eq!(apply(&batches), other);
    }
}
