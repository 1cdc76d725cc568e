//! Entities and default attributes that a file declares in its DOCTYPE, and the file with them put in.
//!
//! For schema files, which are trusted, and for files that are checked against a schema of one's own; messages have no
//! DOCTYPE. Internal general entities are replaced, and defaults of `<!ATTLIST>` are added to the tags that stand in the
//! file itself. External entities are never read: references to them stay undefined.

mod declarations;

use std::collections::{HashMap, HashSet};

use super::chars;
use super::rules;
use super::scanner::{Stop, syntax};
use crate::domain::limits;

/// What a DOCTYPE declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Replacement texts of internal entities; `None` for external ones.
    entities: HashMap<String, Option<String>>,
    /// Attributes of each element in the order of their declarations.
    attributes: HashMap<String, Vec<Attribute>>,
    /// Entities that are no XML: values of the type `ENTITY`.
    pub(super) unparsed: HashSet<String>,
    /// Byte behind the DOCTYPE.
    end: usize,
}

/// An attribute of an element.
#[derive(Debug)]
struct Attribute {
    name: String,
    /// Its type is not `CDATA`: spaces around and between its tokens do not count (§3.3.3).
    tokens: bool,
    default: Option<String>,
}

/// A reference that is incomplete, or to a character that there is not.
#[derive(Debug)]
struct Undeclared;

/// A file with everything put in, and where its parts come from.
pub(super) struct Expanded {
    pub(super) text: String,
    /// Byte of the new text, byte of the file; ascending.
    places: Vec<(usize, usize)>,
    /// Entities put in so far.
    replaced: usize,
    /// Entities may hold elements.
    markup: bool,
}

impl Expanded {
    /// Counts one more replacement.
    fn count(&mut self, at: usize) -> Result<(), Stop> {
        self.replaced += 1;
        if self.replaced > limits::ENTITIES_REPLACED_MAX { Err(too_much(at)) } else { Ok(()) }
    }

    /// Takes spaces around and between tokens out of the value that was put in last, but for one.
    fn collapse(&mut self, begin: usize) {
        let value = self.text.get(begin..).unwrap_or("");
        let tokens: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|token| !token.is_empty()).collect();
        let value = tokens.join(" ");
        self.text.truncate(begin);
        self.text.push_str(&value);
    }

    /// The byte of the file that a byte of the text comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        let after = self.places.partition_point(|(new, _)| *new <= at);
        let nearest = after.checked_sub(1).and_then(|index| self.places.get(index));
        nearest.map_or(at, |(new, old)| old + (at - new))
    }
}

/// More is to be put in than the limits allow, or an entity holds itself.
fn too_much(at: usize) -> Stop {
    let (zh, en) = ("实体展开后太大或引用自己", "entities grow too large or hold themselves");
    Stop { rule: rules::LIMIT, ..syntax(at, zh.into(), en.into()) }
}

fn bare(at: usize) -> Stop {
    Stop {
        expected: "&amp;".into(),
        ..syntax(at, "单独的 & 不合法，应写作 &amp;".into(), "a bare & is not allowed, write &amp;".into())
    }
}

/// Reads the DOCTYPE of a text; `None` if it has none. One that stands where none may stand is left to the scanner.
pub(super) fn read(text: &str) -> Result<Option<Declared>, Stop> {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let Some(next) = rest.find('<') else { return Ok(None) };
        let rest = rest.get(next..).unwrap_or("");
        if rest.starts_with("<!DOCTYPE") {
            return declarations::read(text, at + next).map(Some);
        }
        let aside = [("<!--", "-->"), ("<?", "?>")];
        let Some((open, close)) = aside.into_iter().find(|(open, _)| rest.starts_with(open)) else { return Ok(None) };
        let Some(end) = rest.get(open.len()..).and_then(|inner| inner.find(close)) else { return Ok(None) };
        at += next + open.len() + end + close.len();
    }
}

/// Puts in what a DOCTYPE declares; `None` if it declares nothing that shows. With `markup`, entities may hold elements,
/// whose balance is not checked entity by entity.
pub(super) fn expand(text: &str, declared: &Declared, markup: bool) -> Result<Option<Expanded>, Stop> {
    if declared.entities.is_empty() && declared.attributes.is_empty() {
        return Ok(None);
    }
    let body = declared.end;
    let mut made =
        Expanded { text: text.get(..body).unwrap_or("").to_owned(), places: Vec::new(), replaced: 0, markup };
    let (mut at, mut depth) = (body, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        made.places.push((made.text.len(), at));
        let verbatim = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let end = if let Some((open, close)) = verbatim.iter().find(|(open, _)| rest.starts_with(open)) {
            let end = rest.get(open.len()..).and_then(|inner| inner.find(close));
            let end = end.map_or(rest.len(), |end| open.len() + end + close.len());
            made.text.push_str(rest.get(..end).unwrap_or(rest));
            end
        } else if rest.starts_with('<') {
            let end = declared.tag(rest, at, &mut made)?;
            match rest.get(..end).unwrap_or("") {
                tag if tag.starts_with("</") => depth = depth.saturating_sub(1),
                tag if tag.ends_with("/>") => {}
                _ => depth += 1,
            }
            end
        } else if depth == 0 {
            // No reference stands outside of the root, not even to nothing (§2.1): the scanner says so.
            let end = rest.find('<').unwrap_or(rest.len());
            made.text.push_str(rest.get(..end).unwrap_or(rest));
            end
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            declared.replace(rest.get(..end).unwrap_or(rest), at, false, &mut made)?;
            end
        };
        at += end;
    }
    Ok(Some(made))
}

/// The character of a reference without `&#` and `;`.
fn character(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) | None => return None,
    };
    char::from_u32(code).filter(|c| chars::is_char(*c))
}

/// What stands between `&` and `;` at the beginning of a text, and what follows.
fn reference(after: &str) -> Result<(&str, &str), Undeclared> {
    // Only as far as a name goes: a text may have very many that end nowhere.
    let end = after.find(|c| !chars::is_name_char(c) && c != '#').ok_or(Undeclared)?;
    let (name, after) = after.split_at_checked(end).ok_or(Undeclared)?;
    let after = after.strip_prefix(';').ok_or(Undeclared)?;
    let is_one = match name.strip_prefix('#') {
        Some(digits) => character(digits).is_some(),
        None => chars::is_ncname(name),
    };
    if is_one { Ok((name, after)) } else { Err(Undeclared) }
}

/// All references of a text, in order.
fn references(text: &str) -> Result<Vec<&str>, Undeclared> {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once('&') {
        let (name, after) = reference(after)?;
        names.push(name);
        rest = after;
    }
    Ok(names)
}

impl Declared {
    /// Whether an attribute of the tag is declared with another type than `CDATA`.
    fn has_tokens(&self, tag: &str, attribute: &str) -> bool {
        let element = tag.get(1..).and_then(|tag| tag.split(|c: char| c.is_whitespace() || c == '/').next());
        let mut declared = element.and_then(|element| self.attributes.get(element)).into_iter().flatten();
        declared.any(|declared| declared.name == attribute && declared.tokens)
    }

    /// Whether there is an internal entity of a name.
    fn has(&self, name: &str) -> bool {
        self.entities.get(name).is_some_and(Option::is_some)
    }

    /// Copies a tag with its entities replaced and its default attributes added; returns its length.
    fn tag(&self, rest: &str, at: usize, made: &mut Expanded) -> Result<usize, Stop> {
        let mut end = 0;
        let mut quote = None;
        let mut names = Vec::new();
        let mut piece = 0;
        for (index, c) in rest.char_indices() {
            match (quote, c) {
                (None, '"' | '\'') => {
                    let before = rest.get(piece..index).unwrap_or("");
                    names.extend(before.trim_end().strip_suffix('=').and_then(|name| name.split_whitespace().last()));
                    made.text.push_str(before);
                    made.text.push(c);
                    (quote, piece) = (Some(c), index + 1);
                }
                (Some(open), c) if open == c => {
                    made.places.push((made.text.len(), at + piece));
                    let begin = made.text.len();
                    self.replace(rest.get(piece..index).unwrap_or(""), at + piece, true, made)?;
                    if names.last().is_some_and(|name| self.has_tokens(rest, name)) {
                        made.collapse(begin);
                    }
                    made.places.push((made.text.len(), at + index));
                    piece = index;
                    quote = None;
                }
                (None, '>') => {
                    end = index;
                    break;
                }
                _ => {}
            }
        }
        if end == 0 {
            made.text.push_str(rest.get(piece..).unwrap_or(""));
            return Ok(rest.len());
        }
        let close = if rest.get(..end).is_some_and(|tag| tag.ends_with('/')) { end - 1 } else { end };
        made.text.push_str(rest.get(piece..close).unwrap_or(""));
        let name = rest.get(1..end).and_then(|tag| tag.split(|c: char| c.is_whitespace() || c == '/').next());
        for Attribute { name, default, tokens } in name.and_then(|name| self.attributes.get(name)).into_iter().flatten()
        {
            let Some(value) = default.as_deref().filter(|_| !names.contains(&name.as_str())) else { continue };
            made.text.push_str(&format!(" {name}=\""));
            let begin = made.text.len();
            self.replace(value, at, true, made)?;
            if *tokens {
                made.collapse(begin);
            }
            made.text.push('"');
        }
        made.places.push((made.text.len(), at + close));
        made.text.push_str(rest.get(close..=end).unwrap_or(">"));
        Ok(end + 1)
    }

    /// Adds a text with the entities in it replaced. Every reference ends in the text or entity that it begins in.
    fn replace(&self, text: &str, at: usize, in_value: bool, made: &mut Expanded) -> Result<(), Stop> {
        // Texts still to come, the last first, and whether they stand in an entity.
        let mut open: Vec<(&str, bool)> = vec![(text, false)];
        while let Some((rest, inside)) = open.pop() {
            if open.len() > limits::ENTITY_DEPTH_MAX || made.text.len() > limits::MESSAGE_BYTES_MAX {
                return Err(too_much(at));
            }
            let (part, entity) = match rest.split_once('&') {
                None => (rest, None),
                Some((before, after)) => (before, Some(after)),
            };
            if in_value {
                // What stands in an entity cannot end the value around it.
                let part = part.replace('"', "&#34;");
                made.text.push_str(&if inside { part.replace('\'', "&#39;") } else { part });
            } else {
                made.text.push_str(part);
            }
            let Some(after) = entity else { continue };
            // CDATA sections in entities hold what they hold; only schema files have such entities.
            let (name, after) = match reference(after) {
                Ok(found) => found,
                Err(Undeclared) if made.markup && inside => ("", after),
                Err(Undeclared) => return Err(bare(at)),
            };
            match self.entities.get(name) {
                Some(Some(value)) => {
                    if value.contains('<') && (in_value || !made.markup) {
                        return Err(syntax(
                            at,
                            format!("实体 {name} 含有标记，不能在此引用"),
                            format!("entity {name} holds markup and cannot be used here"),
                        ));
                    }
                    if !after.is_empty() {
                        open.push((after, inside));
                    }
                    // An entity that holds nothing but itself grows nothing; its depth is counted all the same.
                    made.count(at)?;
                    open.push((value, true));
                }
                Some(None) | None => {
                    made.text.push('&');
                    if !name.is_empty() {
                        made.text.push_str(name);
                        made.text.push(';');
                    }
                    open.push((after, inside));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests/doctype.rs"]
mod tests;
