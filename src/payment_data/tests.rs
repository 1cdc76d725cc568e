use super::*;
use proptest::prelude::*;

pub(super) fn exchange() -> Exchange {
    Exchange {
        session_id: "fe2374-8fnejf97-55616242".to_owned(),
        head: Head {
            guid: "9D55BA71-55DE-41F4-8B50-C36C83B3B419".to_owned(),
            inital_request: "https://pay.example/pay?id=1&name=\"a\"".to_owned(),
            inital_response: "ok".to_owned(),
            ebp_code: "91410100MA95WPTA0C".to_owned(),
            pay_code: "91410100MA95WPAY06".to_owned(),
            pay_transaction_id: "2026050122001".to_owned(),
            total_amount: "318.21".to_owned(),
            currency: "142".to_owned(),
            ver_dept: "2".to_owned(),
            pay_type: "1".to_owned(),
            trading_time: "20260501120000".to_owned(),
            note: String::new(),
        },
        items: vec![Item {
            order_no: "ORDER-1".to_owned(),
            goods: vec![Goods { gname: "奶粉".to_owned(), item_link: "https://shop.example/1".to_owned() }],
            recp_account: "6200000000000000".to_owned(),
            recp_code: "91410100MA95WEBC08".to_owned(),
            recp_name: "示例优选电子商务有限公司".to_owned(),
        }],
        service_time: "1777608000000".to_owned(),
    }
}

fn sealed() -> Sealed {
    Sealed { cert_no: "01".to_owned(), sign_value: "AA==".to_owned() }
}

#[test]
fn the_text_to_sign_is_quoted_pairs_in_the_order_of_the_announcement() {
    assert_eq!(
        text_to_sign("s", r#"{"guid":"g"}"#, "[]", "1"),
        r#""sessionID":"s"||"payExchangeInfoHead":"{"guid":"g"}"||"payExchangeInfoLists":"[]"||"serviceTime":"1""#
    );
}

#[test]
fn an_upload_is_read_as_it_is_written_and_has_no_fault() {
    let exchange = exchange();
    let upload = upload(&upload_json(&exchange, &sealed())).expect("readable");
    assert!(upload.exchange == exchange);
    assert_eq!(upload.head_text, head_json(&exchange.head));
    assert_eq!(check(&upload), []);
}

#[test]
fn a_missing_certificate_is_told_in_customs_words() {
    let none = Sealed { cert_no: String::new(), sign_value: String::new() };
    let upload = upload(&upload_json(&exchange(), &none)).expect("readable");
    let faults = check(&upload);
    let pairs = faults.iter().map(|fault| (fault.field.as_str(), fault.message_zh.as_str()));
    assert_eq!(refusal_text(pairs), "certNo : certNo不为空; signValue : signValue不为空");
}

#[test]
fn r_pay_02_trailing_zeros_are_found_and_never_written() {
    let text = upload_json(&exchange(), &sealed());
    for (found, right) in [("5.00", "5"), ("5.10", "5.1"), ("05", "5")] {
        let spoiled = text.replace("318.21", found);
        if found == "05" {
            assert!(upload(&spoiled).is_err(), "no JSON number");
            continue;
        }
        let faults = check(&upload(&spoiled).expect("readable"));
        let [fault] = faults.as_slice() else { panic!("one fault, not {faults:?}") };
        assert_eq!((fault.rule, &*fault.expected), ("R-PAY-02", right));
    }
    let written = Exchange { head: Head { total_amount: "5.00".to_owned(), ..exchange().head }, ..exchange() };
    assert!(upload_json(&written, &sealed()).contains("\"totalAmount\":5,"));
}

#[test]
fn r_pay_03_the_orders_number_is_not_the_clearing_houses() {
    let mut exchange = exchange();
    exchange.head.pay_transaction_id = "ORDER-1".to_owned();
    let faults = check(&upload(&upload_json(&exchange, &sealed())).expect("readable"));
    assert_eq!(faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), ["R-PAY-03"]);
}

#[test]
fn every_field_that_is_needed_is_missed_and_every_length_is_kept() {
    let nothing = upload("{}").expect("an object");
    let missed: Vec<String> = check(&nothing).into_iter().map(|fault| fault.field).collect();
    for field in ["sessionID", "guid", "initalRequest", "payCode", "verDept", "payExchangeInfoLists", "certNo"] {
        assert!(missed.iter().any(|missed| missed == field), "{field}: {missed:?}");
    }
    let mut long = exchange();
    long.head.inital_request = "长".repeat(8001);
    long.items[0].goods[0].gname = "名".repeat(251);
    let faults = check(&upload(&upload_json(&long, &sealed())).expect("readable"));
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["initalRequest", "gname"]);
}

#[test]
fn a_request_of_customs_is_read_and_its_faults_are_named() {
    let request = OpenRequest {
        order_no: "ORDER-1".to_owned(),
        session_id: "s-1".to_owned(),
        service_time: "1777608000000".to_owned(),
    };
    assert_eq!(open_request(&open_json(&request)), Ok(request));
    let faults = open_request(r#"{"orderNo":"","serviceTime":1777608000000}"#).expect_err("faults");
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["orderNo", "sessionID"]);
}

proptest! {
    #[test]
    fn a_form_value_comes_back(text in ".*") {
        prop_assert_eq!(form_field(&format!("a=b&payExInfoStr={}", encode_form(&text)), UPLOAD_FIELD), Some(text));
    }

    #[test]
    fn whatever_is_sent_does_no_harm(text in ".*", json in "[\\[\\]{}\",:0-9a-z]*") {
        for text in [text, json] {
            let _unused = form_field(&text, OPEN_FIELD);
            let _unused = open_request(&text);
            if let Ok(upload) = upload(&text) {
                let _unused = check(&upload);
            }
        }
    }
}
