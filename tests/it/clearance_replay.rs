//! Random histories under logic 2: cancellations, returns, consolidations, arrivals and ticks meet each other often.
//!
//! Whatever comes in whatever order: replay gives the same events and state, what is refused or ignored changes nothing,
//! a list is cancelled once, is in one consolidation at most, and does not come back more often than it left.
#![expect(clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "kinds by index")]

use proptest::prelude::*;
use single_window::domain::{
    Ending, Event, EventKind, Field, Keys, MessageType, Outcome, Part, Party, Position, Role, Timestamp,
};
use single_window::ledger::Stored;
use single_window::state::store::Table;
use single_window::state::{
    Content, DecisionFacts, Decisions, Editions, Entry, Facts, FieldValue, Header, LineFacts, Machine, MemoryCells,
    Submission, Tick,
};
use single_window::tables::Tables;
use std::collections::BTreeMap;

const START: i64 = 1_777_608_000_000;
const CODES: [&str; 5] = ["P1", "L1", "A1", "CUSTOMS", "O1"];
const CUSTOMS: u32 = 4;

/// What is sent for a trade once, so that its list is stored.
const BASE: [MessageType; 7] = [
    MessageType::Ceb311,
    MessageType::Ceb411,
    MessageType::Ceb511,
    MessageType::Ceb621,
    MessageType::Ceb303,
    MessageType::Ceb505,
    MessageType::Ceb603,
];
/// What follows.
const LATER: [MessageType; 12] = [
    MessageType::Ceb605,
    MessageType::Ceb623,
    MessageType::Ceb625,
    MessageType::Ceb213,
    MessageType::Ceb215,
    MessageType::Ceb507,
    MessageType::Ceb509,
    MessageType::Ceb513,
    MessageType::Ceb607,
    MessageType::Ceb711,
    MessageType::Ceb701,
    MessageType::Ceb792,
];
const DECIDED: [MessageType; 7] = [
    MessageType::Ceb603,
    MessageType::Ceb621,
    MessageType::Ceb605,
    MessageType::Ceb623,
    MessageType::Ceb625,
    MessageType::Ceb213,
    MessageType::Ceb701,
];
const TRADES: u8 = 2;

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Send { kind: MessageType, trade: u8, copy: u8, app_type: u32 },
    Decide { kind: MessageType, trade: u8, copy: u8, status: i32 },
    Tick { hours: i64 },
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let status = prop::sample::select(vec![100, 300, 399, 500, 800, 800, 800, 899, 899]);
    let app_type = prop::sample::select(vec![1, 1, 1, 2, 3]);
    let later = (prop::sample::select(LATER.to_vec()), 0..TRADES, 0..2_u8, app_type.clone());
    let base = (prop::sample::select(BASE.to_vec()), 0..TRADES, app_type);
    prop_oneof![
        6 => later.prop_map(|(kind, trade, copy, app_type)| Act::Send { kind, trade, copy, app_type }),
        1 => base.prop_map(|(kind, trade, app_type)| Act::Send { kind, trade, copy: 0, app_type }),
        8 => (prop::sample::select(DECIDED.to_vec()), 0..TRADES, 0..2_u8, status)
            .prop_map(|(kind, trade, copy, status)| Act::Decide { kind, trade, copy, status }),
        1 => (0..800_i64).prop_map(|hours| Act::Tick { hours }),
    ]
}

fn is_export(kind: MessageType) -> bool {
    kind.is_export() || matches!(kind, MessageType::Ceb701 | MessageType::Ceb792)
}

/// The number that customs gives the list of a trade.
pub(crate) fn list_number(export: bool, trade: u8) -> String {
    format!("46042026{}00000000{trade}", if export { "E" } else { "I" })
}

fn keys(kind: MessageType, trade: u8, copy: u8) -> Keys {
    let number = |name: &str| format!("{name}{trade}{}", if is_export(kind) { "E" } else { "I" });
    let mut keys = Keys {
        guid: format!("D{trade}{copy}"),
        ebp_code: "P1".to_owned(),
        ebc_code: "P1".to_owned(),
        order_no: number("ORDER"),
        logistics_code: "L1".to_owned(),
        logistics_no: number("WAY"),
        pay_code: "L1".to_owned(),
        pay_transaction_id: number("PAY"),
        agent_code: "A1".to_owned(),
        operator_code: "O1".to_owned(),
        cop_no: format!("{}-{trade}-{copy}", kind as i32),
        customs_code: "4604".to_owned(),
        trade_mode: if trade == 0 && !is_export(kind) { "1210" } else { "9610" }.to_owned(),
        statistics_flag: "B".to_owned(),
        status: "S".to_owned(),
        msg_seq_no: "1".to_owned(),
        ..Keys::default()
    };
    let of_list = matches!(kind, MessageType::Ceb603 | MessageType::Ceb621);
    let evidence = BASE.contains(&kind) && !of_list;
    if !of_list && !evidence {
        keys.invt_no = list_number(is_export(kind), trade);
    }
    if kind == MessageType::Ceb792 {
        keys.sum_no = format!("SUM{copy}");
        keys.decl_seq_no = format!("DECL{copy}");
    }
    if matches!(kind, MessageType::Ceb507 | MessageType::Ceb509 | MessageType::Ceb607 | MessageType::Ceb711) {
        keys.bill_no = "BILL".to_owned();
        keys.logistics_no = String::new();
        keys.invt_no = String::new();
    }
    if kind == MessageType::Ceb701 {
        keys.invt_no = String::new();
    }
    keys
}

fn facts(kind: MessageType, trade: u8, copy: u8) -> Facts {
    let keys = keys(kind, trade, copy);
    let of = |field: Field, text: &str| FieldValue::of(field, text.to_owned());
    let flow = if kind == MessageType::Ceb711 { "I" } else { "E" };
    let head = [
        of(Field::OrderType, "E"),
        of(Field::IeFlag, flow),
        of(Field::TrafMode, "5"),
        of(Field::Country, "502"),
        of(Field::LeaveTime, "20260501120000"),
        of(Field::LogisticsTime, "20260501120000"),
        of(Field::EntryId, "ENTRY"),
        of(Field::SummaryFlag, "1"),
    ];
    let gcode = if trade == 0 { "6109100021" } else { "3304990039" };
    let in_line = [of(Field::Gcode, gcode), of(Field::Currency, "142"), of(Field::InvtNo, &list_number(true, trade))];
    let line = LineFacts {
        gnum: 1,
        qty: "2".to_owned(),
        price: "50".to_owned(),
        total: "100".to_owned(),
        values: in_line.into_iter().flatten().collect(),
        ..LineFacts::default()
    };
    // A return brings one of two pieces back.
    let returned = LineFacts { qty: "1".to_owned(), ..line.clone() };
    let related = match kind {
        MessageType::Ceb701 if copy == 0 => vec![list_number(true, 0), list_number(true, 1)],
        MessageType::Ceb701 => vec![list_number(true, trade)],
        _ => vec![format!("WAY{trade}{flow}")],
    };
    Facts {
        keys,
        related: if kind.names_others() { related } else { Vec::new() },
        goods_value: "100".to_owned(),
        freight: "0".to_owned(),
        discount: "0".to_owned(),
        tax_total: "0".to_owned(),
        paid: "100".to_owned(),
        person_name: 7,
        person_id: vec![7; 16],
        lines: vec![if matches!(kind, MessageType::Ceb213 | MessageType::Ceb625) { returned } else { line }],
        values: head.into_iter().flatten().collect(),
        ..Facts::default()
    }
}

fn sender(kind: MessageType) -> u32 {
    match kind {
        MessageType::Ceb311 | MessageType::Ceb303 => 1,
        MessageType::Ceb411 | MessageType::Ceb511 | MessageType::Ceb505 | MessageType::Ceb509 | MessageType::Ceb513 => {
            2
        }
        MessageType::Ceb507 | MessageType::Ceb215 | MessageType::Ceb711 => 5,
        MessageType::Ceb792 => CUSTOMS,
        _ => 3,
    }
}

pub(crate) fn log(acts: &[Act]) -> Vec<(Timestamp, Entry)> {
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
        party("O1", &[Role::SiteOperator]),
    ];
    let editions = Editions { logic: 2, ..Editions::first() };
    let mut time = Timestamp(START);
    let of_exchange = |content: Content| (Timestamp(START), Entry { header: Header::default(), content });
    let mut log: Vec<(Timestamp, Entry)> = filed.into_iter().map(|party| of_exchange(Content::Party(party))).collect();
    log.extend(Tables::default().missing_of_shipped().into_iter().map(|change| of_exchange(Content::Tables(change))));
    log.push(of_exchange(Content::Editions(editions.clone())));
    let base =
        (0..TRADES).flat_map(|trade| BASE.into_iter().map(move |kind| Act::Send { kind, trade, copy: 0, app_type: 1 }));
    for (number, act) in base.chain(acts.iter().cloned()).enumerate() {
        time = Timestamp(time.0 + 1000);
        let header = |party: u32, kind: MessageType, guid: String| Header {
            party,
            message_type: kind as i32,
            payload_sha256: guid.clone().into_bytes(),
            guid,
            editions: Some(editions.clone()),
            signature: 1,
            ..Header::default()
        };
        let entry = match act {
            Act::Send { kind, trade, copy, app_type } => {
                let mut facts = facts(kind, trade, copy);
                (facts.app_type, facts.app_status, facts.app_time) = (app_type, 2, 20_260_501_120_000);
                for line in facts.lines.iter_mut().filter(|_| matches!(kind, MessageType::Ceb603 | MessageType::Ceb621))
                {
                    // A changed list has other figures, and half of them is no whole digit.
                    line.values.extend(FieldValue::of(Field::Qty1, format!("{}.00001", number % 9 + 1)));
                }
                let cop_code = CODES[sender(kind) as usize - 1].to_owned();
                let submission = Submission { documents: vec![facts], cop_code, ..Submission::default() };
                let content = Content::Submission(submission);
                Entry { header: header(sender(kind), kind, format!("M{number}")), content }
            }
            Act::Decide { kind, trade, copy, status } => {
                let copy = if matches!(kind, MessageType::Ceb603 | MessageType::Ceb621) { 0 } else { copy };
                let mut numbers = keys(kind, trade, copy);
                if let Some(given) = kind.spec().and_then(|spec| spec.given) {
                    let number = match kind {
                        MessageType::Ceb701 => format!("SUM{copy}"),
                        _ => list_number(is_export(kind), trade),
                    };
                    numbers.set(given, &number);
                }
                let decision = DecisionFacts {
                    guid: format!("G{number}"),
                    kind: kind as i32,
                    keys: numbers,
                    status,
                    time_ms: time.0,
                    info: String::new(),
                };
                let decisions = Decisions { decisions: vec![decision], ..Decisions::default() };
                Entry { header: header(CUSTOMS, kind, String::new()), content: Content::Decisions(decisions) }
            }
            Act::Tick { hours } => {
                time = Timestamp(time.0 + hours * 3_600_000);
                Entry { header: Header::default(), content: Content::Tick(Tick { limit: 100 }) }
            }
        };
        log.push((time, entry));
    }
    log
}

pub(crate) fn stored(index: usize, time: Timestamp, entry: &Entry) -> Stored {
    Stored { position: Position(index as u64 * 3 + 1), time, record: entry.record() }
}

pub(crate) type LifeRows = Vec<(Vec<u8>, Vec<u8>)>;

/// Rows that the life cycle keeps.
fn life(cells: &MemoryCells) -> LifeRows {
    let rows = cells.0.iter().filter(|((table, _), _)| *table == Table::Life);
    rows.map(|((_, key), value)| (key.clone(), value.clone())).collect()
}

/// Applies `log[from..]`; `look` sees every outcome with the rows before and after it.
pub(crate) fn apply(
    cells: &mut MemoryCells,
    log: &[(Timestamp, Entry)],
    from: usize,
    mut look: impl FnMut(&Outcome, &LifeRows, &LifeRows),
) -> Vec<Outcome> {
    let mut machine = Machine::load(cells).expect("memory can be read");
    let mut outcomes = Vec::new();
    for (index, (time, entry)) in log.iter().enumerate().skip(from) {
        let stored = stored(index, *time, entry);
        let decoded = Entry::of_record(&stored.record).expect("what was encoded decodes");
        let before = life(cells);
        let outcome = machine.apply(cells, &stored, decoded).expect("memory can be written");
        look(&outcome, &before, &life(cells));
        outcomes.push(outcome);
    }
    outcomes
}

fn is(event: &Event, kind: EventKind) -> bool {
    event.kind == kind as i32
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn replay_of_clearance_gives_the_same_events_and_state(
        acts in prop::collection::vec(act(), 1..60), cut in 0..1000_usize
    ) {
        let log = log(&acts);
        let mut first = MemoryCells::default();
        let outcomes = apply(&mut first, &log, 0, |_, _, _| {});
        let mut again = MemoryCells::default();
        prop_assert_eq!(&apply(&mut again, &log, 0, |_, _, _| {}), &outcomes);
        prop_assert_eq!(&again, &first);
        let cut = cut % log.len();
        let mut checkpoint = MemoryCells::default();
        apply(&mut checkpoint, &log[..cut], 0, |_, _, _| {});
        let rest = apply(&mut checkpoint, &log, cut, |_, _, _| {});
        prop_assert_eq!(rest.as_slice(), &outcomes[cut..]);
        prop_assert_eq!(&checkpoint, &first);
    }

    #[test]
    fn what_is_refused_or_ignored_changes_nothing(acts in prop::collection::vec(act(), 1..60)) {
        let nothing = [
            EventKind::DocumentRejected,
            EventKind::DecisionIgnored,
            EventKind::DecisionUnknown,
            EventKind::MessageRejected,
        ];
        apply(&mut MemoryCells::default(), &log(&acts), 0, |outcome, before, after| {
            let quiet = outcome.events.iter().all(|event| nothing.iter().any(|kind| is(event, *kind)));
            if outcome.ending != Ending::Applied as i32 || (quiet && !outcome.events.is_empty()) {
                assert_eq!(before, after, "{outcome:#?}");
            }
        });
    }

    #[test]
    fn a_list_is_consolidated_once_cancelled_once_and_returned_no_more_than_it_was(
        acts in prop::collection::vec(act(), 1..80)
    ) {
        let (mut cancelled, mut returned) = (BTreeMap::new(), BTreeMap::new());
        let mut cells = MemoryCells::default();
        let outcomes = apply(&mut cells, &log(&acts), 0, |_, _, after| {
            // Space 7: application, list; space 1 and 2: worklist; space 3: where its items are.
            let mut claims = BTreeMap::new();
            for (key, _) in after.iter().filter(|(key, _)| key[0] == 7) {
                *claims.entry(key[13..].to_vec()).or_insert(0) += 1;
            }
            assert!(claims.values().all(|count| *count == 1), "{claims:?}");
            let of = |spaces: &[u8]| after.iter().filter(|(key, _)| spaces.contains(&key[0])).count();
            assert_eq!(of(&[1, 2]), of(&[3]), "every item has its place");
        });
        for event in outcomes.iter().flat_map(|outcome| &outcome.events) {
            let at = event.document;
            if is(event, EventKind::Cancelled) {
                *cancelled.entry(at).or_insert(0) += 1;
            }
            if is(event, EventKind::Returned) {
                *returned.entry(at).or_insert(0) += 1;
            }
        }
        prop_assert!(cancelled.values().all(|count| *count == 1), "{:?}", cancelled);
        // Each return brings one piece of two.
        prop_assert!(returned.values().all(|count| *count <= 2), "{:?}", returned);
    }
}

/// The histories reach what they are about: a fixed one goes all the way.
#[test]
fn a_history_goes_from_match_to_consolidation_and_silence_is_told_twice() {
    let send = |kind, trade| Act::Send { kind, trade, copy: 0, app_type: 1 };
    let decide = |kind, trade, status| Act::Decide { kind, trade, copy: 0, status };
    use MessageType::{Ceb213, Ceb507, Ceb509, Ceb603, Ceb605, Ceb621, Ceb623, Ceb625, Ceb701, Ceb711, Ceb792};
    let acts = [
        Act::Tick { hours: 1 },
        Act::Tick { hours: 2 },
        decide(Ceb603, 0, 800),
        send(Ceb507, 0),
        send(Ceb509, 0),
        decide(Ceb603, 0, 899),
        decide(Ceb603, 1, 800),
        decide(Ceb603, 1, 899),
        send(Ceb701, 0),
        send(Ceb792, 0),
        decide(Ceb621, 0, 399),
        send(Ceb623, 0),
        decide(Ceb623, 0, 399),
        decide(Ceb621, 1, 800),
        send(Ceb711, 1),
        decide(Ceb621, 1, 800),
        send(Ceb625, 1),
        decide(Ceb625, 1, 399),
        send(Ceb213, 1),
        decide(Ceb213, 1, 800),
        send(Ceb605, 1),
    ];
    let outcomes = apply(&mut MemoryCells::default(), &log(&acts), 0, |_, _, _| {});
    let events: Vec<&Event> = outcomes.iter().flat_map(|outcome| &outcome.events).collect();
    let count = |kind: EventKind| events.iter().filter(|event| is(event, kind)).count();
    let all: Vec<String> = events.iter().map(|e| format!("{} {} {:?}", e.kind, e.message_type, e.rejections)).collect();
    assert_eq!(count(EventKind::Matched), 4, "{all:#?}");
    assert_eq!(count(EventKind::Overdue), 8, "four lists, alert and alarm: {all:#?}");
    assert_eq!((count(EventKind::Arrived), count(EventKind::Departed)), (2, 1), "{all:#?}");
    assert_eq!((count(EventKind::Consolidated), count(EventKind::Cancelled)), (1, 1), "{all:#?}");
    assert_eq!((count(EventKind::Returned), count(EventKind::DecisionIgnored)), (2, 1), "{all:#?}");
    let last = events.last().expect("the cancellation of a closed list");
    assert_eq!(last.rejections.first().map(|rejection| rejection.rule.as_str()), Some("R-ST-06"), "{all:#?}");
    assert!(DECIDED.iter().all(|kind| matches!(kind.spec().map(|spec| spec.part), Some(Part::Declaration(_)))));
}
