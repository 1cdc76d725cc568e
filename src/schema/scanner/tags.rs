//! Start and end tags, and the names in them.

use super::stops::{reserved, syntax, unbound};
use super::{Open, Scanner, Start, Stop, Token};
use crate::domain::limits;
use crate::schema::chars::{self, NAME, NAME_START, class};
use crate::schema::rules;

impl<'t> Scanner<'t, '_> {
    /// A qualified name at `at`: its end and the place of its colon, if it has one.
    #[inline]
    pub(super) fn qualified(&self, at: usize) -> Result<(usize, Option<usize>), Stop> {
        let mut end = self.past(at, NAME);
        let mut colon = None;
        let mut fine = class(self.byte(at)) & NAME_START != 0;
        if self.byte(end) == b':' {
            colon = Some(end);
            fine &= class(self.byte(end + 1)) & NAME_START != 0;
            end = self.past(end + 1, NAME);
            fine &= self.byte(end) != b':';
        }
        let name = self.slice(at, end);
        if !fine || (!name.is_ascii() && !chars::is_qname(name)) {
            return Err(self.bad_name(at));
        }
        if name.len() > limits::XML_NAME_BYTES_MAX {
            return Err(Stop {
                rule: rules::LIMIT,
                expected: format!("..{}", limits::XML_NAME_BYTES_MAX),
                found: Some(chars::cut(name, limits::FOUND_CHARS_MAX)),
                ..syntax(
                    at,
                    format!("名称过长：{} 字节，最多 {}", name.len(), limits::XML_NAME_BYTES_MAX),
                    format!("a name of {} bytes, at most {}", name.len(), limits::XML_NAME_BYTES_MAX),
                )
            });
        }
        Ok((end, colon))
    }

    pub(super) fn bad_name(&self, at: usize) -> Stop {
        if let Err(stop) = self.legal(at)
            && at < self.bytes.len()
        {
            return stop;
        }
        if at >= self.bytes.len() {
            return self.truncated(at);
        }
        Stop {
            found: Some(self.shown(at)),
            ..syntax(at, "此处应为合法的 XML 名称".into(), "a legal XML name is needed here".into())
        }
    }

    #[inline]
    pub(super) fn start_tag(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let (name_end, colon) = self.qualified(at + 1)?;
        if self.open.is_empty() && self.root_seen {
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.slice(at + 1, name_end).to_owned()),
                ..syntax(at, "只能有一个根元素".into(), "there can be only one root element".into())
            });
        }
        let name = self.slice(at + 1, name_end);
        let bindings = self.scope.depth();
        self.attributes.clear();
        let mut pos = name_end;
        if self.byte(pos) != b'>' {
            pos = self.attribute_list(pos)?;
        }
        let empty = self.byte(pos) == b'/';
        let end = if empty { pos + 2 } else { pos + 1 };
        let (prefix, local) = match colon {
            None => ("", name),
            Some(colon) => (self.slice(at + 1, colon), self.slice(colon + 1, name_end)),
        };
        let Some(ns) = self.scope.resolve(prefix) else { return Err(unbound(at + 1, prefix)) };
        if prefix == "xmlns" {
            return Err(reserved(at + 1));
        }
        if self.open.len() >= limits::XML_DEPTH_MAX {
            return Err(Stop {
                rule: rules::LIMIT,
                expected: format!("..{}", limits::XML_DEPTH_MAX),
                ..syntax(
                    at,
                    format!("元素嵌套超过 {} 层", limits::XML_DEPTH_MAX),
                    format!("elements nest deeper than {}", limits::XML_DEPTH_MAX),
                )
            });
        }
        self.open.push(Open { name, bindings });
        self.root_seen = true;
        self.pending_end = empty;
        self.pos = end;
        Ok(Token::Start(Start { at, end, name, local, ns }))
    }

    #[inline]
    pub(super) fn end_tag(&mut self, at: usize) -> Result<Token<'t>, Stop> {
        let Some(open) = self.open.last() else {
            return Err(Stop {
                rule: rules::ROOT,
                found: Some(self.shown(at)),
                ..syntax(at, "多余的结束标签".into(), "an end tag without a start tag".into())
            });
        };
        let mut end = at + 2 + open.name.len();
        let mut same = self.starts(at + 2, open.name.as_bytes());
        if self.byte(end) != b'>' {
            let after = self.skip_space(end);
            same &= after > end && self.byte(after) == b'>';
            end = after;
        }
        if !same {
            return Err(self.wrong_end(at));
        }
        let bindings = open.bindings;
        self.open.pop();
        self.leave = bindings;
        self.pos = end + 1;
        Ok(Token::End { at, end: end + 1 })
    }

    fn wrong_end(&self, at: usize) -> Stop {
        let (end, _) = match self.qualified(at + 2) {
            Ok(name) => name,
            Err(stop) => return stop,
        };
        let found = self.slice(at + 2, end);
        let open = self.open.last().map_or("", |open| open.name);
        let after = self.skip_space(end);
        if after >= self.bytes.len() {
            return self.truncated(after);
        }
        if found == open {
            return Stop {
                expected: ">".into(),
                found: Some(self.shown(after)),
                ..syntax(after, "结束标签中有多余的内容".into(), "an end tag holds more than its name".into())
            };
        }
        Stop {
            expected: format!("</{open}>"),
            found: Some(format!("</{}>", chars::cut(found, limits::FOUND_CHARS_MAX))),
            ..syntax(
                at,
                format!("结束标签 {found} 与开始标签 {open} 不一致"),
                format!("end tag {found} does not match start tag {open}"),
            )
        }
    }
}
