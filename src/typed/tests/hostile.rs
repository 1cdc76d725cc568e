//! What nobody sends by mistake.

use proptest::prelude::*;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::json;

use super::super::error::Bound;
use super::super::wire::CebMessage;
use super::super::{Error, Message, Names, Problem};
use super::{SCHEMA, model};
use crate::domain::limits::{MESSAGE_BYTES_MAX, TYPED_VALUES_MAX};
use crate::schema::NoSink;

/// A length-delimited field.
fn field(number: u32, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(number, WireType::LengthDelimited, &mut out);
    encode_varint(body.len() as u64, &mut out);
    out.extend(body);
    out
}

fn protobuf(bytes: &[u8]) -> Error {
    Message::from_protobuf(bytes).expect_err("refused")
}

fn json(text: &str) -> Error {
    Message::from_json(text.as_bytes()).expect_err("refused")
}

#[test]
fn unknown_fields_are_refused_with_their_place() {
    let head = field(1, &field(99, b"x"));
    let error = protobuf(&field(621, &[field(3, b""), field(3, &head)].concat()));
    assert_eq!(error.path(Names::Protobuf), "ceb621.inventory[1].inventory_head");
    assert_eq!(error.problem, Problem::UnknownField("99".to_owned()));
    assert_eq!(protobuf(&field(622, b"")).problem, Problem::UnknownMessage("622".to_owned()));
    let error = json(r#"{"CEB621Message": {"Inventory": [{}, {"InventoryHead": {"orderNumber": "1"}}]}}"#);
    assert_eq!(error.path(Names::Json), "CEB621Message.Inventory[1].InventoryHead");
    assert_eq!(error.problem, Problem::UnknownField("orderNumber".to_owned()));
    let error = Message::from_xml(
        "<CEB621Message><Inventory/><Inventory><InventoryHead><x/></InventoryHead></Inventory></CEB621Message>",
    );
    let error = error.expect_err("refused");
    assert_eq!(error.path(Names::Protobuf), "ceb621.inventory[1].inventory_head");
    assert_eq!(error.problem, Problem::UnknownField("x".to_owned()));
}

#[test]
fn values_of_another_type_are_refused_with_their_place() {
    let mut number = Vec::new();
    encode_key(15, WireType::Varint, &mut number);
    encode_varint(10, &mut number);
    let error = protobuf(&field(311, &field(3, &field(1, &number))));
    assert_eq!(error.path(Names::Protobuf), "ceb311.order[0].order_head.actural_paid");
    assert!(matches!(error.problem, Problem::Protobuf(_)));
    let error = protobuf(&field(311, &field(1, b"\xFF")));
    assert_eq!(
        (error.path(Names::Protobuf).as_str(), error.problem),
        ("ceb311.guid", Problem::Protobuf("it is not UTF-8"))
    );
    // No amount goes through a float.
    let error = json(r#"{"CEB311Message": {"Order": [{"OrderHead": {"acturalPaid": 10.5}}]}}"#);
    assert_eq!(error.path(Names::Json), "CEB311Message.Order[0].OrderHead.acturalPaid");
    assert!(matches!(error.problem, Problem::Json(_)), "{error}");
    for text in
        [r#"{"CEB311Message": []}"#, r#"{"CEB311Message": {"Order": {}}}"#, r#"{"CEB311Message": {"Order": [null]}}"#]
    {
        assert!(matches!(json(text).problem, Problem::Json(_)), "{text}");
    }
    assert_eq!(json(r#"{"CEB311Message": {"Order": {}}}"#).path(Names::Json), "CEB311Message.Order");
}

#[test]
fn nothing_is_taken_twice() {
    let error = protobuf(&field(621, &[field(1, b"a"), field(2, b"b"), field(1, b"c")].concat()));
    assert_eq!((error.path(Names::Protobuf).as_str(), error.problem), ("ceb621.guid", Problem::Twice));
    assert_eq!(protobuf(&[field(621, b""), field(621, b"")].concat()).problem, Problem::NotOne);
    assert_eq!(protobuf(b"").problem, Problem::NotOne);
    for text in
        [r#"{"CEB621Message": {"guid": "a", "guid": "b"}}"#, r#"{"CEB621Message": {"Inventory": [], "inventory": []}}"#]
    {
        assert_eq!(json(text).problem, Problem::Twice, "{text}");
    }
    assert_eq!(json("{}").problem, Problem::NotOne);
    assert_eq!(json(r#"{"CEB621Message": {}, "CEB311Message": {}}"#).problem, Problem::NotOne);
    let xml = |inner: &str| {
        Message::from_xml(&format!("<CEB621Message>{inner}</CEB621Message>")).expect_err("refused").problem
    };
    assert_eq!(xml("<BaseTransfer/><BaseTransfer/>"), Problem::Twice);
    assert_eq!(xml("<BaseSubscribe/><BaseTransfer/>"), Problem::Order);
    assert_eq!(xml("<BaseTransfer>x</BaseTransfer>"), Problem::Mixed);
    assert_eq!(xml("<BaseTransfer a='b'/>"), Problem::UnknownAttribute("a".to_owned()));
    assert_eq!(xml("<guid>x</guid>"), Problem::UnknownField("guid".to_owned()));
}

#[test]
fn null_is_nothing_and_empty_is_an_empty_element() {
    let message = Message::from_json(
        br#"{"ceb311": {"guid": null, "version": "", "Order": null, "base_transfer": {"note": ""}}}"#,
    );
    let xml = String::from_utf8(message.unwrap().to_xml().unwrap()).unwrap();
    assert!(xml.contains("<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" version=\"\">\n"), "{xml}");
    assert!(xml.contains("<ceb:note></ceb:note>") && !xml.contains("Order") && !xml.contains("copCode"), "{xml}");
}

#[test]
fn small_encodings_do_not_grow_without_bound() {
    // Two bytes each in protobuf, three in JSON, sixteen in XML.
    let many = field(5, b"").repeat(TYPED_VALUES_MAX + 1);
    assert_eq!(protobuf(&field(621, &many)).problem, Problem::TooLarge(Bound::Values));
    let many = vec!["{}"; TYPED_VALUES_MAX + 1].join(",");
    let error = json(&format!(r#"{{"CEB621Message": {{"BaseSubscribe": [{many}]}}}}"#));
    assert_eq!(error.problem, Problem::TooLarge(Bound::Values));
    let many = "<BaseSubscribe/>".repeat(TYPED_VALUES_MAX + 1);
    let error = Message::from_xml(&format!("<CEB621Message>{many}</CEB621Message>")).expect_err("refused");
    assert_eq!(error.problem, Problem::TooLarge(Bound::Values));
    // Fields that take turns cost no more than others.
    let turns = [field(3, b""), field(5, b"")].concat().repeat(TYPED_VALUES_MAX / 2 - 1);
    assert!(Message::from_protobuf(&field(621, &turns)).is_ok());
    // Within that limit the XML may still be too long.
    let wide = Message::from_protobuf(&field(621, &field(5, b"").repeat(TYPED_VALUES_MAX - 1))).expect("read");
    assert_eq!(wide.to_xml().expect_err("refused").problem, Problem::TooLarge(Bound::Bytes));
    let over = format!(r#"{{"CEB621Message": {{"guid": "{}"}}}}"#, "x".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(json(&over).problem, Problem::TooLarge(Bound::Bytes));
    assert_eq!(Message::from_xml(&over).expect_err("refused").problem, Problem::TooLarge(Bound::Bytes));
}

#[test]
fn deep_nesting_ends_where_the_contract_does() {
    let deep = format!(r#"{{"CEB621Message": {{"Inventory": {}"#, "[".repeat(100_000));
    assert!(matches!(json(&deep).problem, Problem::Json(_)));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(Message::from_xml(&deep).expect_err("refused").problem, Problem::UnknownMessage("a".to_owned()));
    let error = to_xml(json!({ "CEB621Message": { "ExtendMessage": { "Message": deep } } })).expect_err("refused");
    assert_eq!(error.problem, Problem::Fragment("it nests too deep"));
    assert_eq!(error.path(Names::Protobuf), "ceb621.extend_message.message");
    let mut groups = Vec::new();
    (0..100_000).for_each(|_| encode_key(3, WireType::StartGroup, &mut groups));
    assert!(Message::from_protobuf(&groups).is_err());
    assert!(Message::from_protobuf(&field(621, &groups)).is_err());
}

fn to_xml(message: serde_json::Value) -> Result<Vec<u8>, Error> {
    Message::from_json(message.to_string().as_bytes()).expect("read").to_xml()
}

#[test]
fn attributes_have_a_limit() {
    let many: String = (0..1000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    let read = Message::from_xml(&format!("<CEB621Message{many}/>"));
    assert_eq!(read.expect_err("refused").problem, Problem::Xml);
}

#[test]
fn a_part_kept_as_xml_cannot_change_what_surrounds_it() {
    for signature in [
        "",
        "text",
        "<Signature>",
        "</ceb:CEB621Message>",
        "<Signature/></ceb:CEB621Message>",
        "<Signature/><Signature/>",
        "<Signature/> ",
        " <Signature/>",
        "<Signature/><!-- after -->",
        "<!-- before --><Signature/>",
        "<Signature></Signature><x/>",
        "<Signature></Signature",
        "<Other/>",
        "<!DOCTYPE Signature [<!ENTITY a \"b\">]><Signature>&a;</Signature>",
        "<?xml version=\"1.0\"?><Signature/>",
        "<Signature></Wrong>",
    ] {
        let error = to_xml(json!({ "CEB621Message": { "Signature": signature } })).expect_err(signature);
        assert!(matches!(error.problem, Problem::Fragment(_)), "{signature}: {error}");
        assert_eq!(error.path(Names::Json), "CEB621Message.Signature");
    }
    for character in ['\0', '\u{B}', '\u{1F}', '\u{FFFE}'] {
        let error = to_xml(json!({ "CEB621Message": { "BaseTransfer": { "note": format!("a{character}") } } }));
        let error = error.expect_err("refused");
        assert_eq!(error.problem, Problem::Character(character));
        assert_eq!(error.path(Names::Protobuf), "ceb621.base_transfer.note");
    }
}

#[test]
fn a_part_kept_as_xml_takes_its_namespaces_along() {
    let xml = "<m:CEB621Message xmlns:m='http://www.chinaport.gov.cn/ceb' xmlns:s='urn:s?a=\"b\"&amp;c' xmlns='urn:d'>\
               <m:ExtendMessage xmlns:s='urn:inner'><m:Message><t s:u='v'><s:w/></t></m:Message></m:ExtendMessage>\
               <s:Signature xmlns:s=\"urn:own\"/></m:CEB621Message>";
    let message = Message::from_xml(xml).expect("read");
    let value = serde_json::to_value(&message).expect("JSON");
    let m = "xmlns:m=\"http://www.chinaport.gov.cn/ceb\"";
    assert_eq!(
        value["CEB621Message"]["ExtendMessage"]["Message"],
        format!("<t xmlns=\"urn:d\" {m} xmlns:s=\"urn:inner\" s:u='v'><s:w/></t>")
    );
    assert_eq!(value["CEB621Message"]["Signature"], format!("<s:Signature xmlns=\"urn:d\" {m} xmlns:s=\"urn:own\"/>"));
    let written = String::from_utf8(message.to_xml().expect("written")).expect("UTF-8");
    assert!(Message::from_xml(&written).expect("read") == message);
}

#[test]
fn a_signature_changes_nothing_around_it() {
    let unsigned = json!({ "CEB303Message": { "guid": "G", "BaseTransfer": { "copCode": "1" }, "ExtendMessage": {} } });
    let mut signed = unsigned.clone();
    signed["CEB303Message"]["Signature"] = json!("<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'/>");
    let (unsigned, signed) = (to_xml(unsigned).expect("written"), to_xml(signed).expect("written"));
    let signed = String::from_utf8(signed).expect("UTF-8");
    let stripped = signed.replace("<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'/>", "");
    assert_eq!(stripped.as_bytes(), unsigned);
    assert_ne!(signed.as_bytes(), unsigned);
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        judge(&bytes);
    }

    #[test]
    fn any_change_of_a_good_message_is_judged(
        json in model::messages(&model::root("CEB513Message")), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let message = Message::from_json(json.to_string().as_bytes()).expect("read");
        for mut bytes in [message.to_wire().encode_to_vec(), json.to_string().into_bytes(), message.to_xml().expect("written")] {
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            judge(&bytes);
        }
    }
}

/// Reads bytes in every form. What is taken can be written, and is the same when it is read again.
fn judge(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = [
        Message::from_protobuf(bytes),
        Message::from_json(bytes),
        Message::from_xml(&text),
        Message::of_document("CEB311Message", &text),
    ];
    for message in read.into_iter().flatten() {
        assert!(Message::from_wire(&message.to_wire()) == Ok(message.clone()));
        assert_eq!(CebMessage::decode(&*message.to_wire().encode_to_vec()).as_ref(), Ok(&message.to_wire()));
        let json = serde_json::to_vec(&message).expect("JSON");
        assert!(Message::from_json(&json) == Ok(message.clone()));
        if let Ok(xml) = message.to_xml() {
            let xml = String::from_utf8(xml).expect("UTF-8");
            // Inside of a part that is kept as XML, well-formedness is for the check of the whole.
            let report = SCHEMA.validate(&xml, &mut NoSink);
            if !report.faults.iter().any(|fault| fault.rule.starts_with("XML-")) {
                assert!(Message::from_xml(&xml) == Ok(message));
            }
        }
    }
}
