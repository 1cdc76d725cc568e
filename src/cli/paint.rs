//! Colour and columns for people: few colours, none where they are not wanted.

use std::io::{self, IsTerminal, Write};

/// Writes lines to standard output, in colour if a person looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    colour: bool,
}

impl Paint {
    /// Colour if standard output is a terminal, `NO_COLOR` is not set and `TERM` is not `dumb`.
    #[must_use]
    pub fn stdout() -> Paint {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Paint { colour: !unwanted && io::stdout().is_terminal() }
    }

    /// Never any colour.
    #[must_use]
    pub fn plain() -> Paint {
        Paint { colour: false }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// As standard output says, for example a closed pipe.
    pub fn line(self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{}", text.as_ref())
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// What carries the line.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What may be skipped.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// What went well.
    #[must_use]
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What waits.
    #[must_use]
    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// What is refused.
    #[must_use]
    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// Names and numbers.
    #[must_use]
    pub fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }

    /// A status in the colour of what it means.
    #[must_use]
    pub fn status(self, code: i32, text: &str) -> String {
        match code {
            i32::MIN..=-1 | 100 => self.red(text),
            120 | 399 | 800 | 899 => self.green(text),
            _ => self.yellow(text),
        }
    }
}

/// Columns that a text takes on a terminal: two for a wide East Asian character.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD)
}

/// The text with spaces after it, up to that many columns.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(text))));
    padded
}

/// Received text with control characters replaced, so that it cannot drive the terminal.
#[must_use]
pub fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(columns("放行 released"), 13);
        assert_eq!(pad("放行", 6), "放行  ");
        assert_eq!(pad("too long", 3), "too long");
    }

    #[test]
    fn received_text_cannot_drive_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\n"), "a\u{FFFD}[2Jb\u{FFFD}");
    }

    #[test]
    fn plain_output_holds_no_escape() {
        assert_eq!(Paint::plain().status(800, "x") + &Paint::plain().red("y"), "xy");
    }
}
