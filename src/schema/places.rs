//! Byte offsets to lines and columns, counted only when someone asks.

use crate::domain::Place;

/// Turns byte offsets of one text into places. Asking in rising order costs one pass over the text in all.
#[derive(Debug, Clone)]
pub struct Places<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'t> Places<'t> {
    /// Starts at the first character of the text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Places { text, offset: 0, line: 1, column: 1 }
    }

    /// The place of a byte offset. An offset past the end is the end; one inside a character is that character.
    ///
    /// A line ends with LF, CR LF or a lone CR.
    pub fn at(&mut self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        if offset < self.offset {
            self.offset = 0;
            self.line = 1;
            self.column = 1;
        }
        let between = self.text.get(self.offset..offset).unwrap_or("");
        let bytes = self.text.as_bytes();
        for (index, byte) in between.bytes().enumerate() {
            match byte {
                b'\n' => self.next_line(),
                b'\r' if bytes.get(self.offset + index + 1) != Some(&b'\n') => self.next_line(),
                // Every byte but a continuation byte begins a character.
                _ if byte & 0xC0 != 0x80 => self.column = self.column.saturating_add(1),
                _ => {}
            }
        }
        self.offset = offset;
        Place { line: self.line, column: self.column, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }

    fn next_line(&mut self) {
        self.line = self.line.saturating_add(1);
        self.column = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_lines_end_in_three_ways() {
        let text = "订单x\r\ny\rz\n末尾";
        let mut places = Places::new(text);
        assert_eq!(places.at(0), Place { line: 1, column: 1, offset: 0 });
        assert_eq!(places.at(6), Place { line: 1, column: 3, offset: 6 });
        assert_eq!(places.at(9), Place { line: 2, column: 1, offset: 9 });
        assert_eq!(places.at(11), Place { line: 3, column: 1, offset: 11 });
        assert_eq!(places.at(13), Place { line: 4, column: 1, offset: 13 });
        assert_eq!(places.at(999), Place { line: 4, column: 3, offset: 19 });
        assert_eq!(places.at(3), Place { line: 1, column: 2, offset: 3 }, "going back starts over");
    }
}
