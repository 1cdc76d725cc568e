use super::super::{Decision, decide};
use super::*;
use crate::tables::{Row, TableChange, TableName};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_780_279_200_000);

fn cny(text: &str) -> Amount {
    Amount::parse(text).expect("a decimal")
}

/// A tariff of made-up codes: rates as in the worked examples.
fn tables(rows: &[(&str, [&str; 6])]) -> Tables {
    let row = |(code, [duty, vat, consumption, per_unit, unit, from]): &(&str, [&str; 6])| Row {
        key: (*code).to_owned(),
        values: ["goods", "035", "", duty, vat, consumption, per_unit, unit, from].map(str::to_owned).to_vec(),
        source: "test".to_owned(),
        mark: "D".to_owned(),
        ..Row::default()
    };
    let rows = rows.iter().map(row).collect();
    let change = TableChange { table: TableName::Tariff.number(), rows, note: String::new() };
    Tables::shipped().with(&change).expect("right rows")
}

fn line<'a>(code: &'a str, value: &str, quantities: &[(&'a str, &str)]) -> TaxableLine<'a> {
    let mut all = [("", Amount(0)); 3];
    for (place, (unit, quantity)) in all.iter_mut().zip(quantities) {
        *place = (unit, cny(quantity));
    }
    TaxableLine { code, value: cny(value), quantities: all }
}

fn assessed(tables: &Tables, in_full: bool, lines: &[TaxableLine<'_>]) -> Assessment {
    let list = TaxableList { lines, freight: Amount(0), insurance: Amount(0), in_full };
    assess(&list, tables, NOW)
}

/// Duty, consumption tax, VAT and total of a single line.
fn taxes(all: &Assessment) -> [String; 4] {
    [all.duty.rounded, all.consumption.rounded, all.vat.rounded, all.total].map(|it| it.to_string())
}

#[test]
fn worked_examples_within_the_limits() {
    let tables = tables(&[
        ("9999000013", ["8", "13", "0", "", "", ""]),
        ("9999000009", ["8", "9", "0", "", "", ""]),
        ("9999000015", ["8", "13", "15", "", "036", "10"]),
    ]);
    let one = |code, value, quantities: &[(&'static str, &str)]| {
        taxes(&assessed(&tables, false, &[line(code, value, quantities)]))
    };
    assert_eq!(one("9999000013", "1000", &[]), ["0", "0", "91", "91"]);
    assert_eq!(one("9999000009", "300", &[]), ["0", "0", "18.9", "18.9"]);
    assert_eq!(one("9999000015", "425", &[("142", "1"), ("035", "0.02")]), ["0", "52.5", "45.5", "98"]);
}

#[test]
fn worked_examples_of_full_tax() {
    let tables =
        tables(&[("9999000008", ["8", "13", "0", "", "", ""]), ("9999000020", ["10", "13", "20", "", "", ""])]);
    let one = |code, value| taxes(&assessed(&tables, true, &[line(code, value, &[("007", "1")])]));
    assert_eq!(one("9999000008", "6800"), ["544", "0", "954.72", "1498.72"]);
    assert_eq!(one("9999000020", "12000"), ["1200", "3300", "2145", "6645"]);
}

#[test]
fn a_watch_over_the_limit_is_taxed_in_full_and_a_cheap_one_is_not() {
    let tables = Tables::shipped();
    for (price, decision, total) in [("6800", Decision::FullTax, "1498.72"), ("1000", Decision::Preferential, "91")] {
        let decided = decide(cny(price), 1, cny("1"), Amount(0), &tables, NOW);
        assert_eq!(decided, decision);
        let lines = [line("9102110000", price, &[("007", "1")])];
        assert_eq!(assessed(&tables, decided == Decision::FullTax, &lines).total.to_string(), total);
    }
}

#[test]
fn consumption_tax_begins_at_the_lowest_price_of_a_unit() {
    let tables = Tables::shipped();
    let consumption = |code, value, quantities: &[(&'static str, &str)]| {
        let all = assessed(&tables, false, &[line(code, value, quantities)]);
        (all.consumption.rounded.0 > 0, all.lines[0].doubt)
    };
    let cream = |value, grams| consumption("3304990031", value, &[("142", "1"), ("035", grams)]);
    assert_eq!(cream("200", "0.02"), (true, None));
    assert_eq!(cream("199.99", "0.02"), (false, None));
    let lotion = |value, units: &[(&'static str, &str)]| consumption("3304990041", value, units);
    assert_eq!(lotion("500", &[("142", "1"), ("035", "0.06"), ("096", "50")]), (true, None));
    assert_eq!(lotion("499", &[("142", "1"), ("035", "0.06"), ("096", "50")]), (false, None));
    let mask = |value, units: &[(&'static str, &str)]| consumption("3304990051", value, units);
    assert_eq!(mask("75", &[("140", "1"), ("035", "0.1"), ("020", "5")]), (true, None));
    assert_eq!(mask("74.99", &[("140", "1"), ("035", "0.1"), ("010", "5")]), (false, None));
    // Without a quantity in the unit the price counts as reached, and the line says so.
    assert_eq!(mask("1", &[("140", "1")]), (true, Some(Doubt::NoQuantity)));
}

#[test]
fn tax_by_quantity_and_by_value_together() {
    // Whisky: 20 % and 1 CNY per litre. B = 100 + 0.7 = 100.7; CT = 100.7/0.8·0.2 + 0.7 = 25.875; VAT = 100.7/0.8·0.13.
    let tables = Tables::shipped();
    let bottle = [line("2208300000", "100", &[("142", "1"), ("095", "0.7")])];
    let full = assessed(&tables, true, &bottle);
    // With a duty of 5 %: B = 105.7; CT = 26.425 + 0.7 = 27.125; VAT = 132.125·0.13 = 17.17625.
    assert_eq!(taxes(&full), ["5", "27.13", "17.18", "49.31"]);
    assert_eq!(full.consumption.exact.to_string(), "27.1250000000");
    assert_eq!(full.vat.exact.to_string(), "17.1762500000");
    let reduced = assessed(&tables, false, &bottle);
    // CT = 25.875·0.7 = 18.1125; VAT = 16.36375·0.7 = 11.454625.
    assert_eq!(taxes(&reduced), ["0", "18.11", "11.45", "29.56"]);
    assert_eq!(reduced.vat.exact.to_string(), "11.4546250000");
    // Beer: by quantity alone, in litres of which 2 come in kilolitres.
    let beer = assessed(&tables, true, &[line("2203000000", "10", &[("063", "0.002")])]);
    assert_eq!(beer.consumption.exact.to_string(), "0.4400000000");
    let unknown = assessed(&tables, true, &[line("2203000000", "10", &[("142", "4")])]);
    assert_eq!((unknown.consumption.rounded, unknown.lines[0].doubt), (Amount(0), Some(Doubt::NoQuantity)));
}

#[test]
fn each_tax_of_each_line_is_rounded_by_itself() {
    // 0.05 · 9.1 % = 0.00455 is nothing, 0.06 · 9.1 % = 0.00546 is a fen: no tax is too small (R-TAX-02, R-TAX-03).
    let tables = tables(&[("9999000013", ["0", "13", "0", "", "", ""])]);
    let all = assessed(&tables, false, &[line("9999000013", "0.05", &[]), line("9999000013", "0.06", &[])]);
    assert_eq!(all.lines.iter().map(|line| line.vat.rounded.to_string()).collect::<Vec<_>>(), ["0", "0.01"]);
    assert_eq!((all.total.to_string(), all.vat.exact.to_string()), ("0.01".to_owned(), "0.0100100000".to_owned()));
}

#[test]
fn freight_and_insurance_are_taxed_with_the_lines_they_fall_on() {
    let tables = tables(&[("9999000013", ["0", "13", "0", "", "", ""]), ("9999000009", ["0", "9", "0", "", "", ""])]);
    let lines = [line("9999000013", "200", &[]), line("9999000009", "100", &[])];
    let list = TaxableList { lines: &lines, freight: cny("10"), insurance: cny("2"), in_full: false };
    let all = assess(&list, &tables, NOW);
    assert_eq!(all.lines.iter().map(|line| line.dutiable.to_string()).collect::<Vec<_>>(), ["208", "104"]);
    assert_eq!((all.dutiable.to_string(), all.total.to_string()), ("312".to_owned(), "25.48".to_owned()));
}

#[test]
fn composite_rates() {
    let tables = Tables::shipped();
    let rate = |code| composite_rate(&tables.tariff(code, NOW).expect("goods"), &tables, NOW).to_string();
    assert_eq!(rate("3304990021"), "0.2305882352");
    assert_eq!(rate("1901101010"), "0.0910000000");
    assert_eq!(rate("0409000000"), "0.0630000000");
}

#[test]
fn goods_that_the_tariff_lacks_are_named() {
    let all = assessed(&Tables::shipped(), false, &[line("0000000000", "100", &[])]);
    assert_eq!((all.lines[0].doubt, all.total, all.dutiable), (Some(Doubt::NoTariff), Amount(0), cny("100")));
}

fn any_tariff() -> impl Strategy<Value = [String; 6]> {
    let decimal = |most: i64| {
        (0..=most, 0_i64..100_000)
            .prop_map(move |(whole, part)| if whole == most { whole.to_string() } else { format!("{whole}.{part:05}") })
    };
    (decimal(1_000), decimal(100), decimal(99), decimal(1_000_000), decimal(1_000_000))
        .prop_map(|(duty, vat, consumption, per_unit, from)| [duty, vat, consumption, per_unit, "035".to_owned(), from])
}

proptest! {
    #[test]
    fn no_amount_panics(
        rates in any_tariff(), value in any::<i128>(), quantity in any::<i128>(), freight in any::<i128>(), insurance in any::<i128>(),
        in_full in any::<bool>(),
    ) {
        let tables = tables(&[("9999000099", rates.each_ref().map(String::as_str))]);
        let own = TaxableLine { code: "9999000099", value: Amount(value), quantities: [("035", Amount(quantity)); 3] };
        let lines = [own, own];
        let list = TaxableList { lines: &lines, freight: Amount(freight), insurance: Amount(insurance), in_full };
        let all = assess(&list, &tables, NOW);
        let _unused = all.vat.exact.to_string();
        prop_assert!(all.total.0 >= 0 && all.dutiable.0 >= 0);
    }

    #[test]
    fn more_value_is_never_less_tax(
        rates in any_tariff(), value in 0_i128..9_999_999_999_999_999_999, more in 0_i128..9_999_999_999_999, grams in 1_i128..1_000_000_000,
        in_full in any::<bool>(),
    ) {
        let tables = tables(&[("9999000099", rates.each_ref().map(String::as_str))]);
        let total = |value| {
            let quantities = [("036", Amount(grams)), ("", Amount(0)), ("", Amount(0))];
            assessed(&tables, in_full, &[TaxableLine { code: "9999000099", value: Amount(value), quantities }]).total
        };
        prop_assert!(total(value) <= total(value + more));
    }

    #[test]
    fn dutiable_values_add_up(values in proptest::collection::vec(0_i128..1_000_000_000_000, 1..20), freight in 0_i128..1_000_000_000) {
        let lines: Vec<TaxableLine<'_>> =
            values.iter().map(|value| TaxableLine { code: "", value: Amount(*value), quantities: [("", Amount(0)); 3] }).collect();
        let list = TaxableList { lines: &lines, freight: Amount(freight), insurance: Amount(0), in_full: false };
        let all = assess(&list, &Tables::default(), NOW);
        prop_assert_eq!(all.dutiable.0, values.iter().sum::<i128>() + freight);
    }

    #[test]
    fn the_total_is_the_sum_of_the_rounded_lines(values in proptest::collection::vec(0_i128..1_000_000_000, 1..9)) {
        let lines: Vec<TaxableLine<'_>> = values
            .iter()
            .map(|value| TaxableLine { code: "3304990021", value: Amount(*value), quantities: [("", Amount(0)); 3] })
            .collect();
        let all = assessed(&Tables::shipped(), false, &lines);
        prop_assert_eq!(all.lines.iter().map(|line| line.charged().total().0).sum::<i128>(), all.total.0);
        prop_assert!(all.lines.iter().all(|line| line.vat.rounded.0 % 1_000 == 0));
    }
}
