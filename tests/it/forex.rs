//! Forex against the trades that it claims (R-FX-01 to R-FX-05), and its doors.

use crate::harness::Harness;
use proptest::prelude::*;
use single_window::domain::{
    Amount, Ending, Event, EventKind, Field, Keys, MessageType, Outcome, Party, Position, Role, Timestamp,
};
use single_window::ledger::Stored;
use single_window::pb::v1 as pb;
use single_window::pb::v1::admin_service_client::AdminServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::forex_service_client::ForexServiceClient;
use single_window::sample::{self, Generator, Kind, Settings};
use single_window::state::{
    BulkLine, Content, Editions, Entry, Facts, FieldValue, ForexEntry, ForexKind, ForexMessage, Header, Machine,
    MemoryCells, Registration, Submission,
};
use single_window::tables::Tables;
use tonic_types::StatusExt;

/// 2026-05-01 12:00 UTC+8.
const NOON: i64 = 1_777_608_000_000;
const DAY: i64 = 24 * 3600 * 1000;
const PLATFORM: u32 = 1;
const PAYMENT: u32 = 2;
const LOGISTICS: u32 = 3;
const BANK: u32 = 5;
const AUTHORITY: u32 = 6;

/// A state machine with parties and shipped tables, and the log that made it.
struct World {
    cells: MemoryCells,
    machine: Machine,
    log: Vec<Stored>,
    outcomes: Vec<Outcome>,
    now: i64,
}

impl World {
    fn new() -> World {
        let cells = MemoryCells::default();
        let machine = Machine::load(&cells).expect("memory can be read");
        let mut world = World { cells, machine, log: Vec::new(), outcomes: Vec::new(), now: NOON };
        let parties = [
            ("P1", Role::Platform),
            ("Y1", Role::Payment),
            ("L1", Role::Logistics),
            ("S1", Role::Seller),
            ("B1", Role::Bank),
            ("F1", Role::Forex),
        ];
        for (code, role) in parties {
            let party = Party {
                code: code.to_owned(),
                name: code.to_owned(),
                roles: vec![role as i32],
                active: true,
                ..Party::default()
            };
            world.push(0, Content::Party(party));
        }
        for change in Tables::default().missing_of_shipped() {
            world.push(0, Content::Tables(change));
        }
        world.push(0, Content::Editions(Editions { logic: Editions::LOGIC, ..Editions::first() }));
        world.register("Y1", "");
        world
    }

    fn push(&mut self, party: u32, content: Content) -> Outcome {
        self.push_as(Header { party, ..Header::default() }, content)
    }

    fn push_as(&mut self, header: Header, content: Content) -> Outcome {
        let record = Entry { header, content }.record();
        let position = Position(self.log.len() as u64 + 1);
        let stored = Stored { position, time: Timestamp(self.now), record };
        let entry = Entry::of_record(&stored.record).expect("what was encoded decodes");
        let outcome = self.machine.apply(&mut self.cells, &stored, entry).expect("memory can be written");
        self.log.push(stored);
        self.outcomes.push(outcome.clone());
        outcome
    }

    fn register(&mut self, code: &str, limit: &str) {
        let registration = Registration {
            institution_code: code.to_owned(),
            from_ms: NOON - DAY,
            single_limit_usd: limit.to_owned(),
            ..Registration::default()
        };
        let entry = ForexEntry { registration: Some(registration), ..ForexEntry::default() };
        self.push(AUTHORITY, Content::Forex(entry));
    }

    fn send(&mut self, party: u32, code: &str, kind: MessageType, facts: Facts) -> Outcome {
        let guid = format!("M{}", self.log.len());
        let header = Header {
            party,
            message_type: kind as i32,
            payload_sha256: guid.as_bytes().to_vec(),
            guid,
            signature: 1,
            ..Header::default()
        };
        let submission = Submission { documents: vec![facts], cop_code: code.to_owned(), ..Submission::default() };
        self.push_as(header, Content::Submission(submission))
    }

    /// An order of import that was paid with so much; `app_type` 1 adds, 2 changes, 3 deletes.
    fn order(&mut self, number: &str, paid: &str, app_type: u32) -> Outcome {
        let facts = Facts {
            keys: Keys {
                ebp_code: "P1".to_owned(),
                ebc_code: "S1".to_owned(),
                order_no: number.to_owned(),
                pay_code: "Y1".to_owned(),
                ..Keys::default()
            },
            app_type,
            app_status: 2,
            app_time: 20_260_501_120_000,
            paid: paid.to_owned(),
            ..Facts::default()
        };
        self.send(PLATFORM, "P1", MessageType::Ceb311, facts)
    }

    /// An order of export worth so much in USD.
    fn export_order(&mut self, number: &str, value: &str) {
        let values = [(Field::GoodsValue, value), (Field::Freight, "0"), (Field::Currency, "502")];
        let values = values.into_iter().filter_map(|(field, text)| FieldValue::of(field, text.to_owned()));
        let facts = Facts {
            keys: Keys {
                ebp_code: "P1".to_owned(),
                ebc_code: "S1".to_owned(),
                order_no: number.to_owned(),
                ..Keys::default()
            },
            app_type: 1,
            app_status: 2,
            app_time: 20_260_501_120_000,
            values: values.collect(),
            ..Facts::default()
        };
        self.send(PLATFORM, "P1", MessageType::Ceb303, facts);
    }

    fn waybill(&mut self, number: &str) {
        let facts = Facts {
            keys: Keys { logistics_code: "L1".to_owned(), logistics_no: number.to_owned(), ..Keys::default() },
            app_type: 1,
            app_status: 2,
            app_time: 20_260_501_120_000,
            ..Facts::default()
        };
        self.send(LOGISTICS, "L1", MessageType::Ceb511, facts);
    }

    fn report(&mut self, party: u32, messages: Vec<ForexMessage>) -> Vec<Event> {
        let outcome = self.push(party, Content::Forex(ForexEntry { messages, ..ForexEntry::default() }));
        outcome.events.into_iter().filter(|event| event.kind == EventKind::ForexTaken as i32).collect()
    }

    fn one(&mut self, party: u32, message: ForexMessage) -> Event {
        self.report(party, vec![message]).into_iter().next().expect("one event a message")
    }
}

/// A presale purchase of an order at 7.20; its amount in CNY.
fn purchase(id: &str, order: &str, cny: &str) -> ForexMessage {
    let foreign = Amount::parse(cny).expect("a decimal").0 * 100 / 720;
    ForexMessage {
        out_order_id: id.to_owned(),
        kind: ForexKind::Purchase as i32,
        merchant_code: "S1".to_owned(),
        transaction_id: format!("T{id}"),
        cny_amount: cny.to_owned(),
        foreign_amount: Amount(foreign).to_string(),
        currency: "502".to_owned(),
        rate: "7.2".to_owned(),
        presale: true,
        bop_code: "121010".to_owned(),
        order_no: order.to_owned(),
        platform_code: "P1".to_owned(),
        settlement_day: "20260501".to_owned(),
        individual: true,
        payer_name: 7,
        payer_id: vec![7; 16],
        ..ForexMessage::default()
    }
}

fn of_kind(message: ForexMessage, kind: ForexKind) -> ForexMessage {
    ForexMessage { kind: kind as i32, ..message }
}

fn value<'e>(event: &'e Event, name: &str) -> &'e str {
    event.values.iter().find(|named| named.name == name).map_or("", |named| named.value.as_str())
}

fn rules(event: &Event) -> Vec<&str> {
    event.rejections.iter().map(|rejection| rejection.rule.as_str()).collect()
}

#[test]
fn r_fx_05_the_worked_example_leaves_2000_and_refuses_2500() {
    let mut world = World::new();
    world.order("A", "3600", 1);
    let refund = of_kind(purchase("R1", "A", "600"), ForexKind::BuyerRefund);
    assert_eq!(value(&world.one(PAYMENT, refund), "remaining"), "3000");
    let taken = world.one(PAYMENT, purchase("P1", "A", "1000"));
    assert_eq!((value(&taken, "result"), value(&taken, "remaining")), ("taken", "2000"));
    let refused = world.one(PAYMENT, purchase("P2", "A", "2500"));
    assert_eq!(rules(&refused), ["R-FX-05"]);
    let rejection = &refused.rejections[0];
    assert_eq!(rejection.message_zh, "超过可付汇余额");
    assert_eq!((rejection.found.as_deref(), rejection.expected.as_str()), (Some("2500"), "<= 2000"));
    assert_eq!(value(&world.one(PAYMENT, purchase("P3", "A", "2000")), "remaining"), "0");
}

#[test]
fn r_fx_01_an_institution_that_is_not_registered_is_refused_and_a_bank_needs_no_registration() {
    let mut world = World::new();
    world.order("A", "100", 1);
    let ended = Registration {
        institution_code: "Y1".to_owned(),
        from_ms: NOON - DAY,
        to_ms: NOON - 1,
        ..Registration::default()
    };
    let entry = ForexEntry { registration: Some(ended), ..ForexEntry::default() };
    world.push(AUTHORITY, Content::Forex(entry));
    assert_eq!(rules(&world.one(PAYMENT, purchase("1", "A", "10"))), ["R-FX-01"]);
    assert_eq!(value(&world.one(BANK, purchase("1", "A", "10")), "result"), "taken");
    let nobody = Registration { institution_code: "S1".to_owned(), ..Registration::default() };
    let entry = ForexEntry { registration: Some(nobody), ..ForexEntry::default() };
    assert_eq!(world.push(AUTHORITY, Content::Forex(entry)).rejections[0].rule, "R-FX-01");
}

#[test]
fn r_fx_02_a_single_payment_is_limited_in_usd_by_the_table_or_the_registration() {
    let mut world = World::new();
    world.order("A", "10000000", 1);
    assert_eq!(value(&world.one(PAYMENT, purchase("1", "A", "360000")), "usd"), "50000");
    assert_eq!(rules(&world.one(PAYMENT, purchase("2", "A", "360007.2"))), ["R-FX-02"]);
    world.register("Y1", "60000");
    assert_eq!(value(&world.one(PAYMENT, purchase("3", "A", "360007.2")), "result"), "taken");
}

#[test]
fn r_fx_03_small_sums_of_persons_are_merged_and_all_else_names_its_payer() {
    let mut world = World::new();
    world.order("A", "1000000", 1);
    let merged = |id: &str, cny: &str, individual: bool| ForexMessage {
        merged: true,
        individual,
        payer_id: Vec::new(),
        ..purchase(id, "A", cny)
    };
    assert_eq!(value(&world.one(PAYMENT, merged("1", "36000", true)), "result"), "taken");
    assert_eq!(rules(&world.one(PAYMENT, merged("2", "36007.2", true))), ["R-FX-03"]);
    assert_eq!(rules(&world.one(PAYMENT, merged("3", "72", false))), ["R-FX-03"]);
    let nameless = ForexMessage { payer_id: Vec::new(), ..purchase("4", "A", "72") };
    assert_eq!(rules(&world.one(PAYMENT, nameless)), ["R-FX-03"]);
}

#[test]
fn r_fx_03_a_sum_in_bulk_is_that_of_its_trades_or_the_batch_is_refused() {
    let mut world = World::new();
    world.order("A", "1000", 1);
    let part = |id: &str| ForexMessage { bulk_ref: "B".to_owned(), ..purchase(id, "A", "72") };
    let bulk = |foreign: &str| BulkLine {
        bulk_ref: "B".to_owned(),
        currency: "502".to_owned(),
        foreign_amount: foreign.to_owned(),
        cny_amount: "144".to_owned(),
    };
    let entry = |foreign: &str| ForexEntry {
        messages: vec![part("1"), part("2")],
        bulks: vec![bulk(foreign)],
        registration: None,
    };
    let refused = world.push(PAYMENT, Content::Forex(entry("21")));
    assert_eq!((refused.ending, refused.rejections[0].rule.as_str()), (Ending::Refused as i32, "R-FX-03"));
    let taken = world.push(PAYMENT, Content::Forex(entry("20")));
    assert_eq!(value(taken.events.last().expect("two"), "remaining"), "856");
}

#[test]
fn r_fx_04_no_payment_without_a_trade_and_money_comes_back_by_its_route_and_currency() {
    let mut world = World::new();
    assert_eq!(rules(&world.one(PAYMENT, purchase("1", "A", "10"))), ["R-FX-04"]);
    world.order("A", "720", 1);
    world.one(PAYMENT, purchase("1", "A", "720"));
    let back = |id: &str, cny: &str| ForexMessage {
        original_out_order_id: "1".to_owned(),
        ..of_kind(purchase(id, "A", cny), ForexKind::RemittanceRefund)
    };
    assert_eq!(rules(&world.one(BANK, back("2", "72"))), ["R-FX-04"], "another institution");
    let euro = ForexMessage { currency: "300".to_owned(), ..back("3", "72") };
    assert!(rules(&world.one(PAYMENT, euro)).contains(&"R-FX-04"), "another currency");
    assert_eq!(rules(&world.one(PAYMENT, back("4", "727.2"))), ["R-FX-04"], "more than went");
    assert_eq!(value(&world.one(PAYMENT, back("5", "72")), "remaining"), "72");
    let other = of_kind(purchase("6", "A", "72"), ForexKind::BuyerRefund);
    assert_eq!(rules(&world.one(BANK, other.clone())), ["R-FX-04"], "the buyer paid by Y1");
    assert_eq!(value(&world.one(PAYMENT, other), "remaining"), "0");
}

#[test]
fn r_fx_05_merchant_parcel_list_and_age_must_be_those_of_the_trade() {
    let mut world = World::new();
    world.order("A", "720", 1);
    let other = ForexMessage { merchant_code: "S2".to_owned(), ..purchase("1", "A", "72") };
    assert_eq!(rules(&world.one(PAYMENT, other)), ["R-FX-05"]);
    let sent = ForexMessage {
        presale: false,
        logistics_code: "L1".to_owned(),
        logistics_no: "W1".to_owned(),
        ..purchase("2", "A", "72")
    };
    assert_eq!(rules(&world.one(PAYMENT, sent.clone())), ["R-FX-05"], "no such parcel");
    world.waybill("W1");
    assert_eq!(value(&world.one(PAYMENT, sent), "result"), "taken");
    let listed = ForexMessage { invt_no: "46042026I000000001".to_owned(), ..purchase("3", "A", "72") };
    assert_eq!(rules(&world.one(PAYMENT, listed)), ["R-FX-05"], "no such list");
    world.now = NOON + 1096 * DAY;
    assert_eq!(value(&world.one(PAYMENT, purchase("4", "A", "72")), "result"), "taken", "1096 days are good");
    world.now += DAY;
    assert_eq!(rules(&world.one(PAYMENT, purchase("5", "A", "72"))), ["R-FX-05"]);
}

#[test]
fn a_settlement_takes_of_an_export_order_in_its_currency() {
    let mut world = World::new();
    world.export_order("E", "100");
    let settlement = |id: &str, cny: &str| of_kind(purchase(id, "E", cny), ForexKind::Settlement);
    assert_eq!(value(&world.one(PAYMENT, settlement("1", "504")), "remaining"), "30");
    assert_eq!(rules(&world.one(PAYMENT, settlement("2", "223.2"))), ["R-FX-05"]);
    let euro = ForexMessage { currency: "300".to_owned(), ..settlement("3", "72") };
    assert!(rules(&world.one(PAYMENT, euro)).contains(&"R-FX-04"));
    assert_eq!(rules(&world.one(PAYMENT, purchase("4", "E", "72"))), ["R-FX-04"], "nothing was bought abroad");
}

#[test]
fn repeated_and_partial_batches_do_no_harm_and_each_message_stands_for_itself() {
    let mut world = World::new();
    world.order("A", "100", 1);
    let batch = |ids: &[(&str, &str)]| ids.iter().map(|(id, cny)| purchase(id, "A", cny)).collect::<Vec<_>>();
    let results = |events: Vec<Event>| events.iter().map(|event| value(event, "result").to_owned()).collect::<Vec<_>>();
    assert_eq!(
        results(world.report(PAYMENT, batch(&[("1", "60"), ("2", "60"), ("3", "40")]))),
        ["taken", "refused", "taken"]
    );
    assert_eq!(results(world.report(PAYMENT, batch(&[("1", "60"), ("3", "40")]))), ["repeated", "repeated"]);
    assert_eq!(rules(&world.one(PAYMENT, purchase("1", "A", "59"))), ["R-SCH-12"]);
    let owners = &world.outcomes.last().expect("an outcome").events[0].owners;
    assert_eq!(owners, &[PAYMENT, AUTHORITY], "the authority reads everything in its own feed");
}

#[test]
fn an_order_that_backs_a_payment_is_frozen_until_the_money_is_back() {
    let mut world = World::new();
    world.order("A", "720", 1);
    world.one(PAYMENT, purchase("1", "A", "360"));
    for app_type in [2, 3] {
        let refused = world.order("A", "72", app_type);
        assert_eq!(refused.events[0].rejections[0].rule, "R-ST-08", "{:?}", refused.events);
    }
    let back = ForexMessage {
        original_out_order_id: "1".to_owned(),
        ..of_kind(purchase("2", "A", "360"), ForexKind::RemittanceRefund)
    };
    world.one(PAYMENT, back);
    let changed = world.order("A", "72", 2);
    assert!(changed.events.iter().all(|event| event.rejections.is_empty()), "{:?}", changed.events);
    assert_eq!(rules(&world.one(PAYMENT, purchase("3", "A", "360"))), ["R-FX-05"]);
}

/// One step of a made-up log.
#[derive(Debug, Clone)]
enum Act {
    Order { order: u8, paid: u16, app_type: u32 },
    Report { id: u8, order: u8, kind: u8, cny: u16, original: u8, bank: bool },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (0..2_u8, 1..500_u16, prop::sample::select(vec![1_u32, 1, 2, 3]))
            .prop_map(|(order, paid, app_type)| Act::Order { order, paid, app_type }),
        5 => (0..40_u8, 0..2_u8, 0..4_u8, 1..300_u16, 0..40_u8, any::<bool>()).prop_map(
            |(id, order, kind, cny, original, bank)| Act::Report { id, order, kind, cny, original, bank }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_trade_never_backs_more_than_was_paid_for_it_and_a_replay_is_equal(
        acts in prop::collection::vec(act(), 1..80)
    ) {
        let mut world = World::new();
        let mut paid = [None::<i128>; 2];
        // What each order's messages took, gave back to the buyer and brought back, by our own count.
        let (mut used, mut refunded) = ([0_i128; 2], [0_i128; 2]);
        let (mut takes, mut returned) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
        for act in acts {
            match act {
                Act::Order { order, paid: sum, app_type } => {
                    let place = usize::from(order);
                    let outcome = world.order(&format!("O{order}"), &sum.to_string(), app_type);
                    let refused = outcome.events.iter().any(|event| !event.rejections.is_empty());
                    if !refused {
                        prop_assert_eq!(used[place] + refunded[place], 0, "an order that backs a payment is frozen");
                        paid[place] = (app_type != 3).then_some(i128::from(sum) * 100_000);
                    }
                }
                Act::Report { id, order, kind, cny, original, bank } => {
                    let kinds = [ForexKind::Purchase, ForexKind::Purchase, ForexKind::BuyerRefund,
                        ForexKind::RemittanceRefund];
                    let message = ForexMessage {
                        original_out_order_id: format!("{original}"),
                        ..of_kind(purchase(&format!("{id}"), &format!("O{order}"), &cny.to_string()),
                            kinds[usize::from(kind)])
                    };
                    let party = if bank { BANK } else { PAYMENT };
                    let event = world.one(party, message.clone());
                    if value(&event, "result") != "taken" {
                        continue;
                    }
                    let (place, sum) = (usize::from(order), i128::from(cny) * 100_000);
                    match kinds[usize::from(kind)] {
                        ForexKind::BuyerRefund => refunded[place] += sum,
                        ForexKind::RemittanceRefund => {
                            let foreign = Amount::parse(&message.foreign_amount).expect("a decimal").0;
                            let (whole, went): (i128, i128) = takes[&(party, original)];
                            let back = returned.entry((party, original)).or_insert(0_i128);
                            let before = whole * *back / went;
                            *back += foreign;
                            prop_assert!(*back <= went);
                            used[place] -= whole * *back / went - before;
                        }
                        ForexKind::Purchase | ForexKind::Settlement => {
                            let foreign = Amount::parse(&message.foreign_amount).expect("a decimal").0;
                            takes.insert((party, id), (sum, foreign));
                            used[place] += sum;
                        }
                    }
                    let payable = paid[place].expect("a trade") - refunded[place];
                    prop_assert!(used[place] <= payable, "{used:?} of {payable}");
                    let remaining = Amount(payable - used[place]).to_string();
                    prop_assert_eq!(value(&event, "remaining"), remaining.as_str());
                }
            }
        }
        let mut again = MemoryCells::default();
        let mut machine = Machine::load(&again).expect("memory can be read");
        for (stored, outcome) in world.log.iter().zip(&world.outcomes) {
            let entry = Entry::of_record(&stored.record).expect("decodes");
            prop_assert_eq!(&machine.apply(&mut again, stored, entry).expect("memory can be written"), outcome);
        }
        prop_assert_eq!(&again, &world.cells);
    }
}

/// A message of the contract on the order of a sample.
fn wire(id: &str, set: &sample::Set, cny: &str, foreign: &str) -> pb::ForexMessage {
    let parties = Settings::default().parties;
    pb::ForexMessage {
        out_order_id: id.to_owned(),
        kind: pb::ForexKind::Purchase as i32,
        merchant_code: parties.seller.code.to_string(),
        transaction_id: format!("T-{id}"),
        cny_amount: cny.to_owned(),
        foreign_amount: foreign.to_owned(),
        currency: "502".to_owned(),
        rate: "7.2".to_owned(),
        goods: vec![pb::ForexGoods {
            name: "milk".to_owned(),
            category: "food".to_owned(),
            unit_price: "1".to_owned(),
            quantity: "1".to_owned(),
        }],
        presale: true,
        bop_code: "121010".to_owned(),
        order_no: set.order.order_no.clone(),
        platform_code: parties.platform.code.to_string(),
        settlement_day: "20260501".to_owned(),
        individual: true,
        payer_name: "测试甲".to_owned(),
        payer_id_number: "11010519491231002X".to_owned(),
        payer_id_type: "1".to_owned(),
        ..pb::ForexMessage::default()
    }
}

#[tokio::test]
async fn institutions_report_and_the_authority_reads_without_names() {
    let exchange = Harness::start().await;
    let samples = Generator::new(7, Settings::default());
    let set = samples.set(1);
    let payload = sample::message(Kind::Order, std::slice::from_ref(&set), &samples.transfer(Kind::Order, 1));
    let mut platform = DeclarationServiceClient::new(exchange.channel("platform").await);
    platform.submit(pb::SubmitRequest { xml: payload.into() }).await.expect("taken");
    let mut bank = ForexServiceClient::new(exchange.channel("bank").await);
    let mut payment = ForexServiceClient::new(exchange.channel("payment").await);
    let mut authority = ForexServiceClient::new(exchange.channel("forex").await);

    let request = |id: &str| pb::SubmitForexRequest {
        request_id: id.to_owned(),
        messages: vec![wire("B-1", &set, "7.2", "1")],
        bulks: Vec::new(),
    };
    let answer = bank.submit_forex(request("r-1")).await.expect("an answer").into_inner();
    assert_eq!(answer.verdicts[0].result, "taken", "{answer:?}");
    let again = bank.submit_forex(request("r-1")).await.expect("an answer").into_inner();
    assert!(again.recorded.as_ref().is_some_and(|recorded| recorded.replayed));
    assert_eq!(again.verdicts, answer.verdicts);

    let refused = payment.submit_forex(request("r-1")).await.expect("an answer").into_inner();
    assert_eq!(refused.verdicts[0].rejections[0].rule, "R-FX-01");
    let registered = authority
        .register_institution(pb::RegisterInstitutionRequest {
            institution_code: samples.settings().parties.payment.code.to_string(),
            directory_no: "D-1".to_owned(),
            ..Default::default()
        })
        .await
        .expect("an answer");
    assert!(registered.into_inner().recorded.expect("recorded").rejections.is_empty());
    let taken = payment.submit_forex(request("r-2")).await.expect("an answer").into_inner();
    assert_eq!(taken.verdicts[0].result, "taken", "{taken:?}");

    let trade = pb::GetTradeRequest {
        order_no: set.order.order_no.clone(),
        platform_code: samples.settings().parties.platform.code.to_string(),
        ..Default::default()
    };
    let seen = bank.get_trade(trade.clone()).await.expect("a trade").into_inner();
    assert_eq!((seen.used.as_str(), seen.messages.len()), ("14.4", 1), "an institution sees its own messages");
    let all = authority.get_trade(trade).await.expect("a trade").into_inner();
    assert_eq!(all.messages.len(), 2);

    let page = pb::ListForexRequest { page_size: 1, page_token: String::new() };
    let first = authority.list_forex(page.clone()).await.expect("a page").into_inner();
    let next = pb::ListForexRequest { page_token: first.next_page_token.clone(), ..page.clone() };
    let second = authority.list_forex(next).await.expect("a page").into_inner();
    assert_eq!((first.messages.len(), second.messages.len(), second.next_page_token.as_str()), (1, 1, ""));
    assert_eq!(first.messages[0].payer_hash, second.messages[0].payer_hash, "the same person has the same hash");
    let shown = format!("{first:?}{second:?}{all:?}");
    assert!(!shown.contains("测试甲") && !shown.contains("11010519491231002X"), "{shown}");
    let own = bank.list_forex(page).await.expect("a page").into_inner();
    assert_eq!((own.messages.len(), own.next_page_token.as_str()), (1, ""));

    let wrong = pb::ForexMessage { cny_amount: "8".to_owned(), ..wire("B-2", &set, "7.2", "1") };
    let request = pb::SubmitForexRequest { messages: vec![wrong], ..Default::default() };
    let status = bank.submit_forex(request).await.expect_err("refused at the door");
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
    let mut seller = ForexServiceClient::new(exchange.channel("seller").await);
    let status = seller.submit_forex(request_of_nobody()).await.expect_err("no institution");
    assert_eq!(status.code(), tonic::Code::PermissionDenied);
    exchange.stop().await;
}

/// The interface of a payment institution takes so many requests a second; the table says how many.
#[tokio::test]
async fn an_institution_over_the_rate_of_the_table_is_told_when_to_come_back() {
    let exchange = Harness::start().await;
    let mut operator = AdminServiceClient::new(exchange.channel("operator").await);
    let row = pb::TableRow {
        effective_from: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        key: "forex_requests_per_second".to_owned(),
        values: vec!["1".to_owned()],
        source: "示例".to_owned(),
        mark: "D".to_owned(),
        ..Default::default()
    };
    let change = pb::ChangeTableRequest { table: "parameters".to_owned(), rows: vec![row], ..Default::default() };
    let changed = operator.change_table(change).await.expect("an answer").into_inner().recorded.expect("recorded");
    assert!(changed.rejections.is_empty(), "{changed:?}");
    let mut bank = ForexServiceClient::new(exchange.channel("bank").await);
    let mut refused = None;
    for _ in 0..20 {
        let status = bank.submit_forex(request_of_nobody()).await.expect_err("there is no message in it");
        if status.code() == tonic::Code::ResourceExhausted {
            refused = Some(status);
            break;
        }
    }
    let details = refused.expect("one request a second, and twenty were made").get_error_details();
    let info = details.error_info().expect("a reason");
    assert_eq!((info.reason.as_str(), info.metadata["requests_per_second"].as_str()), ("RATE_LIMITED", "1"));
    assert!(details.retry_info().is_some_and(|info| info.retry_delay.is_some()));
    // Another institution is not slowed.
    let mut payment = ForexServiceClient::new(exchange.channel("payment").await);
    let status = payment.submit_forex(request_of_nobody()).await.expect_err("there is no message in it");
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    exchange.stop().await;
}

/// The line of a file for `swx forex report`.
fn line(message: &pb::ForexMessage, kind: &str) -> String {
    let goods: Vec<serde_json::Value> = message
        .goods
        .iter()
        .map(|goods| {
            serde_json::json!({ "name": goods.name, "category": goods.category, "unit_price": goods.unit_price,
                                "quantity": goods.quantity })
        })
        .collect();
    serde_json::json!({
        "out_order_id": message.out_order_id, "kind": kind, "merchant_code": message.merchant_code,
        "transaction_id": message.transaction_id, "cny_amount": message.cny_amount,
        "foreign_amount": message.foreign_amount, "currency": message.currency, "rate": message.rate, "goods": goods,
        "counterparty_name": message.counterparty_name, "counterparty_country": message.counterparty_country,
        "presale": message.presale, "bop_code": message.bop_code, "bank_ref": message.bank_ref,
        "order_no": message.order_no, "platform_code": message.platform_code,
        "settlement_day": message.settlement_day, "individual": message.individual, "payer_name": message.payer_name,
        "payer_id_number": message.payer_id_number, "payer_id_type": message.payer_id_type,
        "logistics_code": message.logistics_code, "logistics_no": message.logistics_no, "invt_no": message.invt_no,
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reports_and_shows_foreign_exchange() {
    let exchange = Harness::start().await;
    let samples = Generator::new(6, Settings::default());
    let set = samples.set(0);
    let payload = sample::message(Kind::Order, std::slice::from_ref(&set), &samples.transfer(Kind::Order, 0));
    let mut platform = DeclarationServiceClient::new(exchange.channel("platform").await);
    platform.submit(pb::SubmitRequest { xml: payload.into() }).await.expect("taken");

    let folder = exchange.folder.path().to_path_buf();
    let server = format!("https://localhost:{}", exchange.address.port());
    let swx = |party: &str, args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_swx"));
        command.args(args).args(["--server", &server, "--dev-party", party, "--data"]).arg(&folder);
        let output = command.current_dir(&folder).env("NO_COLOR", "1").output().expect("the program runs");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), text)
    };
    let good = wire("B-1", &set, "7.2", "1");
    // More than was ever paid for the order.
    let too_much = wire("B-2", &set, "720000", "100000");
    let both = format!("{}\n{}\n", line(&good, "purchase"), line(&too_much, "FOREX_KIND_PURCHASE"));
    std::fs::write(folder.join("both.jsonl"), both).expect("written");
    let (code, text) = swx("bank", &["forex", "report", "both.jsonl"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("✓ B-1  已受理 taken") && text.contains("✗ B-2  被拒 refused"), "{text}");
    assert!(text.contains("1 taken, 1 refused"), "{text}");
    std::fs::write(folder.join("one.jsonl"), line(&good, "purchase")).expect("written");
    let (code, text) = swx("bank", &["forex", "report", "one.jsonl", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let verdict: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(verdict.get("result").and_then(|result| result.as_str()), Some("repeated"), "{text}");

    let (code, text) = swx("forex", &["forex", "list", "--json"]);
    assert_eq!((code, text.lines().count()), (Some(0), 1), "{text}");
    assert!(text.contains("\"payer_hash\"") && !text.contains("测试甲"), "{text}");
    let platform = samples.settings().parties.platform.code.to_string();
    let (code, text) = swx("forex", &["forex", "show", &set.order.order_no, "--platform", &platform]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("已用 used 7.2") && text.contains("B-1"), "{text}");
    let (code, text) = swx("forex", &["forex", "show", "NO-SUCH-ORDER", "--platform", &platform]);
    assert_eq!(code, Some(1), "{text}");

    let payment = samples.settings().parties.payment.code.to_string();
    let third = wire("Y-1", &set, "7.2", "1");
    std::fs::write(folder.join("third.jsonl"), line(&third, "purchase")).expect("written");
    let (code, text) = swx("payment", &["forex", "report", "third.jsonl"]);
    assert!(code == Some(1) && text.contains("R-FX-01"), "not registered yet: {text}");
    let (code, text) = swx("forex", &["forex", "register", &payment, "--directory-no", "D-1"]);
    assert!(code == Some(0) && text.contains("已记录 recorded"), "{text}");
    let (code, text) = swx("payment", &["forex", "report", "third.jsonl"]);
    assert_eq!(code, Some(0), "{text}");

    std::fs::write(folder.join("wrong.jsonl"), "{\"kind\":\"sale\"}").expect("written");
    let (code, text) = swx("bank", &["forex", "report", "wrong.jsonl"]);
    assert!(code == Some(2) && text.contains("is none of purchase"), "{text}");
    let (code, text) = swx("seller", &["forex", "report", "one.jsonl"]);
    assert!(code == Some(2) && text.contains("ROLE_DENIED"), "{text}");
    exchange.stop().await;
}

fn request_of_nobody() -> pb::SubmitForexRequest {
    pb::SubmitForexRequest::default()
}
