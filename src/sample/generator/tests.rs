use super::*;
use crate::domain::{check_digit, codes};
use std::collections::HashSet;

fn assert_consistent(set: &Set) {
    let Set { order, payment, waybill, list, .. } = set;
    // R-M3-01 to R-M3-03, R-M3-11: the four name each other.
    for order_no in [&payment.order_no, &waybill.order_no, &list.order_no] {
        assert_eq!(order_no, &order.order_no);
    }
    assert_eq!(payment.platform, order.platform);
    assert_eq!(list.platform, order.platform);
    assert_eq!(list.seller, order.seller);
    assert_eq!((&list.waybill_no, &list.carrier), (&waybill.waybill_no, &waybill.carrier));
    // R-M3-04 to R-M3-07: money.
    let goods: i64 = order.lines.iter().map(|line| line.total_fen).sum();
    assert_eq!(order.goods_value_fen, goods);
    assert_eq!(order.paid_fen, goods + order.freight_fen + order.tax_fen - order.discount_fen);
    assert_eq!(payment.paid_fen, order.paid_fen);
    assert!(order.paid_fen > 0 && goods + order.freight_fen <= 500_000);
    assert_eq!((&order.payment, &order.transaction_id), (&payment.institution, &payment.transaction_id));
    // R-M3-08 to R-M3-10: people.
    assert_eq!(list.buyer, order.buyer);
    assert_eq!(payment.payer, order.buyer);
    assert_eq!(waybill.consignee, order.consignee);
    assert_eq!(list.address, order.consignee.address);
    assert_eq!(check_digit::check_id_number(&order.buyer.id_number), Ok(()));
    // R-M3-12, R-INV-08, R-INV-16: lines.
    assert_eq!(list.lines, order.lines);
    assert!((1..=3).contains(&order.lines.len()));
    for (line, number) in order.lines.iter().zip(1..) {
        assert_eq!(line.number, number);
        assert_eq!(line.total_fen, line.price_fen * line.quantity);
    }
    // R-INV-02, R-INV-07, R-INV-16.
    for currency in [order.currency, payment.currency, waybill.currency, list.currency] {
        assert_eq!(currency, "142");
    }
    assert!([&list.platform.code, &list.seller.code, &list.carrier.code].contains(&&Arc::from(&*list.guarantor)));
    assert!(0 < list.net_grams && list.net_grams <= list.gross_grams);
    assert_eq!(list.gross_grams, waybill.gross_grams);
    assert!(codes::is_customs_office(list.customs_office) && codes::is_customs_office(list.port_office));
    assert!(codes::is_transport_mode(list.transport_mode) && codes::is_country(list.departure));
    // R-INV-05, R-INV-06: fields of the mode.
    let direct = list.mode == Mode::Direct;
    for text in [list.conveyance, &list.voyage, &list.bill_no, &waybill.bill_no] {
        assert_eq!(text.is_empty(), !direct);
    }
    assert_eq!(list.account_book.is_empty(), direct);
    assert_eq!(list.warehouse.is_none(), direct);
    assert!(direct || list.departure == "142");
    // Lengths of the fields.
    assert!(
        list.cop_no.len() <= 20 && order.order_no.len() <= 60 && list.bill_no.len() <= 37 && list.voyage.len() <= 32
    );
}

#[test]
fn every_set_satisfies_the_rules_across_its_documents() {
    for mode in [Mode::Direct, Mode::Bonded] {
        let settings = Settings { mode, ..Settings::default() };
        for set in Generator::new(7, settings).take(2_000) {
            assert_consistent(&set);
        }
    }
}

#[test]
fn numbers_do_not_repeat_within_and_across_seeds() {
    let mut seen = HashSet::new();
    for seed in [1, 2, u32::MAX] {
        for set in Generator::new(seed, Settings::default()).take(1_000) {
            for number in [
                set.order.order_no,
                set.payment.transaction_id,
                set.list.waybill_no,
                set.list.cop_no,
                set.order.guid,
                set.payment.guid,
                set.waybill.guid,
                set.list.guid,
            ] {
                assert!(seen.insert(number), "seed {seed}, set {}", set.ordinal);
            }
        }
    }
}

#[test]
fn a_set_follows_from_seed_and_ordinal_alone() {
    let generator = Generator::new(3, Settings::default());
    let in_turn: Vec<Set> = generator.clone().take(20).collect();
    for set in in_turn.iter().rev() {
        assert_eq!(&generator.set(set.ordinal), set);
    }
}

#[test]
fn buyers_come_in_turn() {
    let generator = Generator::new(3, Settings { buyers: 5, ..Settings::default() });
    let people: Vec<String> = generator.take(10).map(|set| set.order.buyer.id_number).collect();
    assert_eq!(people.iter().collect::<HashSet<_>>().len(), 5);
    assert_eq!(people[..5], people[5..]);
}

#[test]
fn tax_is_that_of_the_worked_examples() {
    let line = |total_fen: i64, name: &str| {
        let goods = GOODS.iter().find(|goods| goods.name == name).unwrap();
        Line { number: 1, goods, quantity: 1, price_fen: total_fen, total_fen }
    };
    // 1,000 at 13 % gives 91.00, 300 at 9 % gives 18.90, 425 with 15 % consumption tax gives 52.50 + 45.50.
    assert_eq!(tax_fen(&[line(100_000, "保湿面霜")], 100_000, 0), 9_100);
    assert_eq!(tax_fen(&[line(30_000, "麦卢卡蜂蜜")], 30_000, 0), 1_890);
    assert_eq!(tax_fen(&[line(42_500, "修护精华液")], 42_500, 0), 9_800);
}

#[test]
fn taxes_are_those_of_the_assessment_with_the_shipped_tables() {
    use crate::domain::Amount;
    use crate::tables::Tables;
    use crate::tax::{TaxableLine, TaxableList, assess};
    let cny = |fen: i64| Amount(i128::from(fen) * 1_000);
    let settings = Settings::default();
    for ordinal in 0..2_000 {
        let set = Generator::new(7, settings.clone()).set(ordinal);
        let line = |line: &Line| TaxableLine {
            code: line.goods.commodity,
            value: cny(line.total_fen),
            quantities: [("", Amount(0)); 3],
        };
        let lines: Vec<TaxableLine<'_>> = set.list.lines.iter().map(line).collect();
        let list =
            TaxableList { lines: &lines, freight: cny(set.list.freight_fen), insurance: Amount(0), in_full: false };
        let assessed = assess(&list, &Tables::shipped(), settings.at);
        assert_eq!(assessed.total, cny(set.order.tax_fen), "{set:?}");
        for (own, tax) in
            assessed.lines.iter().zip(taxes(&set.list.lines, set.order.goods_value_fen, set.list.freight_fen))
        {
            assert_eq!((own.doubt, own.dutiable), (None, cny(tax.dutiable_fen)));
            assert_eq!((own.consumption.rounded, own.vat.rounded), (cny(tax.consumption_fen), cny(tax.vat_fen)));
        }
    }
}
