use super::*;
use crate::domain::codes;
use crate::sample::{EXPORT_GOODS, GOODS};
use proptest::prelude::*;

fn at(day: &str) -> Timestamp {
    Timestamp::parse_ceb(day).expect("a day")
}

fn row(key: &str, values: &[&str], from: &str, to: &str) -> Row {
    let ms = |day: &str| if day.is_empty() { 0 } else { at(day).0 };
    Row {
        key: key.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        from_ms: ms(from),
        to_ms: ms(to),
        source: "test".to_owned(),
        mark: "D".to_owned(),
    }
}

fn change(table: TableName, rows: Vec<Row>) -> TableChange {
    TableChange { table: table.number(), rows, note: "a test".to_owned() }
}

#[test]
fn the_row_filed_last_whose_period_covers_the_time_holds() {
    let shipped = Tables::shipped();
    let raised = change(TableName::Parameters, vec![row("single_limit", &["6000"], "20260701", "20260801")]);
    let tables = shipped.with(&raised).expect("a right change");
    let limit = |day| tables.amount(Parameter::SingleLimit, at(day)).to_string();
    assert_eq!(["20260630", "20260701", "20260731", "20260801"].map(limit), ["5000", "6000", "6000", "5000"]);
    // What was cloned before is as it was.
    assert_eq!(shipped.amount(Parameter::SingleLimit, at("20260701")).to_string(), "5000");
    let again = change(TableName::Parameters, vec![row("single_limit", &["5500"], "20260715", "")]);
    let tables = tables.with(&again).expect("a right change");
    let limit = |day| tables.amount(Parameter::SingleLimit, at(day)).to_string();
    assert_eq!(["20260701", "20260715", "20270101"].map(limit), ["6000", "5500", "5500"]);
}

#[test]
fn a_row_without_values_withdraws_the_key_for_its_period() {
    let off = change(TableName::PositiveList, vec![row("19011010", &[], "20260701", "20260801")]);
    let tables = Tables::shipped().with(&off).expect("a right change");
    let listed = |day| tables.positive("1901101010", at(day)).is_some();
    assert_eq!(["20260630", "20260701", "20260801"].map(listed), [true, false, true]);
    let problems = tables.with(&change(TableName::Parameters, vec![row("single_limit", &[], "", "")]));
    assert_eq!(problems.expect_err("a parameter stays")[0].column, "row");
}

#[test]
fn everything_wrong_with_a_change_is_said_at_once() {
    let rows = vec![
        row("19011010", &["x", "961", ""], "20260801", "20260701"),
        row("1901", &["", "", ""], "", ""),
        row("19011010", &["y"], "", ""),
        Row { mark: "X".to_owned(), source: String::new(), ..row("19011011", &["a\u{7}", "", ""], "", "") },
    ];
    let problems = Tables::default().with(&change(TableName::PositiveList, rows)).expect_err("a wrong change");
    let found: Vec<(usize, &str)> = problems.iter().map(|it| (it.row, it.column.as_str())).collect();
    let expected = [
        (0, "effective_to"),
        (0, "trade_modes"),
        (1, "hs8"),
        (1, "name"),
        (2, "row"),
        (3, "name"),
        (3, "source"),
        (3, "mark"),
    ];
    assert_eq!(found, expected);
    assert!(
        problems.iter().all(|it| !it.message_zh.is_empty() && !it.message_en.is_empty() && !it.expected.is_empty())
    );
}

#[test]
fn the_same_period_twice_and_unknown_tables_are_refused() {
    let twice = vec![row("19011010", &["a", "", ""], "", ""), row("19011010", &["b", "", ""], "", "")];
    assert!(Tables::default().with(&change(TableName::PositiveList, twice)).is_err());
    assert!(Tables::default().with(&TableChange { table: 99, ..TableChange::default() }).is_err());
    assert!(Tables::default().with(&change(TableName::Tariff, Vec::new())).is_err());
}

#[test]
fn tariff_rows_name_the_unit_of_a_specific_tax() {
    let values = ["beer", "095", "", "0", "13", "0", "0.22", "", ""];
    let problems = Tables::default().with(&change(TableName::Tariff, vec![row("2203000000", &values, "", "")]));
    assert_eq!(problems.expect_err("no unit")[0].column, "consumption_unit");
}

#[test]
fn empty_tables_answer_with_what_is_shipped_and_lack_all_of_it() {
    let empty = Tables::default();
    assert_eq!(empty.number(Parameter::MatchWaitHours, Timestamp(0)), 72);
    assert_eq!(empty.row(TableName::Parameters, "match_wait_hours", Timestamp(0)), None);
    let mut filled = empty.clone();
    for change in empty.missing_of_shipped() {
        filled.add(&change).expect("shipped rows are right");
    }
    assert!(filled.missing_of_shipped().is_empty());
    for table in TableName::ALL {
        assert!(filled.rows(*table).eq(Tables::shipped().rows(*table)), "{}", table.name());
    }
}

#[test]
fn an_official_file_is_not_mixed_with_the_sample() {
    let official = change(TableName::PositiveList, vec![row("04090000", &["蜂蜜", "", ""], "", "")]);
    let missing = Tables::default().with(&official).expect("a right change").missing_of_shipped();
    assert!(missing.iter().all(|change| change.table != TableName::PositiveList.number()));
    assert_eq!(missing.len(), TableName::ALL.len() - 1);
}

#[test]
fn sample_goods_are_in_the_shipped_tables() {
    let (tables, now) = (Tables::shipped(), at("20260601"));
    for goods in GOODS {
        let tariff = tables.tariff(goods.commodity, now).unwrap_or_else(|| panic!("{goods:?}"));
        assert_eq!(tariff.unit1, goods.unit1, "{goods:?}");
        assert_eq!(tariff.unit2, goods.unit2.unwrap_or_default(), "{goods:?}");
        assert_eq!(tariff.vat_percent.to_string(), goods.vat_percent.to_string(), "{goods:?}");
        assert_eq!(tariff.consumption_percent.to_string(), goods.consumption_percent.to_string(), "{goods:?}");
        assert!(tariff.consumption_from.is_none() && tariff.consumption_unit.is_empty(), "{goods:?}");
        let listed = tables.positive(goods.commodity, now).unwrap_or_else(|| panic!("{goods:?}"));
        assert!(listed.allows("9610") && listed.allows("1210"));
        assert!(tables.prohibited(goods.commodity, now).is_none() && tables.weight_cap(goods.commodity, now).is_none());
    }
    for goods in EXPORT_GOODS {
        let tariff = tables.tariff(goods.commodity, now).unwrap_or_else(|| panic!("{goods:?}"));
        assert_eq!((tariff.unit1, tariff.unit2), (goods.unit1, goods.unit2.unwrap_or_default()), "{goods:?}");
        assert!(tables.prohibited(goods.commodity, now).is_none() && tables.no_refund(goods.commodity, now).is_none());
    }
}

#[test]
fn sample_tables_say_that_they_are_samples() {
    let tables = Tables::shipped();
    for table in [TableName::PositiveList, TableName::Tariff, TableName::Exchange, TableName::Sampling] {
        assert!(shipped_csv(table).starts_with("# SAMPLE 样例"), "{}", table.name());
        assert!(tables.rows(table).all(|row| row.source.contains("样例")), "{}", table.name());
    }
    assert!(tables.rows(TableName::Tariff).count() >= 60 && tables.rows(TableName::PositiveList).count() >= 40);
}

#[test]
fn codes_of_the_longest_beginning_count() {
    let (tables, now) = (Tables::shipped(), at("20260601"));
    let cap = |code| tables.weight_cap(code, now).map(|cap| cap.kilograms.to_string());
    assert_eq!(cap("1701999090"), Some("2".to_owned()));
    assert_eq!(cap("1006309090"), Some("20".to_owned()));
    assert_eq!(cap("1901101010"), None);
    assert!(tables.return_site("4612", now).is_some() && tables.return_site("2200", now).is_none());
    assert!(tables.return_site("4612", at("20241214")).is_none());
    assert!(tables.inspects_before_loading("4612", now).is_some());
}

#[test]
fn regimes_and_grades_change_with_the_law() {
    let tables = Tables::shipped();
    let needs = |mode, day| -> Vec<&str> {
        tables.regime(false, mode, at(day)).map(|regime| regime.needs().collect()).unwrap_or_default()
    };
    assert_eq!(needs("9610", "20241214"), ["303", "403", "505"]);
    assert_eq!(needs("9610", "20241215"), ["303", "505"]);
    let order_type = |mode| tables.regime(false, mode, at("20260601")).map(|regime| regime.order_type);
    assert_eq!(
        ["9610", "1210", "9710", "9810", "1239"].map(order_type),
        [Some("E"), Some("E"), Some("B"), Some("W"), None]
    );
    let grade = |number, day| tables.grade(number, at(day)).map(|grade| grade.regime);
    assert_eq!([1, 2, 3, 4, 5].map(|n| grade(n, "20260331")), [Some("251"), None, Some("251"), Some("251"), None]);
    assert_eq!([1, 2, 3, 4, 5].map(|n| grade(n, "20260401")), [Some("282"); 5]);
    for row in tables.rows(TableName::Regimes) {
        let mode = row.key.split_once(':').map_or("", |(_, mode)| mode);
        assert!(codes::trade_mode_name_zh(mode).is_some(), "{row:?}");
    }
}

#[test]
fn amounts_are_converted_by_the_rate_of_the_day() {
    let (tables, now) = (Tables::shipped(), at("20260601"));
    let cny = |text, currency| tables.in_cny(Amount::parse(text).expect("a decimal"), currency, now);
    assert_eq!(cny("500", "502").map(|it| it.to_string()), Some("3600".to_owned()));
    assert_eq!(cny("12.34", "142").map(|it| it.to_string()), Some("12.34".to_owned()));
    assert_eq!(cny("1", "999"), None);
    assert_eq!(tables.in_cny(Amount(i128::MAX), "502", now), None);
}

proptest! {
    #[test]
    fn any_change_never_panics(
        table in 0_u32..14,
        key in ".{0,12}",
        values in proptest::collection::vec(".{0,12}", 0..10),
        from in any::<i64>(),
        to in any::<i64>(),
        when in any::<i64>(),
    ) {
        let row = Row { key, values, from_ms: from, to_ms: to, source: "x".to_owned(), mark: "G".to_owned() };
        let change = TableChange { table, rows: vec![row], note: String::new() };
        if let Ok(tables) = Tables::shipped().with(&change) {
            for parameter in Parameter::ALL {
                let _unused = (tables.amount(*parameter, Timestamp(when)), tables.number(*parameter, Timestamp(when)));
            }
            let _unused = tables.sampling(3, &["33"], &["116"], Timestamp(when));
        }
    }

    #[test]
    fn the_row_of_a_beginning_is_that_of_the_longest_key_that_holds(
        keys in proptest::collection::btree_map("[12]{2,6}", any::<bool>(), 1..12),
        code in "[12]{0,12}",
    ) {
        let values: Vec<String> = ["米", "1"].map(ToOwned::to_owned).to_vec();
        let rows = keys.iter().map(|(key, holds)| Row {
            key: key.clone(),
            values: if *holds { values.clone() } else { Vec::new() },
            source: "x".to_owned(),
            mark: "G".to_owned(),
            ..Row::default()
        });
        let change = TableChange { table: TableName::WeightCaps as u32, rows: rows.collect(), note: String::new() };
        let tables = Tables::default().with(&change).expect("the rows are right");
        let found = tables.row_of_prefix(TableName::WeightCaps, &code, Timestamp(0)).map(|row| row.key.as_str());
        let begins = |(key, holds): &(&String, &bool)| **holds && code.starts_with(key.as_str());
        let longest = keys.iter().filter(begins).max_by_key(|(key, _)| key.len());
        prop_assert_eq!(found, longest.map(|(key, _)| key.as_str()));
    }
}
