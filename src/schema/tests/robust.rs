//! Whatever comes in, nothing panics, and what is reported is sound.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::sample::{GOOD, ORDER, order_set, set};
use crate::domain::limits;
use crate::schema::{NoSink, SchemaSet, decode, rules};

static SET: LazyLock<SchemaSet> = LazyLock::new(order_set);

fn sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(fault) => {
            prop_assert!(rules::ALL.contains(&fault.rule));
            return Ok(());
        }
    };
    let report = SET.validate(&text, &mut NoSink);
    prop_assert!(report.faults.len() <= report.faults_total.min(limits::FAULTS_MAX + 1));
    for fault in &report.faults {
        prop_assert!(rules::ALL.contains(&fault.rule));
        prop_assert!(!fault.message_zh.is_empty() && !fault.message_en.is_empty());
        prop_assert!(fault.place.line >= 1 && fault.place.column >= 1);
        prop_assert!(text.is_char_boundary(usize::try_from(fault.place.offset).unwrap()));
        prop_assert!(fault.found.as_ref().is_none_or(|found| found.chars().count() <= limits::FOUND_CHARS_MAX));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        sound(&bytes)?;
    }

    #[test]
    fn any_change_of_a_good_message_is_judged(
        at in 0..GOOD.len(), len in 0usize..40, with in prop::collection::vec(any::<u8>(), 0..12)
    ) {
        let end = (at + len).min(GOOD.len());
        let bytes = [&GOOD.as_bytes()[..at], &with, &GOOD.as_bytes()[end..]].concat();
        sound(&bytes)?;
    }

    #[test]
    fn any_order_of_tags_is_judged(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<c:Order>", "</c:Order>", "<c:Head>", "</c:Head>", "<c:Line>", "</c:Line>", "<c:guid>", "</c:guid>",
            "<c:orderNo/>", "<c:ebpName/>", "<c:freight/>", "<c:gnum/>", "<x/>", "<c:Extend>", "</c:Extend>", "t", "&amp;",
        ]), 0..40)
    ) {
        sound(format!("<c:Message xmlns:c='urn:test:ceb'>{}</c:Message>", parts.concat()).as_bytes())?;
    }

    #[test]
    fn any_children_of_a_nested_model_are_judged(parts in prop::collection::vec(0..5usize, 0..24)) {
        static NESTED: LazyLock<SchemaSet> = LazyLock::new(|| set(
            r#"<xs:element name="r"><xs:complexType><xs:sequence maxOccurs="3"><xs:element name="a" minOccurs="0" maxOccurs="2"/>
            <xs:choice minOccurs="0" maxOccurs="2"><xs:sequence><xs:element name="b"/><xs:element name="c" maxOccurs="2"/></xs:sequence>
            <xs:sequence minOccurs="2" maxOccurs="2"><xs:element name="d"/></xs:sequence></xs:choice><xs:element name="e"/></xs:sequence></xs:complexType></xs:element>"#,
        ));
        let children: String = parts.iter().map(|n| ["<a/>", "<b/>", "<c/>", "<d/>", "<e/>"][*n]).collect();
        let report = NESTED.validate(&format!("<r>{children}</r>"), &mut NoSink);
        let names: String = parts.iter().map(|n| ["a", "b", "c", "d", "e"][*n]).collect();
        let reference = regex::Regex::new("^(a{0,2}((bc{1,2})|(d{2})){0,2}e){1,3}$").unwrap();
        prop_assert_eq!(report.is_valid(), reference.is_match(&names), "{}: {:?}", names, report.faults);
    }

    #[test]
    fn any_change_of_a_schema_is_compiled_or_refused(at in 0..ORDER.len(), len in 0usize..20, with in "[a-z<>/\"=: 0-9#]{0,6}") {
        let at = (0..=at).rev().find(|at| ORDER.is_char_boundary(*at)).unwrap();
        let end = (at + len..=ORDER.len()).find(|end| ORDER.is_char_boundary(*end)).unwrap_or(ORDER.len());
        let text = format!("{}{with}{}", &ORDER[..at], &ORDER[end..]);
        let files: [(&str, &[u8]); 2] = [("s.xsd", text.as_bytes()), ("common.xsd", super::sample::COMMON.as_bytes())];
        if let Err(errors) = SchemaSet::compile(&files, &["s.xsd"]) {
            prop_assert!(!errors.is_empty());
        }
    }

    #[test]
    fn any_pattern_is_compiled_or_refused(source in "[a-c\\\\\\[\\]^(){}|?*+.,0-9pdLuIs-]{0,16}", value in "[a-c0-9]{0,6}") {
        if let Ok(pattern) = crate::schema::pattern::Pattern::compile(&source, &mut 1) {
            pattern.matches(&value);
        }
    }
}

#[test]
fn hostile_texts_end_soon() {
    let started = std::time::Instant::now();
    let wide = format!("<c:Message xmlns:c='urn:test:ceb'>{}</c:Message>", "<c:Ordr/>".repeat(100_000));
    let report = SET.validate(&wide, &mut NoSink);
    assert_eq!(report.faults.len(), limits::FAULTS_MAX);
    assert!(report.faults_total >= 100_000);
    let late = format!("<c:Message xmlns:c='urn:test:ceb'><c:Extend/>{}</c:Message>", "<c:Order/>".repeat(50_000));
    assert!(SET.validate(&late, &mut NoSink).faults_total > 50_000);
    let text = format!("<c:Message xmlns:c='urn:test:ceb'>{}</c:Message>", "&amp;".repeat(200_000));
    assert!(!SET.validate(&text, &mut NoSink).is_valid());
    let wide = format!("<a {}/>", "x='1' ".repeat(200_000));
    assert_eq!(SET.validate(&wide, &mut NoSink).faults[0].rule, rules::SYNTAX);
    let big = "x".repeat(limits::MESSAGE_BYTES_MAX + 1);
    assert_eq!(SET.validate(&big, &mut NoSink).faults[0].rule, rules::LIMIT);
    assert!(started.elapsed() < std::time::Duration::from_secs(60));
}
