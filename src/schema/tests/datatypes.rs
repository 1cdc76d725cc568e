//! Datatypes of XSD 1.0 part 2: what the built-in types and the facets take, and which facets a schema may have.

use super::sample::{check, set, try_set};
use crate::schema::{NoSink, rules};

fn wrap(types: &str) -> String {
    format!(r#"{types}<xs:element name="v" type="t"/>"#)
}

fn derived(base: &str, facets: &str) -> String {
    wrap(&format!(r#"<xs:simpleType name="t"><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>"#))
}

#[track_caller]
fn takes(definitions: &str, good: &[&str], bad: &[&str]) {
    let set = set(definitions);
    for (values, wanted) in [(good, true), (bad, false)] {
        for value in values {
            let report = set.validate(&format!("<v xmlns:r='urn:q'>{value}</v>"), &mut NoSink);
            assert_eq!(report.is_valid(), wanted, "{value:?} {:?}", report.faults);
        }
    }
}

#[track_caller]
fn refused(definitions: &[&str]) {
    for definitions in definitions {
        assert!(try_set(definitions).is_err(), "{definitions}");
    }
}

#[test]
fn floats_are_rounded_before_they_are_compared() {
    takes(&derived("xs:float", r#"<xs:maxInclusive value="16777216"/>"#), &["16777217", "-INF"], &["16777219", "NaN"]);
    takes(&derived("xs:double", r#"<xs:maxInclusive value="16777216"/>"#), &["16777216"], &["16777217"]);
    takes(&derived("xs:float", r#"<xs:enumeration value="0.1"/>"#), &["0.1", "0.100000001"], &["0.2"]);
    takes(&derived("xs:float", r#"<xs:enumeration value="-0"/>"#), &["0", "-0.0", "0e9"], &["1e-44"]);
    takes(&derived("xs:double", r#"<xs:enumeration value="NaN"/>"#), &["NaN"], &["INF", "0"]);
    takes(&derived("xs:double", r#"<xs:minInclusive value="NaN"/>"#), &["NaN"], &["INF", "0"]);
    takes(&derived("xs:float", r#"<xs:minInclusive value="INF"/>"#), &["INF", "1e39"], &["3e38", "NaN"]);
}

#[test]
fn moments_and_durations_are_partly_ordered() {
    let low = derived("xs:dateTime", r#"<xs:minInclusive value="2000-01-15T00:00:00"/>"#);
    takes(&low, &["2000-01-15T00:00:00", "2000-01-15T14:00:01Z"], &["2000-01-15T13:00:00Z", "2000-01-14T23:00:00Z"]);
    let low = derived("xs:duration", r#"<xs:minInclusive value="P1M"/>"#);
    takes(&low, &["P32D", "P1M", "P1MT1S"], &["P31D", "P28D", "P27D", "-P1Y"]);
    takes(&derived("xs:duration", r#"<xs:enumeration value="P1Y"/>"#), &["P12M", "P0Y12M"], &["P365D"]);
    takes(&derived("xs:date", r#"<xs:enumeration value="2000-01-01"/>"#), &["2000-01-01"], &["2000-01-01Z"]);
    takes(&derived("xs:time", r#"<xs:enumeration value="24:00:00"/>"#), &["00:00:00"], &["00:00:01"]);
}

#[test]
fn a_month_of_the_first_edition_is_taken_by_the_built_in_type_only() {
    takes(r#"<xs:element name="v" type="xs:gMonth"/>"#, &["--12", "--12--", "--12--Z"], &["--13--", "--12-"]);
    takes(&derived("xs:gMonth", r#"<xs:maxInclusive value="--12"/>"#), &["--12"], &["--12--"]);
    refused(&[&derived("xs:gMonth", r#"<xs:maxInclusive value="--12--Q"/>"#)]);
}

#[test]
fn names_with_prefixes_are_compared_by_namespace() {
    let values = r#"<xs:enumeration value="q:a" xmlns:q="urn:q"/><xs:enumeration value="b"/>"#;
    takes(&derived("xs:QName", values), &["r:a", "b"], &["a", "r:b", "z:a"]);
    let noted = |facets: &str| format!(r#"<xs:notation name="n" public="p"/>{}"#, derived("xs:NOTATION", facets));
    takes(&noted(r#"<xs:enumeration value="n"/>"#), &["n"], &["m", "r:n", ""]);
    refused(&[
        &noted(r#"<xs:enumeration value="m"/>"#),
        &noted(""),
        r#"<xs:element name="v" type="xs:NOTATION"/>"#,
        r#"<xs:element name="v"><xs:complexType><xs:attribute name="a" type="xs:NOTATION"/></xs:complexType></xs:element>"#,
    ]);
}

#[test]
fn lengths_of_qualified_names_are_not_counted() {
    takes(&derived("xs:QName", r#"<xs:length value="1"/>"#), &["abc", "r:abc"], &["r:"]);
}

#[test]
fn members_of_a_union_take_values_in_their_order() {
    let union = |members: &str, facets: &str| {
        wrap(&format!(
            r#"<xs:simpleType name="u"><xs:union memberTypes="{members}"/></xs:simpleType>
               <xs:simpleType name="t"><xs:restriction base="u">{facets}</xs:restriction></xs:simpleType>"#
        ))
    };
    let one = r#"<xs:enumeration value="1"/>"#;
    takes(&union("xs:decimal xs:string", one), &["1", "1.0", "01"], &["2", "a"]);
    takes(&union("xs:string xs:decimal", one), &["1"], &["1.0", "01"]);
    takes(&union("xs:boolean xs:decimal", one), &["1", "true"], &["1.0", "01", "false"]);
    takes(&union("xs:int xs:NMTOKENS", r#"<xs:pattern value="1|a b"/>"#), &[" 1 ", "a  b"], &["01", "a"]);
    refused(&[&union("xs:int", r#"<xs:minInclusive value="1"/>"#), &union("xs:int", r#"<xs:length value="1"/>"#)]);
}

#[test]
fn unions_in_unions_stand_for_their_members_and_do_not_multiply() {
    let mut types =
        String::from(r#"<xs:simpleType name="u0"><xs:union memberTypes="xs:int xs:date"/></xs:simpleType>"#);
    for level in 1..60 {
        let below = level - 1;
        types.push_str(&format!(
            r#"<xs:simpleType name="u{level}"><xs:union memberTypes="u{below} u{below} u{below}"/></xs:simpleType>"#
        ));
    }
    takes(&format!(r#"{types}<xs:element name="v" type="u59"/>"#), &["1", "2000-01-01"], &["a"]);
}

#[test]
fn lists_count_items_and_match_as_a_whole() {
    let list = |item: &str, facets: &str| {
        wrap(&format!(
            r#"<xs:simpleType name="l"><xs:list itemType="{item}"/></xs:simpleType>
               <xs:simpleType name="t"><xs:restriction base="l">{facets}</xs:restriction></xs:simpleType>"#
        ))
    };
    takes(&list("xs:int", r#"<xs:pattern value="1 2"/>"#), &["1 2", " 1 \n 2 "], &["1", "01 2"]);
    takes(&list("xs:decimal", r#"<xs:enumeration value="1 2"/>"#), &["1.0 02"], &["1", "2 1", "1 2 3"]);
    takes(&list("xs:int", r#"<xs:length value="0"/>"#), &["", "  "], &["1"]);
    refused(&[
        &list("xs:NMTOKENS", ""),
        &list("xs:int", r#"<xs:whiteSpace value="preserve"/>"#),
        &list("xs:int", r#"<xs:minInclusive value="1"/>"#),
        &list("xs:int", r#"<xs:enumeration value="1 a"/>"#),
    ]);
}

#[test]
fn ids_in_lists_and_unions_are_one_set() {
    let types = r#"<xs:simpleType name="u"><xs:union memberTypes="xs:int xs:IDREF"/></xs:simpleType>
        <xs:simpleType name="l"><xs:list itemType="u"/></xs:simpleType>
        <xs:element name="v"><xs:complexType><xs:sequence><xs:element name="i" type="xs:ID" maxOccurs="9"/>
        <xs:element name="r" type="l" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>"#;
    let set = set(types);
    let rule = |text: &str| check(&set, text).faults.first().map(|fault| fault.rule);
    assert_eq!(rule("<v><i>a</i><i>b</i><r>a 1 b</r></v>"), None);
    assert_eq!(rule("<v><i>a</i><r>a 1 c</r></v>"), Some(rules::XSD_IDREF));
    assert_eq!(rule("<v><i>a</i><i> a </i></v>"), Some(rules::XSD_ID));
}

#[test]
fn entities_need_a_dtd_and_so_are_never_there() {
    takes(r#"<xs:element name="v" type="xs:ENTITY"/>"#, &[], &["a", ""]);
    takes(r#"<xs:element name="v" type="xs:ENTITIES"/>"#, &[], &["a b", ""]);
    takes(&derived("xs:ENTITY", r#"<xs:enumeration value="a"/>"#), &[], &["a"]);
}

#[test]
fn facets_must_be_well_formed_and_apply() {
    for (base, facet, value) in [
        ("string", "length", "-1"),
        ("string", "length", "1.0"),
        ("string", "length", ""),
        ("string", "minLength", "1e2"),
        ("decimal", "totalDigits", "0"),
        ("decimal", "fractionDigits", "-1"),
        ("integer", "fractionDigits", "1"),
        ("string", "totalDigits", "1"),
        ("string", "minInclusive", "a"),
        ("boolean", "enumeration", "true"),
        ("boolean", "length", "1"),
        ("decimal", "length", "1"),
        ("decimal", "whiteSpace", "preserve"),
        ("token", "whiteSpace", "replace"),
        ("string", "whiteSpace", "squeeze"),
        ("int", "minInclusive", "-2147483649"),
        ("int", "minInclusive", "1.5"),
        ("date", "maxExclusive", "2000-02-30"),
        ("int", "enumeration", "a"),
        ("NMTOKENS", "length", "0"),
        ("anySimpleType", "pattern", "a"),
        ("anySimpleType", "enumeration", "a"),
    ] {
        refused(&[&derived(&format!("xs:{base}"), &format!(r#"<xs:{facet} value="{value}"/>"#))]);
    }
    for (base, facet, value) in [
        ("string", "length", " +02 "),
        ("string", "maxLength", "99999999999999999999999"),
        ("integer", "fractionDigits", "0"),
        ("int", "minInclusive", "-2147483648"),
        ("string", "minLength", "-0"),
        ("decimal", "whiteSpace", "collapse"),
        ("boolean", "pattern", "true"),
    ] {
        set(&derived(&format!("xs:{base}"), &format!(r#"<xs:{facet} value="{value}"/>"#)));
    }
}

#[test]
fn facets_only_narrow_and_keep_what_is_fixed() {
    let steps = |base: &str, first: &str, second: &str| {
        wrap(&format!(
            r#"<xs:simpleType name="b"><xs:restriction base="xs:{base}">{first}</xs:restriction></xs:simpleType>
               <xs:simpleType name="t"><xs:restriction base="b">{second}</xs:restriction></xs:simpleType>"#
        ))
    };
    let facet = |text: &str| {
        let parts: Vec<&str> = text.split(' ').collect();
        let fixed = if parts.len() > 2 { r#" fixed="true""# } else { "" };
        format!(r#"<xs:{} value="{}"{fixed}/>"#, parts[0], parts[1])
    };
    for (base, first, second, good) in [
        ("int", "minInclusive 5", "minInclusive 4", false),
        ("int", "minInclusive 5", "minInclusive 5", true),
        ("int", "minInclusive 5", "minExclusive 5", true),
        ("int", "minExclusive 5", "minInclusive 5", false),
        ("int", "minExclusive 5", "minExclusive 5", true),
        ("int", "minExclusive 5", "minExclusive 4", false),
        ("int", "minInclusive 5", "maxInclusive 4", false),
        ("int", "maxInclusive 5", "maxExclusive 6", false),
        ("int", "maxExclusive 5", "maxInclusive 5", false),
        ("int", "minInclusive 5 fixed", "minInclusive 6", false),
        ("int", "minInclusive 5 fixed", "minInclusive 05", true),
        ("string", "maxLength 5 fixed", "maxLength 4", false),
        ("string", "maxLength 5 fixed", "maxLength 5", true),
        ("string", "maxLength 5", "maxLength 6", false),
        ("string", "minLength 5", "minLength 4", false),
        ("string", "minLength 5", "maxLength 4", false),
        ("string", "length 5", "length 4", false),
        ("string", "length 5", "minLength 3", false),
        ("string", "minLength 3", "length 5", true),
        ("string", "minLength 3", "length 2", false),
        ("decimal", "totalDigits 5", "fractionDigits 6", false),
        ("decimal", "totalDigits 5", "totalDigits 6", false),
        ("decimal", "fractionDigits 2", "fractionDigits 3", false),
        ("string", "whiteSpace collapse", "whiteSpace replace", false),
        ("string", "whiteSpace replace", "whiteSpace collapse", true),
        ("string", "enumeration a", "enumeration b", false),
        ("string", "pattern a", "enumeration b", false),
    ] {
        let definitions = steps(base, &facet(first), &facet(second));
        assert_eq!(try_set(&definitions).is_ok(), good, "{base}: {first}, then {second}");
    }
    let both = |a: &str, b: &str| derived("xs:int", &format!("{}{}", facet(a), facet(b)));
    refused(&[
        &both("minInclusive 1", "minInclusive 2"),
        &both("minInclusive 1", "minExclusive 1"),
        &both("maxInclusive 1", "maxExclusive 2"),
        &both("minInclusive 2", "maxInclusive 1"),
        &both("minInclusive 1", "maxExclusive 1"),
        &both("totalDigits 2", "totalDigits 2"),
    ]);
    refused(&[&derived("xs:string", &format!("{}{}", facet("length 2"), facet("minLength 1")))]);
    set(&both("minExclusive 1", "maxExclusive 1"));
}

#[test]
fn simple_types_are_final_whole_and_not_their_own_base() {
    let after = |closed: &str, how: &str| {
        wrap(&format!(
            r#"<xs:simpleType name="b" final="{closed}"><xs:restriction base="xs:int"/></xs:simpleType>
               <xs:simpleType name="t">{how}</xs:simpleType>"#
        ))
    };
    let ways = [
        ("restriction", r#"<xs:restriction base="b"/>"#),
        ("list", r#"<xs:list itemType="b"/>"#),
        ("union", r#"<xs:union memberTypes="b"/>"#),
    ];
    for (way, how) in ways {
        for closed in ["", "restriction", "list", "union", "list restriction union", "#all"] {
            let shut = closed == "#all" || closed.split(' ').any(|word| word == way);
            assert_eq!(try_set(&after(closed, how)).is_err(), shut, "{closed:?} {way}");
        }
    }
    let own = |how: &str| wrap(&format!(r#"<xs:simpleType name="t">{how}</xs:simpleType>"#));
    refused(&[
        &after("extension", r#"<xs:list itemType="b"/>"#),
        &after("#all list", r#"<xs:restriction base="xs:int"/>"#),
        &own(r#"<xs:restriction base="t"/>"#),
        &own(r#"<xs:union memberTypes="xs:int t"/>"#),
        &own(r#"<xs:list itemType="t"/>"#),
        &own(""),
        &own("<xs:list/>"),
        &own("<xs:union/>"),
        &own("<xs:restriction/>"),
        &own(r#"<xs:restriction base="xs:int"/><xs:list itemType="xs:int"/>"#),
        &own(r#"<xs:restriction base="xs:anyType"/>"#),
        &own(
            r#"<xs:restriction base="xs:int"><xs:simpleType><xs:restriction base="xs:int"/></xs:simpleType></xs:restriction>"#,
        ),
        &own(r#"<xs:list itemType="xs:int"><xs:simpleType><xs:restriction base="xs:int"/></xs:simpleType></xs:list>"#),
    ]);
}

#[test]
fn deep_derivations_are_refused_not_overflowed() {
    let types: String = (1..5000)
        .rev()
        .map(|level| {
            format!(r#"<xs:simpleType name="t{level}"><xs:restriction base="t{}"/></xs:simpleType>"#, level - 1)
        })
        .collect();
    let errors =
        try_set(&format!(r#"{types}<xs:simpleType name="t0"><xs:restriction base="xs:int"/></xs:simpleType>"#));
    assert!(errors.unwrap_err().iter().any(|error| error.message_en.contains("derive through more than")));
}

#[test]
fn a_prefix_of_the_same_element_is_bound_in_its_value() {
    let set = set(r#"<xs:element name="v" type="xs:QName"/>"#);
    assert!(check(&set, "<v xmlns:p='urn:p'>p:a</v>").is_valid());
    assert_eq!(check(&set, "<v xmlns:p='urn:p'>q:a</v>").faults.first().map(|fault| fault.rule), Some(rules::XSD_TYPE));
}

#[test]
fn everything_that_is_wrong_with_a_value_is_told() {
    let set = set(&derived("xs:string", r#"<xs:maxLength value="3"/><xs:pattern value="[a-z]*"/>"#));
    let told: Vec<&str> = check(&set, "<v>ABCD</v>").faults.iter().map(|fault| fault.rule).collect();
    assert_eq!(told, [rules::XSD_LENGTH, rules::XSD_PATTERN]);
    let set = super::sample::set(&derived(
        "xs:decimal",
        r#"<xs:totalDigits value="3"/><xs:maxInclusive value="10"/><xs:pattern value="\d+"/>"#,
    ));
    let told: Vec<&str> = check(&set, "<v>12.345</v>").faults.iter().map(|fault| fault.rule).collect();
    assert_eq!(told, [rules::XSD_DIGITS, rules::XSD_RANGE, rules::XSD_PATTERN]);
}
