//! What senders do wrong, done to good messages.

use crate::schema_xmllint::{Random, elements, mutate as mutate_markup};

/// Namespaces and prefixes that are not the right one.
const DECLARATIONS: &[&str] = &[
    "xmlns:ceb=\"http://www.chinaport.gov.cn/CEB\"",
    "xmlns:ceb=\"http://www.chinaport.gov.cn/ceb/\"",
    "xmlns:ceb=\"urn:x\"",
    "xmlns=\"http://www.chinaport.gov.cn/ceb\"",
    "xmlns:CEB=\"http://www.chinaport.gov.cn/ceb\"",
    "xmlns:ceb=\" http://www.chinaport.gov.cn/ceb\"",
    "xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" xmlns=\"urn:default\"",
    "",
];

/// Attributes that do not belong there, or do.
const ATTRIBUTES: &[&str] = &[
    " x=\"1\"",
    " guid=\"11111111-1111-4111-8111-111111111111\"",
    " ceb:guid=\"1\"",
    " xml:lang=\"zh\"",
    " xmlns:q=\"urn:q\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"false\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"1 \"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"ceb:text36\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"ceb:text1-18\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"ceb:nothing\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:a a.xsd\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:other=\"1\"",
    " version=\"1.0\"",
    " version=\"\"",
];

/// Numbers that fit, or just do not.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "+1",
    "-1.5",
    "00001",
    "1.00000",
    "1.000000",
    "1.000001",
    "12345678901234.12345",
    "123456789012345.1234",
    "123456789012345.12345",
    "99999",
    "100000",
    "9999",
    "10000",
    "999999999",
    "1000000000",
    "2147483647",
    "2147483648",
    "1,5",
    "１",
    "1e2",
    ".5",
    "5.",
    "1 2",
    "",
    " ",
    " 7 ",
    "0x1",
    "NaN",
    "1.5元",
];

/// Texts around a value, or instead of it.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\n",
    "\t\t",
    "  x  ",
    "&#32;",
    "&#10;",
    "\u{A0}",
    "\u{3000}",
    "&lt;",
    "<![CDATA[ ]]>",
    "<![CDATA[]]>",
    "<!-- -->",
    "<?p?>",
    "𠮷",
    "\u{FFFD}",
    "é",
    "e\u{301}",
    "订单",
    "&#xD;",
];

/// Changes one thing about a message that some sender has got wrong.
pub(crate) fn mutate(good: &str, random: &mut Random) -> String {
    if random.below(4) == 0 {
        return mutate_markup(good, random);
    }
    let Some(places) = elements(good).filter(|places| !places.is_empty()) else { return good.to_owned() };
    let leaves: Vec<_> = places.iter().copied().filter(|(_, _, from, to)| !good[*from..*to].contains('<')).collect();
    if leaves.is_empty() {
        return good.to_owned();
    }
    let (start, end, ..) = random.pick(&places);
    let (leaf_start, leaf_end, from, to) = random.pick(&leaves);
    let splice = |from: usize, to: usize, with: &str| format!("{}{with}{}", &good[..from], &good[to..]);
    let is_short = good.as_bytes()[leaf_end - 2] == b'/';
    match random.below(11) {
        0 => splice(start, end, ""),
        1 => splice(start, end, &good[start..end].repeat(2)),
        // Two neighbours change places.
        2 => match places.iter().find(|(next, ..)| *next >= end && good[end..*next].trim().is_empty()) {
            Some((next, next_end, ..)) => {
                let swapped = format!("{}{}{}", &good[*next..*next_end], &good[end..*next], &good[start..end]);
                splice(start, *next_end, &swapped)
            }
            None => splice(start, end, ""),
        },
        3 if !is_short => {
            let count = [1, 2, 5, 20, 60, 300, 1100][random.below(7)];
            splice(to, to, &"单".repeat(count))
        }
        4 if !is_short => splice(from, to, random.pick(NUMBERS)),
        5 if !is_short => {
            let text = random.pick(TEXTS);
            match random.below(3) {
                0 => splice(from, to, text),
                1 => splice(from, from, text),
                _ => splice(to, to, text),
            }
        }
        6 => {
            let from = good.find("xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\"");
            from.map_or_else(|| good.to_owned(), |at| splice(at, at + 43, random.pick(DECLARATIONS)))
        }
        7 => {
            let tag_end = start + good[start..].find('>').unwrap_or(0);
            let at = tag_end - usize::from(good.as_bytes()[tag_end - 1] == b'/');
            splice(at, at, random.pick(ATTRIBUTES))
        }
        // Another prefix, or none, at both ends.
        8 => {
            let prefix = random.pick(&["", "x:", "CEB:", "ceb:ceb:", "ds:"]);
            let inside = good[start..end].replacen("<ceb:", &format!("<{prefix}"), 1);
            let inside = match inside.rfind("</ceb:") {
                Some(at) => format!("{}</{prefix}{}", &inside[..at], &inside[at + 6..]),
                None => inside,
            };
            splice(start, end, &inside)
        }
        // An empty element, in one of its two forms.
        9 if !is_short => {
            if random.below(2) == 0 {
                splice(from, to, "")
            } else {
                let head = good[leaf_start..from].trim_end_matches('>');
                splice(leaf_start, leaf_end, &format!("{head}/>"))
            }
        }
        _ => {
            // White space or text between elements.
            let text =
                random.pick(&["\r\n\t ", "x", "\u{3000}", "<!-- c -->", "<?p?>", "&#32;", "<![CDATA[ ]]>", "&amp;"]);
            splice(end, end, text)
        }
    }
}
