//! Why a product is not put on record by itself: what tariff, positive list and prohibited goods of the day say of it
//! (R-PRD-01, R-LIST-01). Nothing here refuses it: domain.md refuses lists, not filings, so that a person decides.

use crate::domain::{Product, Rejection, Timestamp};
use crate::state::requests::wrong;
use crate::tables::{Parameter, TableName, Tables};
use crate::tax::{self, Listed};

/// Supervision modes of bonded and of direct imports.
const BONDED: [&str; 2] = ["1210", "1239"];
const DIRECT: [&str; 1] = ["9610"];
/// Number of the type of business that is direct purchase.
const DIRECT_PURCHASE: u32 = 3;

/// Doubts about a product that is to be filed at a time; empty if there are none.
pub(super) fn of_product(path: &str, product: &Product, tables: &Tables, now: Timestamp) -> Vec<Rejection> {
    let mut found = Vec::new();
    of_tariff(path, product, tables, now, &mut found);
    if product.ie_flag != "E" {
        of_positive_list(path, product, tables, now, &mut found);
    }
    if let Some(row) = tables.prohibited(&product.hs_code, now) {
        let (zh, en) = (format!("属禁限目录商品：{}", row.value(0)), format!("prohibited goods: {}", row.value(1)));
        found.push(wrong("R-PRD-01", &format!("{path}.hs_code"), &product.hs_code, "", &zh, &en));
    }
    found
}

/// A table that nobody has imported says nothing.
fn is_loaded(tables: &Tables, table: TableName) -> bool {
    tables.rows(table).next().is_some()
}

fn of_tariff(path: &str, product: &Product, tables: &Tables, now: Timestamp, found: &mut Vec<Rejection>) {
    if !is_loaded(tables, TableName::Tariff) {
        return;
    }
    let Some(tariff) = tables.tariff(&product.hs_code, now) else {
        let field = format!("{path}.hs_code");
        let day = now.ceb8();
        let zh = format!("税则（{day}）无此商品编码");
        let en = format!("no such commodity code in the tariff of {day}");
        found.push(wrong("R-PRD-01", &field, &product.hs_code, "a code of the tariff", &zh, &en));
        return;
    };
    let units = [("unit1", &product.unit1, tariff.unit1), ("unit2", &product.unit2, tariff.unit2)];
    for (field, own, of_tariff) in units.into_iter().filter(|(_, own, of_tariff)| own.as_str() != *of_tariff) {
        let (zh, en) = ("与税则法定计量单位不一致", "differs from the statutory unit of the tariff");
        found.push(wrong("R-PRD-01", &format!("{path}.{field}"), own, of_tariff, zh, en));
    }
}

fn of_positive_list(path: &str, product: &Product, tables: &Tables, now: Timestamp, found: &mut Vec<Rejection>) {
    if !is_loaded(tables, TableName::PositiveList) || !tables.switch(Parameter::PositiveListNeeded, now) {
        return;
    }
    let modes: &[&str] = if product.business_type == DIRECT_PURCHASE { &DIRECT } else { &BONDED };
    let answers: Vec<Listed<'_>> = modes.iter().map(|mode| tax::listed(&product.hs_code, mode, tables, now)).collect();
    if answers.iter().any(|answer| matches!(answer, Listed::Yes(_))) {
        return;
    }
    let field = format!("{path}.hs_code");
    let other = answers.into_iter().find_map(|answer| match answer {
        Listed::OtherModes(entry) => Some(entry),
        Listed::Yes(_) | Listed::No => None,
    });
    let (expected, zh, en) = match other {
        Some(entry) => (
            format!("tradeMode {}", entry.trade_modes()),
            format!("{}仅限监管方式[{}]", entry.name, entry.trade_modes()),
            format!("these goods may come under {} only", entry.trade_modes()),
        ),
        None => (
            "a code of the positive list".to_owned(),
            "商品不在跨境零售进口清单内".to_owned(),
            "not on the positive list of retail imports".to_owned(),
        ),
    };
    found.push(wrong("R-LIST-01", &field, &product.hs_code, &expected, &zh, &en));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(change: impl Fn(&mut Product), day: &str) -> Vec<(String, String)> {
        let mut product = Product {
            hs_code: "1901101010".to_owned(),
            unit1: "035".to_owned(),
            business_type: DIRECT_PURCHASE,
            ..Product::default()
        };
        change(&mut product);
        let at = Timestamp::parse_ceb(day).expect("a day");
        let found = of_product("p", &product, &Tables::shipped(), at);
        found.into_iter().map(|doubt| (doubt.rule, doubt.path)).collect()
    }

    fn doubt(rule: &str, field: &str) -> (String, String) {
        (rule.to_owned(), format!("p.{field}"))
    }

    #[test]
    fn code_units_list_and_mode_of_the_day_are_looked_at() {
        assert!(doubts(|_| {}, "20260601").is_empty());
        assert_eq!(doubts(|product| product.unit1 = "011".to_owned(), "20260601"), [doubt("R-PRD-01", "unit1")]);
        assert_eq!(doubts(|product| product.unit2 = "011".to_owned(), "20260601"), [doubt("R-PRD-01", "unit2")]);
        let unknown = |product: &mut Product| product.hs_code = "9999999999".to_owned();
        assert_eq!(doubts(unknown, "20260601"), [doubt("R-PRD-01", "hs_code"), doubt("R-LIST-01", "hs_code")]);
        let exported = |product: &mut Product| {
            unknown(product);
            product.ie_flag = "E".to_owned();
        };
        assert_eq!(doubts(exported, "20260601"), [doubt("R-PRD-01", "hs_code")], "exports need no positive list");
    }

    #[test]
    fn goods_for_bonded_imports_alone_are_doubted_as_direct_purchase() {
        let wine = |business_type: u32| {
            move |product: &mut Product| {
                product.hs_code = "2204210000".to_owned();
                product.unit1 = Tables::shipped()
                    .tariff("2204210000", Timestamp::parse_ceb("20260601").expect("a day"))
                    .map_or(String::new(), |row| row.unit1.to_owned());
                product.unit2 = Tables::shipped()
                    .tariff("2204210000", Timestamp::parse_ceb("20260601").expect("a day"))
                    .map_or(String::new(), |row| row.unit2.to_owned());
                product.business_type = business_type;
            }
        };
        assert!(!doubts(wine(1), "20260601").contains(&doubt("R-LIST-01", "hs_code")));
        assert!(doubts(wine(DIRECT_PURCHASE), "20260601").contains(&doubt("R-LIST-01", "hs_code")));
    }
}
