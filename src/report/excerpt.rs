//! The line of a text around a place, made safe to show.

/// Terminal cells shown before and after a place.
const BEFORE_CELLS_MAX: usize = 50;
const AFTER_CELLS_MAX: usize = 40;

/// The line around a place, cut to fit a terminal, and the cells before the place.
pub(super) fn excerpt(text: &str, offset: usize) -> Option<(String, usize)> {
    let (before, after) = text.split_at_checked(offset)?;
    let before = before.rsplit(['\n', '\r']).next().unwrap_or("");
    let after = after.split(['\n', '\r']).next().unwrap_or("");
    let mut head: Vec<char> = Vec::new();
    let mut indent = 0;
    let mut cut = false;
    for c in before.chars().rev() {
        if indent + cells(c) > BEFORE_CELLS_MAX {
            cut = true;
            break;
        }
        indent += cells(c);
        head.push(visible(c));
    }
    let mut line = String::new();
    if cut {
        line.push('…');
        indent += 1;
    }
    line.extend(head.iter().rev());
    let mut width = 0;
    for c in after.chars() {
        width += cells(c);
        if width > AFTER_CELLS_MAX {
            line.push('…');
            break;
        }
        line.push(visible(c));
    }
    Some((line, indent))
}

/// Keeps control characters of a message away from the terminal.
fn visible(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    {
        '\u{FFFD}'
    } else {
        c
    }
}

pub(super) fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// Cells a character takes on a terminal: two for East Asian wide ones, none for combining marks.
fn cells(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Characters shown before and after a place in a page.
const AROUND_CHARS_MAX: usize = 60;

/// The line around a place as text before, text of `marked` characters from the place, and text after.
pub(super) fn around(text: &str, offset: usize, marked: usize) -> Option<(String, String, String)> {
    let (before, after) = text.split_at_checked(offset)?;
    let before = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let after = after.split(['\n', '\r']).next().unwrap_or_default();
    let hidden = before.chars().count().saturating_sub(AROUND_CHARS_MAX);
    let mut head: String = if hidden > 0 { "…".to_owned() } else { String::new() };
    head.extend(before.chars().skip(hidden).map(visible));
    let mark: String = after.chars().take(marked).map(visible).collect();
    let mut tail: String = after.chars().skip(marked).take(AROUND_CHARS_MAX).map(visible).collect();
    if after.chars().count() > marked + AROUND_CHARS_MAX {
        tail.push('…');
    }
    Some((head, mark, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_controls_kept_from_the_terminal() {
        let text = format!("{}\u{1b}[31m<x>{}", "订".repeat(100), "a".repeat(100));
        let offset = text.find("<x>").unwrap();
        let (line, indent) = excerpt(&text, offset).unwrap();
        assert!(line.starts_with('…') && line.ends_with('…') && !line.contains('\u{1b}'));
        let before: usize = line.chars().take_while(|c| *c != '<').map(cells).sum();
        assert_eq!(before, indent);
    }

    #[test]
    fn a_page_gets_the_line_in_three_parts() {
        let text = "a\n<b>订单编号</b>\nc";
        let offset = text.find('订').unwrap();
        assert_eq!(around(text, offset, 4), Some(("<b>".to_owned(), "订单编号".to_owned(), "</b>".to_owned())));
        assert_eq!(around(text, 1000, 1), None);
    }
}
