//! Character data, references, and what may stand outside of the root.

use super::stops::syntax;
use super::words::{ONES, control, equal, low_byte};
use super::{Scanner, Stop, Token};
use crate::domain::limits;
use crate::schema::chars::{self, NAME, TEXT_STOP, class};
use crate::schema::rules;

impl<'t> Scanner<'t, '_> {
    /// The end of line feeds and spaces, as they stand between elements.
    #[inline]
    fn indentation(&self, at: usize) -> usize {
        let mut end = at;
        while self.byte(end) == b'\n' {
            end += 1;
        }
        while let Some(word) = self.word(end) {
            let other = word ^ (ONES * 0x20);
            if other != 0 {
                return end + low_byte(other);
            }
            end += 8;
        }
        while self.byte(end) == b' ' {
            end += 1;
        }
        end
    }

    /// The first byte from `at` on that has the class [`TEXT_STOP`], or the end; eight bytes at a step.
    #[inline]
    fn text_run(&self, at: usize) -> usize {
        let mut at = at;
        while let Some(word) = self.word(at) {
            // The lowest mark of each test is exact, and so is the lowest of them all.
            let found = equal(word, b'<') | equal(word, b'&') | equal(word, b']') | equal(word, 0xEF) | control(word);
            if found == 0 {
                at += 8;
                continue;
            }
            at += low_byte(found);
            // Tab and line feed are controls that text may hold.
            if class(self.byte(at)) & TEXT_STOP != 0 {
                return at;
            }
            at += 1;
        }
        self.until(at, TEXT_STOP)
    }

    /// Skips white space outside of the root; anything else there is a fault.
    pub(super) fn outside(&mut self, at: usize) -> Result<(), Stop> {
        let end = self.skip_space(at);
        if end < self.bytes.len() && self.byte(end) != b'<' {
            self.legal(end)?;
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.shown(end)),
                ..syntax(end, "根元素之外有文字".into(), "text outside of the root element".into())
            });
        }
        self.pos = end;
        Ok(())
    }

    #[inline]
    pub(super) fn character_data(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let mut end = self.indentation(at);
        if self.byte(end) == b'<' {
            self.pos = end;
            return Ok(Token::Text { at, text: self.slice(at, end), plain: true, blank: true });
        }
        let mut plain = true;
        loop {
            end = self.text_run(end);
            match self.byte(end) {
                b'<' | b'&' => break,
                b']' => {
                    if self.starts(end, b"]]>") {
                        return Err(syntax(end, "文字中不允许出现 ]]>".into(), "]]> is not allowed in text".into()));
                    }
                    end += 1;
                }
                b'\r' => {
                    plain = false;
                    end += 1;
                }
                _ => {
                    if end >= self.bytes.len() {
                        break;
                    }
                    self.legal(end)?;
                    end += 1;
                }
            }
        }
        self.pos = end;
        Ok(Token::Text { at, text: self.slice(at, end), plain, blank: false })
    }

    /// Resolves the reference at `at`; returns its character and the byte after `;`.
    pub(super) fn reference(&self, at: usize) -> Result<(char, usize), Stop> {
        let name_at = at + 1;
        let bare = || Stop {
            expected: "&amp;".into(),
            found: Some(self.shown(at)),
            ..syntax(at, "单独的 & 不合法，应写作 &amp;".into(), "a bare & is not allowed, write &amp;".into())
        };
        if self.byte(name_at) == b'#' {
            return self.character_reference(at);
        }
        let end = self.name_end(name_at).ok_or_else(bare)?;
        if self.byte(end) != b';' {
            return Err(bare());
        }
        let char = match self.slice(name_at, end) {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            name => {
                return Err(Stop {
                    expected: "&amp; | &lt; | &gt; | &quot; | &apos;".into(),
                    found: Some(chars::cut(self.slice(at, end + 1), limits::FOUND_CHARS_MAX)),
                    ..syntax(at, format!("未定义的实体 {name}"), format!("entity {name} is not defined"))
                });
            }
        };
        Ok((char, end + 1))
    }

    fn character_reference(&self, at: usize) -> Result<(char, usize), Stop> {
        let (radix, digits_at) = if self.byte(at + 2) == b'x' { (16, at + 3) } else { (10, at + 2) };
        let mut end = digits_at;
        let mut code: u32 = 0;
        while let Some(digit) = char::from(self.byte(end)).to_digit(radix) {
            code = code.saturating_mul(radix).saturating_add(digit);
            end += 1;
        }
        if end == digits_at || self.byte(end) != b';' {
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(at, "字符引用不完整".into(), "a character reference is incomplete".into())
            });
        }
        match char::from_u32(code).filter(|c| chars::is_char(*c)) {
            Some(c) => Ok((c, end + 1)),
            None => Err(Stop {
                rule: rules::CHAR,
                found: Some(chars::cut(self.slice(at, end + 1), limits::FOUND_CHARS_MAX)),
                ..syntax(
                    at,
                    "字符引用指向 XML 不允许的字符".into(),
                    "a character reference to a character that XML forbids".into(),
                )
            }),
        }
    }

    /// The end of the `Name` at `at`, colons allowed; `None` if there is none.
    fn name_end(&self, at: usize) -> Option<usize> {
        let mut end = at;
        while class(self.byte(end)) & NAME != 0 || self.byte(end) == b':' {
            end += 1;
        }
        chars::is_name(self.slice(at, end)).then_some(end)
    }
}
