//! Counters within counters.

use super::sample::{check, try_set};
use crate::schema::rules;

/// How many `<a/>` a model takes, of those from 0 to 9.
fn taken(model: &str) -> Vec<usize> {
    let set = try_set(&format!("<xs:element name='r'><xs:complexType>{model}</xs:complexType></xs:element>")).unwrap();
    (0..10).filter(|count| check(&set, &format!("<r>{}</r>", "<a/>".repeat(*count))).is_valid()).collect()
}

#[test]
fn nested_ranges_are_counted_in_every_way() {
    let a = |min: u32, max: &str| format!("<xs:element name='a' minOccurs='{min}' maxOccurs='{max}'/>");
    let round = |min: u32, max: &str, body: &str| {
        format!("<xs:sequence minOccurs='{min}' maxOccurs='{max}'>{body}</xs:sequence>")
    };
    let b = "<xs:element name='b' minOccurs='0'/>";
    assert_eq!(taken(&round(2, "2", &a(1, "2"))), [2, 3, 4]);
    assert_eq!(taken(&round(0, "unbounded", &a(2, "3"))), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(taken(&round(0, "2", &a(4, "4"))), [0, 4, 8]);
    assert_eq!(taken(&round(1, "2", &a(3, "4"))), [3, 4, 6, 7, 8]);
    assert_eq!(taken(&round(2, "2", &format!("{}{b}", a(1, "2")))), [2, 3, 4]);
    assert_eq!(
        taken(&round(2, "2", &format!("{}{b}", round(1, "2", &format!("{}{b}", a(1, "2")).replace("'b'", "'c'"))))),
        [2, 3, 4, 5, 6, 7, 8]
    );
    assert_eq!(taken(&round(3, "3", &format!("{}{b}", a(0, "1")))), [0, 1, 2, 3]);
}

#[test]
fn too_many_ways_to_count_end_with_a_limit() {
    let model = "<xs:sequence minOccurs='1000' maxOccurs='2000'><xs:sequence minOccurs='1000' maxOccurs='2000'>
        <xs:element name='a' minOccurs='1000' maxOccurs='2000'/><xs:element name='b' minOccurs='0'/></xs:sequence>
        <xs:element name='c' minOccurs='0'/></xs:sequence>";
    let set = try_set(&format!("<xs:element name='r'><xs:complexType>{model}</xs:complexType></xs:element>")).unwrap();
    let report = check(&set, &format!("<r>{}</r>", "<a/>".repeat(20_000)));
    assert!(!report.is_valid());
    let narrow = model.replace("1000", "1");
    let set = try_set(&format!("<xs:element name='r'><xs:complexType>{narrow}</xs:complexType></xs:element>")).unwrap();
    let report = check(&set, &format!("<r>{}</r>", "<a/>".repeat(20_000)));
    assert!(report.faults.iter().any(|fault| fault.rule == rules::LIMIT), "{:?}", report.faults.first());
}
