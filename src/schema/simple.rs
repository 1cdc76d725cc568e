//! Simple types as a table, and the check of one value against one of them.

mod facets;
mod lexical;
mod value;
mod wording;

use std::borrow::Cow;

use super::moment::Kind;
use super::pattern::Pattern;
use super::rules;
pub(super) use lexical::in_order;
use lexical::{is_lexical, same_atomic};
use wording::{listing, not_lexical, range_text, sources, type_text};

/// Index of a simple type in its set.
pub(super) type SimpleId = usize;

/// The primitive types of XSD 1.0 §3.2, and `anySimpleType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Any,
    String,
    Boolean,
    Decimal,
    Float,
    Double,
    Duration,
    Moment(Kind),
    HexBinary,
    Base64Binary,
    AnyUri,
    QName,
    Notation,
}

/// A lexical form that a built-in derived type demands besides its facets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexical {
    Any,
    Integer,
    Language,
    NmToken,
    Name,
    NcName,
    /// The name of an unparsed entity of the document.
    Entity,
}

/// What a value means for the rest of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    None,
    Id,
    IdRef,
}

/// The `whiteSpace` facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Preserve,
    Replace,
    Collapse,
}

/// What the values are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variety {
    Atomic,
    List(SimpleId),
    Union(Vec<SimpleId>),
}

/// A bound of the value space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) text: Box<str>,
    pub(super) inclusive: bool,
}

/// A simple type with every facet that it has or inherits.
#[derive(Debug, Clone)]
pub(super) struct Simple {
    /// Name for messages; empty if the type is anonymous.
    pub(super) name: Box<str>,
    pub(super) base: Option<SimpleId>,
    pub(super) variety: Variety,
    pub(super) primitive: Primitive,
    pub(super) lexical: Lexical,
    pub(super) identity: Identity,
    pub(super) space: Space,
    pub(super) length: Option<usize>,
    pub(super) length_min: Option<usize>,
    pub(super) length_max: Option<usize>,
    /// All groups must match; in a group (one derivation step) one pattern is enough.
    pub(super) patterns: Vec<std::sync::Arc<[Pattern]>>,
    /// The enumeration.
    pub(super) values: Option<std::sync::Arc<Values>>,
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
    pub(super) digits_total: Option<usize>,
    pub(super) digits_fraction: Option<usize>,
    /// Facets that may not be changed any more, by name.
    pub(super) fixed: Vec<&'static str>,
    /// Derivations that `final` forbids.
    pub(super) closed: Closed,
}

/// What cannot be derived from a simple type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Closed {
    pub(super) restriction: bool,
    pub(super) list: bool,
    pub(super) union: bool,
}

/// The values of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// As the schema has them, normalised; sorted if the type is of the string family.
    pub(super) texts: Box<[Box<str>]>,
    /// One key for each value, sorted, for types whose equal values have many forms; see [`SimpleTypes::key`].
    pub(super) keys: Option<Box<[String]>>,
}

/// Why a value does not fit: the end of a sentence that begins with the field's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) rule: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) expected: String,
    /// What else is wrong with the same value.
    pub(super) also: Vec<Problem>,
}

/// Applies `whiteSpace`; borrows when nothing changes, which is nearly always.
#[inline]
pub(super) fn normalise(space: Space, raw: &str) -> Cow<'_, str> {
    if space == Space::Preserve {
        return Cow::Borrowed(raw);
    }
    let bytes = raw.as_bytes();
    let clean = match space {
        Space::Preserve => true,
        Space::Replace => !bytes.iter().any(|b| matches!(b, b'\t' | b'\n' | b'\r')),
        Space::Collapse => {
            // A leading space counts as a second one.
            let mut last = b' ';
            let dirty = bytes.iter().any(|byte| {
                let bad = *byte <= b' ' && (*byte != b' ' || last == b' ');
                last = *byte;
                bad
            });
            !dirty && (last != b' ' || bytes.is_empty())
        }
    };
    if clean { Cow::Borrowed(raw) } else { rewrite(space, raw) }
}

#[cold]
fn rewrite(space: Space, raw: &str) -> Cow<'_, str> {
    if space == Space::Replace {
        return Cow::Owned(raw.replace(['\t', '\n', '\r'], " "));
    }
    let trimmed = raw.trim_matches([' ', '\t', '\n', '\r']);
    let double = trimmed.as_bytes().windows(2).any(|pair| matches!(pair, [b' ', b' ']));
    if !double && !trimmed.contains(['\t', '\n', '\r']) {
        return Cow::Borrowed(trimmed);
    }
    let mut made = String::with_capacity(trimmed.len());
    for word in words(trimmed) {
        if !made.is_empty() {
            made.push(' ');
        }
        made.push_str(word);
    }
    Cow::Owned(made)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty())
}

/// What a value may refer to at its place in a document or in a schema.
pub(super) trait Prefixes {
    /// The namespace of a prefix of a `QName`, empty for none; `None` if the prefix is not bound.
    fn uri(&self, prefix: &str) -> Option<&str>;

    /// Whether there is an unparsed entity of a name. Messages have none, for they carry no DTD.
    fn has_entity(&self, _name: &str) -> bool {
        false
    }
}

/// The table of simple types.
#[derive(Debug, Clone, Default)]
pub(super) struct SimpleTypes {
    pub(super) types: Vec<Simple>,
}

impl SimpleTypes {
    pub(super) fn get(&self, id: SimpleId) -> &Simple {
        self.types.get(id).expect("ids of simple types come from this table")
    }

    /// Checks a value as it stands in the document. Returns it as the type's white space rule has it.
    #[inline]
    pub(super) fn check<'v>(
        &self,
        id: SimpleId,
        raw: &'v str,
        prefixes: &dyn Prefixes,
    ) -> (Cow<'v, str>, Option<Box<Problem>>) {
        let simple = self.get(id);
        let value = normalise(simple.space, raw);
        let problem = match &simple.variety {
            Variety::Atomic => self.atomic(simple, &value, prefixes),
            Variety::List(item) => self.list(simple, *item, &value, prefixes),
            Variety::Union(members) => return self.union(simple, members, raw, prefixes),
        };
        (value, problem.err())
    }

    #[inline]
    fn atomic(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> Result<(), Box<Problem>> {
        if !is_lexical(simple, value, prefixes) {
            return Err(not_lexical(simple, value));
        }
        if self.fits(simple, value, prefixes) { Ok(()) } else { Err(self.all_problems(simple, value, prefixes)) }
    }

    fn list(&self, simple: &Simple, item: SimpleId, value: &str, prefixes: &dyn Prefixes) -> Result<(), Box<Problem>> {
        for word in words(value) {
            if let (_, Some(problem)) = self.check(item, word, prefixes) {
                return Err(problem);
            }
        }
        if self.fits(simple, value, prefixes) { Ok(()) } else { Err(self.all_problems(simple, value, prefixes)) }
    }

    fn union<'v>(
        &self,
        simple: &Simple,
        members: &[SimpleId],
        raw: &'v str,
        prefixes: &dyn Prefixes,
    ) -> (Cow<'v, str>, Option<Box<Problem>>) {
        for member in members {
            let (value, problem) = self.check(*member, raw, prefixes);
            if problem.is_none() {
                let fits = self.fits(simple, &value, prefixes);
                let problem = (!fits).then(|| self.all_problems(simple, &value, prefixes));
                return (value, problem);
            }
        }
        let expected: Vec<String> = members.iter().map(|member| self.expected(*member)).collect();
        let problem = Problem {
            rule: rules::XSD_TYPE,
            zh: "的值不属于任何允许的类型".into(),
            en: "fits none of the types it may have".into(),
            expected: expected.join(" | "),
            also: Vec::new(),
        };
        (normalise(Space::Collapse, raw), Some(Box::new(problem)))
    }

    /// Whether `id` is `ancestor` or derived from it, by restriction, list or membership of a union.
    pub(super) fn derives(&self, id: SimpleId, ancestor: SimpleId) -> bool {
        let mut at = Some(id);
        let mut steps = 0;
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            steps += 1;
            if steps > self.types.len() {
                return false;
            }
            at = self.get(id).base;
        }
        match &self.get(ancestor).variety {
            Variety::Union(members) => members.iter().any(|member| self.derives(id, *member)),
            Variety::Atomic | Variety::List(_) => false,
        }
    }

    /// What a type wants, in a few characters.
    pub(super) fn expected(&self, id: SimpleId) -> String {
        let simple = self.get(id);
        if let Some(values) = &simple.values {
            return listing(&values.texts);
        }
        if let Some(group) = simple.patterns.last() {
            return sources(group);
        }
        if simple.low.is_some() || simple.high.is_some() {
            return range_text(simple);
        }
        if simple.length.is_some() || simple.length_min.is_some() || simple.length_max.is_some() {
            return wording::length_text(simple);
        }
        type_text(simple)
    }
}
