//! Values as keys: a text that two values share exactly if they are the same value.

use super::decimal::Decimal;
use super::moment::{Duration, Moment};
use super::simple::{Prefixes, Primitive, SimpleId, SimpleTypes, Variety};

impl SimpleTypes {
    pub(in crate::schema) fn key(&self, id: SimpleId, value: &str, prefixes: &dyn Prefixes) -> String {
        let simple = self.get(id);
        match &simple.variety {
            Variety::List(item) => {
                value.split_ascii_whitespace().map(|word| self.key(*item, word, prefixes) + " ").collect()
            }
            Variety::Union(members) => {
                let member = members.iter().find(|member| self.check(**member, value, prefixes).1.is_none());
                member.map_or_else(|| value.to_owned(), |member| self.key(*member, value, prefixes))
            }
            Variety::Atomic => match simple.primitive {
                Primitive::Any | Primitive::String => format!("s{value}"),
                Primitive::AnyUri => format!("u{value}"),
                Primitive::Boolean => format!("b{}", matches!(value, "true" | "1")),
                Primitive::Decimal => format!("d{:?}", Decimal::parse(value)),
                Primitive::Float => format!("f{}", value.parse::<f64>().map_or(value.to_owned(), |n| format!("{n:e}"))),
                Primitive::Duration => format!("p{:?}", Duration::parse(value)),
                Primitive::Moment(kind) => format!("t{kind:?}{:?}", Moment::parse(kind, value)),
                Primitive::HexBinary => format!("h{}", value.to_ascii_uppercase()),
                Primitive::Base64Binary => format!("m{}", value.split_ascii_whitespace().collect::<String>()),
                Primitive::QName | Primitive::Notation => format!("q{value}"),
            },
        }
    }
}
