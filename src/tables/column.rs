//! What a column may hold, and what would be right if it holds something else.

use super::parameter::{Parameter, ValueKind};
use crate::domain::{Amount, codes};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, not empty.
    Text,
    /// Text or nothing.
    Optional,
    /// Digits, so many at least and at most.
    Digits(usize, usize),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// A whole number from 0 to this, or nothing.
    OptionalWhole(i64),
    /// A decimal, 0 or more.
    Amount,
    /// A decimal, 0 or more, or nothing.
    OptionalAmount,
    /// A decimal from 0 to this, in percent.
    Percent(i64),
    /// `true` or `false`.
    Switch,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Customs code of a unit of quantity.
    Unit,
    /// The same, or nothing.
    OptionalUnit,
    /// Customs code of a currency.
    Currency,
    /// Customs office, four digits, or district, its first two.
    Office,
    /// Supervision modes, with `|` between them, or nothing for all.
    Modes,
    /// Message types, with `|` between them, or nothing.
    Documents,
    /// Direction and mode: `I:9610`.
    Regime,
    /// What a rate is for: `all`, or of `grade:2`, `hs:3304`, `origin:116` one to three, with `+` between them.
    Selector,
    /// Name of a parameter.
    Parameter,
    /// Value of a parameter; its kind depends on the name.
    Value,
}

fn is_whole(text: &str, from: i64, to: i64) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_ok_and(|number| (from..=to).contains(&number) && number.to_string() == text)
}

fn is_amount(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && Amount::parse(text).is_some_and(|amount| amount.0 >= 0)
}

fn is_digits(text: &str, from: usize, to: usize) -> bool {
    (from..=to).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The parts of a list with `|` between them; none of an empty text.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').filter(|part| !part.is_empty())
}

fn is_list(text: &str, one: impl Fn(&str) -> bool) -> bool {
    text.is_empty() || text.split('|').all(one)
}

fn is_selector(text: &str) -> bool {
    const ORDER: [&str; 3] = ["grade", "hs", "origin"];
    let mut next = 0;
    text == "all"
        || text.split('+').all(|part| {
            let Some((name, value)) = part.split_once(':') else { return false };
            let Some(place) = ORDER.iter().position(|known| *known == name).filter(|place| *place >= next) else {
                return false;
            };
            next = place + 1;
            match place {
                0 => is_whole(value, 1, 99),
                1 => is_digits(value, 2, 10),
                _ => codes::is_country(value),
            }
        })
}

impl Kind {
    /// True if the text may stand in the column, in a row of that key.
    pub(super) fn takes(self, key: &str, text: &str) -> bool {
        match self {
            Kind::Text => !text.trim().is_empty(),
            Kind::Optional => true,
            Kind::Digits(from, to) => is_digits(text, from, to),
            Kind::Whole(from, to) => is_whole(text, from, to),
            Kind::OptionalWhole(to) => text.is_empty() || is_whole(text, 0, to),
            Kind::Amount => is_amount(text),
            Kind::OptionalAmount => text.is_empty() || is_amount(text),
            Kind::Percent(to) => {
                let most = Amount::parse(&to.to_string()).unwrap_or_default();
                is_amount(text) && Amount::parse(text).is_some_and(|amount| amount <= most)
            }
            Kind::Switch => matches!(text, "true" | "false"),
            Kind::OneOf(known) => known.contains(&text),
            Kind::Unit => codes::is_unit(text),
            Kind::OptionalUnit => text.is_empty() || codes::is_unit(text),
            Kind::Currency => codes::is_currency(text),
            Kind::Office => is_digits(text, 2, 2) || is_digits(text, 4, 4),
            Kind::Modes => is_list(text, |mode| is_digits(mode, 4, 4)),
            Kind::Documents => is_list(text, |kind| is_digits(kind, 3, 3)),
            Kind::Regime => text
                .split_once(':')
                .is_some_and(|(flow, mode)| matches!(flow, "I" | "E") && codes::trade_mode_name_zh(mode).is_some()),
            Kind::Selector => is_selector(text),
            Kind::Parameter => Parameter::of_name(text).is_some(),
            // Of an unknown parameter only the key is wrong.
            Kind::Value => Parameter::of_name(key).is_none_or(|parameter| parameter.kind().takes(text)),
        }
    }

    /// What would be right, in Chinese and English.
    pub(super) fn expected(self, key: &str) -> (String, String) {
        let both = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
        match self {
            Kind::Text => both("非空文本", "a text"),
            Kind::Optional => both("任意文本", "any text"),
            Kind::Digits(from, to) if from == to => (format!("{from}位数字"), format!("{from} digits")),
            Kind::Digits(from, to) => (format!("{from}至{to}位数字"), format!("{from} to {to} digits")),
            Kind::Whole(from, to) => (format!("{from}至{to}的整数"), format!("a whole number from {from} to {to}")),
            Kind::OptionalWhole(to) => {
                (format!("0至{to}的整数或空"), format!("a whole number from 0 to {to}, or nothing"))
            }
            Kind::Amount => both("不小于0的数，最多5位小数", "a decimal of 0 or more, at most 5 places"),
            Kind::OptionalAmount => both("不小于0的数或空", "a decimal of 0 or more, or nothing"),
            Kind::Percent(to) => (format!("0至{to}的百分数"), format!("percent from 0 to {to}")),
            Kind::Switch => both("true 或 false", "true or false"),
            Kind::OneOf(known) => (known.join("、"), format!("one of {}", known.join(", "))),
            Kind::Unit => both("计量单位代码", "the customs code of a unit"),
            Kind::OptionalUnit => both("计量单位代码或空", "the customs code of a unit, or nothing"),
            Kind::Currency => both("币制代码", "the customs code of a currency"),
            Kind::Office => both("4位关区代码或其前2位", "a customs office of 4 digits, or its first 2"),
            Kind::Modes => {
                both("4位监管方式，以|分隔，空为全部", "modes of 4 digits with | between them, empty for all")
            }
            Kind::Documents => both("3位报文编号，以|分隔", "message types of 3 digits with | between them"),
            Kind::Regime => both("I:或E:加监管方式，如 I:9610", "I: or E: and a supervision mode, as in I:9610"),
            Kind::Selector => both(
                "all，或 grade:、hs:、origin: 依次以+组合，如 grade:4+hs:3304",
                "all, or grade:, hs:, origin: in this order with + between them, as in grade:4+hs:3304",
            ),
            Kind::Parameter => {
                both("参数名，见 swx tables show parameters", "a parameter, see swx tables show parameters")
            }
            Kind::Value => Parameter::of_name(key).map_or(ValueKind::Text, Parameter::kind).expected(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_have_each_part_once_and_in_order() {
        for text in ["all", "grade:2", "hs:3304", "origin:116", "grade:4+hs:33+origin:116"] {
            assert!(Kind::Selector.takes("", text), "{text}");
        }
        for text in ["", "grade:0", "hs:3", "origin:99", "hs:33+grade:2", "hs:33+hs:34", "all+hs:33", "hs:33+"] {
            assert!(!Kind::Selector.takes("", text), "{text}");
        }
    }

    #[test]
    fn numbers_are_plain() {
        for text in ["", "-1", "+1", "1e3", " 1", "01"] {
            assert!(!Kind::Whole(0, 10).takes("", text), "{text}");
        }
        for text in ["", "-1", "+1", "1.234567", "."] {
            assert!(!Kind::Amount.takes("", text), "{text}");
        }
        assert!(Kind::Percent(99).takes("", "15.5") && !Kind::Percent(99).takes("", "99.1"));
        assert!(Kind::Amount.takes("", "0.7") && Kind::OptionalAmount.takes("", ""));
    }
}
