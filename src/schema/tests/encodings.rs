//! Places of faults in every encoding.

use encoding_rs::GB18030;

use super::sample::set;
use crate::schema::{NoSink, decode};

#[test]
fn places_behind_the_declaration_count_the_senders_characters() {
    let set = set(r#"<xs:element name="a" type="xs:string"/>"#);
    let body = "<a>\r\n订单😀\u{3400}\u{E000}é<b/></a>";
    let place = |bytes: Vec<u8>| {
        let text = decode(&bytes).unwrap();
        let report = set.validate(&text, &mut NoSink);
        let place = report.faults.first().map(|fault| (fault.place.line, fault.place.column));
        place.unwrap_or_default()
    };
    let head = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\r{body}");
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    assert_eq!(place(head("UTF-8").into_bytes()), (3, 7));
    assert_eq!(place([b"\xEF\xBB\xBF", head("utf-8").as_bytes()].concat()), (3, 7));
    assert_eq!(place(wide(&head("UTF-16"), false)), (3, 7));
    assert_eq!(place(wide(&head("UTF-16"), true)), (3, 7));
    assert_eq!(place(wide(body, true)), (2, 7));
    for label in ["GB18030", "GBK", "GB2312"] {
        let text = head(label);
        assert_eq!(place(GB18030.encode(&text).0.into_owned()), (3, 7), "{label}");
    }
}
