//! The plans of a made-up customs: the same for the same seed, legal, and as frequent as the rates say.

mod scenario;

use super::faults::UNKNOWN_STATUS;
use super::model::Model;
use super::*;
use crate::domain::{Effect, Keys, MessageType, Part, SPECS, status};
use crate::sample::{Generator, Kind, Mode, Settings, example, message};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn carried(name: &str) -> Scenario {
    let text = Scenario::carried(name).expect("a carried scenario");
    ScenarioFile::parse(text).expect("TOML that fits").check().expect("a good scenario")
}

fn occasion(kind: MessageType, number: u64) -> Occasion {
    let is_list = matches!(kind, MessageType::Ceb621 | MessageType::Ceb603);
    let stored = is_list || kind == MessageType::Ceb513;
    Occasion {
        id: format!("e{number}"),
        document_id: format!("{number}-1"),
        kind: kind as i32,
        status: if stored { status::STORED } else { status::DECLARING },
        keys: Keys {
            cop_no: format!("C{number}"),
            agent_code: "91410100MA95WAGT06".to_owned(),
            customs_code: "4612".to_owned(),
            pre_no: if kind == MessageType::Ceb513 { String::new() } else { format!("B20260501{number:09}") },
            ..Keys::default()
        },
        time_ms: 1_777_608_000_000,
        xml: String::new(),
    }
}

fn answered() -> impl Iterator<Item = MessageType> {
    let declarations = SPECS.iter().filter(|spec| matches!(spec.part, Part::Declaration(_)));
    let declared = declarations.filter(|spec| !spec.pre_no.is_empty() || spec.kind == MessageType::Ceb513);
    declared.map(|spec| spec.kind)
}

fn decisions(plan: &Plan) -> Vec<(&Planned, &Decision)> {
    let decision = |planned: &'_ Planned| matches!(planned.act, Act::Decide(_));
    let decided = plan.steps.iter().filter(|planned| decision(planned));
    decided
        .map(|planned| match &planned.act {
            Act::Decide(decision) => (planned, decision.as_ref()),
            Act::TaxBill(_) | Act::TaxStatus(_) | Act::Consolidate(_) => unreachable!("only decisions are left"),
        })
        .collect()
}

/// Rates that leave no way out.
fn wild(seed: u64) -> Scenario {
    let half = PerMille::new(500).expect("a share");
    Scenario {
        seed,
        rates: Rates {
            reject: PerMille::new(200).expect("a share"),
            inspect: half,
            release: PerMille::new(250).expect("a share"),
            review: half,
            suspend: half,
            detain: half,
            ship_back: half,
            reject_inspected: half,
            close: half,
        },
        ..Scenario::default()
    }
}

#[test]
fn the_first_rule_that_fits_decides_exactly_as_written() {
    let text = r#"
        [faults]
        lose = 1000
        [[rule]]
        message_type = 621
        cop_no = "C7"
        steps = [{ status = 500, after = "2s", info = "查验" }, { status = 800, after = "5s" }]
        [[rule]]
        message_type = 621
        customs_code = "4612"
        steps = []
    "#;
    let scenario = ScenarioFile::parse(text).expect("TOML that fits").check().expect("good");
    let first = plan(&occasion(MessageType::Ceb621, 7), &scenario);
    let steps: Vec<_> = decisions(&first)
        .iter()
        .map(|(planned, decision)| (planned.after_ms, decision.status, decision.info.as_str(), planned.fault))
        .collect();
    assert_eq!(steps, [(2_000, 500, "查验", None), (7_000, 800, "[Code:2600;Desc:放行]", None)]);
    assert_eq!((first.rule, first.intended, first.end), (Some(1), 800, 800));
    let second = plan(&occasion(MessageType::Ceb621, 8), &scenario);
    assert_eq!((second.rule, second.steps.len(), second.end), (Some(2), 0, 120));
    let by_chance = plan(&occasion(MessageType::Ceb603, 8), &scenario);
    assert_eq!(by_chance.rule, None);
    assert!(by_chance.steps.iter().all(|planned| planned.fault == Some(Fault::Lost)));
}

#[test]
fn a_rule_finds_goods_by_their_code() {
    let text = "[[rule]]\ngcode = \"0409\"\nsteps = [{ status = 100 }]";
    let scenario = ScenarioFile::parse(text).expect("TOML that fits").check().expect("good");
    let line = |gcode: &str| format!("<I><InventoryList><gcode>{gcode}</gcode></InventoryList></I>");
    let with = |gcode: &str| Occasion { xml: line(gcode), ..occasion(MessageType::Ceb621, 1) };
    assert_eq!(plan(&with("0409000000"), &scenario).intended, 100);
    assert_eq!(plan(&with("1901101010"), &scenario).rule, None);
}

#[test]
fn a_scripted_fault_loses_and_repeats_what_it_names() {
    let text = r#"
        [faults]
        recover = "1m"
        [[rule]]
        steps = [
            { status = 399, after = "1s", fault = "repeat" },
            { status = 500, after = "1s", fault = "repeat-late" },
            { status = 700, after = "1s", fault = "lose" },
        ]
    "#;
    let scenario = ScenarioFile::parse(text).expect("TOML that fits").check().expect("good");
    let plan = plan(&occasion(MessageType::Ceb621, 1), &scenario);
    let steps: Vec<_> = decisions(&plan)
        .iter()
        .map(|(planned, decision)| (planned.after_ms, decision.status, planned.fault, planned.expected))
        .collect();
    assert_eq!(
        steps,
        [
            (1_000, 399, None, Effect::Applied),
            (1_000, 399, Some(Fault::Repeated), Effect::Repeated),
            (2_000, 500, None, Effect::Applied),
            (3_000, 700, Some(Fault::Lost), Effect::None),
            (4_000, 500, Some(Fault::RepeatedLate), Effect::Repeated),
            (64_001, 700, Some(Fault::Recovered), Effect::Applied),
        ]
    );
    assert_eq!((plan.intended, plan.end), (700, 700));
}

#[test]
fn time_can_run_faster_and_keeps_its_order() {
    let fast = Scenario { speed: 1_000_000, ..carried("strict") };
    for number in 0..200 {
        let plan = plan(&occasion(MessageType::Ceb621, number), &fast);
        let times: Vec<i64> = decisions(&plan).iter().map(|(_, decision)| decision.time_ms).collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert!(plan.steps.iter().all(|planned| planned.after_ms < 100), "{plan:?}");
    }
}

#[test]
fn the_rates_hold_on_ten_thousand_documents() {
    const DOCUMENTS: u64 = 10_000;
    let scenario = carried("strict");
    let scenario = Scenario { rules: Vec::new(), faults: carried("trouble").faults, ..scenario };
    let (mut ends, mut inspected, mut faults, mut sent) = (BTreeMap::new(), 0_u64, BTreeMap::new(), 0_u64);
    for number in 0..DOCUMENTS {
        let plan = plan(&occasion(MessageType::Ceb621, number), &scenario);
        *ends.entry(plan.intended).or_insert(0_u64) += 1;
        let decided = decisions(&plan);
        inspected += u64::from(decided.iter().any(|(_, decision)| decision.status == status::INSPECTION));
        for (planned, _) in decided {
            sent += u64::from(matches!(planned.fault, None | Some(Fault::Lost | Fault::OutOfOrder)));
            if let Some(fault) = planned.fault {
                *faults.entry(fault.code()).or_insert(0_u64) += 1;
            }
        }
    }
    // Five standard deviations of a share that is drawn ten thousand times are below 2.5 % of the whole.
    let near = |count: u64, of_ten_thousand: u64| {
        assert!(count.abs_diff(of_ten_thousand) <= 250, "{count} instead of {of_ten_thousand}");
    };
    let end = |code: i32| ends.get(&code).copied().unwrap_or_default();
    near(inspected, 3_330);
    // 10 % at once; of the 33.3 % inspected, 85 % are not detained and of these 30 % are rejected.
    near(end(status::REJECTED), 1_000 + 849);
    // Of the inspected: a quarter of those detained (15 %) and of those not turned down (59.5 %).
    near(end(status::SHIPPED_BACK), 3_330 * 745 / 1000 / 4);
    near(end(status::CLOSED), DOCUMENTS - 1_849 - 620);
    let share = |code: &str, of: u64, of_a_thousand: u64| {
        let (count, wanted) = (faults.get(code).copied().unwrap_or_default(), of * of_a_thousand / 1000);
        assert!(count.abs_diff(wanted) <= of / 60, "{code}: {count} instead of {wanted}");
    };
    share("lost", sent, 60);
    share("repeated", sent, 80);
    share("repeated_late", sent, 40);
    share("unknown_document", DOCUMENTS, 20);
    // Each pair is two decisions, unless one of them is lost.
    share("out_of_order", DOCUMENTS * 2, 135);
}

#[test]
fn customs_gives_each_list_one_number_of_the_right_form() {
    let scenario = wild(3);
    let mut numbers = BTreeSet::new();
    for number in 0..500 {
        let plan = plan(&occasion(MessageType::Ceb621, number), &scenario);
        let given: BTreeSet<_> = decisions(&plan).iter().map(|(_, decision)| decision.keys.invt_no.clone()).collect();
        assert_eq!(given.len(), 1, "one number for all decisions");
        let given = given.into_iter().next().expect("a number");
        assert!(given.len() == 18 && given.starts_with("46122026I"), "{given}");
        assert!(numbers.insert(given), "a number of its own");
    }
}

#[test]
fn decisions_as_receipts_fit_their_schema() {
    let set = crate::schema::carried().expect("the schemas compile");
    for kind in answered() {
        for number in 0..8 {
            let plan = plan(&occasion(kind, number), &wild(5));
            let mut ids = BTreeSet::new();
            for (_, decision) in decisions(&plan) {
                let text = String::from_utf8(decision.xml()).expect("UTF-8");
                let report = set.validate(&text, &mut crate::schema::NoSink);
                assert!(report.is_valid(), "{:#?}\n{text}", report.faults);
                assert!(text.contains(&format!("<guid>{}</guid>", decision.guid)), "{text}");
                let id = text.split("guid=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id");
                assert!(ids.insert(id.to_owned()), "each message has its own id");
            }
        }
    }
}

#[test]
fn a_released_list_is_taxed_by_the_fen_and_its_bill_is_paid() {
    let generator = Generator::new(4, Settings { mode: Mode::Direct, ..Settings::default() });
    let set = crate::schema::carried().expect("the schemas compile");
    let bills = TaxBills { after_ms: 1_000, paid_after_ms: Some(2_000) };
    let scenario = Scenario { tax_bills: Some(bills), ..Scenario::default() };
    for number in 0..50 {
        let sale = generator.set(number);
        let xml = message(Kind::List, std::slice::from_ref(&sale), &generator.transfer(Kind::List, number));
        let from = xml.find("<ceb:Inventory>").expect("a list");
        let to = xml.find("</ceb:Inventory>").expect("its end") + "</ceb:Inventory>".len();
        let mut occasion = Occasion { xml: xml[from..to].to_owned(), ..occasion(MessageType::Ceb621, number) };
        sale.list.seller.code.to_string().clone_into(&mut occasion.keys.assure_code);
        let plan = plan(&occasion, &scenario);
        let [.., Planned { act: Act::TaxBill(bill), .. }, Planned { act: Act::TaxStatus(paid), .. }] =
            plan.steps.as_slice()
        else {
            panic!("a bill and its payment: {plan:?}")
        };
        let fits = |xml: &str| set.validate(xml, &mut crate::schema::NoSink).is_valid();
        let (bill, paid) = (bill.xml(), paid.xml());
        assert!(fits(&bill) && fits(&paid), "{bill}\n{paid}");
        let value = |name: &str| {
            let after = bill.split(&format!("<{name}>")).nth(1).expect("the element");
            crate::domain::Amount::parse(after.split('<').next().expect("its end")).expect("an amount")
        };
        let tax = value("valueAddedTax").plus(value("consumptionTax"));
        // The buyer paid this tax with the order, computed by the generator on its own.
        assert_eq!(tax.0, i128::from(sale.order.tax_fen) * 1000, "{bill}");
    }
}

#[test]
fn an_adjudicated_consolidation_gets_its_result_with_an_entry_id() {
    let set = crate::schema::carried().expect("the schemas compile");
    let element = |kind: MessageType, seed: u32| {
        let (xml, name) = (example(kind, seed), kind.document_name());
        let from = xml.find(&format!("<ceb:{name}>")).expect("a document");
        let close = format!("</ceb:{name}>");
        xml[from..xml.rfind(&close).expect("its end") + close.len()].to_owned()
    };
    let occasion = Occasion { xml: element(MessageType::Ceb701, 1), ..occasion(MessageType::Ceb701, 1) };
    let plan = plan(&occasion, &Scenario::default());
    let Some(Planned { act: Act::Consolidate(result), .. }) = plan.steps.last() else { panic!("a result: {plan:?}") };
    let list = |number: &String| ListOfConsolidation { invt_no: number.clone(), xml: element(MessageType::Ceb603, 1) };
    let lists: Vec<_> = result.lists.iter().map(list).collect();
    assert!(!lists.is_empty());
    for lists in [&lists[..], &[]] {
        let xml = result.xml(lists);
        let report = set.validate(&xml, &mut crate::schema::NoSink);
        assert!(report.is_valid(), "{:#?}\n{xml}", report.faults);
        assert!(xml.contains("<entryId>461220260") && xml.contains(&format!("<sumNo>{}</sumNo>", result.sum_no)));
        assert_eq!(xml.contains("<gcode>"), !lists.is_empty());
    }
}

/// A desk at work with answers as the plan foresees them; what it sent, in order.
fn work_off(desk: &mut Desk<u64>, until_ms: i64) -> Vec<(i64, Planned)> {
    let mut sent = Vec::new();
    while let Some(now) = desk.next_due_ms().filter(|at| *at <= until_ms) {
        let task = desk.due(now).expect("it is due");
        if task.planned.fault == Some(Fault::Lost) {
            desk.lost(task.id);
            continue;
        }
        let effect = if matches!(task.planned.act, Act::Decide(_)) { task.planned.expected } else { Effect::Applied };
        desk.done(task.id, &Answer { effect: Some(effect), ..Answer::default() });
        sent.push((now, task.planned));
    }
    sent
}

#[test]
fn the_desk_acknowledges_only_what_is_finished_and_all_before_it() {
    let begun = occasion(MessageType::Ceb621, 1).time_ms;
    let mut desk: Desk<u64> = Desk::new(Scenario::default());
    let deliver = |desk: &mut Desk<u64>, cursor: u64, arrival: Arrival| desk.take(cursor, arrival, begun);
    deliver(&mut desk, 1, Arrival::Nothing);
    deliver(&mut desk, 2, Arrival::Occasion(Box::new(occasion(MessageType::Ceb621, 1))));
    deliver(&mut desk, 3, Arrival::Nothing);
    assert_eq!(desk.acknowledge(), Some((1, 1)));
    assert_eq!(desk.acknowledge(), None);
    assert!(desk.take(2, Arrival::Nothing, begun).is_none(), "what is on the desk is not taken again");
    assert_eq!((desk.next_due_ms(), desk.due(begun)), (Some(begun + 1_000), None));
    let sent = work_off(&mut desk, begun + 2_500);
    assert_eq!(sent.iter().map(|(at, _)| at - begun).collect::<Vec<_>>(), [1_000, 2_000]);
    assert_eq!(desk.acknowledge(), None, "the list is not closed yet");
    work_off(&mut desk, i64::MAX);
    assert_eq!(desk.acknowledge(), Some((3, 2)));
    assert_eq!((desk.open_documents(), desk.summary().documents, desk.summary().unexpected), (0, 1, 0));
    assert_eq!(desk.summary().applied.get(&899), Some(&1));
}

#[test]
fn what_is_sent_again_keeps_its_place_and_what_is_withdrawn_is_forgotten() {
    let mut desk: Desk<u64> = Desk::new(Scenario::default());
    let begun = occasion(MessageType::Ceb621, 1).time_ms;
    desk.take(1, Arrival::Occasion(Box::new(occasion(MessageType::Ceb621, 1))), begun);
    let task = desk.due(begun + 1_000).expect("it is due");
    assert!(desk.due(i64::MAX).is_none(), "of one document one thing at a time is on its way");
    desk.again(task.id, begun + 9_000);
    assert_eq!(desk.next_due_ms(), Some(begun + 9_000));
    let again = desk.due(begun + 9_000).expect("it is due");
    assert_eq!(again.planned, task.planned);
    desk.take(2, Arrival::Withdrawn("1-1".to_owned()), begun);
    desk.again(again.id, begun + 9_001);
    assert_eq!((desk.next_due_ms(), desk.open_documents(), desk.acknowledge()), (None, 0, Some((2, 2))));
    assert_eq!(desk.summary().withdrawn, 1);
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    let share = || (0_u16..=1000).prop_map(|share| PerMille::new(share).expect("a share"));
    let rates = (0_u16..=300, 0_u16..=400, 0_u16..=300, proptest::array::uniform6(share())).prop_map(
        |(reject, inspect, release, [review, suspend, detain, ship_back, reject_inspected, close])| {
            let new = |share| PerMille::new(share).expect("a share");
            let (reject, inspect, release) = (new(reject), new(inspect), new(release));
            Rates { reject, inspect, release, review, suspend, detain, ship_back, reject_inspected, close }
        },
    );
    let faults = (proptest::array::uniform6(share()), proptest::option::of(0_u64..100_000)).prop_map(
        |([lose, repeat, repeat_late, reorder, unknown_status, unknown_document], recover_ms)| Faults {
            lose,
            repeat,
            repeat_late,
            reorder,
            unknown_status,
            unknown_document,
            recover_ms,
        },
    );
    (any::<u64>(), rates, faults, 0_u64..10_000, 0_u64..10_000, 1_u32..1_000).prop_map(
        |(seed, rates, faults, min_ms, more_ms, speed)| Scenario {
            seed,
            rates,
            faults,
            delay: Delay { min_ms, max_ms: min_ms + more_ms },
            tax_bills: Some(TaxBills { after_ms: 10, paid_after_ms: Some(10) }),
            speed,
            ..Scenario::default()
        },
    )
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_seed_another(scenario in scenarios(), number in 0_u64..1_000_000) {
        for kind in answered() {
            let occasion = occasion(kind, number);
            prop_assert_eq!(plan(&occasion, &scenario), plan(&occasion, &scenario));
            // Fate follows from the document alone: in another run the same document has other ids.
            let elsewhere = Occasion { id: "x".to_owned(), document_id: "99-9".to_owned(), ..occasion.clone() };
            let shape = |plan: Plan| {
                let of = |planned: &Planned| (planned.after_ms, planned.fault, planned.expected);
                plan.steps.iter().map(of).collect::<Vec<_>>()
            };
            prop_assert_eq!(shape(plan(&elsewhere, &scenario)), shape(plan(&occasion, &scenario)));
        }
    }

    #[test]
    fn every_way_without_faults_is_legal_to_its_end(scenario in scenarios(), number in 0_u64..1_000_000) {
        let scenario = Scenario { faults: Faults::default(), ..scenario };
        for kind in answered() {
            let occasion = occasion(kind, number);
            let plan = plan(&occasion, &scenario);
            let mut model = Model::new(kind, occasion.status);
            for (planned, decision) in decisions(&plan) {
                let effect = model.receive(&decision.guid, decision.status, decision.time_ms);
                prop_assert_eq!(effect, Effect::Applied, "{:?} {:?}", kind, plan);
                prop_assert_eq!(planned.expected, Effect::Applied);
            }
            prop_assert_eq!((model.status(), plan.end), (plan.intended, plan.intended));
        }
    }

    #[test]
    fn what_is_foreseen_of_faults_is_what_happens(scenario in scenarios(), number in 0_u64..1_000_000) {
        for kind in answered() {
            let occasion = occasion(kind, number);
            let plan = plan(&occasion, &scenario);
            let mut model = Model::new(kind, occasion.status);
            for (planned, decision) in decisions(&plan) {
                match planned.fault {
                    Some(Fault::Lost) => continue,
                    Some(Fault::UnknownDocument) => {
                        prop_assert!(decision.keys.pre_no != occasion.keys.pre_no);
                        continue;
                    }
                    Some(_) | None => {}
                }
                let effect = model.receive(&decision.guid, decision.status, decision.time_ms);
                prop_assert_eq!(effect, planned.expected, "{:?} {:?}", kind, plan);
            }
            prop_assert_eq!(model.status(), plan.end);
            if scenario.faults.recover_ms.is_some() {
                prop_assert_eq!(plan.end, plan.intended, "what was lost was asked for: {:?}", plan);
            }
        }
    }

    #[test]
    fn a_desk_sends_everything_once_in_the_order_of_time(scenario in scenarios(), count in 1_u64..20) {
        let mut desk: Desk<u64> = Desk::new(scenario.clone());
        let mut wanted = 0;
        for number in 0..count {
            let occasion = occasion(MessageType::Ceb621, number);
            let plan = desk.take(number, Arrival::Occasion(Box::new(occasion.clone())), occasion.time_ms);
            let sent = plan.expect("it is new").steps.iter().filter(|step| step.fault != Some(Fault::Lost)).count();
            wanted += sent;
        }
        let sent = work_off(&mut desk, i64::MAX);
        prop_assert_eq!(sent.len(), wanted);
        prop_assert!(sent.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        prop_assert_eq!(desk.summary().unexpected, 0);
        prop_assert_eq!(desk.acknowledge(), Some((count - 1, u32::try_from(count).expect("few"))));
    }
}

#[test]
fn an_unknown_status_is_between_known_ones() {
    let scenario =
        Scenario { faults: Faults { unknown_status: PerMille::ALWAYS, ..Faults::default() }, ..Scenario::default() };
    let plan = plan(&occasion(MessageType::Ceb621, 1), &scenario);
    let codes: Vec<i32> = decisions(&plan).iter().map(|(_, decision)| decision.status).collect();
    assert_eq!((codes.len(), codes.last()), (4, Some(&899)));
    assert!(codes.contains(&UNKNOWN_STATUS), "{codes:?}");
    assert!(plan.steps.iter().all(|planned| planned.expected == Effect::Applied));
}
