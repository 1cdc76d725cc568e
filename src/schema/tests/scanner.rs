use super::*;
use crate::domain::limits;

/// Scans a whole text; returns its tokens in short, or the fault.
fn scan(text: &str) -> Result<String, Stop> {
    let known = Namespaces::default();
    let mut scanner = Scanner::new(text, &known, Doctype::Refused);
    let mut out = String::new();
    loop {
        match scanner.next()? {
            Token::Start(start) => {
                out.push_str(&format!("<{}", start.name));
                for attribute in scanner.attributes() {
                    out.push_str(&format!(" {}={:?}", attribute.name, attribute.value));
                }
                out.push('>');
            }
            Token::End { .. } => out.push_str("</>"),
            Token::Text { text, .. } | Token::CData { text, .. } => out.push_str(text),
            Token::Char { char, .. } => out.push(char),
            Token::Eof => return Ok(out),
        }
    }
}

#[track_caller]
fn refused(text: &str, rule: &str, at: usize) {
    match scan(text) {
        Ok(_) => panic!("{text:?} was accepted"),
        Err(stop) => assert_eq!((stop.rule, stop.at), (rule, at), "{text:?}: {}", stop.en),
    }
}

#[test]
fn well_formed_texts_are_read() {
    let text = "<?xml version=\"1.0\" encoding='UTF-8' standalone=\"yes\" ?>\n<!-- c - c --><?go on?>\n\
                <a x = '1' y=\"&lt;&#65;&#x4E2D;\tz\"><b/>t&amp;<![CDATA[<&]]]]>]] &gt;<c ></c\n></a>\n<!---->";
    assert_eq!(scan(text).unwrap(), "<a x=\"1\" y=\"<A中 z\"><b></>t&<&]]]] ><c></></>");
}

#[test]
fn there_is_one_root_and_nothing_beside_it() {
    refused("", rules::ROOT, 0);
    refused(" <!-- -->", rules::ROOT, 9);
    refused("<a/><b/>", rules::ROOT, 4);
    refused("<a/>x", rules::ROOT, 4);
    refused("x<a/>", rules::ROOT, 0);
    refused("<a/>&amp;", rules::ROOT, 4);
    refused("<a/></a>", rules::ROOT, 4);
    refused("<a/><![CDATA[]]>", rules::ROOT, 4);
}

#[test]
fn document_types_are_refused_at_once() {
    refused("<!DOCTYPE a><a/>", rules::DTD, 0);
    refused("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", rules::DTD, 22);
    refused("<!doctype a><a/>", rules::DTD, 0);
}

#[test]
fn tags_must_match_and_close() {
    refused("<a></b>", rules::SYNTAX, 3);
    refused("<a><b></a></b>", rules::SYNTAX, 6);
    refused("<a></a x>", rules::SYNTAX, 7);
    refused("<a></ab>", rules::SYNTAX, 3);
    refused("<ab></a>", rules::SYNTAX, 4);
    for text in
        ["<", "<a", "<a ", "<a x", "<a x=", "<a x='", "<a x='1", "<a x='1'", "<a/", "<a>", "<a>t", "<a></", "<a></a"]
    {
        let stop = scan(text).unwrap_err();
        assert_eq!(stop.rule, rules::SYNTAX, "{text}");
        assert!(stop.at <= text.len());
    }
    for text in [
        "<a><!",
        "<a><!-",
        "<a><!--",
        "<a><!-- -",
        "<a><!-- --",
        "<a><![CDATA[",
        "<a><![CDATA[]]",
        "<a><?p",
        "<a><?p ?",
    ] {
        assert_eq!(scan(text).unwrap_err().rule, rules::SYNTAX, "{text}");
    }
}

#[test]
fn names_are_legal() {
    refused("<1a/>", rules::SYNTAX, 1);
    refused("< a/>", rules::SYNTAX, 1);
    refused("<a:b:c/>", rules::SYNTAX, 1);
    refused("<:a/>", rules::SYNTAX, 1);
    refused("<a b:='1'/>", rules::SYNTAX, 3);
    refused("<a\u{D7}/>", rules::SYNTAX, 1);
    assert!(scan("<订单 属性='1'/>").is_ok());
    let long = "n".repeat(limits::XML_NAME_BYTES_MAX + 1);
    refused(&format!("<{long}/>"), rules::LIMIT, 1);
}

#[test]
fn attributes_follow_their_rules() {
    refused("<a x='1'y='2'/>", rules::SYNTAX, 8);
    refused("<a x='1' x='2'/>", rules::SYNTAX, 9);
    refused("<a x=1/>", rules::SYNTAX, 5);
    refused("<a x/>", rules::SYNTAX, 4);
    refused("<a x='<'/>", rules::SYNTAX, 6);
    refused("<a x='&'/>", rules::SYNTAX, 6);
    refused("<a x='&b;'/>", rules::SYNTAX, 6);
    refused("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", rules::SYNTAX, 35);
    refused("<a xmlns='u' xmlns='v'/>", rules::SYNTAX, 13);
    let many: String = (0..=limits::XML_ATTRIBUTES_MAX).map(|n| format!(" x{n}=''")).collect();
    assert_eq!(scan(&format!("<a{many}/>")).unwrap_err().rule, rules::LIMIT);
}

#[test]
fn attribute_values_and_line_ends_are_normalised() {
    assert_eq!(scan("<a x='1\r\n2\r3\n4\t5&#10;6&#13;'/>").unwrap(), "<a x=\"1 2 3 4 5\\n6\\r\"></>");
}

#[test]
fn prefixes_are_bound_and_reserved_ones_kept() {
    refused("<p:a/>", rules::PREFIX, 1);
    refused("<a p:x='1'/>", rules::PREFIX, 3);
    refused("<a><b xmlns:p='u'/><p:c/></a>", rules::PREFIX, 20);
    refused("<a xmlns:xml='u'/>", rules::PREFIX, 3);
    refused("<a xmlns:xmlns='u'/>", rules::PREFIX, 3);
    refused("<a xmlns:p=''/>", rules::PREFIX, 3);
    refused("<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", rules::PREFIX, 3);
    refused("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", rules::PREFIX, 3);
    refused("<xmlns:a/>", rules::PREFIX, 1);
    assert!(scan("<p:a xmlns:p='u' xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='zh' p:x=''/>").is_ok());
}

#[test]
fn text_keeps_its_rules() {
    refused("<a>]]></a>", rules::SYNTAX, 3);
    refused("<a>x & y</a>", rules::SYNTAX, 5);
    refused("<a>&nbsp;</a>", rules::SYNTAX, 3);
    refused("<a>&#0;</a>", rules::CHAR, 3);
    refused("<a>&#xFFFE;</a>", rules::CHAR, 3);
    refused("<a>&#xD800;</a>", rules::CHAR, 3);
    refused("<a>&#99999999999;</a>", rules::CHAR, 3);
    refused("<a>&#x;</a>", rules::SYNTAX, 3);
    refused("<a>&#12</a>", rules::SYNTAX, 3);
    refused("<a>\u{1}</a>", rules::CHAR, 3);
    refused("<a>\0</a>", rules::CHAR, 3);
    refused("<a>中\u{FFFF}</a>", rules::CHAR, 6);
    refused("<a x='\u{8}'/>", rules::CHAR, 6);
    refused("<a><!--\u{8}--></a>", rules::CHAR, 7);
    refused("<a><![CDATA[\u{8}]]></a>", rules::CHAR, 12);
    refused("\0<a/>", rules::CHAR, 0);
    assert!(scan("<a>\u{FF0C}\u{FFFD}\u{85}]] ></a>").is_ok());
}

#[test]
fn comments_and_instructions_keep_theirs() {
    refused("<a><!-- -- --></a>", rules::SYNTAX, 8);
    refused("<a><!-- ---></a>", rules::SYNTAX, 8);
    refused("<a><!x></a>", rules::SYNTAX, 3);
    refused("<a><?xml version='1.0'?></a>", rules::SYNTAX, 3);
    refused(" <?xml version='1.0'?><a/>", rules::SYNTAX, 1);
    refused("<a><?XmL ?></a>", rules::SYNTAX, 3);
    refused("<a><? x?></a>", rules::SYNTAX, 5);
    refused("<a><?p:q x?></a>", rules::SYNTAX, 3);
    assert!(scan("<?xml-stylesheet href=''?><a><?p?><?q ??></a>").is_ok());
}

#[test]
fn the_xml_declaration_has_its_order_and_values() {
    for good in ["version='1.0'", "version=\"1.0\"  encoding='gbk'", "version = '1.1' standalone='no' "] {
        assert!(scan(&format!("<?xml {good}?><a/>")).is_ok(), "{good}");
    }
    for bad in [
        "",
        "encoding='UTF-8'",
        "version='2.0'",
        "version='1.'",
        "version='1.0' encoding=''",
        "version='1.0' standalone='maybe'",
        "version='1.0' standalone='yes' encoding='UTF-8'",
        "version='1.0'encoding='UTF-8'",
        "version='1.0' x='1'",
        "version=1.0",
        "version='1.0",
        "version='1.0' encoding='UTF-8' version='1.0'",
        "version='1.0' encoding='-x'",
    ] {
        assert_eq!(scan(&format!("<?xml {bad}?><a/>")).unwrap_err().rule, rules::SYNTAX, "{bad}");
    }
}

#[test]
fn depth_has_a_limit() {
    let fine = limits::XML_DEPTH_MAX;
    assert!(scan(&format!("{}{}", "<a>".repeat(fine), "</a>".repeat(fine))).is_ok());
    refused(&"<a>".repeat(30_000), rules::LIMIT, 3 * fine);
}

#[test]
fn schema_files_may_have_a_document_type() {
    let known = Namespaces::default();
    let text = "<!DOCTYPE s PUBLIC \"a>b\" 'c' [ <!ENTITY % p 'x]>'> <!-- ]> ' --> <?q ]> ?> ] ><s/>";
    let mut scanner = Scanner::new(text, &known, Doctype::Skipped);
    assert!(matches!(scanner.next(), Ok(Token::Start(_))));
    let mut open = Scanner::new("<!DOCTYPE s [", &known, Doctype::Skipped);
    assert!(open.next().is_err());
}

mod against_quick_xml {
    use super::*;
    use proptest::prelude::*;

    /// The same reading by quick-xml; `None` if it finds a fault.
    fn reference(text: &str) -> Option<Vec<String>> {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        let mut names = Vec::new();
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Start(start)) => names.push(start.name().as_ref().to_owned()),
                Ok(quick_xml::events::Event::Empty(start)) => names.push(start.name().as_ref().to_owned()),
                Ok(quick_xml::events::Event::Eof) => return Some(names),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    fn ours(text: &str) -> Option<Vec<String>> {
        let known = Namespaces::default();
        let mut scanner = Scanner::new(text, &known, Doctype::Refused);
        let mut names = Vec::new();
        loop {
            match scanner.next() {
                Ok(Token::Start(start)) => names.push(start.name.to_owned()),
                Ok(Token::Eof) => return Some(names),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    proptest! {
        #[test]
        fn what_we_accept_quick_xml_reads_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<a>", "</a>", "<b/>", "<c x='>'>", "</c>", "t", " ", "&amp;", "<!-- - -->", "<![CDATA[<a>]]>",
                "<?p a?>", "订", "]]>", "&", "<", ">", "'", "\"", "-->", "x='1'", "<d ", "/>",
            ]), 0..24)
        ) {
            let text = format!("<r>{}</r>", parts.concat());
            if let Some(names) = ours(&text) {
                prop_assert_eq!(Some(names), reference(&text));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[<>/!?&;#x'\"=\\[\\]CDAT a-c:\\-\u{0}\u{7}\r\n中]{0,60}") {
            if let Err(stop) = scan(&text) {
                prop_assert!(stop.at <= text.len());
                prop_assert!(text.is_char_boundary(stop.at));
            }
        }
    }
}
