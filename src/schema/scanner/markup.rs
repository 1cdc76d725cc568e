//! What begins with `<!` or `<?`: comments, CDATA sections, document types, instructions, the declaration.

use super::stops::syntax;
use super::{Doctype, Scanner, Stop, Token};
use crate::schema::chars::{MISC_STOP, NAME, TEXT_STOP, is_space};
use crate::schema::rules;

impl<'t> Scanner<'t, '_> {
    /// A comment, a CDATA section or a document type declaration at `at`.
    pub(super) fn declaration(&mut self, at: usize) -> Result<Option<Token<'t>>, Stop> {
        if self.starts(at, b"<!--") {
            self.pos = self.comment(at)?;
            return Ok(None);
        }
        if self.starts(at, b"<![CDATA[") {
            return self.cdata(at).map(Some);
        }
        let keyword = self.bytes.get(at + 2..at + 9).unwrap_or_default();
        // In a message any spelling of it is refused as what it is meant to be.
        let is_doctype =
            keyword == b"DOCTYPE" || (self.doctype == Doctype::Refused && keyword.eq_ignore_ascii_case(b"DOCTYPE"));
        if !is_doctype {
            let rest = self.bytes.get(at..).unwrap_or_default();
            if [&b"<!--"[..], b"<![CDATA[", b"<!DOCTYPE"].iter().any(|whole| whole.starts_with(rest)) {
                return Err(self.truncated(self.bytes.len()));
            }
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(at, "不认识的 <! 标记".into(), "unknown markup after <!".into())
            });
        }
        if self.doctype == Doctype::Refused {
            return Err(Stop {
                rule: rules::DTD,
                found: Some("<!DOCTYPE".into()),
                ..syntax(
                    at,
                    "报文不允许带文档类型声明（DOCTYPE）".into(),
                    "a document type declaration (DOCTYPE) is not allowed".into(),
                )
            });
        }
        if self.root_seen || self.doctype_seen {
            return Err(syntax(at, "DOCTYPE 的位置不对".into(), "DOCTYPE is out of place".into()));
        }
        self.doctype_seen = true;
        self.pos = self.skip_doctype(at)?;
        Ok(None)
    }

    /// Skips a document type declaration with its internal subset, for schema files only.
    fn skip_doctype(&self, at: usize) -> Result<usize, Stop> {
        let mut pos = at + 9;
        let mut brackets = 0usize;
        loop {
            match self.byte(pos) {
                b'<' if self.starts(pos, b"<!--") => {
                    pos = self.comment(pos)?;
                    continue;
                }
                b'<' if self.starts(pos, b"<?") => {
                    let rest = self.slice(pos, self.bytes.len());
                    pos += rest.find("?>").ok_or_else(|| self.truncated(self.bytes.len()))?;
                }
                quote @ (b'"' | b'\'') => {
                    let rest = self.slice(pos + 1, self.bytes.len());
                    let quote = char::from(quote);
                    pos += 1 + rest.find(quote).ok_or_else(|| self.truncated(self.bytes.len()))?;
                }
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b'>' if brackets == 0 => return Ok(pos + 1),
                _ if pos >= self.bytes.len() => return Err(self.truncated(pos)),
                _ => {}
            }
            pos += 1;
        }
    }

    fn comment(&self, at: usize) -> Result<usize, Stop> {
        let mut pos = at + 4;
        loop {
            pos = self.until(pos, MISC_STOP);
            if self.starts(pos, b"--") {
                if self.byte(pos + 2) == b'>' {
                    return Ok(pos + 3);
                }
                if pos + 2 >= self.bytes.len() {
                    return Err(self.truncated(self.bytes.len()));
                }
                return Err(syntax(pos, "注释中不允许出现 --".into(), "-- is not allowed in a comment".into()));
            }
            if pos >= self.bytes.len() {
                return Err(self.truncated(pos));
            }
            self.legal(pos)?;
            pos += 1;
        }
    }

    fn cdata(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        if self.open.is_empty() {
            return Err(Stop {
                rule: rules::ROOT,
                ..syntax(at, "根元素之外有文字".into(), "text outside of the root element".into())
            });
        }
        let from = at + 9;
        let mut pos = from;
        let mut plain = true;
        loop {
            pos = self.until(pos, MISC_STOP | TEXT_STOP);
            if self.starts(pos, b"]]>") {
                break;
            }
            if pos >= self.bytes.len() {
                return Err(self.truncated(pos));
            }
            if self.byte(pos) == b'\r' {
                plain = false;
            }
            self.legal(pos)?;
            pos += 1;
        }
        self.pos = pos + 3;
        Ok(Token::CData { at, text: self.slice(from, pos), plain })
    }

    /// A processing instruction or the XML declaration at `at`.
    pub(super) fn instruction(&mut self, at: usize) -> Result<(), Stop> {
        let (name_end, colon) = self.qualified(at + 2)?;
        let target = self.slice(at + 2, name_end);
        let mut end = name_end;
        loop {
            end = self.until(end, MISC_STOP);
            if self.starts(end, b"?>") {
                break;
            }
            if end >= self.bytes.len() {
                return Err(self.truncated(end));
            }
            self.legal(end)?;
            end += 1;
        }
        if target == "xml" && at == 0 {
            self.xml_declaration(name_end, end)?;
        } else if target.eq_ignore_ascii_case("xml") || colon.is_some() {
            return Err(Stop {
                found: Some(self.shown(at)),
                ..syntax(
                    at,
                    "XML 声明只能在最前面，处理指令不能叫 xml".into(),
                    "the XML declaration can only stand at the very beginning, and no instruction is named xml".into(),
                )
            });
        } else if end > name_end && !is_space(self.byte(name_end)) {
            return Err(self.bad_name(name_end));
        }
        self.pos = end + 2;
        Ok(())
    }

    /// `version`, `encoding`, `standalone`, in this order, between `from` and `end`.
    fn xml_declaration(&self, from: usize, end: usize) -> Result<(), Stop> {
        let bad = |at: usize, zh: &str, en: &str| Stop {
            found: Some(self.shown(at)),
            expected: "version=\"1.0\" encoding=\"UTF-8\"".into(),
            ..syntax(at, zh.into(), en.into())
        };
        let mut pos = from;
        let mut stage = 0;
        loop {
            let at = self.skip_space(pos);
            if at >= end {
                break;
            }
            if at == pos {
                return Err(bad(at, "XML 声明中缺少空格", "white space is missing in the XML declaration"));
            }
            let name_end = self.past(at, NAME);
            let equals = self.skip_space(name_end);
            let quote_at = self.skip_space(equals + 1);
            let quote = self.byte(quote_at);
            let value_end = quote_at + 1 + self.slice(quote_at + 1, end).find(char::from(quote)).unwrap_or(end);
            if self.byte(equals) != b'=' || !matches!(quote, b'"' | b'\'') || value_end >= end {
                return Err(bad(at, "XML 声明的写法不对", "the XML declaration is not well-formed"));
            }
            let value = self.slice(quote_at + 1, value_end);
            stage = match (self.slice(at, name_end), stage) {
                ("version", 0) if is_version(value) => 1,
                ("encoding", 1) if is_encoding_name(value) => 2,
                ("standalone", 1 | 2) if matches!(value, "yes" | "no") => 3,
                _ => return Err(bad(at, "XML 声明的写法不对", "the XML declaration is not well-formed")),
            };
            pos = value_end + 1;
        }
        if stage == 0 {
            return Err(bad(from, "XML 声明缺少 version", "the XML declaration has no version"));
        }
        Ok(())
    }
}

fn is_version(value: &str) -> bool {
    value.strip_prefix("1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
}

fn is_encoding_name(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
