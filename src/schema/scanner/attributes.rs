//! Attributes and namespace declarations of a start tag.

use std::borrow::Cow;

use super::stops::{repeated, reserved, syntax, unbound};
use super::{Attribute, Scanner, Stop};
use crate::domain::limits;
use crate::schema::chars::VALUE_STOP;
use crate::schema::names::{NS_NONE, NS_XML, URI_XML, URI_XMLNS};
use crate::schema::rules;

impl<'t> Scanner<'t, '_> {
    /// Reads what follows the name of a start tag; returns the place of `>` or `/>`.
    pub(super) fn attribute_list(&mut self, from: usize) -> Result<usize, Stop> {
        let mut pos = from;
        self.declared.clear();
        let mut count = 0usize;
        loop {
            let at = self.skip_space(pos);
            match self.byte(at) {
                b'>' => {
                    self.finish_attributes()?;
                    return Ok(at);
                }
                b'/' if self.byte(at + 1) == b'>' => {
                    self.finish_attributes()?;
                    return Ok(at);
                }
                _ => {}
            }
            if at >= self.bytes.len() {
                return Err(self.truncated(at));
            }
            if at == pos {
                self.legal(at)?;
                return Err(Stop {
                    found: Some(self.shown(at)),
                    ..syntax(at, "此处应为空格、> 或 />".into(), "white space, > or /> is needed here".into())
                });
            }
            count += 1;
            if count > limits::XML_ATTRIBUTES_MAX {
                return Err(Stop {
                    rule: rules::LIMIT,
                    expected: format!("..{}", limits::XML_ATTRIBUTES_MAX),
                    ..syntax(
                        at,
                        format!("一个元素的属性超过 {} 个", limits::XML_ATTRIBUTES_MAX),
                        format!("more than {} attributes on one element", limits::XML_ATTRIBUTES_MAX),
                    )
                });
            }
            pos = self.attribute(at)?;
        }
    }

    /// Reads one attribute at `at`; returns the byte after its closing quote.
    fn attribute(&mut self, at: usize) -> Result<usize, Stop> {
        let (name_end, colon) = self.qualified(at)?;
        let name = self.slice(at, name_end);
        let equals = self.skip_space(name_end);
        if self.byte(equals) != b'=' {
            if equals >= self.bytes.len() {
                return Err(self.truncated(equals));
            }
            return Err(Stop {
                expected: "=".into(),
                found: Some(self.shown(equals)),
                ..syntax(equals, format!("属性 {name} 缺少等号和值"), format!("attribute {name} has no = and value"))
            });
        }
        let quote_at = self.skip_space(equals + 1);
        let quote = self.byte(quote_at);
        if quote != b'"' && quote != b'\'' {
            if quote_at >= self.bytes.len() {
                return Err(self.truncated(quote_at));
            }
            return Err(Stop {
                expected: "\"…\"".into(),
                found: Some(self.shown(quote_at)),
                ..syntax(
                    quote_at,
                    format!("属性 {name} 的值没有引号"),
                    format!("the value of attribute {name} is not quoted"),
                )
            });
        }
        let value_at = quote_at + 1;
        let (value, value_end) = self.attribute_value(value_at, quote, name)?;
        let (prefix, local) = match colon {
            None => ("", name),
            Some(colon) => (self.slice(at, colon), self.slice(colon + 1, name_end)),
        };
        if prefix == "xmlns" || name == "xmlns" {
            self.declare(at, if prefix.is_empty() { "" } else { local }, &value)?;
        } else {
            if self.attributes.iter().any(|other| other.name == name) {
                return Err(repeated(at, name));
            }
            self.attributes.push(Attribute { name, local, ns: NS_NONE, value, at, value_at, value_end });
        }
        Ok(value_end + 1)
    }

    /// Takes a namespace declaration, checking the rules of Namespaces in XML 1.0 §3.
    fn declare(&mut self, at: usize, prefix: &'t str, uri: &str) -> Result<(), Stop> {
        if self.declared.contains(&prefix) {
            return Err(repeated(at, if prefix.is_empty() { "xmlns" } else { prefix }));
        }
        let xml = prefix == "xml";
        if prefix == "xmlns" || xml != (uri == URI_XML) || uri == URI_XMLNS {
            return Err(reserved(at));
        }
        if uri.is_empty() && !prefix.is_empty() {
            return Err(Stop {
                rule: rules::PREFIX,
                ..syntax(
                    at,
                    format!("前缀 {prefix} 的命名空间不能为空"),
                    format!("prefix {prefix} cannot be bound to an empty namespace"),
                )
            });
        }
        if self.scope.depth() >= limits::XML_BINDINGS_MAX {
            return Err(Stop {
                rule: rules::LIMIT,
                expected: format!("..{}", limits::XML_BINDINGS_MAX),
                ..syntax(
                    at,
                    format!("此处有效的命名空间声明超过 {} 个", limits::XML_BINDINGS_MAX),
                    format!("more than {} namespace declarations are in scope here", limits::XML_BINDINGS_MAX),
                )
            });
        }
        self.declared.push(prefix);
        self.scope.bind(prefix, uri);
        Ok(())
    }

    /// Gives the attributes their namespaces, once all declarations of the tag are known.
    fn finish_attributes(&mut self) -> Result<(), Stop> {
        for attribute in &mut self.attributes {
            if attribute.local.len() == attribute.name.len() {
                continue;
            }
            let prefix = attribute.name.strip_suffix(attribute.local).and_then(|rest| rest.strip_suffix(':'));
            let prefix = prefix.unwrap_or("");
            if prefix == "xml" {
                attribute.ns = NS_XML;
                continue;
            }
            match self.scope.lookup(prefix) {
                Some(ns) => attribute.ns = ns,
                None => return Err(unbound(attribute.at, prefix)),
            }
        }
        for (index, attribute) in self.attributes.iter().enumerate() {
            let before = self.attributes.iter().take(index);
            if attribute.ns != NS_NONE
                && before.into_iter().any(|other| other.ns == attribute.ns && other.local == attribute.local)
            {
                return Err(repeated(attribute.at, attribute.name));
            }
        }
        Ok(())
    }

    /// Reads an attribute value up to its quote; returns it normalised, and the place of the quote.
    fn attribute_value(&self, from: usize, quote: u8, name: &str) -> Result<(Cow<'t, str>, usize), Stop> {
        let mut made: Option<String> = None;
        let mut kept = from;
        let mut at = from;
        loop {
            at = self.until(at, VALUE_STOP);
            let byte = self.byte(at);
            match byte {
                b'"' | b'\'' if byte == quote => break,
                b'"' | b'\'' => at += 1,
                b'<' => {
                    return Err(Stop {
                        expected: "&lt;".into(),
                        ..syntax(
                            at,
                            format!("属性 {name} 的值中不允许出现 <"),
                            format!("< is not allowed in the value of attribute {name}"),
                        )
                    });
                }
                b'&' => {
                    let (char, end) = self.reference(at)?;
                    let made = made.get_or_insert_with(String::new);
                    made.push_str(self.slice(kept, at));
                    made.push(char);
                    at = end;
                    kept = end;
                }
                b'\t' | b'\n' | b'\r' => {
                    let made = made.get_or_insert_with(String::new);
                    made.push_str(self.slice(kept, at));
                    made.push(' ');
                    at += if byte == b'\r' && self.byte(at + 1) == b'\n' { 2 } else { 1 };
                    kept = at;
                }
                _ => {
                    if at >= self.bytes.len() {
                        return Err(self.truncated(at));
                    }
                    self.legal(at)?;
                    at += 1;
                }
            }
        }
        let value = match made {
            None => Cow::Borrowed(self.slice(from, at)),
            Some(mut made) => {
                made.push_str(self.slice(kept, at));
                Cow::Owned(made)
            }
        };
        Ok((value, at))
    }
}
