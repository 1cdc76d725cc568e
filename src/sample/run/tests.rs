use super::*;
use crate::schema::{NoSink, SchemaSet, carried};
use std::collections::HashSet;

/// Texts of the elements of that name, in the order of the message.
fn values<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let open = format!("{name}>");
    xml.match_indices(&open)
        .filter(|(at, _)| matches!(xml.as_bytes().get(at - 1), Some(b'<' | b':')) && !xml[..*at].ends_with("</ceb:"))
        .filter_map(|(at, _)| xml.get(at + open.len()..)?.split('<').next())
        .collect()
}

fn value<'x>(xml: &'x str, name: &str) -> &'x str {
    values(xml, name).first().copied().unwrap_or_default()
}

fn assert_valid(set: &SchemaSet, kind: MessageType, xml: &str) {
    let report = set.validate(xml, &mut NoSink);
    assert!(report.is_valid(), "{kind:?} {:#?}\n{xml}", report.faults);
}

#[test]
fn every_type_has_an_example_that_its_schema_takes() {
    let set = carried().unwrap();
    for spec in SPECS {
        for seed in 0..40 {
            let xml = example(spec.kind, seed);
            assert_valid(&set, spec.kind, &xml);
            assert_eq!(xml, example(spec.kind, seed));
        }
    }
    assert_eq!(example(MessageType::Unknown, 1), "");
}

#[test]
fn runs_of_every_mode_are_valid_and_split_without_gaps() {
    let set = carried().unwrap();
    for export_mode in crate::sample::ExportMode::ALL {
        for (mode, simplified) in [(Mode::Direct, true), (Mode::Bonded, false)] {
            let settings = Settings { mode, export_mode, simplified, ..Settings::default() };
            let generator = Generator::new(5, settings);
            let run = Run::new(&generator, 10..35, 10);
            assert_eq!(run.messages(), 3);
            for spec in SPECS {
                let messages: Vec<String> = (1..=3)
                    .map(|number| {
                        let mut out = String::new();
                        run.write(&mut out, spec.kind, number);
                        assert_valid(&set, spec.kind, &out);
                        out
                    })
                    .collect();
                for (xml, number) in messages.iter().zip(["1", "2", "3"]) {
                    assert!(values(xml, "msgSeqNo").iter().all(|found| *found == number), "{:?}", spec.kind);
                    assert!(values(xml, "msgCount").iter().all(|found| *found == "3"), "{:?}", spec.kind);
                }
                let mut none = String::new();
                run.write(&mut none, spec.kind, 4);
                run.write(&mut none, spec.kind, 0);
                assert_eq!(none, "");
            }
        }
    }
}

/// The one message of each type over the same sales.
fn all(generator: &Generator) -> impl Fn(MessageType) -> String {
    move |kind| {
        let mut out = String::new();
        Run::new(generator, 0..6, 100).write(&mut out, kind, 1);
        out
    }
}

#[test]
fn an_export_sale_has_the_same_numbers_in_every_document() {
    let generator = Generator::new(3, Settings::default());
    let message = all(&generator);
    let lists = message(Ceb603);
    for kind in [Ceb303, Ceb403, Ceb304, Ceb404, Ceb604] {
        assert_eq!(values(&message(kind), "orderNo"), values(&lists, "orderNo"), "{kind:?}");
    }
    for kind in [Ceb505, Ceb506, Ceb507, Ceb509, Ceb607, Ceb213, Ceb215, Ceb216] {
        assert_eq!(values(&message(kind), "logisticsNo"), values(&lists, "logisticsNo"), "{kind:?}");
    }
    for kind in [Ceb507, Ceb509, Ceb607] {
        assert_eq!(values(&message(kind), "totalPackageNo"), values(&lists, "totalPackageNo"), "{kind:?}");
        assert_eq!(value(&message(kind), "billNo"), value(&lists, "billNo"), "{kind:?}");
        assert_eq!(value(&message(kind.receipt()), "copNo"), value(&message(kind), "copNo"), "{kind:?}");
    }
    let numbers = message(Ceb604);
    for kind in [Ceb605, Ceb606, Ceb213, Ceb214, Ceb215, Ceb701] {
        assert_eq!(values(&message(kind), "invtNo"), values(&numbers, "invtNo"), "{kind:?}");
    }
    let (asked, result) = (message(Ceb701), message(Ceb792));
    let unique = |found: Vec<&str>| found.into_iter().map(str::to_owned).collect::<HashSet<String>>();
    assert_eq!(unique(values(&result, "invtNo")), unique(values(&asked, "invtNo")));
    assert_eq!(unique(values(&result, "sumNo")), unique(values(&message(Ceb702), "sumNo")));
    assert_eq!(values(&result, "gcode").len(), values(&lists, "gcode").len());
    assert_eq!(values(&message(Ceb303), "totalPrice"), values(&lists, "totalPrice"));
    let grams = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let parcels: i64 = values(&lists, "grossWeight").into_iter().map(grams).sum();
    assert_eq!(grams(value(&message(Ceb607), "grossWeight")), parcels);
    assert_eq!(values(&result, "grossWeight").into_iter().map(grams).sum::<i64>(), parcels);
}

#[test]
fn an_import_sale_has_the_same_numbers_in_every_document() {
    let generator = Generator::new(3, Settings { mode: Mode::Direct, ..Settings::default() });
    let message = all(&generator);
    let lists = message(Ceb621);
    for kind in [Ceb511, Ceb512, Ceb513, Ceb514, Ceb623, Ceb625, Ceb711] {
        assert_eq!(values(&message(kind), "logisticsNo"), values(&lists, "logisticsNo"), "{kind:?}");
    }
    for kind in [Ceb311, Ceb312, Ceb411, Ceb623, Ceb625] {
        assert_eq!(values(&message(kind), "orderNo"), values(&lists, "orderNo"), "{kind:?}");
    }
    assert_eq!(value(&message(Ceb711), "billNo"), value(&lists, "billNo"));
    for (kind, answer) in [(Ceb621, Ceb622), (Ceb623, Ceb624), (Ceb625, Ceb626), (Ceb711, Ceb712)] {
        assert_eq!(values(&message(answer), "copNo"), values(&message(kind), "copNo"), "{kind:?}");
    }
    for kind in [Ceb623, Ceb624, Ceb625, Ceb626, Ceb816, Ceb818] {
        assert_eq!(values(&message(kind), "invtNo"), values(&message(Ceb622), "invtNo"), "{kind:?}");
    }
    assert_eq!(values(&message(Ceb816), "taxNo"), values(&message(Ceb818), "taxNo"));
    // What the bill takes is what the order withheld: the sums of the heads, without those of the lines.
    let fen = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let bills = message(Ceb816);
    let due: i64 = ["valueAddedTax", "consumptionTax"].iter().flat_map(|name| values(&bills, name)).map(fen).sum();
    let withheld: i64 = values(&message(Ceb311), "taxTotal").into_iter().map(fen).sum();
    assert_eq!(due, 2 * withheld);
}

#[test]
fn numbers_that_customs_gave_are_used() {
    let list_numbers = vec!["46042026E000777777".to_owned()];
    let generator = Generator::new(1, Settings { list_numbers, ..Settings::default() });
    let mut out = String::new();
    Run::new(&generator, 0..2, 100).write(&mut out, Ceb605, 1);
    assert_eq!(values(&out, "invtNo"), ["46042026E000777777", "46042026E000000002"]);
}

#[test]
fn numbers_have_the_layout_of_the_standard() {
    let generator = Generator::new(1, Settings::default());
    assert_eq!(generator.pre_number(Ceb603, 0), "B20260601000000001");
    assert_eq!(generator.pre_number(Ceb215, 0), "o20260626000000001");
    assert_eq!(generator.list_number(Flow::Export, 8), "46042026E000000009");
    assert_eq!(generator.list_number(Flow::Import, 8), "46122026I000000009");
    assert_eq!(generator.customs_no(Ceb701, "4604", 0), "460420260602000001");
}

#[test]
fn the_four_documents_of_a_sale_are_written_as_ever() {
    let generator = Generator::new(1, Settings::default());
    let sets: Vec<Set> = (0..3).map(|ordinal| generator.set(ordinal)).collect();
    for (old, kind) in Kind::ALL.into_iter().zip([Ceb311, Ceb411, Ceb511, Ceb621]) {
        let mut out = String::new();
        Run::new(&generator, 0..3, 100).write(&mut out, kind, 1);
        assert_eq!(out, crate::sample::message(old, &sets, &generator.transfer(old, 0)));
    }
}
