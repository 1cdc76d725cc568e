//! DOCTYPEs: what is put in, where it comes from, and what is refused.

use super::*;

fn made(text: &str, markup: bool) -> Result<Option<Expanded>, Stop> {
    expand(text, &read(text)?.unwrap_or_default(), markup)
}

fn expanded(text: &str) -> String {
    made(text, true).ok().flatten().map(|made| made.text.split_once("]>").unwrap().1.to_owned()).unwrap()
}

#[test]
fn entities_and_defaults_are_put_in() {
    let subset = "<!DOCTYPE r [<!-- [ --><!ENTITY a 'x'><!ENTITY b \"&a;&#38;lt;'\"><!ATTLIST r d CDATA #FIXED '&a;' e (p|q) 'p' f CDATA #IMPLIED>]>";
    assert_eq!(
        expanded(&format!("{subset}<r e='&b;'>&a;&lt;<![CDATA[&a;]]></r>")),
        "<r e='x&lt;&#39;' d=\"x\">x&lt;<![CDATA[&a;]]></r>"
    );
    assert_eq!(expanded(&format!("{subset}<r/>")), "<r d=\"x\" e=\"p\"/>");
    assert!(made("<r/>", true).ok().flatten().is_none());
    assert!(made("<!DOCTYPE r><r/>", true).ok().flatten().is_none());
    let subset = "<!DOCTYPE r [<!ATTLIST r xmlns:a NMTOKEN #IMPLIED b CDATA #IMPLIED>]>";
    assert_eq!(
        expanded(&format!("{subset}<r xmlns:a=' u\n' b=' u '><s xmlns:a=' u '/></r>")),
        "<r xmlns:a='u' b=' u '><s xmlns:a=' u '/></r>"
    );
    // The first declaration binds, also one without a default; parameter entities count as what they hold.
    let subset = "<!DOCTYPE r [<!ENTITY % p '<!ENTITY a \"1\">'>%p;<!ENTITY a '2'><!ATTLIST r b CDATA #IMPLIED><!ATTLIST r b CDATA 'x'>]>";
    assert_eq!(expanded(&format!("{subset}<r>&a;</r>")), "<r>1</r>");
}

#[test]
fn places_lead_back_to_the_file() {
    let text = "<!DOCTYPE r [<!ENTITY a '0123456789'>]><r x='&a;'>&a;</r>";
    let made = made(text, false).ok().flatten().unwrap();
    assert_eq!(made.origin(made.text.rfind("</r>").unwrap()), text.rfind("</r>").unwrap());
    assert_eq!(made.origin(made.text.find("<r x").unwrap()), text.find("<r x").unwrap());
}

#[test]
fn entities_that_grow_or_hold_themselves_are_refused() {
    assert!(made("<!DOCTYPE r [<!ENTITY a '&b;x'><!ENTITY b '&a;x'>]><r>&a;</r>", true).is_err());
    let levels = |kind: &str, open: &str, close: &str| {
        let mut text = format!("<!DOCTYPE r [<!ENTITY {kind}e0 '0123456789'>");
        for level in 1..12 {
            text += &format!("<!ENTITY {kind}e{level} '{}'>", format!("{open}e{}{close}", level - 1).repeat(10));
        }
        text
    };
    assert!(made(&format!("{}]><r>&e11;</r>", levels("", "&", ";")), true).is_err());
    let doubling: String = (1..40).map(|n| format!("<!ENTITY % e{n} '&#37;e{};&#37;e{};'>", n - 1, n - 1)).collect();
    assert!(read(&format!("<!DOCTYPE r [<!ENTITY % e0 '<!-- x -->'>{doubling}%e39;]><r/>")).is_err());
    assert!(read("<!DOCTYPE r [<!ENTITY % a '&#37;a;'>%a;]><r/>").is_err());
}

#[test]
fn references_end_where_they_begin_and_bring_no_markup_into_files() {
    let subset = "<!DOCTYPE r [<!ENTITY and '&#38;'><!ENTITY end 'p;'><!ENTITY open '<b>'><!ENTITY less '&#38;#60;'>]>";
    for bad in ["&and;amp;", "&am&end;", "&and;", "&open;</b>", "& ", "&#0;", "&#x;", "&#99999999;", "&1;"] {
        assert!(made(&format!("{subset}<r>{bad}</r>"), false).is_err(), "{bad}");
        assert!(made(&format!("{subset}<r a='{bad}'/>"), false).is_err(), "{bad}");
    }
    for good in ["&less;", "&end;", "&#65;&amp;"] {
        assert!(made(&format!("{subset}<r a='{good}'>{good}</r>"), false).is_ok(), "{good}");
    }
    let outside = made("<!DOCTYPE r [<!ENTITY e ''>]><r/>&e;", false).ok().flatten().unwrap();
    assert!(outside.text.ends_with("<r/>&e;"), "left to the scanner");
    // In a schema file an entity may hold elements, in no attribute.
    assert!(made(&format!("{subset}<r>&open;</b></r>"), true).is_ok());
    assert!(made(&format!("{subset}<r a='&open;'/>"), true).is_err());
}

#[test]
fn declarations_keep_to_the_rules_of_xml() {
    for good in [
        "",
        "[]",
        " [ ]",
        "SYSTEM 's'",
        "PUBLIC 'p' \"s's\" [ ]",
        "[<!ELEMENT a EMPTY><!ELEMENT b ANY ><!ELEMENT c (#PCDATA)><!ELEMENT d (#PCDATA)*><!ELEMENT e ( #PCDATA | a|b )*>]",
        "[<!ELEMENT a (b)><!ELEMENT a (b,c?,(d|e)+)*><!ELEMENT a ((b|c),(d))><!ELEMENT a ( ( b ) )?>]",
        "[<!ATTLIST a><!ATTLIST a b CDATA #REQUIRED c ID #IMPLIED d IDREFS '' e NMTOKENS #FIXED \"x\">]",
        "[<!NOTATION n SYSTEM 's'><!NOTATION o PUBLIC 'p'><!NOTATION q PUBLIC 'p' 's'><!ATTLIST a b NOTATION (n | o) 'n' c (1|x:y) '1'>]",
        "[<!ENTITY a 'x&b;&#65;'><!ENTITY c SYSTEM 's'><!ENTITY d PUBLIC 'p' 's' NDATA n><!ENTITY % p 'x'><!ENTITY % q SYSTEM 's'>%q;<!ENTITY e ''>]",
        "[<!ENTITY lt '&#38;#60;'><!ENTITY amp '&#38;#x26;'><!ENTITY gt '>'><!ENTITY quot '&#34;'>]",
        "[<?p?><?p d?><!-- - -->\n\t]",
    ] {
        let text = format!("<?xml version='1.0'?><!-- - --><!DOCTYPE r {good}><r/>");
        assert!(read(&text).is_ok(), "{good}: {:?}", read(&text).err());
    }
    for bad in [
        "[",
        "[]]",
        "x",
        "SYSTEM",
        "SYSTEM s",
        "PUBLIC 'p'",
        "PUBLIC 'p''s'",
        "PUBLIC 'p{' 's'",
        "SYSTEM 's' x",
        "[<!ELEMENT a>]",
        "[<!ELEMENT a ()>]",
        "[<!ELEMENT a (b,c|d)>]",
        "[<!ELEMENT a (b>]",
        "[<!ELEMENT a b>]",
        "[<!ELEMENT a (#PCDATA|b)>]",
        "[<!ELEMENT a (b #PCDATA)>]",
        "[<!ELEMENT a (#PCDATA,b)*>]",
        "[<!ELEMENT a (b)(c)>]",
        "[<!ELEMENT a (b ?)>]",
        "[<!ELEMENT a EMPTY b>]",
        "[<!ELEMENT 1 EMPTY>]",
        "[<!ELEMENT a:b:c EMPTY>]",
        "[<!element a EMPTY>]",
        "[<!ATTLIST a b>]",
        "[<!ATTLIST a b CDATA>]",
        "[<!ATTLIST a b CDATA x>]",
        "[<!ATTLIST a b CDATA '<'>]",
        "[<!ATTLIST a b CDATA '&'>]",
        "[<!ATTLIST a b CDATA '&later;'><!ENTITY later ''>]",
        "[<!ATTLIST a b CDATA 'x'c CDATA 'y'>]",
        "[<!ATTLIST a b NUMBER 'x'>]",
        "[<!ATTLIST a b () 'x'>]",
        "[<!ATTLIST a b (c,d) 'x'>]",
        "[<!ATTLIST a b CDATA #CONREF>]",
        "[<!ENTITY a>]",
        "[<!ENTITY a x>]",
        "[<!ENTITY a '&'>]",
        "[<!ENTITY a '&#0;'>]",
        "[<!ENTITY a '%p;'>]",
        "[<!ENTITY a:b 'x'>]",
        "[<!ENTITY a 'x' NDATA n>]",
        "[<!ENTITY % p SYSTEM 's' NDATA n>]",
        "[<!ENTITY a SYSTEM 's'NDATA n>]",
        "[<!ENTITY lt '<'>]",
        "[<!ENTITY amp '&#38;'>]",
        "[<!NOTATION n>]",
        "[<!NOTATION n 'p'>]",
        "[<!NOTATION a:b SYSTEM 's'>]",
        "[<?xml version='1.0'?>]",
        "[<?p:q?>]",
        "[<?p]",
        "[<!-- -- -->]",
        "[<!-- --->]",
        "[<![INCLUDE[]]>]",
        "[&a;]",
        "[% p;]",
        "[%p]",
        "[<!ENTITY % p '<!ELEMENT'>%p; a EMPTY>]",
        "[<!ENTITY % p ']'>%p;]",
        "[text]",
        "[<!-- \u{1} -->]",
    ] {
        let text = format!("<!DOCTYPE r {bad}><r/>");
        assert!(read(&text).is_err(), "{bad} is taken");
    }
}

#[test]
fn only_what_stands_before_the_root_is_a_doctype() {
    assert!(read("<r/><!DOCTYPE r>").unwrap().is_none());
    assert!(read("<!-- <!DOCTYPE x> --><r/>").unwrap().is_none());
    assert!(read("<?p <!DOCTYPE x [ ?><r><![CDATA[<!DOCTYPE r>]]></r>").unwrap().is_none());
    let aside = "<!--><!DOCTYPE r [<!ENTITY a 'x'>]>--><r>&a;</r>";
    assert!(read(aside).unwrap().is_none());
    assert!(read("<??><!DOCTYPE r [<!ENTITY a 'x'>]>?><r/>").unwrap().is_some(), "`<?` and `?>` are a whole");
    assert!(read("").unwrap().is_none() && read("text").unwrap().is_none() && read("<!--").unwrap().is_none());
}
