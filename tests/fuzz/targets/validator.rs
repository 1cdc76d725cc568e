//! Messages against the schemas that the program carries: any bytes.

use super::sound;
use single_window::intake::Edition;
use single_window::schema::{AttributeInfo, ElementId, ElementInfo, SchemaSet, Sink, carried, decode};
use std::ops::Range;
use std::sync::LazyLock;

static SET: LazyLock<SchemaSet> = LazyLock::new(|| carried().expect("the carried schemas compile"));
static EDITION: LazyLock<Edition> = LazyLock::new(Edition::carried);

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    " xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"",
    " xmlns=\"http://www.chinaport.gov.cn/ceb\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
    " xsi:type=\"ceb:text1-18\"",
    " xsi:nil=\"true\"",
    " xsi:schemaLocation=\"http://www.chinaport.gov.cn/ceb http://192.0.2.1/x.xsd\"",
    " guid=\"00000000-0000-4000-8000-000000000000\"",
    " version=\"1.0\"",
    "<ceb:CEB311Message",
    "</ceb:CEB311Message>",
    "<ceb:Order>",
    "</ceb:Order>",
    "<ceb:OrderHead>",
    "<ceb:guid>",
    "</ceb:guid>",
    "<ceb:note/>",
    "<ceb:BaseTransfer>",
    "<ceb:BaseSubscribe>",
    "<ceb:ExtendMessage>",
    "<ceb:gnum>",
    "99999999999999999999",
    "-0.00001",
    "1.000001",
    "+1",
    "1e9",
    "\u{3000}",
    "20230631000000",
    "142",
    "&#13;",
    "<![CDATA[]]>",
    "<!---->",
    "<?x?>",
];

/// Validates any bytes, schema and rules, and checks what is said of them and what was handed out.
pub fn run(data: &[u8]) {
    let text = match decode(data) {
        Ok(text) => text,
        Err(fault) => return sound::fault(&fault),
    };
    let mut seen = Seen { text: &text, open: 0, leaves: 0 };
    let report = SET.validate(&text, &mut seen);
    let open = seen.open;
    sound::report(&report, &text);
    if report.is_valid() {
        assert_eq!(open, 0, "elements are handed out in pairs");
        assert!(report.root.is_some(), "a valid message has a root");
        for fault in EDITION.faults(&text, true).1 {
            assert!(fault.place.line >= 1 && !fault.message_zh.is_empty());
        }
    }
}

/// Checks what the walk hands out.
struct Seen<'t> {
    text: &'t str,
    open: usize,
    leaves: usize,
}

impl Sink for Seen<'_> {
    fn start(&mut self, element: ElementInfo<'_>, at: usize) {
        self.open += 1;
        assert_eq!(self.text.as_bytes().get(at), Some(&b'<'), "{} begins elsewhere", element.local);
        assert!(element.id.index() < SET.element_count());
    }

    fn attribute(&mut self, attribute: AttributeInfo<'_>, _: &str) {
        assert!(self.text.get(attribute.raw.clone()).is_some(), "{} is elsewhere", attribute.local);
    }

    fn leaf(&mut self, element: ElementId, value: &str, raw: Range<usize>) {
        self.leaves += 1;
        let raw = self.text.get(raw).unwrap_or_else(|| panic!("{} is elsewhere", SET.name(element)));
        assert!(value.len() <= raw.len().max(1024), "a value grows");
    }

    fn end(&mut self, end: usize) {
        self.open = self.open.checked_sub(1).expect("no element ends that did not begin");
        assert!(self.text.is_char_boundary(end));
    }
}
