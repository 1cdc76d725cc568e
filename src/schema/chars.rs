//! Character classes of XML 1.0 (fifth edition), as one table over bytes and two functions over characters.

/// A byte in character data that needs a look: markup, `]`, CR, a control, or the lead byte of U+FFFE.
pub(super) const TEXT_STOP: u8 = 1;
/// A byte that may continue an `NCName`: an ASCII name character or any byte of a longer character.
pub(super) const NAME: u8 = 2;
/// A byte that may start an `NCName`.
pub(super) const NAME_START: u8 = 4;
/// White space.
pub(super) const SPACE: u8 = 8;
/// A byte in an attribute value that needs a look.
pub(super) const VALUE_STOP: u8 = 16;
/// A byte of a comment or a processing instruction that needs a look.
pub(super) const MISC_STOP: u8 = 32;

static CLASS: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "the index runs over a u8")]
const fn classes() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut byte: usize = 0;
    while byte < 256 {
        let mut class = 0;
        if byte < 0x20 || byte == 0xEF {
            class |= VALUE_STOP;
            if byte != 0x09 && byte != 0x0A {
                class |= TEXT_STOP;
            }
            if byte != 0x09 && byte != 0x0A && byte != 0x0D {
                class |= MISC_STOP;
            }
        }
        if byte == b'<' as usize || byte == b'&' as usize {
            class |= TEXT_STOP | VALUE_STOP;
        }
        if byte == b']' as usize {
            class |= TEXT_STOP | MISC_STOP;
        }
        if byte == b'-' as usize || byte == b'?' as usize {
            class |= MISC_STOP;
        }
        if byte == b'"' as usize || byte == b'\'' as usize {
            class |= VALUE_STOP;
        }
        if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            class |= SPACE;
        }
        let letter = (byte >= b'a' as usize && byte <= b'z' as usize)
            || (byte >= b'A' as usize && byte <= b'Z' as usize)
            || byte == b'_' as usize
            || byte >= 0x80;
        if letter {
            class |= NAME | NAME_START;
        }
        if (byte >= b'0' as usize && byte <= b'9' as usize) || byte == b'-' as usize || byte == b'.' as usize {
            class |= NAME;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

/// The classes of one byte.
#[inline]
#[expect(clippy::indexing_slicing, reason = "the index is a u8, the table has 256 places")]
pub(super) fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
}

/// Whether the byte is XML white space.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    class(byte) & SPACE != 0
}

/// Whether the text is nothing but XML white space.
#[inline]
pub(super) fn all_space(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// `Char` of XML 1.0.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// `NameStartChar` of XML 1.0 without the colon.
pub(super) fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// `NameChar` of XML 1.0 without the colon.
pub(super) fn is_name_char(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Whether the text is an `NCName`.
pub(super) fn is_ncname(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Whether the text is a `Name` (colons allowed).
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == ':' || is_name_start(c)) && chars.all(|c| c == ':' || is_name_char(c))
}

/// Whether the text is an `Nmtoken`.
pub(super) fn is_nmtoken(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == ':' || is_name_char(c))
}

/// Whether the text is a `QName`: an optional prefix and a local part, both `NCName`s.
pub(super) fn is_qname(text: &str) -> bool {
    match text.split_once(':') {
        Some((prefix, local)) => is_ncname(prefix) && is_ncname(local),
        None => is_ncname(text),
    }
}

/// Cuts a text to a number of characters, with an ellipsis if anything was cut.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => {
            let mut short: String = text.chars().take(chars_max.saturating_sub(1)).collect();
            short.push('…');
            short
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_fifth_edition() {
        assert!(is_ncname("订单") && is_ncname("_a-1.b") && !is_ncname("1a") && !is_ncname("a:b") && !is_ncname(""));
        assert!(is_qname("p:a") && !is_qname("p:a:b") && !is_qname(":a") && is_name(":a"));
        assert!(is_nmtoken("1-a") && !is_nmtoken("a b"));
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("订单编号", 4), "订单编号");
        assert_eq!(cut("订单编号", 3), "订单…");
    }

    #[test]
    fn legal_characters_are_those_of_the_standard() {
        assert!(is_char('\t') && is_char('中') && !is_char('\u{b}') && !is_char('\u{FFFE}'));
    }
}
