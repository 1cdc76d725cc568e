//! Values against built-in types and facets.

use super::sample::{check, set};
use crate::schema::{ElementId, NoSink, SchemaSet, Sink, rules};

fn typed(body: &str) -> SchemaSet {
    set(&format!(r#"<xs:element name="v"><xs:simpleType>{body}</xs:simpleType></xs:element>"#))
}

fn restricted(base: &str, facets: &str) -> SchemaSet {
    typed(&format!(r#"<xs:restriction base="xs:{base}">{facets}</xs:restriction>"#))
}

#[track_caller]
fn values(set: &SchemaSet, good: &[&str], bad: &[&str], rule: &str) {
    for value in good {
        let report = set.validate(&format!("<v>{value}</v>"), &mut NoSink);
        assert!(report.is_valid(), "{value:?}: {:?}", report.faults);
    }
    for value in bad {
        let report = check(set, &format!("<v>{value}</v>"));
        assert_eq!(report.faults.first().map(|fault| fault.rule), Some(rule), "{value:?}");
    }
}

#[test]
fn built_in_types_have_their_lexical_space() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("boolean", &["true", "0", " 1 "], &["TRUE", "", "2"]),
        ("decimal", &["1", "-1.50", "+.5", "1."], &["1e3", "", ".", "1,0"]),
        ("integer", &["-0", "12345678901234567890123"], &["1.0", "+"]),
        ("float", &["1e3", "-INF", "NaN", "1.5E-7"], &["+INF", "inf", "1e", "e1", "nan"]),
        ("double", &["0", "1E400"], &["", "infinity"]),
        ("date", &["2024-02-29", "2024-01-01+08:00"], &["2023-02-29", "20240101"]),
        ("dateTime", &["2024-01-01T00:00:00Z"], &["2024-01-01"]),
        ("time", &["24:00:00", "08:00:00.123"], &["8:00:00"]),
        ("gYear", &["2024", "-0001"], &["24", "0000"]),
        ("gYearMonth", &["2024-12"], &["2024-13"]),
        ("gMonthDay", &["--02-29"], &["--02-30"]),
        ("gDay", &["---01"], &["---32"]),
        ("gMonth", &["--12"], &["--00"]),
        ("duration", &["P1Y2M3DT4H5M6.7S", "-P1D"], &["P", "1D"]),
        ("hexBinary", &["", "0aF1"], &["0", "0g"]),
        ("base64Binary", &["", "YQ==", "YW Jj"], &["YQ=", "YR==", "a"]),
        ("anyURI", &["http://a/b?c#d", "", "订单"], &["%zz", ":a"]),
        ("language", &["zh", "zh-Hans-CN"], &["", "zh_CN", "abcdefghi"]),
        ("NMTOKEN", &["1a-b"], &["a b", ""]),
        ("NMTOKENS", &["a b  c"], &[""]),
        ("Name", &["a:b", "_x"], &["1a"]),
        ("NCName", &["ab"], &["a:b"]),
        ("QName", &["a", "xml:b"], &["p:a", "a:b:c"]),
    ];
    for (name, good, bad) in cases {
        let set = set(&format!(r#"<xs:element name="v" type="xs:{name}"/>"#));
        for value in *good {
            assert!(check(&set, &format!("<v>{value}</v>")).is_valid(), "{name} {value:?}");
        }
        for value in *bad {
            assert!(!check(&set, &format!("<v>{value}</v>")).is_valid(), "{name} {value:?}");
        }
    }
}

#[test]
fn integer_types_have_exact_bounds() {
    for (name, low, below, high, above) in [
        ("byte", "-128", "-129", "127", "128"),
        ("short", "-32768", "-32769", "32767", "32768"),
        ("int", "-2147483648", "-2147483649", "2147483647", "2147483648"),
        ("long", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808"),
        ("unsignedByte", "0", "-1", "255", "256"),
        ("unsignedShort", "0", "-1", "65535", "65536"),
        ("unsignedInt", "0", "-1", "4294967295", "4294967296"),
        ("unsignedLong", "-0", "-1", "18446744073709551615", "18446744073709551616"),
        ("positiveInteger", "1", "0", "99999999999999999999999", "-1"),
        ("nonNegativeInteger", "0", "-1", "1", "-2"),
        ("negativeInteger", "-99999999999999999999999", "0", "-1", "1"),
        ("nonPositiveInteger", "-5", "1", "0", "2"),
    ] {
        let set = set(&format!(r#"<xs:element name="v" type="xs:{name}"/>"#));
        values(&set, &[low, high], &[below, above], rules::XSD_RANGE);
    }
}

#[test]
fn lengths_count_characters_octets_and_items() {
    values(&restricted("string", r#"<xs:length value="2"/>"#), &["订单", "ab"], &["订", "abc", ""], rules::XSD_LENGTH);
    values(
        &restricted("string", r#"<xs:minLength value="2"/><xs:maxLength value="3"/>"#),
        &["订单", "𠀀𠀀𠀀"],
        &["订", "订单编号"],
        rules::XSD_LENGTH,
    );
    values(&restricted("hexBinary", r#"<xs:length value="2"/>"#), &["0011"], &["00"], rules::XSD_LENGTH);
    values(&restricted("base64Binary", r#"<xs:maxLength value="2"/>"#), &["YWI="], &["YWJj"], rules::XSD_LENGTH);
    values(&restricted("NMTOKENS", r#"<xs:maxLength value="2"/>"#), &["aaa bbb"], &["a b c"], rules::XSD_LENGTH);
}

#[test]
fn white_space_is_normalised_before_the_other_facets() {
    values(&restricted("string", r#"<xs:maxLength value="2"/>"#), &["a "], &[" a "], rules::XSD_LENGTH);
    values(&restricted("token", r#"<xs:maxLength value="3"/>"#), &["  a  \n b "], &["a b c"], rules::XSD_LENGTH);
    values(
        &restricted("normalizedString", r#"<xs:pattern value="a b"/>"#),
        &["a\tb", "a\nb"],
        &["a  b"],
        rules::XSD_PATTERN,
    );
    let collapsed = restricted("string", r#"<xs:whiteSpace value="collapse"/><xs:enumeration value="a b"/>"#);
    values(&collapsed, &[" a   b "], &["ab"], rules::XSD_ENUM);
}

#[test]
fn enumerations_compare_values() {
    values(
        &restricted("string", r#"<xs:enumeration value="b"/><xs:enumeration value="a"/>"#),
        &["a", "b"],
        &["c", "A"],
        rules::XSD_ENUM,
    );
    values(&restricted("decimal", r#"<xs:enumeration value="1.0"/>"#), &["1", "01.00"], &["1.01"], rules::XSD_ENUM);
    values(
        &restricted("date", r#"<xs:enumeration value="2024-01-01Z"/>"#),
        &["2024-01-01+00:00"],
        &["2024-01-02Z"],
        rules::XSD_ENUM,
    );
}

#[test]
fn bounds_are_exact() {
    let bounded = restricted("decimal", r#"<xs:minExclusive value="0"/><xs:maxInclusive value="0.3"/>"#);
    values(
        &bounded,
        &["0.3", "0.30", "0.00000000000000000000001"],
        &["0", "-0", "0.30000000000000000000001"],
        rules::XSD_RANGE,
    );
    let bounded = restricted("date", r#"<xs:minInclusive value="2024-01-01"/>"#);
    values(&bounded, &["2024-01-01"], &["2023-12-31"], rules::XSD_RANGE);
    let bounded = restricted("double", r#"<xs:maxExclusive value="1e2"/>"#);
    values(&bounded, &["99.9", "-INF"], &["100", "INF"], rules::XSD_RANGE);
}

#[test]
fn digits_ignore_padding() {
    let digits = restricted("decimal", r#"<xs:totalDigits value="4"/><xs:fractionDigits value="2"/>"#);
    values(&digits, &["12.34", "0012.3400", "-9999"], &["123.45", "1.234", "12345"], rules::XSD_DIGITS);
}

#[test]
fn patterns_of_one_step_are_alternatives_and_steps_add_up() {
    let set = set(
        r#"<xs:simpleType name="b"><xs:restriction base="xs:string"><xs:pattern value="a+"/><xs:pattern value="[0-9]+"/></xs:restriction></xs:simpleType>
      <xs:simpleType name="c"><xs:restriction base="b"><xs:pattern value=".{2}"/></xs:restriction></xs:simpleType><xs:element name="v" type="c"/>"#,
    );
    values(&set, &["aa", "12"], &["a", "a1", "123", "bb"], rules::XSD_PATTERN);
}

#[test]
fn lists_and_unions() {
    let list = typed(r#"<xs:list itemType="xs:int"/>"#);
    values(&list, &["1 2\n3", ""], &["1 x"], rules::XSD_TYPE);
    let union = typed(
        r#"<xs:union memberTypes="xs:int xs:boolean"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="no"/></xs:restriction></xs:simpleType></xs:union>"#,
    );
    values(&union, &["7", "true", "no"], &["yes", ""], rules::XSD_TYPE);
}

#[test]
fn text_is_put_together_from_pieces() {
    #[derive(Default)]
    struct Leaves(Vec<(String, std::ops::Range<usize>)>);
    impl Sink for Leaves {
        fn leaf(&mut self, _: ElementId, value: &str, raw: std::ops::Range<usize>) {
            self.0.push((value.to_owned(), raw));
        }
    }
    let set = set(r#"<xs:element name="v" type="xs:string"/>"#);
    for (content, value) in [
        ("a&lt;b", "a<b"),
        ("<![CDATA[]]>x<!-- c -->y", "xy"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<![CDATA[<&]]>&#x8BA2;", "<&订"),
        ("", ""),
        ("&#13;", "\r"),
    ] {
        let text = format!("<v>{content}</v>");
        let mut leaves = Leaves::default();
        assert!(set.validate(&text, &mut leaves).is_valid());
        assert_eq!(leaves.0, [(value.to_owned(), 3..3 + content.len())], "{content:?}");
    }
}

#[test]
fn the_sink_sees_spans_ids_and_attributes() {
    use crate::schema::{AttributeInfo, ElementInfo};
    struct Log<'s>(&'s SchemaSet, Vec<String>);
    impl Sink for Log<'_> {
        fn start(&mut self, element: ElementInfo<'_>, at: usize) {
            self.1.push(format!("<{}[{}]@{at}", self.0.name(element.id), element.index));
        }
        fn attribute(&mut self, attribute: AttributeInfo<'_>, value: &str) {
            self.1.push(format!("{}={value}@{}", attribute.local, attribute.raw.start));
        }
        fn leaf(&mut self, element: ElementId, value: &str, raw: std::ops::Range<usize>) {
            self.1.push(format!("{}={value}@{}..{}", self.0.name(element), raw.start, raw.end));
        }
        fn end(&mut self, end: usize) {
            self.1.push(format!(">@{end}"));
        }
    }
    let set = set(
        r#"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" type="xs:int" maxOccurs="2"/></xs:sequence><xs:attribute name="x" type="xs:int"/></xs:complexType></xs:element>"#,
    );
    let text = "<r x=' 1'><a> 2 </a><a>3</a></r>";
    let mut log = Log(&set, Vec::new());
    assert!(set.validate(text, &mut log).is_valid());
    assert_eq!(log.1.join(" "), "<r[0]@0 x=1@6 <a[1]@10 a=2@13..16 >@20 <a[2]@20 a=3@23..24 >@28 >@32");
    assert_eq!(set.find("", "/r/a"), set.child(set.root("", "r").unwrap(), "a"));
}
