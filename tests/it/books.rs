//! Balances of account books: whatever lists do, none is negative and none drifts (R-PRD-02, R-WH-01).

use proptest::prelude::*;
use prost::Message;
use single_window::domain::{
    Amount, Book, BookItem, BookRow, DocRef, Field, Inbound, ItemQuantity, Keys, MessageType, Outcome, Party, Position,
    Role, Taken, Timestamp,
};
use single_window::ledger::Stored;
use single_window::state::store::Table;
use single_window::state::{
    Content, DecisionFacts, Decisions, Editions, Entry, Facts, FieldValue, FilingEntry, FilingRequest, Header,
    LineFacts, Machine, MemoryCells, Submission,
};
use std::collections::BTreeMap;

const BOOK: &str = "T4612W000001";
const NOON_MS: i64 = 1_777_608_000_000;
/// Lists cannot take all that the log asks for.
const INBOUND: &str = "7";

/// One step of a made-up log.
#[derive(Debug, Clone)]
enum Act {
    /// A list: trade, pieces beyond what was ordered, appType, appStatus, guid; a guid twice is a repeat or a conflict.
    List { trade: u8, more: u8, app_type: u32, app_status: u32, guid: u8 },
    /// Customs decides.
    Decide { trade: u8, status: i32 },
    /// More goods come in, or a correction takes some away.
    Inbound { qty: i8 },
}

fn act() -> impl Strategy<Value = Act> {
    let status = prop::sample::select(vec![3, 100, 300, 399, 500, 700, 800, 800, 899, 501]);
    let app_type = prop::sample::select(vec![1, 1, 1, 2, 2, 3]);
    let app_status = prop::sample::select(vec![1, 2, 2, 2]);
    prop_oneof![
        6 => (0..3_u8, 0..3_u8, app_type, app_status, any::<u8>()).prop_map(|(trade, more, app_type, app_status, guid)| {
            // Most lists are as ordered, so that they match.
            Act::List { trade, more: more / 2, app_type, app_status, guid: guid % 48 }
        }),
        4 => (0..3_u8, status).prop_map(|(trade, status)| Act::Decide { trade, status }),
        1 => (-4..4_i8).prop_map(|qty| Act::Inbound { qty }),
    ]
}

fn keys(kind: MessageType, trade: u8) -> Keys {
    let mut keys = Keys { guid: format!("D{trade}"), order_no: format!("ORDER{trade}"), ..Keys::default() };
    keys.ebp_code = "P1".to_owned();
    keys.ebc_code = "S1".to_owned();
    keys.pay_code = "Y1".to_owned();
    keys.pay_transaction_id = format!("PAY{trade}");
    keys.logistics_code = "L1".to_owned();
    keys.logistics_no = format!("WAY{trade}");
    if kind == MessageType::Ceb621 {
        keys.agent_code = "A1".to_owned();
        keys.cop_no = format!("COP{trade}");
        keys.customs_code = "4604".to_owned();
        keys.trade_mode = "1210".to_owned();
    }
    keys
}

fn facts(kind: MessageType, trade: u8, more: u8) -> Facts {
    let field = |field: Field, text: &str| FieldValue::of(field, text.to_owned()).expect("clearance looks at it");
    let line = LineFacts {
        gnum: 1,
        qty: (trade + 1 + more).to_string(),
        total: "100".to_owned(),
        country: "302".to_owned(),
        unit: "122".to_owned(),
        values: vec![
            field(Field::ItemRecordNo, "1"),
            field(Field::Gcode, "1901101010"),
            field(Field::Gname, "奶粉"),
            field(Field::Unit1, "035"),
        ],
        ..LineFacts::default()
    };
    let is_list = kind == MessageType::Ceb621;
    Facts {
        keys: keys(kind, trade),
        app_type: 1,
        app_status: 2,
        app_time: 20_260_501_120_000,
        goods_value: "100".to_owned(),
        freight: "0".to_owned(),
        discount: "0".to_owned(),
        tax_total: "0".to_owned(),
        paid: "100".to_owned(),
        person_name: 7,
        person_id: vec![7; 16],
        lines: vec![line],
        values: if is_list { vec![field(Field::EmsNo, BOOK)] } else { Vec::new() },
        ..Facts::default()
    }
}

fn submission(party: u32, kind: MessageType, facts: Facts, cop_code: &str, guid: String, payload: String) -> Entry {
    let header = Header {
        party,
        message_type: kind as i32,
        guid,
        payload_sha256: payload.into_bytes(),
        editions: Some(editions()),
        signature: 1,
        ..Header::default()
    };
    let submission = Submission { documents: vec![facts], cop_code: cop_code.to_owned(), ..Submission::default() };
    Entry { header, content: Content::Submission(submission) }
}

fn editions() -> Editions {
    Editions { logic: Editions::LOGIC, ..Editions::first() }
}

fn filing(party: u32, request: FilingRequest) -> Entry {
    let header = Header { party, signature: 1, ..Header::default() };
    Entry { header, content: Content::Filing(FilingEntry { request: Some(request) }) }
}

/// The parties, the book, the evidence of every trade.
fn begin() -> Vec<Entry> {
    let party = |code: &str, role: Role| Party {
        code: code.to_owned(),
        name: code.to_owned(),
        roles: vec![role as i32],
        active: true,
        customs_codes: vec!["4604".to_owned()],
        ..Party::default()
    };
    let filed = [
        party("P1", Role::Platform),
        party("Y1", Role::Payment),
        party("L1", Role::Logistics),
        party("A1", Role::Declarant),
        party("CUSTOMS", Role::Customs),
    ];
    let mut log: Vec<Entry> =
        filed.into_iter().map(|party| Entry { header: Header::default(), content: Content::Party(party) }).collect();
    log.push(Entry { header: Header::default(), content: Content::Editions(editions()) });
    let item = BookItem {
        item_no: "1".to_owned(),
        hs_code: "1901101010".to_owned(),
        name: "奶粉".to_owned(),
        unit: "122".to_owned(),
        unit1: "035".to_owned(),
        origin: "302".to_owned(),
        ..BookItem::default()
    };
    let book = Book {
        ems_no: BOOK.to_owned(),
        owner_code: "A1".to_owned(),
        customs_code: "4612".to_owned(),
        items: vec![item],
        ..Book::default()
    };
    log.push(filing(4, FilingRequest::Book(book)));
    log.push(inbound(0, INBOUND));
    for trade in 0..3 {
        for (party, code, kind) in
            [(1, "P1", MessageType::Ceb311), (2, "Y1", MessageType::Ceb411), (3, "L1", MessageType::Ceb511)]
        {
            let guid = format!("E{}{trade}", kind as i32);
            log.push(submission(party, kind, facts(kind, trade, 0), code, guid.clone(), guid));
        }
    }
    log
}

fn inbound(number: usize, qty: &str) -> Entry {
    let lines = vec![ItemQuantity { item_no: "1".to_owned(), qty: qty.to_owned() }];
    let ems_no = BOOK.to_owned();
    let inbound = Inbound { ems_no, document_no: format!("QD{number}"), lines, reason: "盘点".to_owned() };
    filing(4, FilingRequest::Inbound(inbound))
}

fn entry(index: usize, act: &Act) -> Entry {
    match act {
        Act::List { trade, more, app_type, app_status, guid } => {
            let mut facts = facts(MessageType::Ceb621, *trade, *more);
            facts.app_type = *app_type;
            facts.app_status = *app_status;
            let payload = format!("{trade}{more}{app_type}{app_status}");
            submission(4, MessageType::Ceb621, facts, "A1", format!("M{guid}"), payload)
        }
        Act::Decide { trade, status } => {
            let decision = DecisionFacts {
                guid: format!("G{index}"),
                kind: 621,
                keys: keys(MessageType::Ceb621, *trade),
                status: *status,
                ..DecisionFacts::default()
            };
            let header = Header { party: 5, message_type: 621, editions: Some(editions()), ..Header::default() };
            let decisions = Decisions { decisions: vec![decision], ..Decisions::default() };
            Entry { header, content: Content::Decisions(decisions) }
        }
        Act::Inbound { qty } => inbound(index + 1, &qty.to_string()),
    }
}

struct Run {
    cells: MemoryCells,
    machine: Machine,
    position: u64,
    /// Latest status of each list.
    lists: BTreeMap<DocRef, i32>,
}

impl Run {
    fn new() -> Run {
        let cells = MemoryCells::default();
        let machine = Machine::load(&cells).expect("memory can be read");
        let mut run = Run { cells, machine, position: 0, lists: BTreeMap::new() };
        for entry in begin() {
            let outcome = run.apply(&entry);
            assert!(outcome.rejections.is_empty(), "{:?}", outcome.rejections);
        }
        run
    }

    fn apply(&mut self, entry: &Entry) -> Outcome {
        self.position += 1;
        let time = Timestamp(NOON_MS + i64::try_from(self.position).expect("few") * 1000);
        let stored = Stored { position: Position(self.position), time, record: entry.record() };
        let entry = Entry::of_record(&stored.record).expect("what was encoded decodes");
        let outcome = self.machine.apply(&mut self.cells, &stored, entry).expect("memory can be written");
        for event in outcome.events.iter().filter(|event| event.message_type == 621) {
            if let Some(at) = event.document {
                self.lists.insert(at, event.status);
            }
        }
        outcome
    }

    /// The rows of one space of filings, after their first byte.
    fn rows<M: Message + Default>(&self, space: u8) -> Vec<(Vec<u8>, M)> {
        let of_space = |((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)| {
            (*table == Table::Filing && key.first() == Some(&space)).then(|| {
                (key.get(1..).unwrap_or_default().to_vec(), M::decode(value.as_slice()).expect("a row decodes"))
            })
        };
        self.cells.0.iter().filter_map(of_space).collect()
    }

    fn row(&self) -> BookRow {
        let rows: Vec<(Vec<u8>, BookRow)> = self.rows(7);
        rows.into_iter().next().expect("the book has an item").1
    }

    /// What the lists hold is what the book says they hold.
    fn check(&self) {
        let amount = |text: &str| Amount::parse(text).unwrap_or_default();
        let row = self.row();
        let zero = Amount::default();
        assert!(row.balance() >= zero && amount(&row.reserved) >= zero && amount(&row.used) >= zero, "{row:?}");
        let taken: Vec<(Vec<u8>, Taken)> = self.rows(9);
        let sum = |is_used: bool| {
            let of = taken.iter().filter(|(_, taken)| taken.is_used == is_used);
            of.flat_map(|(_, taken)| &taken.lines).fold(zero, |sum, line| sum.plus(amount(&line.qty)))
        };
        assert_eq!((sum(false), sum(true)), (amount(&row.reserved), amount(&row.used)), "{row:?}");
        for (at, status) in &self.lists {
            let held = taken.iter().find(|(key, _)| DocRef::of_key(key) == Some(*at)).map(|(_, taken)| taken.is_used);
            let expected = match status {
                800 | 899 => Some(true),
                2..=4 | 120 | 300 | 399 | 400 | 500 | 501 => Some(false),
                _ => None,
            };
            assert_eq!(held, expected, "{at:?} has status {status}");
        }
    }
}

#[test]
fn a_list_reserves_uses_and_gives_back() {
    let mut run = Run::new();
    let list = |trade, more, app_type, guid| Act::List { trade, more, app_type, app_status: 2, guid };
    let balances = |run: &Run| (run.row().balance().to_string(), run.row().reserved, run.row().used);
    run.apply(&entry(1, &list(2, 0, 1, 1)));
    assert_eq!(balances(&run), ("4".to_owned(), "3".to_owned(), String::new()), "reserved");
    run.apply(&entry(2, &list(2, 3, 2, 2)));
    assert_eq!(balances(&run).0, "1", "the change takes 6: what the list held counts for it");
    run.apply(&entry(3, &list(2, 0, 2, 3)));
    run.apply(&entry(4, &Act::Decide { trade: 2, status: 800 }));
    assert_eq!(balances(&run), ("4".to_owned(), "0".to_owned(), "3".to_owned()), "used");
    let refused = run.apply(&entry(5, &list(1, 3, 1, 5)));
    let rejection = refused.events[0].rejections.first().expect("5 are more than the 4 that are left");
    assert_eq!((rejection.rule.as_str(), rejection.found.as_deref()), ("R-PRD-02", Some("5")));
    assert_eq!(rejection.expected, "≤ 4");
    run.apply(&entry(6, &list(1, 0, 1, 6)));
    run.apply(&entry(7, &Act::Decide { trade: 1, status: 100 }));
    assert_eq!(balances(&run).0, "4", "given back by the rejection");
    run.apply(&entry(8, &list(1, 0, 1, 8)));
    run.apply(&entry(9, &list(1, 0, 3, 9)));
    assert_eq!(balances(&run).0, "4", "given back by the deletion");
    let correction = run.apply(&inbound(99, "-5"));
    assert_eq!(correction.rejections[0].rule, "R-PRD-02", "a correction may not make it negative");
    run.check();
}

#[test]
fn what_comes_back_of_a_list_is_in_its_book_again() {
    let mut run = Run::new();
    run.apply(&entry(1, &Act::List { trade: 2, more: 0, app_type: 1, app_status: 2, guid: 1 }));
    let number = "461220261I00000001";
    let decide = |run: &mut Run, kind: i32, keys: Keys, status: i32, guid: &str| {
        let decision = DecisionFacts { guid: guid.to_owned(), kind, keys, status, ..DecisionFacts::default() };
        let header = Header { party: 5, message_type: kind, editions: Some(editions()), ..Header::default() };
        let decisions = Decisions { decisions: vec![decision], ..Decisions::default() };
        run.apply(&Entry { header, content: Content::Decisions(decisions) })
    };
    let numbered = Keys { invt_no: number.to_owned(), ..keys(MessageType::Ceb621, 2) };
    decide(&mut run, 621, numbered, 800, "R1");
    assert_eq!(run.row().balance().to_string(), "4", "3 are sold");
    let mut back = facts(MessageType::Ceb625, 2, 0);
    back.keys = Keys { invt_no: number.to_owned(), cop_no: "BACK".to_owned(), ..keys(MessageType::Ceb621, 2) };
    let first = back.lines.first_mut().expect("a line");
    "2".clone_into(&mut first.qty);
    let keys = back.keys.clone();
    let taken = run.apply(&submission(4, MessageType::Ceb625, back, "A1", "B1".to_owned(), "B1".to_owned()));
    assert!(taken.events[0].rejections.is_empty(), "{:#?}", taken.events);
    assert_eq!(run.row().balance().to_string(), "4", "they are on their way");
    let keys = Keys { invt_no: String::new(), ..keys };
    for guid in ["R2", "R3"] {
        decide(&mut run, 625, keys.clone(), 399, guid);
        assert_eq!(run.row().balance().to_string(), "6", "two of three are back, once");
    }
}

#[test]
fn a_line_that_differs_from_its_book_is_refused() {
    let mut run = Run::new();
    let send = |run: &mut Run, guid: &str, change: fn(&mut LineFacts)| {
        let mut facts = facts(MessageType::Ceb621, 0, 0);
        facts.lines.iter_mut().for_each(change);
        let entry = submission(4, MessageType::Ceb621, facts, "A1", guid.to_owned(), guid.to_owned());
        run.apply(&entry).events[0].rejections.clone()
    };
    let refused = send(&mut run, "A", |line| line.country = "116".to_owned());
    assert_eq!((refused[0].rule.as_str(), refused[0].official), ("R-PRD-01", -625_010));
    assert_eq!((refused[0].found.as_deref(), refused[0].expected.as_str()), (Some("116"), "302"));
    let refused = send(&mut run, "B", |line| line.values.retain(|value| value.text != "1"));
    assert_eq!((refused[0].rule.as_str(), refused[0].official), ("R-PRD-01", -625_007));
    assert!(send(&mut run, "C", |_| ()).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn balances_are_never_negative_and_never_drift(acts in prop::collection::vec(act(), 1..80)) {
        let (mut run, mut again) = (Run::new(), Run::new());
        for (index, act) in acts.iter().enumerate() {
            let entry = entry(index, act);
            let outcome = run.apply(&entry);
            run.check();
            prop_assert_eq!(again.apply(&entry), outcome);
        }
        prop_assert_eq!(run.cells, again.cells);
    }
}
