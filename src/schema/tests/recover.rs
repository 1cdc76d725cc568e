//! One mistake gives one fault, with its place, names and a useful word.

use super::sample::{self, GOOD, check, faults, only, order_set, valid};
use crate::schema::{NoSink, rules};

#[test]
fn a_good_message_is_valid() {
    valid(&order_set(), GOOD);
    let report = check(&order_set(), GOOD);
    assert_eq!(report.root, Some(("urn:test:ceb".into(), "Message".into())));
}

#[test]
fn a_long_value_is_told_in_both_languages() {
    let long = "订".repeat(62);
    let fault = only(&order_set(), &GOOD.replace("A-1", &long));
    assert_eq!(fault.rule, rules::XSD_LENGTH);
    assert_eq!(fault.message_zh, "订单编号超长：62 个字符，最多 60");
    assert_eq!(fault.message_en, "order number is too long: 62 characters, at most 60");
    assert_eq!(fault.path, "/Message/Order[1]/Head/orderNo");
    assert_eq!((fault.place.line, fault.place.column), (8, 18));
    assert_eq!((fault.field_zh.as_str(), fault.field_en.as_str()), ("订单编号", "order number"));
    assert_eq!(fault.expected, "1..60");
    assert_eq!(fault.found.map(|found| found.chars().count()), Some(62));
}

#[test]
fn a_missing_element_is_told_where_the_next_one_stands() {
    let text = GOOD.replace("      <c:orderNo>A-1</c:orderNo>\n", "");
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.path.as_str()), (rules::XSD_MISSING, "/Message/Order[1]/Head/orderNo"));
    assert_eq!((fault.place.line, fault.place.column), (8, 7));
    assert_eq!(fault.message_zh, "缺少订单编号（orderNo）");
    assert_eq!(fault.message_en, "order number (orderNo) is missing");
}

#[test]
fn several_missing_elements_are_each_told() {
    let start = GOOD.find("      <c:appType>").unwrap();
    let end = GOOD.find("      <c:ebpName>").unwrap();
    let text = format!("{}{}", &GOOD[..start], &GOOD[end..]);
    let head = "/Message/Order[1]/Head";
    let expected: Vec<_> =
        ["appType", "appTime", "orderNo"].map(|name| (rules::XSD_MISSING, format!("{head}/{name}"))).into();
    assert_eq!(faults(&order_set(), &text), expected);
}

#[test]
fn missing_at_the_end_is_told_at_the_end_tag() {
    let text = GOOD.replace("      <c:freight>12.50</c:freight>\n", "");
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.place.line), (rules::XSD_MISSING, 10));
}

#[test]
fn swapped_elements_are_one_fault_of_order() {
    let text = GOOD
        .replace("<c:appType>1</c:appType>", "@")
        .replace("<c:appTime>20240131235959</c:appTime>", "<c:appType>1</c:appType>");
    let text = text.replace('@', "<c:appTime>20240131235959</c:appTime>");
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.path.as_str()), (rules::XSD_ORDER, "/Message/Order[1]/Head/appType"));
}

#[test]
fn one_element_far_too_early_is_one_fault_of_order() {
    let text = GOOD.replace("      <c:freight>12.50</c:freight>\n", "");
    let text = text.replace("      <c:appType>", "      <c:freight>12.50</c:freight>\n      <c:appType>");
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.path.as_str()), (rules::XSD_ORDER, "/Message/Order[1]/Head/freight"));
    assert_eq!(fault.place.line, 6);
}

#[test]
fn an_optional_element_too_late_is_out_of_order() {
    let text = GOOD.replace("      <c:ebpName>某平台</c:ebpName>\n", "");
    let text = text.replace("12.50</c:freight>", "12.50</c:freight><c:ebpName>某</c:ebpName>");
    assert_eq!(only(&order_set(), &text).rule, rules::XSD_ORDER);
}

#[test]
fn a_repeated_element_is_told_once_and_its_content_still_checked() {
    let text = GOOD.replace(
        "<c:appType>1</c:appType>",
        "<c:appType>1</c:appType><c:appType>2</c:appType><c:appType>9</c:appType>",
    );
    let found = faults(&order_set(), &text);
    assert_eq!(found.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), [rules::XSD_TOO_MANY, rules::XSD_ENUM]);
    let text = GOOD.replace("<c:freight>", "<c:appType>2</c:appType><c:freight>");
    assert_eq!(only(&order_set(), &text).rule, rules::XSD_TOO_MANY);
}

#[test]
fn too_many_and_too_few_lines_are_told_once() {
    let line = "<c:Line><c:gnum>2</c:gnum><c:name>面膜</c:name><c:price>1</c:price></c:Line>";
    let text = GOOD.replace("  </c:Order>", &format!("{}  </c:Order>", line.repeat(5)));
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.path.as_str()), (rules::XSD_TOO_MANY, "/Message/Order[1]/Line[6]"));
    let start = GOOD.find("    <c:Line><c:gnum>2").unwrap();
    let end = GOOD.find("  </c:Order>").unwrap();
    let fault = only(&order_set(), &format!("{}{}", &GOOD[..start], &GOOD[end..]));
    assert_eq!((fault.rule, fault.expected.as_str()), (rules::XSD_MISSING, "2.."));
}

#[test]
fn a_slip_in_a_name_is_one_fault_with_a_guess() {
    let text = GOOD.replace("c:orderNo>", "c:ordrNo>");
    let fault = only(&order_set(), &text);
    assert_eq!(fault.rule, rules::XSD_UNEXPECTED);
    assert_eq!(fault.message_en, "element ordrNo is unknown here; did you mean orderNo?");
    assert_eq!(fault.message_zh, "未知元素 ordrNo，是否应为 orderNo？");
    assert_eq!((fault.found.as_deref(), fault.expected.as_str()), (Some("ordrNo"), "orderNo"));
}

#[test]
fn an_unknown_element_is_skipped_with_all_below_it() {
    let text = GOOD.replace("<c:freight>", "<c:shoeSize><c:a><c:b>1</c:b>text</c:a></c:shoeSize><c:freight>");
    let fault = only(&order_set(), &text);
    assert_eq!((fault.rule, fault.found.as_deref()), (rules::XSD_UNEXPECTED, Some("shoeSize")));
    assert_eq!(fault.expected, "freight");
}

#[test]
fn a_wrong_namespace_is_told_once() {
    let fault = only(&order_set(), &GOOD.replace("urn:test:ceb", "urn:test:other"));
    assert_eq!((fault.rule, fault.expected.as_str()), (rules::XSD_NAMESPACE, "urn:test:ceb"));
    assert_eq!(fault.found.as_deref(), Some("urn:test:other"));
    let fault = only(&order_set(), &GOOD.replace("<c:Head>", "<Head>").replace("</c:Head>", "</Head>"));
    assert_eq!(fault.rule, rules::XSD_NAMESPACE);
}

#[test]
fn faults_of_all_kinds_are_told_together_in_order() {
    let text = GOOD
        .replace("<c:appType>1<", "<c:appType>9<")
        .replace("20240131235959", "2024")
        .replace("12.50", "-1")
        .replace("<c:gnum>1<", "<c:gnum>one<")
        .replace("0.00001", "0.000001")
        .replace("version=\"1.0\">", "versio=\"1.0\">");
    let rules: Vec<_> = faults(&order_set(), &text).into_iter().map(|(rule, _)| rule).collect();
    let expected = [
        rules::XSD_ATTRIBUTE_MISSING,
        rules::XSD_ATTRIBUTE_UNKNOWN,
        rules::XSD_ENUM,
        rules::XSD_PATTERN,
        rules::XSD_RANGE,
        rules::XSD_TYPE,
        rules::XSD_DIGITS,
    ];
    assert_eq!(rules, expected);
}

#[test]
fn an_unknown_root_is_one_fault() {
    let fault = only(&order_set(), "<c:Mesage xmlns:c='urn:test:ceb'><c:x/></c:Mesage>");
    assert_eq!((fault.rule, fault.expected.as_str()), (rules::XSD_ROOT, "Message"));
    assert_eq!(only(&order_set(), "<html><body/></html>").rule, rules::XSD_ROOT);
}

#[test]
fn a_broken_text_ends_the_pass_after_the_faults_before() {
    let text = GOOD.replace("<c:appType>1<", "<c:appType>9<").replace("</c:freight>", "</c:fright>");
    let found = faults(&order_set(), &text);
    assert_eq!(found[0].0, rules::XSD_ENUM);
    assert_eq!(found[1], (rules::SYNTAX, "/Message/Order[1]/Head/freight".into()));
    assert_eq!(found.len(), 2);
    assert_eq!(only(&order_set(), "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").rule, rules::DTD);
}

#[test]
fn faults_beyond_the_limit_are_counted() {
    use crate::domain::limits::FAULTS_MAX;
    let order = &GOOD[GOOD.find("  <c:Order>").unwrap()..GOOD.find("</c:Message>").unwrap()];
    let bad = order.replace("<c:appType>1<", "<c:appType>9<").replace("12.50", "x").replace("20240131235959", "");
    let text = GOOD.replace(order, &bad.repeat(90));
    let report = check(&order_set(), &text);
    assert_eq!((report.faults.len(), report.faults_total), (FAULTS_MAX, 270));
}

#[test]
fn every_single_slip_in_the_head_is_one_fault() {
    let set = order_set();
    let lines: Vec<&str> = GOOD.lines().collect();
    let head = 4..10;
    let count = |lines: &[&str]| check(&set, &lines.join("\n")).faults_total;
    for at in head.clone() {
        let optional = lines[at].contains("ebpName");
        let mut removed = lines.clone();
        removed.remove(at);
        assert_eq!(count(&removed), usize::from(!optional), "without {}", lines[at]);
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        assert_eq!(count(&doubled), 1, "twice {}", lines[at]);
        let slip = lines[at].replacen("<c:", "<c:x", 1).replace("</c:", "</c:x");
        let mut renamed = lines.clone();
        renamed[at] = &slip;
        assert_eq!(count(&renamed), 1, "{slip}");
        for to in head.clone().filter(|to| *to != at) {
            let mut moved = lines.clone();
            let line = moved.remove(at);
            moved.insert(to, line);
            let found = check(&set, &moved.join("\n"));
            // Where neither of two can be told to be the one that moved, both may be named.
            let max = if at.abs_diff(to) == 1 { 1 } else { 2 };
            assert!((1..=max).contains(&found.faults_total), "{} to {to}: {:#?}", lines[at], found.faults);
        }
    }
}

#[test]
fn an_order_is_told_by_elements_that_are_there() {
    let set = sample::set(
        r#"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" minOccurs="0"/><xs:element name="b"/>
        <xs:element name="c" minOccurs="0"/><xs:element name="d" minOccurs="0"/><xs:element name="e"/></xs:sequence></xs:complexType></xs:element>"#,
    );
    for (inner, en) in [
        ("<d/><b/><e/>", "b is out of order: it belongs before d"),
        ("<a/><e/><b/>", "b is out of order: it belongs before e"),
        ("<b/><e/><c/>", "c is out of order: it belongs before e"),
    ] {
        let report = set.validate(&format!("<r>{inner}</r>"), &mut NoSink);
        let said: Vec<&str> = report.faults.iter().map(|fault| fault.message_en.as_str()).collect();
        assert_eq!(said, [en], "{inner}");
    }
}

#[test]
fn an_empty_value_is_said_to_be_empty() {
    let set = sample::set(r#"<xs:element name="r" type="xs:decimal"/>"#);
    for text in ["<r/>", "<r> </r>"] {
        let report = set.validate(text, &mut NoSink);
        let said: Vec<_> = report.faults.iter().map(|f| (f.message_zh.as_str(), f.message_en.as_str())).collect();
        assert_eq!(said, [("r不能为空", "r must not be empty")], "{text}");
    }
}
