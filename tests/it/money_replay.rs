//! Random histories of refunds, contracts and raw payment data among lists that come and go (R-TAXREF, R-REF-04, R-PAY).
//!
//! Replay gives the same events and state, from the beginning or from any point on; what is refused changes nothing.
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::clearance_replay::{Act, act, apply, list_number, log, stored};
use proptest::prelude::*;
use single_window::domain::{Ending, EventKind, MessageType, Outcome, Timestamp};
use single_window::state::store::Table;
use single_window::state::{
    Content, Entry, Evidence, Header, Machine, MemoryCells, PaymentAsk, PaymentEntry, PaymentGiven, RefundEntry,
    ServiceContract, Standing,
};

/// Numbers of the parties of the histories.
const PLATFORM: u32 = 1;
const DECLARANT: u32 = 3;
const CUSTOMS: u32 = 4;

/// A request about money.
#[derive(Debug, Clone)]
enum Money {
    Standing { taxpayer: bool, filed: bool, zone: bool, hours: i64 },
    Evidence { trade: u8, amount: u16 },
    Contract { firm: &'static str, client: &'static str, hours: i64 },
    Ask { trade: u8, session: u8 },
    Give { trade: u8, session: u8, amount: u16 },
}

fn money() -> impl Strategy<Value = Money> {
    let hours = -400..400_i64;
    let code = || prop::sample::select(vec!["A1", "P1", "NOBODY"]);
    prop_oneof![
        1 => (any::<bool>(), any::<bool>(), any::<bool>(), hours.clone())
            .prop_map(|(taxpayer, filed, zone, hours)| Money::Standing { taxpayer, filed, zone, hours }),
        1 => (0..3_u8, any::<u16>()).prop_map(|(trade, amount)| Money::Evidence { trade, amount }),
        1 => (code(), code(), hours).prop_map(|(firm, client, hours)| Money::Contract { firm, client, hours }),
        3 => (0..3_u8, 0..4_u8).prop_map(|(trade, session)| Money::Ask { trade, session }),
        3 => (0..3_u8, 0..4_u8, prop::sample::select(vec![100, 99]))
            .prop_map(|(trade, session, amount)| Money::Give { trade, session, amount }),
    ]
}

fn entry(money: &Money, now: Timestamp) -> Entry {
    let at = |hours: i64| now.0 + hours * 3_600_000;
    let (party, content) = match money {
        Money::Standing { taxpayer, filed, zone, hours } => {
            let standing = Standing {
                seller_code: "P1".to_owned(),
                general_taxpayer: *taxpayer,
                refund_filed: *filed,
                zone_registered: *zone,
                from_ms: at(*hours),
                to_ms: 0,
            };
            (5, Content::Refund(RefundEntry { standing: Some(standing), ..RefundEntry::default() }))
        }
        Money::Evidence { trade, amount } => {
            let evidence = Evidence {
                invt_no: list_number(true, *trade),
                invoice_no: format!("INV{trade}"),
                invoice_amount: amount.to_string(),
                refund_rate: "0.13".to_owned(),
                received_day: now.ceb8(),
            };
            (PLATFORM, Content::Refund(RefundEntry { evidence: Some(evidence), ..RefundEntry::default() }))
        }
        Money::Contract { firm, client, hours } => {
            let contract = ServiceContract {
                firm_code: (*firm).to_owned(),
                client_code: (*client).to_owned(),
                contract_no: "C-1".to_owned(),
                from_ms: at(*hours),
                to_ms: 0,
                client_share: "0.9".to_owned(),
            };
            (DECLARANT, Content::Refund(RefundEntry { contract: Some(contract), ..RefundEntry::default() }))
        }
        Money::Ask { trade, session } => {
            let ask = PaymentAsk {
                order_no: format!("ORDER{trade}I"),
                platform_code: "P1".to_owned(),
                session_id: format!("S{session}"),
            };
            (CUSTOMS, Content::PaymentData(PaymentEntry { ask: Some(ask), given: None }))
        }
        Money::Give { trade, session, amount } => {
            let given = PaymentGiven {
                session_id: format!("S{session}"),
                guid: format!("G{session}"),
                ebp_code: "P1".to_owned(),
                pay_code: "L1".to_owned(),
                pay_transaction_id: format!("PAY{trade}I"),
                total_amount: amount.to_string(),
                order_nos: vec![format!("ORDER{trade}I")],
                ..PaymentGiven::default()
            };
            (PLATFORM, Content::PaymentData(PaymentEntry { ask: None, given: Some(given) }))
        }
    };
    Entry { header: Header { party, signature: 1, ..Header::default() }, content }
}

/// The history of some acts with requests about money put between them, each at a place counted from the end.
fn woven(acts: &[Act], money: &[(usize, Money)]) -> Vec<(Timestamp, Entry)> {
    let mut history = log(acts);
    let base = log(&[]).len();
    for (place, money) in money {
        let at = history.len() - place % (history.len() - base + 1);
        let time = history[at - 1].0;
        history.insert(at, (time, entry(money, time)));
    }
    history
}

/// Applies a history with a look at the rows of money before and after each entry.
fn refused_changes_nothing(history: &[(Timestamp, Entry)]) {
    let mut cells = MemoryCells::default();
    let mut machine = Machine::load(&cells).expect("memory can be read");
    let rows = |cells: &MemoryCells| {
        let of_money = cells.0.iter().filter(|((table, _), _)| *table == Table::Forex);
        of_money.map(|((_, key), value)| (key.clone(), value.clone())).collect::<Vec<_>>()
    };
    for (index, (time, entry)) in history.iter().enumerate() {
        let before = rows(&cells);
        let outcome =
            machine.apply(&mut cells, &stored(index, *time, entry), entry.clone()).expect("memory can be written");
        let is_money = matches!(entry.content, Content::Refund(_) | Content::PaymentData(_));
        if is_money && outcome.ending == Ending::Refused as i32 {
            assert_eq!(rows(&cells), before, "{outcome:#?}");
            let only_told = outcome.events.iter().all(|event| event.kind == EventKind::MessageRejected as i32);
            assert!(!outcome.rejections.is_empty() && only_told, "{outcome:#?}");
        }
    }
}

fn requests() -> impl Strategy<Value = Vec<(usize, Money)>> {
    prop::collection::vec((any::<usize>(), money()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn replay_of_refunds_and_payment_data_gives_the_same_events_and_state(
        acts in prop::collection::vec(act(), 1..40), money in requests(), cut in 0..1000_usize
    ) {
        let history = woven(&acts, &money);
        let mut first = MemoryCells::default();
        let outcomes = apply(&mut first, &history, 0, |_, _, _| {});
        let mut again = MemoryCells::default();
        prop_assert_eq!(&apply(&mut again, &history, 0, |_, _, _| {}), &outcomes);
        prop_assert_eq!(&again, &first);
        let cut = cut % history.len();
        let mut checkpoint = MemoryCells::default();
        apply(&mut checkpoint, &history[..cut], 0, |_, _, _| {});
        let rest = apply(&mut checkpoint, &history, cut, |_, _, _| {});
        prop_assert_eq!(rest.as_slice(), &outcomes[cut..]);
        prop_assert_eq!(&checkpoint, &first);
    }

    #[test]
    fn refused_requests_about_money_change_nothing(
        acts in prop::collection::vec(act(), 1..40), money in requests()
    ) {
        refused_changes_nothing(&woven(&acts, &money));
    }
}

/// The histories reach what they are about.
#[test]
fn a_history_files_standing_evidence_and_contract_and_asks_for_payment_data_and_gets_it() {
    let released = Act::Decide { kind: MessageType::Ceb603, trade: 0, copy: 0, status: 800 };
    let money = [
        Money::Standing { taxpayer: true, filed: true, zone: false, hours: -1 },
        Money::Evidence { trade: 0, amount: 1000 },
        Money::Contract { firm: "A1", client: "P1", hours: -1 },
        Money::Ask { trade: 0, session: 1 },
        Money::Give { trade: 0, session: 1, amount: 99 },
        Money::Ask { trade: 2, session: 2 },
    ];
    let money: Vec<(usize, Money)> = money.into_iter().map(|money| (0, money)).collect();
    let history = woven(&[released], &money);
    let outcomes = apply(&mut MemoryCells::default(), &history, 0, |_, _, _| {});
    let last: Vec<&Outcome> = outcomes.iter().rev().take(money.len()).rev().collect();
    let kinds: Vec<Vec<i32>> =
        last.iter().map(|outcome| outcome.events.iter().map(|event| event.kind).collect()).collect();
    let [filed, asked, given] = [EventKind::FilingDecided, EventKind::PaymentDataAsked, EventKind::PaymentDataGiven]
        .map(|kind| vec![kind as i32]);
    let refused = vec![EventKind::MessageRejected as i32];
    assert_eq!(kinds, [filed.clone(), filed.clone(), filed, asked, given, refused], "{last:#?}");
    let differing = &last[4].events[0].rejections;
    assert!(differing.iter().any(|difference| difference.found.as_deref() == Some("99")), "{differing:#?}");
    assert_eq!(last[5].rejections[0].rule, "R-PAY-01", "there is no such order");
}
