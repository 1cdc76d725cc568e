//! Entities and default attributes that a schema file declares in the internal subset of its DOCTYPE.
//!
//! Only for schema files, which are trusted; messages have no DOCTYPE. Internal general entities are replaced
//! and defaults of `<!ATTLIST>` are added to the tags that stand in the file itself. External entities and
//! parameter entities are never read, so references to them stay undefined.

use std::collections::HashMap;

use crate::domain::limits;

/// A file with everything put in, and where its parts come from.
pub(super) struct Expanded {
    pub(super) text: String,
    /// Byte of the new text, byte of the file; ascending.
    places: Vec<(usize, usize)>,
    /// Entities put in so far.
    replaced: usize,
}

impl Expanded {
    /// Counts one more replacement.
    fn count(&mut self, at: usize) -> Result<(), TooMuch> {
        self.replaced += 1;
        if self.replaced > limits::ENTITIES_REPLACED_MAX { Err(TooMuch(at)) } else { Ok(()) }
    }

    /// The byte of the file that a byte of the text comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        let after = self.places.partition_point(|(new, _)| *new <= at);
        let nearest = after.checked_sub(1).and_then(|index| self.places.get(index));
        nearest.map_or(at, |(new, old)| old + (at - new))
    }
}

/// More was to be put in than the limits allow, or an entity holds itself: the byte of the reference.
pub(super) struct TooMuch(pub(super) usize);

#[derive(Default)]
struct Declared<'t> {
    entities: HashMap<&'t str, String>,
    defaults: HashMap<&'t str, Vec<(&'t str, &'t str)>>,
}

/// Puts in what the file declares; `None` if it declares nothing.
pub(super) fn expand(text: &str) -> Result<Option<Expanded>, TooMuch> {
    let Some((subset, body)) = subset(text) else { return Ok(None) };
    let declared = declarations(text.get(subset.0..subset.1).unwrap_or(""));
    if declared.entities.is_empty() && declared.defaults.is_empty() {
        return Ok(None);
    }
    let mut made = Expanded { text: text.get(..body).unwrap_or("").to_owned(), places: Vec::new(), replaced: 0 };
    let mut at = body;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        made.places.push((made.text.len(), at));
        let verbatim = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let end = if let Some((open, close)) = verbatim.iter().find(|(open, _)| rest.starts_with(open)) {
            let end = rest.get(open.len()..).and_then(|inner| inner.find(close));
            let end = end.map_or(rest.len(), |end| open.len() + end + close.len());
            made.text.push_str(rest.get(..end).unwrap_or(rest));
            end
        } else if rest.starts_with('<') {
            declared.tag(rest, at, &mut made)?
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            declared.replace(rest.get(..end).unwrap_or(rest), at, false, &mut made)?;
            end
        };
        at += end;
    }
    Ok(Some(made))
}

/// The internal subset and the byte behind the DOCTYPE.
fn subset(text: &str) -> Option<((usize, usize), usize)> {
    let start = text.find("<!DOCTYPE")?;
    if text.find("<").is_none_or(|first| {
        // Only comments and instructions may stand before it.
        let mut at = first;
        while at < start {
            let rest = text.get(at..).unwrap_or("");
            let close = if rest.starts_with("<!--") { "-->" } else { "?>" };
            if !rest.starts_with("<!--") && !rest.starts_with("<?") {
                return true;
            }
            let Some(end) = rest.find(close) else { return true };
            let after = at + end + close.len();
            at = text.get(after..).and_then(|rest| rest.find('<')).map_or(text.len(), |next| after + next);
        }
        at != start
    }) {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut at, mut open, mut inner) = (start + 9, None, None);
    while let Some(byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or("");
        match byte {
            b'"' | b'\'' => at += 1 + rest.get(1..)?.find(char::from(*byte))?,
            b'<' if rest.starts_with("<!--") => at += 2 + rest.get(2..)?.find("-->")?,
            b'<' if rest.starts_with("<?") => at += rest.find("?>")?,
            b'[' if open.is_none() => open = Some(at + 1),
            b']' if open.is_some() && inner.is_none() => inner = open.map(|open| (open, at)),
            b'>' if open.is_none() || inner.is_some() => return inner.map(|inner| (inner, at + 1)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The next word, quoted text or group in parentheses, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let end = match first {
        '"' | '\'' => 2 + text.get(1..)?.find(first)?,
        '(' => 1 + text.find(')')?,
        _ => text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(')).unwrap_or(text.len()),
    };
    Some((text.get(..end)?, text.get(end..)?))
}

fn quoted(word: &str) -> Option<&str> {
    let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    word.strip_prefix(quote)?.strip_suffix(quote)
}

fn declarations(subset: &str) -> Declared<'_> {
    let mut declared = Declared::default();
    let mut rest = subset;
    while let Some(start) = rest.find('<') {
        rest = rest.get(start..).unwrap_or("");
        let mut end = 0;
        let close = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            ">"
        };
        if close == ">" {
            let mut quote = None;
            for (index, c) in rest.char_indices() {
                match (quote, c) {
                    (None, '"' | '\'') => quote = Some(c),
                    (Some(open), c) if open == c => quote = None,
                    (None, '>') => {
                        end = index;
                        break;
                    }
                    _ => {}
                }
            }
        } else {
            end = rest.find(close).unwrap_or(0);
        }
        if end == 0 {
            break;
        }
        let inner = rest.get(..end).unwrap_or("");
        if let Some(entity) = inner.strip_prefix("<!ENTITY") {
            if let Some((name, after)) = word(entity).filter(|(name, _)| *name != "%")
                && let Some(value) = word(after).and_then(|(value, _)| quoted(value))
            {
                declared.entities.entry(name).or_insert_with(|| characters(value));
            }
        } else if let Some(list) = inner.strip_prefix("<!ATTLIST") {
            attribute_list(list, &mut declared);
        }
        rest = rest.get(end + close.len()..).unwrap_or("");
    }
    declared
}

fn attribute_list<'t>(list: &'t str, declared: &mut Declared<'t>) {
    let Some((element, mut rest)) = word(list) else { return };
    while let Some((name, after)) = word(rest) {
        let Some((kind, mut after)) = word(after) else { return };
        if kind == "NOTATION" {
            after = word(after).map_or("", |(_, after)| after);
        }
        let Some((mut value, mut after)) = word(after) else { return };
        if value == "#FIXED" {
            (value, after) = word(after).unwrap_or(("", ""));
        }
        if let Some(value) = quoted(value) {
            declared.defaults.entry(element).or_default().push((name, value));
        }
        rest = after;
    }
}

/// Character references in the value of an entity are resolved when it is declared (XML 1.0 §4.5).
fn characters(value: &str) -> String {
    let mut made = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("&#") {
        made.push_str(before);
        let code = after.split_once(';').and_then(|(digits, after)| {
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            Some((char::from_u32(code)?, after))
        });
        match code {
            Some((c, after)) => {
                made.push(c);
                rest = after;
            }
            None => {
                made.push_str("&#");
                rest = after;
            }
        }
    }
    made.push_str(rest);
    made
}

impl Declared<'_> {
    /// Copies a tag with its entities replaced and its default attributes added; returns its length.
    fn tag(&self, rest: &str, at: usize, made: &mut Expanded) -> Result<usize, TooMuch> {
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
                    self.replace(rest.get(piece..index).unwrap_or(""), at + piece, true, made)?;
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
        for (attribute, value) in name.and_then(|name| self.defaults.get(name)).into_iter().flatten() {
            if !names.contains(attribute) {
                made.text.push_str(&format!(" {attribute}=\""));
                self.replace(value, at, true, made)?;
                made.text.push('"');
                names.push(attribute);
            }
        }
        made.places.push((made.text.len(), at + close));
        made.text.push_str(rest.get(close..=end).unwrap_or(">"));
        Ok(end + 1)
    }

    /// Adds a text with the entities in it replaced.
    fn replace(&self, text: &str, at: usize, in_value: bool, made: &mut Expanded) -> Result<(), TooMuch> {
        // Texts still to come, the last first, and whether they stand in an entity.
        let mut open: Vec<(&str, bool)> = vec![(text, false)];
        while let Some((rest, inside)) = open.pop() {
            if open.len() > limits::ENTITY_DEPTH_MAX || made.text.len() > limits::MESSAGE_BYTES_MAX {
                return Err(TooMuch(at));
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
            match after.split_once(';').and_then(|(name, after)| Some((self.entities.get(name)?, after))) {
                Some((value, after)) => {
                    if !after.is_empty() {
                        open.push((after, inside));
                    }
                    // An entity that holds nothing but itself grows nothing; its depth is counted all the same.
                    made.count(at)?;
                    open.push((value, true));
                }
                None => {
                    made.text.push('&');
                    open.push((after, inside));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        expand(text).ok().flatten().map(|made| made.text.split_once("]>").unwrap().1.to_owned()).unwrap()
    }

    #[test]
    fn entities_and_defaults_are_put_in() {
        let subset = "<!DOCTYPE r [<!-- [ --><!ENTITY a 'x'><!ENTITY b \"&a;&#38;lt;'\"><!ATTLIST r d CDATA #FIXED '&a;' e (p|q) 'p' f CDATA #IMPLIED>]>";
        assert_eq!(
            expanded(&format!("{subset}<r e='&b;'>&a;&lt;<![CDATA[&a;]]></r>")),
            "<r e='x&lt;&#39;' d=\"x\">x&lt;<![CDATA[&a;]]></r>"
        );
        assert_eq!(expanded(&format!("{subset}<r/>")), "<r d=\"x\" e=\"p\"/>");
        assert!(expand("<r/>").ok().flatten().is_none());
        assert!(expand("<!DOCTYPE r><r/>").ok().flatten().is_none());
    }

    #[test]
    fn places_lead_back_to_the_file() {
        let text = "<!DOCTYPE r [<!ENTITY a '0123456789'>]><r x='&a;'>&a;</r>";
        let made = expand(text).ok().flatten().unwrap();
        assert_eq!(made.origin(made.text.rfind("</r>").unwrap()), text.rfind("</r>").unwrap());
        assert_eq!(made.origin(made.text.find("<r x").unwrap()), text.find("<r x").unwrap());
    }

    #[test]
    fn entities_that_grow_or_hold_themselves_are_refused() {
        assert!(expand("<!DOCTYPE r [<!ENTITY a '&b;x'><!ENTITY b '&a;x'>]><r>&a;</r>").is_err());
        let mut text = "<!DOCTYPE r [<!ENTITY e0 '0123456789'>".to_owned();
        for level in 1..12 {
            text += &format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10));
        }
        assert!(expand(&format!("{text}]><r>&e11;</r>")).is_err());
    }
}
