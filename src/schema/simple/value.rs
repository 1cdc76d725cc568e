//! Value spaces: when two literals mean the same value.

use super::{Identity, Prefixes, Primitive, Simple, SimpleId, SimpleTypes, Variety, same_atomic, words};
use crate::schema::chars;
use crate::schema::decimal::Decimal;
use crate::schema::moment::{Duration, Moment};

use super::lexical::{double, single};

/// Knows no prefix: names with the same prefix are the same.
struct Unresolved;

impl Prefixes for Unresolved {
    fn uri(&self, _prefix: &str) -> Option<&str> {
        None
    }
}

impl SimpleTypes {
    /// A text that two normalised values of any types share exactly if they are the same value.
    ///
    /// Values of different primitive types are never the same; a value of a union is one of the first member that
    /// takes it.
    pub(in crate::schema) fn key(&self, id: SimpleId, value: &str, prefixes: &dyn Prefixes) -> String {
        self.key_of(self.get(id), value, prefixes)
    }

    pub(super) fn key_of(&self, simple: &Simple, value: &str, prefixes: &dyn Prefixes) -> String {
        match &simple.variety {
            Variety::Atomic => atomic_key(simple.primitive, value, prefixes),
            Variety::List(item) => {
                let mut key = String::from("(");
                for word in words(value) {
                    key.push_str(&self.key(*item, word, prefixes));
                    key.push(' ');
                }
                key
            }
            Variety::Union(members) => {
                for member in members {
                    if let (value, None) = self.check(*member, value, prefixes) {
                        return self.key(*member, &value, prefixes);
                    }
                }
                format!("?{value}")
            }
        }
    }

    /// The IDs and references in a normalised value: those of a list's items, and of the member a union chose.
    pub(in crate::schema) fn identities<'v>(
        &self,
        id: SimpleId,
        value: &'v str,
        prefixes: &dyn Prefixes,
    ) -> Vec<(Identity, &'v str)> {
        let mut found = Vec::new();
        // A list holds no list and a union no union, so this ends after three rounds.
        let mut open = vec![(id, value)];
        while let Some((id, value)) = open.pop() {
            let simple = self.get(id);
            match &simple.variety {
                Variety::Atomic if simple.identity == Identity::None => {}
                Variety::Atomic => found.push((simple.identity, value.trim_matches([' ', '\t', '\n', '\r']))),
                Variety::List(item) => {
                    if self.may_identify(*item) {
                        open.extend(words(value).map(|word| (*item, word)));
                    }
                }
                Variety::Union(members) => {
                    if members.iter().any(|member| self.may_identify(*member)) {
                        let chosen = members.iter().find(|member| self.check(**member, value, prefixes).1.is_none());
                        open.extend(chosen.map(|member| (*member, value)));
                    }
                }
            }
        }
        found.reverse();
        found
    }

    /// Whether values of a type may hold IDs or references; for items and members.
    fn may_identify(&self, id: SimpleId) -> bool {
        let simple = self.get(id);
        match &simple.variety {
            Variety::Atomic => simple.identity != Identity::None,
            Variety::List(_) | Variety::Union(_) => true,
        }
    }

    /// Whether two normalised values are the same in the value space of a type; prefixes are compared as such.
    pub(in crate::schema) fn same(&self, id: SimpleId, a: &str, b: &str) -> bool {
        let simple = self.get(id);
        match (&simple.variety, simple.primitive) {
            (Variety::Atomic, Primitive::Any | Primitive::String | Primitive::AnyUri | Primitive::Decimal) => {
                same_atomic(simple.primitive, a, b)
            }
            _ => a == b || self.key_of(simple, a, &Unresolved) == self.key_of(simple, b, &Unresolved),
        }
    }
}

fn atomic_key(primitive: Primitive, value: &str, prefixes: &dyn Prefixes) -> String {
    let made = match primitive {
        Primitive::Any | Primitive::String => Some(format!("s{value}")),
        Primitive::AnyUri => Some(format!("u{value}")),
        Primitive::Boolean => Some(format!("b{}", matches!(value, "true" | "1"))),
        Primitive::Decimal => Decimal::parse(value).map(|number| format!("d{}", number.canonical())),
        // One zero and one NaN, unlike IEEE 754.
        Primitive::Float => single(value).map(|n| if n == 0.0 { "f0".to_owned() } else { format!("f{n:e}") }),
        Primitive::Double => double(value).map(|n| if n == 0.0 { "e0".to_owned() } else { format!("e{n:e}") }),
        Primitive::Duration => Duration::parse(value).map(|duration| format!("p{}", duration.canonical())),
        Primitive::Moment(kind) => Moment::parse(kind, value).map(|at| format!("t{kind:?}{}", at.canonical())),
        Primitive::HexBinary => Some(format!("h{}", value.to_ascii_uppercase())),
        Primitive::Base64Binary => {
            Some("m".chars().chain(value.chars().filter(|c| !c.is_ascii() || !is_space(*c))).collect())
        }
        Primitive::QName | Primitive::Notation => {
            let (prefix, local) = value.split_once(':').unwrap_or(("", value));
            let tag = if primitive == Primitive::QName { 'q' } else { 'n' };
            Some(match prefixes.uri(prefix) {
                Some(uri) => format!("{tag}{{{uri}}}{local}"),
                None => format!("{tag}{value}"),
            })
        }
    };
    made.unwrap_or_else(|| format!("?{value}"))
}

fn is_space(c: char) -> bool {
    u8::try_from(c).is_ok_and(chars::is_space)
}
