//! Replay: the same log gives the same events, receipts and state, from the start and from any checkpoint.
//!
//! Logs are made of few numbers, so that duplicates, conflicts, replacements, late and repeated decisions,
//! edition changes and ticks meet each other often.
#![expect(clippy::wildcard_enum_match_arm, clippy::indexing_slicing, reason = "kinds by index")]

use proptest::prelude::*;
use single_window::domain::{Field, Keys, MessageType, Outcome, Part, Party, Position, Role, SPECS, Timestamp};
use single_window::ledger::Stored;
use single_window::receipt::message_xml;
use single_window::state::{
    Content, DecisionFacts, Decisions, Editions, Entry, Facts, Header, LineFacts, Machine, MemoryCells, Submission,
    Tick,
};

/// One step of a made-up log, before it becomes an entry.
#[derive(Debug, Clone)]
enum Act {
    /// Sends a document: kind, trade, variant, appType, appStatus, appTime, guid.
    Send { kind: usize, trade: u8, variant: u8, app_type: u32, app_status: u32, app_time: u64, guid: u8 },
    /// Customs decides: kind, trade, status, time, guid.
    Decide { kind: usize, trade: u8, status: i32, time: i64, guid: u8 },
    /// Editions change.
    Edition(u32),
    /// Time passes and deadlines fire.
    Tick { hours: i64, limit: u32 },
    /// A message that was refused whole.
    Refused { guid: u8 },
}

/// The types of a trade of import come often, all others that are declared or noticed now and then.
fn kinds() -> Vec<MessageType> {
    let trade = [MessageType::Ceb311, MessageType::Ceb411, MessageType::Ceb511, MessageType::Ceb621];
    let sent = SPECS.iter().filter(|spec| matches!(spec.part, Part::Declaration(_) | Part::Notice));
    trade.iter().cycle().take(16).copied().chain(sent.map(|spec| spec.kind)).collect()
}

/// Numbers of the parties, by their filing: P1, Y1, L1, A1, CUSTOMS, O1.
const CODES: [&str; 6] = ["P1", "Y1", "L1", "A1", "CUSTOMS", "O1"];
const CUSTOMS: u32 = 5;

fn sender(kind: MessageType) -> u32 {
    let spec = kind.spec().expect("a known type");
    match spec.senders[0] {
        Role::Platform => 1,
        Role::Payment => 2,
        Role::Logistics => 3,
        Role::Customs => CUSTOMS,
        Role::SiteOperator => 6,
        _ => 4,
    }
}

fn act() -> impl Strategy<Value = Act> {
    let status = prop::sample::select(vec![-1, 2, 3, 100, 120, 300, 399, 400, 500, 501, 600, 700, 800, 899, 1399]);
    let app_type = prop::sample::select(vec![1, 1, 1, 1, 2, 2, 3]);
    prop_oneof![
        8 => (0..kinds().len(), 0..3_u8, 0..3_u8, app_type, 1..=2_u32, 0..4_u64, any::<u8>()).prop_map(
            |(kind, trade, variant, app_type, app_status, app_time, guid)| Act::Send {
                kind, trade, variant, app_type, app_status, app_time, guid: guid % 64,
            }
        ),
        4 => (0..kinds().len(), 0..3_u8, status, 0..6_i64, 0..4_u8)
            .prop_map(|(kind, trade, status, time, guid)| Act::Decide { kind, trade, status, time, guid }),
        1 => (1..3_u32).prop_map(Act::Edition),
        1 => (0..80_i64, 0..3_u32).prop_map(|(hours, limit)| Act::Tick { hours, limit }),
        1 => any::<u8>().prop_map(|guid| Act::Refused { guid: guid % 64 }),
    ]
}

fn keys(kind: MessageType, trade: u8) -> Keys {
    let mut keys = Keys { guid: format!("D{trade}"), ..Keys::default() };
    let order = format!("ORDER{trade}");
    match kind {
        MessageType::Ceb311 => {
            keys.ebp_code = "P1".to_owned();
            keys.ebc_code = "S1".to_owned();
            keys.order_no = order;
        }
        MessageType::Ceb411 => {
            keys.pay_code = "Y1".to_owned();
            keys.pay_transaction_id = format!("PAY{trade}");
            keys.ebp_code = "P1".to_owned();
            keys.order_no = order;
        }
        MessageType::Ceb511 => {
            keys.logistics_code = "L1".to_owned();
            keys.logistics_no = format!("WAY{trade}");
            keys.order_no = order;
        }
        _ => {
            // Every number there is; the types of one number meet each other.
            keys.ebp_code = "P1".to_owned();
            keys.ebc_code = "S1".to_owned();
            keys.order_no = order;
            keys.logistics_code = "L1".to_owned();
            keys.logistics_no = format!("WAY{trade}");
            keys.pay_code = "Y1".to_owned();
            keys.agent_code = "A1".to_owned();
            keys.operator_code = "O1".to_owned();
            keys.cop_no = format!("COP{trade}");
            keys.customs_code = "4604".to_owned();
            if !matches!(kind, MessageType::Ceb621 | MessageType::Ceb603) {
                keys.invt_no = format!("INVT{trade}");
                keys.bill_no = "BILL".to_owned();
            }
            if kind == MessageType::Ceb792 {
                keys.sum_no = format!("INVT{trade}");
                keys.decl_seq_no = "1".to_owned();
            }
            keys.tax_no = if matches!(kind, MessageType::Ceb816 | MessageType::Ceb818) { "T" } else { "" }.to_owned();
            keys.status = "1".to_owned();
            keys.statistics_flag = "A".to_owned();
        }
    }
    keys
}

fn facts(kind: MessageType, trade: u8, variant: u8) -> Facts {
    // Variant 2 differs in the amount, so that some lists wait for a difference to go.
    let paid = if variant == 2 { "99" } else { "100" };
    let mut keys = keys(kind, trade);
    let is_split = kind.spec().is_some_and(|spec| spec.identity[0].further.contains(&Field::MsgSeqNo));
    if is_split {
        keys.msg_seq_no = (variant + 1).to_string();
    }
    let related = vec![format!("WAY{trade}"), format!("INVT{variant}")];
    Facts {
        keys,
        related: if kind.names_others() { related } else { Vec::new() },
        goods_value: "100".to_owned(),
        freight: "0".to_owned(),
        discount: "0".to_owned(),
        tax_total: "0".to_owned(),
        paid: paid.to_owned(),
        person_name: 7,
        person_id: vec![7; 16],
        lines: vec![LineFacts { gnum: 1, qty: "1".to_owned(), total: "100".to_owned(), ..LineFacts::default() }],
        ..Facts::default()
    }
}

/// The log: who is filed first, then the acts.
fn log(acts: &[Act]) -> Vec<(Timestamp, Entry)> {
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
        party("O1", Role::SiteOperator),
    ];
    let mut time = Timestamp(1_777_608_000_000);
    let mut log: Vec<(Timestamp, Entry)> = filed
        .into_iter()
        .map(|party| (time, Entry { header: Header::default(), content: Content::Party(party) }))
        .collect();
    let (mut editions, kinds) = (Editions::first(), kinds());
    for (index, act) in acts.iter().enumerate() {
        time = Timestamp(time.0 + 1000);
        let header = |party: u32, kind: MessageType, guid: String, payload: &str| Header {
            party,
            message_type: kind as i32,
            guid,
            payload_sha256: payload.as_bytes().to_vec(),
            // Every seventh entry was checked just before the editions changed.
            editions: Some(if index % 7 == 6 { Editions::first() } else { editions.clone() }),
            signature: 1,
            ..Header::default()
        };
        let entry = match act {
            Act::Send { kind, trade, variant, app_type, app_status, app_time, guid } => {
                let kind = kinds[*kind];
                let sender = sender(kind);
                let mut facts = facts(kind, *trade, *variant);
                facts.app_type = *app_type;
                facts.app_status = *app_status;
                facts.app_time = 20_260_501_120_000 + app_time;
                let cop_code = CODES[sender as usize - 1].to_owned();
                let submission = Submission { documents: vec![facts], cop_code, ..Submission::default() };
                let payload = format!("{}{trade}{variant}{app_type}{app_status}{app_time}", kind as i32);
                Entry {
                    header: header(sender, kind, format!("M{guid}"), &payload),
                    content: Content::Submission(submission),
                }
            }
            Act::Decide { kind, trade, status, time, guid } => {
                let kind = kinds[*kind];
                let mut numbers = Keys { msg_seq_no: guid.to_string(), ..keys(kind, *trade) };
                if let Some(given) = kind.spec().and_then(|spec| spec.given) {
                    numbers.set(given, &format!("INVT{guid}"));
                }
                let decision = DecisionFacts {
                    guid: format!("G{guid}"),
                    kind: kind as i32,
                    keys: numbers,
                    status: *status,
                    time_ms: 1_777_608_000_000 + time * 1000,
                    info: String::new(),
                };
                let decisions = Decisions { decisions: vec![decision], ..Decisions::default() };
                Entry { header: header(CUSTOMS, kind, String::new(), ""), content: Content::Decisions(decisions) }
            }
            Act::Edition(rules) => {
                editions = Editions { rules: *rules, ..Editions::first() };
                Entry { header: Header::default(), content: Content::Editions(editions.clone()) }
            }
            Act::Tick { hours, limit } => {
                time = Timestamp(time.0 + hours * 3_600_000);
                Entry { header: Header::default(), content: Content::Tick(Tick { limit: *limit }) }
            }
            Act::Refused { guid } => {
                let rejection = single_window::domain::Rejection { rule: "XSD-ROOT".to_owned(), ..Default::default() };
                let submission = Submission { rejections: vec![rejection], ..Submission::default() };
                Entry {
                    header: header(1, MessageType::Ceb311, format!("M{guid}"), "refused"),
                    content: Content::Submission(submission),
                }
            }
        };
        log.push((time, entry));
    }
    log
}

fn stored(index: usize, time: Timestamp, entry: &Entry) -> Stored {
    // Positions skip, as any backend's may.
    Stored { position: Position(index as u64 * 3 + 1), time, record: entry.record() }
}

/// Applies `log[from..]` and returns outcomes with their receipts.
fn apply(cells: &mut MemoryCells, log: &[(Timestamp, Entry)], from: usize) -> Vec<(Outcome, Vec<u8>)> {
    let mut machine = Machine::load(cells).expect("memory can be read");
    let mut outcomes = Vec::new();
    for (index, (time, entry)) in log.iter().enumerate().skip(from) {
        let stored = stored(index, *time, entry);
        let decoded = Entry::of_record(&stored.record).expect("what was encoded decodes");
        let outcome = machine.apply(cells, &stored, decoded).expect("memory can be written");
        let receipt = message_xml(stored.position, &outcome, b"");
        outcomes.push((outcome, receipt));
    }
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn replay_gives_the_same_events_receipts_and_state(acts in prop::collection::vec(act(), 1..120), cut in 0..1000_usize) {
        let log = log(&acts);
        let mut first = MemoryCells::default();
        let outcomes = apply(&mut first, &log, 0);

        let mut again = MemoryCells::default();
        prop_assert_eq!(&apply(&mut again, &log, 0), &outcomes);
        prop_assert_eq!(&again, &first);

        let cut = cut % log.len();
        let mut checkpoint = MemoryCells::default();
        apply(&mut checkpoint, &log[..cut], 0);
        let rest = apply(&mut checkpoint, &log, cut);
        prop_assert_eq!(rest.as_slice(), &outcomes[cut..]);
        prop_assert_eq!(&checkpoint, &first);
    }

    #[test]
    fn every_receipt_passes_our_own_schema(acts in prop::collection::vec(act(), 1..60)) {
        let set = single_window::schema::carried().expect("the schemas compile");
        let log = log(&acts);
        for (outcome, receipt) in apply(&mut MemoryCells::default(), &log, 0) {
            // Entries that are no messages have no receipt.
            if outcome.entry_kind != 1 || outcome.ending == 3 || outcome.ending == 5 {
                continue;
            }
            // The standard has no receipt for what customs sends on its own account.
            if receipt.is_empty() {
                prop_assert_eq!(outcome.party, CUSTOMS);
                continue;
            }
            let text = String::from_utf8(receipt).expect("receipts are UTF-8");
            let report = set.validate(&text, &mut single_window::schema::NoSink);
            prop_assert!(report.is_valid(), "{:#?}\n{}", report.faults, text);
        }
    }

    #[test]
    fn a_stored_list_has_its_three_documents_and_no_key_has_two_live_ones(
        acts in prop::collection::vec(act(), 1..120)
    ) {
        let log = log(&acts);
        let mut cells = MemoryCells::default();
        let outcomes = apply(&mut cells, &log, 0);
        // What is said about a document last is what counts.
        let mut stored_by_key = std::collections::BTreeMap::new();
        for (outcome, _) in &outcomes {
            for event in &outcome.events {
                let (Some(at), Some(keys)) = (event.document, event.keys.clone()) else { continue };
                let kind = MessageType::of_number(event.message_type);
                // A waybill's number is free again after half a year, and the log may take that long.
                let lapses = matches!(kind, MessageType::Ceb511 | MessageType::Ceb505);
                let identities = kind.spec().map_or(&[][..], |spec| spec.identity).iter();
                for identity in identities.filter(|_| event.kind != 3 && !lapses) {
                    let further: Vec<&str> = identity.further.iter().map(|field| keys.get(*field)).collect();
                    let key = format!("{kind:?} {:?} {} {further:?}", identity.number, keys.get(identity.number));
                    stored_by_key.entry(key).or_insert_with(std::collections::BTreeMap::new).insert(at, event.status);
                }
                if event.kind == 7 {
                    prop_assert_eq!(event.status, 120);
                    prop_assert!(event.waiting.is_empty());
                }
            }
        }
        for (key, documents) in stored_by_key {
            let live = documents.values().filter(|status| **status > 0 && ![100, 9001, 9002].contains(*status)).count();
            prop_assert!(live <= 1, "{} has {} live documents: {:?}", key, live, documents);
        }
    }
}
