//! Canonical XML: the rules one by one, and thousands of made-up texts against `xmllint --c14n`.

use crate::signature::canonical::{Declarations, Form};
use crate::signature::pass::{Wanted, canonicalize, pass};

fn canonical(text: &str) -> String {
    String::from_utf8(canonicalize(text).expect("XML")).expect("UTF-8")
}

#[test]
fn the_rules_of_canonical_xml() {
    for (text, expected) in [
        ("<?xml version='1.0'?><a/>", "<a></a>"),
        ("<a  b = '1'   a=\"2\"  ></a >", "<a a=\"2\" b=\"1\"></a>"),
        ("<a b='&quot;&apos;&#9;&#10;&#13;&lt;>\t\n'/>", "<a b=\"&quot;'&#x9;&#xA;&#xD;&lt;>  \"></a>"),
        ("<a>\r\n\r&#13;&gt;><![CDATA[<&\r\n]]></a>", "<a>\n\n&#xD;&gt;&gt;&lt;&amp;\n</a>"),
        ("<!--x-->\n<?p  d?><a><!--y--><?q?></a>\n<?r  s ?><!--z-->", "<?p d?>\n<a><?q?></a>\n<?r s ?>"),
        (
            "<z:a xmlns:z='urn:z' xmlns='urn:d' xmlns:b='urn:b'><c xmlns='urn:d' xmlns:b='urn:c' b:x='' y=''/></z:a>",
            "<z:a xmlns=\"urn:d\" xmlns:b=\"urn:b\" xmlns:z=\"urn:z\"><c xmlns:b=\"urn:c\" y=\"\" b:x=\"\"></c></z:a>",
        ),
        ("<a xmlns=''><b xmlns='u'><c xmlns=''/></b></a>", "<a><b xmlns=\"u\"><c xmlns=\"\"></c></b></a>"),
        // Order is by namespace name, not by prefix.
        (
            "<a xmlns:p='urn:2' xmlns:q='urn:1' p:x='1' q:y='2' xml:lang='zh'/>",
            "<a xmlns:p=\"urn:2\" xmlns:q=\"urn:1\" xml:lang=\"zh\" q:y=\"2\" p:x=\"1\"></a>",
        ),
        // xmllint forgets to escape namespace names; the specification does not.
        ("<a xmlns='u?a&amp;b'/>", "<a xmlns=\"u?a&amp;b\"></a>"),
        ("<订单 编号='１'>跨境&#x7535;商</订单>", "<订单 编号=\"１\">跨境电商</订单>"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn a_subtree_brings_the_namespaces_around_it() {
    let text = "<r xmlns='u' xmlns:p='v' xmlns:q='w' xml:lang='zh'><m xmlns:q='x'><c p:a='1'><d q:b=''/></c></m></r>";
    let at = text.find("<c").expect("there");
    let apex = |declarations| {
        let form = Form { declarations, ..Form::default() };
        let wanted = Wanted { apex: Some(at), document: form, ..Wanted::default() };
        String::from_utf8(pass(text, &wanted).expect("XML").document).expect("UTF-8")
    };
    assert_eq!(
        apex(Declarations::InScope),
        "<c xmlns=\"u\" xmlns:p=\"v\" xmlns:q=\"x\" xml:lang=\"zh\" p:a=\"1\"><d q:b=\"\"></d></c>"
    );
    assert!(apex(Declarations::InUse).starts_with("<c xmlns=\"u\" xmlns:p=\"v\" "));
    assert!(apex(Declarations::InUse).contains("<d xmlns:q=\"x\" q:b=\"\">"));
}

#[test]
fn the_signature_is_left_out_and_its_white_space_stays() {
    let signature =
        "<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'><s:SignedInfo> <x/></s:SignedInfo></s:Signature>";
    let text = format!("<r xmlns:a='u'> {signature}\n</r>");
    let found = pass(&text, &Wanted::default()).expect("XML");
    assert_eq!(found.document, b"<r xmlns:a=\"u\"> \n</r>");
    assert_eq!(
        String::from_utf8(found.signed_info).expect("UTF-8"),
        "<s:SignedInfo xmlns:a=\"u\" xmlns:s=\"http://www.w3.org/2000/09/xmldsig#\"> <x></x></s:SignedInfo>"
    );
    assert_eq!((found.signatures.len(), found.elements.len(), found.elements[0].end), (1, 3, text.len() - 5));
}

/// Texts that differ in all that canonical XML has rules for. A small generator of its own: the seed is all it needs.
struct Made {
    seed: u64,
    out: String,
}

const PREFIXES: [&str; 4] = ["", "a", "b", "中"];
const SPACES: [&str; 5] = [" ", "\n", "\t", "\r\n", "  \r"];

impl Made {
    fn below(&mut self, bound: u64) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.seed >> 33) % bound).expect("small")
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64)]
    }

    fn space(&mut self) {
        let space = self.one_of(&SPACES);
        self.out.push_str(space);
    }

    fn value(&mut self, quote: char) {
        for _ in 0..self.below(5) {
            let word = self.one_of(&[
                "x", "电商", "&amp;", "&lt;", "&gt;", ">", "&quot;", "&apos;", "&#9;", "&#xA;", "&#13;", "\t", "\r\n",
                "\r", "\n", "&#x20AC;", "𠮷", "]]>", "'", "\"",
            ]);
            if !word.starts_with(quote) {
                self.out.push_str(word);
            }
        }
    }

    fn aside(&mut self) {
        match self.below(2) {
            0 => {
                let text = self.one_of(&["", "c", " 注\r\n释 ", "<&>", "- "]);
                self.out.push_str(&format!("<!--{text}-->"));
            }
            _ => {
                let data = self.one_of(&["", " ", " d", "  d\r\ne  ", " <&>?", "\t文"]);
                self.out.push_str(&format!("<?pi{data}?>"));
            }
        }
    }

    fn content(&mut self, depth: usize, bound: &[&str]) {
        for _ in 0..self.below(6) {
            match self.below(7) {
                0..=2 if depth < 6 => self.element(depth + 1, bound),
                3 => self.aside(),
                4 => {
                    let text = self.one_of(&["", "]]", "<a>&amp;\r\n", "]>", "文\r"]);
                    self.out.push_str(&format!("<![CDATA[{text}]]>"));
                }
                _ => {
                    let mut value = Made { seed: self.seed, out: String::new() };
                    value.value('\0');
                    let _ = self.below(9);
                    self.out.push_str(&value.out.replace("]]>", "]] >"));
                }
            }
        }
    }

    fn element(&mut self, depth: usize, bound: &[&str]) {
        let mut bound: Vec<&str> = bound.to_vec();
        let mut tag = String::new();
        for prefix in PREFIXES {
            if self.below(5) == 0 || depth == 0 && self.below(2) == 0 {
                let uri = self.one_of(&["urn:1", "urn:2", "urn:3?x=y", "http://www.chinaport.gov.cn/ceb"]);
                if prefix.is_empty() {
                    let uri = if self.below(3) == 0 { "" } else { uri };
                    tag.push_str(&format!(" xmlns='{uri}'"));
                } else {
                    tag.push_str(&format!("\nxmlns:{prefix}=\"{uri}\""));
                    bound.push(prefix);
                }
            }
        }
        let mut usable = bound.clone();
        usable.push("");
        let own = self.one_of(&usable);
        let local = self.one_of(&["e", "Order", "订单", "_x.y-z"]);
        let name = if own.is_empty() { local.to_owned() } else { format!("{own}:{local}") };
        self.out.push('<');
        self.out.push_str(&name);
        self.out.push_str(&tag);
        // Local names differ, so that no two attributes are the same in one namespace.
        for local in ["z", "a", "名", "m", "B"] {
            if self.below(4) == 0 {
                let prefix = self.one_of(&usable);
                let quote = if self.below(2) == 0 { '"' } else { '\'' };
                self.space();
                let name = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
                self.out.push_str(&format!("{name}={quote}"));
                self.value(quote);
                self.out.push(quote);
            }
        }
        if self.below(6) == 0 {
            self.out.push_str(" xml:lang='zh'");
        }
        if self.below(5) == 0 {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        self.content(depth, &bound);
        self.out.push_str(&format!("</{name}"));
        if self.below(4) == 0 {
            self.space();
        }
        self.out.push('>');
    }

    fn document(seed: u64) -> String {
        let mut made = Made { seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), out: String::new() };
        if made.below(2) == 0 {
            made.out.push_str("<?xml version=\"1.0\" encoding='UTF-8'?>");
        }
        for part in 0..3 {
            if part == 1 {
                made.element(0, &[]);
            } else {
                for _ in 0..made.below(3) {
                    made.aside();
                    made.space();
                }
            }
        }
        made.out
    }
}

#[test]
fn thousands_of_texts_are_written_as_xmllint_writes_them() {
    if std::env::var_os("SWX_NO_XMLLINT").is_some() {
        eprintln!("not compared: SWX_NO_XMLLINT is set");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // `xmllint --c14n` keeps comments, and writes the texts one after the other.
    let wanted =
        Wanted { document: Form { comments: true, ..Form::default() }, keep_signature: true, ..Wanted::default() };
    let mut compared = 0;
    for batch in 0..40_u64 {
        let mut expected = Vec::new();
        let mut command = std::process::Command::new("xmllint");
        command.args(["--c14n", "--nonet"]);
        for number in 0..100_u64 {
            let seed = batch * 100 + number;
            let text = Made::document(seed);
            let path = folder.path().join(format!("{seed}.xml"));
            std::fs::write(&path, &text).expect("written");
            expected.push((
                seed,
                pass(&text, &wanted).unwrap_or_else(|fault| panic!("{seed}: {fault:?}\n{text}")).document,
            ));
            command.arg(path);
        }
        let output = command.output().expect("xmllint runs; it is in libxml2-utils");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut rest = output.stdout.as_slice();
        for (seed, ours) in expected {
            assert!(
                rest.starts_with(&ours),
                "{seed}: {}\nours:\n{}\nxmllint:\n{}",
                Made::document(seed),
                String::from_utf8_lossy(&ours),
                String::from_utf8_lossy(&rest[..rest.len().min(ours.len() + 40)])
            );
            rest = &rest[ours.len()..];
            compared += 1;
        }
        assert!(rest.is_empty());
    }
    assert_eq!(compared, 4000);
}
