//! Yearly totals of buyers: whatever lists do, they never drift and never pass the limit (R-LIMIT-01 to 03, R-TAX-08).
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use proptest::prelude::*;
use prost::Message;
use single_window::domain::{
    DocRef, Event, EventKind, Field, Keys, MessageType, Outcome, Party, Position, Role, Timestamp,
};
use single_window::ledger::Stored;
use single_window::state::store::Table;
use single_window::state::{
    Content, DecisionFacts, Decisions, Editions, Entry, Facts, FieldValue, Header, LineFacts, Machine, MemoryCells,
    Submission, Tick,
};
use single_window::tables::Tables;
use std::collections::BTreeMap;

const NOON_MS: i64 = 1_777_608_000_000;
/// CNY and pieces of each trade, all of one buyer: more than a year allows. The first is one item for full tax.
const TRADES: [(i64, i64); 8] =
    [(9_000, 1), (4_900, 2), (4_800, 2), (4_700, 2), (4_600, 2), (4_500, 2), (4_400, 2), (4_300, 2)];
const CNY: i64 = 100_000;
/// Keyed hash of the one buyer.
const PERSON: [u8; 16] = [7; 16];
const YEARLY: i64 = 26_000 * CNY;

/// The row of a person and year, as the state keeps it.
#[derive(Clone, PartialEq, prost::Message)]
struct Total {
    #[prost(int64, tag = "1")]
    reserved: i64,
    #[prost(int64, tag = "2")]
    committed: i64,
}

/// The state of a list, as far as it is looked at here.
#[derive(Clone, PartialEq, prost::Message)]
struct State {
    #[prost(int64, tag = "15")]
    time_ms: i64,
    #[prost(message, optional, tag = "22")]
    quota: Option<Held>,
}

/// What a list holds.
#[derive(Clone, PartialEq, prost::Message)]
struct Held {
    #[prost(int64, tag = "1")]
    amount: i64,
    #[prost(bool, tag = "3")]
    is_committed: bool,
}

/// One step of a made-up log.
#[derive(Debug, Clone)]
enum Act {
    /// A list: trade, hundreds of CNY beyond the order, appType, appStatus, guid; a guid twice is a repeat or a conflict.
    List { trade: usize, more: i64, app_type: u32, app_status: u32, guid: u16 },
    /// Customs decides on a list.
    Decide { trade: usize, status: i32 },
    /// One piece of a list comes back.
    Return { trade: usize, copy: u8 },
    /// Customs decides on a return.
    Returned { trade: usize, copy: u8, status: i32 },
    /// Customs agrees to a cancellation after it was asked for.
    Cancel { trade: usize },
    /// Time passes, and lists expire.
    Tick { hours: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    let trade = || 0..TRADES.len();
    let status = prop::sample::select(vec![100, 300, 399, 500, 700, 800, 800, 800, 899]);
    let list = (trade(), 0..3_i64, prop::sample::select(vec![1, 1, 1, 2, 2, 3]), 1..4_u32, any::<u16>());
    prop_oneof![
        8 => list.prop_map(|(trade, more, app_type, app_status, guid)| {
            Act::List { trade, more: more / 2, app_type, app_status: app_status.min(2), guid: guid % 200 }
        }),
        6 => (trade(), status).prop_map(|(trade, status)| Act::Decide { trade, status }),
        2 => (trade(), 0..2_u8).prop_map(|(trade, copy)| Act::Return { trade, copy }),
        2 => (trade(), 0..2_u8, prop::sample::select(vec![399, 399, 100]))
            .prop_map(|(trade, copy, status)| Act::Returned { trade, copy, status }),
        1 => trade().prop_map(|trade| Act::Cancel { trade }),
        1 => (1..800_i64).prop_map(|hours| Act::Tick { hours }),
    ]
}

fn keys(kind: MessageType, trade: usize, copy: u8) -> Keys {
    let mut keys = Keys { guid: format!("D{trade}{copy}"), order_no: format!("ORDER{trade}"), ..Keys::default() };
    keys.ebp_code = "P1".to_owned();
    keys.ebc_code = "P1".to_owned();
    keys.pay_code = "L1".to_owned();
    keys.pay_transaction_id = format!("PAY{trade}");
    keys.logistics_code = "L1".to_owned();
    keys.logistics_no = format!("WAY{trade}");
    keys.agent_code = "A1".to_owned();
    keys.cop_no = format!("{}-{trade}-{copy}", kind as i32);
    keys.customs_code = "4604".to_owned();
    keys.trade_mode = "1210".to_owned();
    if matches!(kind, MessageType::Ceb623 | MessageType::Ceb625) {
        keys.invt_no = list_number(trade);
    }
    keys
}

fn list_number(trade: usize) -> String {
    format!("46042026I00000000{trade}")
}

fn facts(kind: MessageType, trade: usize, copy: u8, more: i64) -> Facts {
    let of = |field: Field, text: &str| FieldValue::of(field, text.to_owned());
    let (value, pieces) = TRADES[trade];
    let value = value + more * 100;
    let qty = if kind == MessageType::Ceb625 { 1 } else { pieces };
    let in_line = [of(Field::Gcode, "1901101010"), of(Field::Currency, "142")];
    let line = LineFacts {
        gnum: 1,
        qty: qty.to_string(),
        price: (value / pieces).to_string(),
        total: value.to_string(),
        values: in_line.into_iter().flatten().collect(),
        ..LineFacts::default()
    };
    Facts {
        keys: keys(kind, trade, copy),
        app_type: 1,
        app_status: 2,
        app_time: 20_260_501_120_000,
        goods_value: value.to_string(),
        freight: "0".to_owned(),
        discount: "0".to_owned(),
        tax_total: "0".to_owned(),
        paid: value.to_string(),
        person_name: 7,
        person_id: PERSON.to_vec(),
        lines: vec![line],
        ..Facts::default()
    }
}

fn editions() -> Editions {
    Editions { logic: Editions::LOGIC, ..Editions::first() }
}

fn submission(party: u32, kind: MessageType, facts: Facts, guid: String) -> Entry {
    let code = ["", "P1", "L1", "A1"][party as usize];
    let payload = format!("{facts:?}").into_bytes();
    let header = Header {
        party,
        message_type: kind as i32,
        guid,
        payload_sha256: payload,
        editions: Some(editions()),
        signature: 1,
        ..Header::default()
    };
    let submission = Submission { documents: vec![facts], cop_code: code.to_owned(), ..Submission::default() };
    Entry { header, content: Content::Submission(submission) }
}

fn decision(index: usize, kind: MessageType, trade: usize, copy: u8, status: i32) -> Entry {
    let mut numbers = keys(kind, trade, copy);
    if kind == MessageType::Ceb621 {
        numbers.invt_no = list_number(trade);
    }
    let decision = DecisionFacts {
        guid: format!("G{index}"),
        kind: kind as i32,
        keys: numbers,
        status,
        ..DecisionFacts::default()
    };
    let header = Header { party: 4, message_type: kind as i32, editions: Some(editions()), ..Header::default() };
    Entry { header, content: Content::Decisions(Decisions { decisions: vec![decision], ..Decisions::default() }) }
}

/// The parties, the tables, the evidence of every trade.
fn begin() -> Vec<Entry> {
    let party = |code: &str, roles: &[Role]| Party {
        code: code.to_owned(),
        name: code.to_owned(),
        roles: roles.iter().map(|role| *role as i32).collect(),
        active: true,
        customs_codes: vec!["4604".to_owned()],
        ..Party::default()
    };
    let filed = [
        party("P1", &[Role::Platform, Role::Seller]),
        party("L1", &[Role::Logistics, Role::Payment]),
        party("A1", &[Role::Declarant]),
        party("CUSTOMS", &[Role::Customs]),
    ];
    let of_exchange = |content| Entry { header: Header::default(), content };
    let mut log: Vec<Entry> = filed.into_iter().map(|party| of_exchange(Content::Party(party))).collect();
    log.extend(Tables::default().missing_of_shipped().into_iter().map(|change| of_exchange(Content::Tables(change))));
    log.push(of_exchange(Content::Editions(editions())));
    for trade in 0..TRADES.len() {
        for (party, kind) in [(1, MessageType::Ceb311), (2, MessageType::Ceb411), (2, MessageType::Ceb511)] {
            log.push(submission(party, kind, facts(kind, trade, 0, 0), format!("E{}{trade}", kind as i32)));
        }
    }
    log
}

fn entries(index: usize, act: &Act) -> Vec<Entry> {
    match act {
        Act::List { trade, more, app_type, app_status, guid } => {
            let mut facts = facts(MessageType::Ceb621, *trade, 0, *more);
            (facts.app_type, facts.app_status) = (*app_type, *app_status);
            vec![submission(3, MessageType::Ceb621, facts, format!("M{guid}"))]
        }
        Act::Decide { trade, status } => vec![decision(index, MessageType::Ceb621, *trade, 0, *status)],
        Act::Return { trade, copy } => {
            let facts = facts(MessageType::Ceb625, *trade, *copy, 0);
            vec![submission(3, MessageType::Ceb625, facts, format!("R{index}"))]
        }
        Act::Returned { trade, copy, status } => {
            vec![decision(index, MessageType::Ceb625, *trade, *copy, *status)]
        }
        Act::Cancel { trade } => {
            let facts = facts(MessageType::Ceb623, *trade, 0, 0);
            let asked = submission(3, MessageType::Ceb623, facts, format!("C{index}"));
            vec![asked, decision(index, MessageType::Ceb623, *trade, 0, 399)]
        }
        Act::Tick { .. } => vec![Entry { header: Header::default(), content: Content::Tick(Tick { limit: 100 }) }],
    }
}

struct Run {
    cells: MemoryCells,
    machine: Machine,
    position: u64,
    time_ms: i64,
    /// Latest status of each list.
    lists: BTreeMap<DocRef, i32>,
    /// Hundredths of CNY that each list was taken with, and its pieces.
    taken: BTreeMap<DocRef, (i64, i64)>,
    /// Pieces that came back in time.
    back: BTreeMap<DocRef, i64>,
}

impl Run {
    fn new() -> Run {
        let cells = MemoryCells::default();
        let machine = Machine::load(&cells).expect("memory can be read");
        let (lists, taken, back) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut run = Run { cells, machine, position: 0, time_ms: NOON_MS, lists, taken, back };
        for entry in begin() {
            let outcome = run.apply(&entry);
            let refused = outcome.events.iter().flat_map(|event| &event.rejections).next();
            assert!(refused.is_none() && outcome.rejections.is_empty(), "{outcome:?}");
        }
        run
    }

    fn apply(&mut self, entry: &Entry) -> Outcome {
        self.position += 1;
        self.time_ms += 1000;
        let (position, time) = (Position(self.position), Timestamp(self.time_ms));
        let stored = Stored { position, time, record: entry.record() };
        let decoded = Entry::of_record(&stored.record).expect("what was encoded decodes");
        let outcome = self.machine.apply(&mut self.cells, &stored, decoded).expect("memory can be written");
        for event in &outcome.events {
            self.note(event, entry);
        }
        outcome
    }

    fn note(&mut self, event: &Event, entry: &Entry) {
        let Some(at) = event.document.filter(|_| event.message_type == 621) else { return };
        self.lists.insert(at, event.status);
        if event.kind == EventKind::DocumentAccepted as i32
            && let Content::Submission(submission) = &entry.content
        {
            let line = &submission.documents[0].lines[0];
            let of = |text: &str| text.parse::<i64>().expect("a whole number");
            self.taken.insert(at, (of(&line.total), of(&line.qty)));
        }
        let timely = event.values.iter().any(|named| named.name == "timely" && named.value == "true");
        if event.kind == EventKind::Returned as i32 && timely {
            *self.back.entry(at).or_default() += 1;
        }
    }

    fn act(&mut self, index: usize, act: &Act) -> Vec<Outcome> {
        if let Act::Tick { hours } = act {
            self.time_ms += hours * 3_600_000;
        }
        entries(index, act).iter().map(|entry| self.apply(entry)).collect()
    }

    fn rows<M: Message + Default>(&self, of: Table) -> impl Iterator<Item = (&[u8], M)> {
        let rows = self.cells.0.iter().filter(move |((table, _), _)| *table == of);
        rows.map(|((_, key), value)| (key.as_slice(), M::decode(value.as_slice()).expect("a row decodes")))
    }

    /// The totals by person and year.
    fn totals(&self) -> BTreeMap<Vec<u8>, (i64, i64)> {
        let rows = self.rows::<Total>(Table::Quota);
        rows.map(|(key, row)| (key[1..].to_vec(), (row.reserved, row.committed))).collect()
    }

    /// Reserved and committed, in CNY, of all years.
    fn sums(&self) -> (i64, i64) {
        self.totals().values().fold((0, 0), |sum, row| (sum.0 + row.0 / CNY, sum.1 + row.1 / CNY))
    }

    /// The totals are the sums of the lists, and the lists hold what they should.
    fn check(&self) {
        let states = self.rows::<State>(Table::Document);
        let held: BTreeMap<DocRef, (i64, Held)> =
            states.filter_map(|(key, state)| Some((DocRef::of_key(key)?, (state.time_ms, state.quota?)))).collect();
        let mut sums: BTreeMap<Vec<u8>, (i64, i64)> = BTreeMap::new();
        for (time_ms, list) in held.values() {
            let key = [&PERSON[..], &Timestamp(*time_ms).year().to_be_bytes()].concat();
            let sum = sums.entry(key).or_default();
            let figure = if list.is_committed { &mut sum.1 } else { &mut sum.0 };
            *figure += list.amount;
        }
        sums.retain(|_, sum| *sum != (0, 0));
        let kept = self.totals();
        assert_eq!(sums, kept);
        for (reserved, committed) in kept.values() {
            assert!(*reserved >= 0 && *committed >= 0 && reserved + committed <= YEARLY, "{kept:?}");
        }
        for (at, status) in &self.lists {
            let row = held.get(at).map(|(_, row)| row);
            let is_committed = match status {
                800 | 899 => Some(true),
                2..=4 | 120 | 300 | 399 | 400 | 500 => Some(false),
                _ => None,
            };
            assert_eq!(row.map(|row| row.is_committed), is_committed, "{at:?} has status {status}");
            if let Some(row) = row {
                let (value, pieces) = self.taken[at];
                let left = pieces - self.back.get(at).copied().unwrap_or_default();
                assert_eq!(row.amount, value * CNY * left / pieces, "{at:?}");
            }
        }
    }
}

fn list(trade: usize, more: i64, app_type: u32, guid: u16) -> Act {
    Act::List { trade, more, app_type, app_status: 2, guid }
}

fn refused(outcomes: &[Outcome]) -> Vec<(String, i32)> {
    let rejections = outcomes.iter().flat_map(|outcome| &outcome.events).flat_map(|event| &event.rejections);
    rejections.map(|rejection| (rejection.rule.clone(), rejection.official)).collect()
}

#[test]
fn a_list_reserves_commits_and_gives_back_its_value() {
    let mut run = Run::new();
    run.act(1, &list(1, 0, 1, 1));
    assert_eq!(run.sums(), (4_900, 0), "reserved");
    run.act(2, &list(1, 1, 2, 2));
    assert_eq!(run.sums(), (5_000, 0), "the change counts, what it replaces does not");
    run.act(3, &list(1, 0, 2, 3));
    run.act(4, &Act::Decide { trade: 1, status: 800 });
    assert_eq!(run.sums(), (0, 4_900), "committed");
    run.act(5, &Act::Return { trade: 1, copy: 0 });
    run.act(6, &Act::Returned { trade: 1, copy: 0, status: 399 });
    assert_eq!(run.sums(), (0, 2_450), "one piece of two came back in time");
    run.act(7, &list(2, 0, 1, 7));
    run.act(8, &Act::Decide { trade: 2, status: 100 });
    assert_eq!(run.sums(), (0, 2_450), "given back by the rejection");
    run.act(9, &Act::List { trade: 3, more: 0, app_type: 1, app_status: 1, guid: 9 });
    assert_eq!(run.sums(), (0, 2_450), "a draft reserves nothing");
    run.check();
}

#[test]
fn r_limit_02_the_yearly_limit_is_shared_by_lists_in_flight() {
    let mut run = Run::new();
    for (guid, trade) in [(1, 0), (2, 1), (3, 2), (4, 3)] {
        assert_eq!(refused(&run.act(usize::from(guid), &list(trade, 0, 1, guid))), []);
    }
    assert_eq!(run.sums(), (23_400, 0));
    let outcome = run.act(5, &list(4, 0, 1, 5));
    assert_eq!(refused(&outcome), [("R-LIMIT-02".to_owned(), -621_018)]);
    let rejection = &outcome[0].events[0].rejections[0];
    assert!(rejection.message_zh.contains("[23400]") && rejection.message_zh.contains("[26000]"), "{rejection:?}");
    run.act(6, &Act::Decide { trade: 3, status: 100 });
    assert_eq!(refused(&run.act(7, &list(4, 0, 1, 7))), [], "a rejected list makes room");
    run.check();
}

#[test]
fn r_limit_03_one_item_above_the_single_limit_is_taxed_in_full_and_two_are_refused() {
    let mut run = Run::new();
    let outcome = run.act(1, &list(0, 0, 1, 1));
    assert_eq!(refused(&outcome), []);
    let values = &outcome[0].events[0].values;
    assert!(values.iter().any(|named| named.name == "taxMode" && named.value == "full"), "{values:?}");
    let refused = refused(&run.act(2, &list(1, 2, 1, 2)));
    assert_eq!(refused, [("R-LIMIT-01".to_owned(), -621_005)], "two pieces of 5,100 together");
    run.check();
}

#[test]
fn tax_that_is_not_settled_is_told_when_its_days_are_over() {
    let mut run = Run::new();
    run.act(1, &list(1, 0, 1, 1));
    run.act(2, &Act::Decide { trade: 1, status: 800 });
    let told = |outcomes: &[Outcome]| {
        let events = outcomes.iter().flat_map(|outcome| &outcome.events);
        events.flat_map(|event| &event.values).filter(|named| named.value == "taxDue").count()
    };
    let early = run.act(3, &Act::Tick { hours: 45 * 24 });
    assert_eq!(told(&early), 0, "day 45 is not over");
    let late = run.act(4, &Act::Tick { hours: 24 });
    assert_eq!(told(&late), 1, "{late:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn totals_never_drift_and_never_pass_the_limit(acts in prop::collection::vec(act(), 1..80)) {
        let (mut run, mut again) = (Run::new(), Run::new());
        for (index, act) in acts.iter().enumerate() {
            let outcomes = run.act(index, act);
            run.check();
            prop_assert_eq!(again.act(index, act), outcomes);
        }
        prop_assert_eq!(run.cells, again.cells);
    }
}
