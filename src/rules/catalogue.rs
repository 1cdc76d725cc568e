//! Every rule there is, in one list for people: `swx rules`, `docs/rules.md`. The list is `catalogue.csv`.

use std::sync::LazyLock;

/// Where a rule is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforced {
    /// By the schema itself.
    Schema,
    /// On a message alone, before it is recorded.
    Message,
    /// When an entry is applied: with the state, the filings and the dated tables.
    State,
    /// By a part of the program that is no check of a document.
    Program,
    /// Not: the reason says why.
    Not,
}

impl Enforced {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Enforced::Schema => ("报文模式", "schema"),
            Enforced::Message => ("报文自身", "message alone"),
            Enforced::State => ("入账时", "when applied"),
            Enforced::Program => ("程序功能", "part of the program"),
            Enforced::Not => ("未实现", "not enforced"),
        }
    }
}

/// What people are told about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Permanent id.
    pub id: String,
    /// What must hold, in Chinese.
    pub zh: String,
    /// What must hold, in English.
    pub en: String,
    /// Where it comes from.
    pub source: String,
    /// Evidence: S sourced, G general knowledge, D proposed here.
    pub mark: String,
    /// Where it is enforced.
    pub enforced: Enforced,
    /// The place in the program.
    pub place: String,
    /// Parameters of the dated tables that it reads.
    pub parameters: Vec<String>,
    /// An example.
    pub example: String,
    /// The test that shows it, if its golden cases do not.
    pub case: String,
    /// Why it is not enforced, or what of it is not.
    pub reason: String,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_str!("catalogue.csv").as_bytes());
    reader.records().map(|record| known(&record.expect("a test reads the list"))).collect()
});

fn known(record: &csv::StringRecord) -> Known {
    let text = |at: usize| record.get(at).unwrap_or_default().to_owned();
    Known {
        id: text(0),
        zh: text(1),
        en: text(2),
        source: text(3),
        mark: text(4),
        enforced: match record.get(5) {
            Some("schema") => Enforced::Schema,
            Some("message") => Enforced::Message,
            Some("state") => Enforced::State,
            Some("program") => Enforced::Program,
            Some(_) | None => Enforced::Not,
        },
        place: text(6),
        parameters: text(7).split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        example: text(8),
        case: text(9),
        reason: text(10),
    }
}

/// Every rule, grouped by what it is about.
#[must_use]
pub fn all() -> &'static [Known] {
    &KNOWN
}

/// The rule of that id, whatever its case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_is_whole_and_no_id_stands_twice() {
        assert!(all().len() >= 135);
        let ids: HashSet<&str> = all().iter().map(|known| known.id.as_str()).collect();
        assert_eq!(ids.len(), all().len());
        for known in all() {
            assert!(!known.zh.is_empty() && !known.en.is_empty() && !known.source.is_empty(), "{}", known.id);
            assert!(matches!(known.mark.as_str(), "S" | "G" | "D"), "{}", known.id);
            let says_why = !known.reason.is_empty();
            assert!(known.enforced != Enforced::Not || says_why, "{} is not enforced and does not say why", known.id);
        }
    }

    #[test]
    fn rules_on_messages_are_in_the_list_as_such() {
        for rule in super::super::RULES {
            let known = find(rule.id).unwrap_or_else(|| panic!("{} is not in the list", rule.id));
            // The state may have its part of a rule too.
            assert!(matches!(known.enforced, Enforced::Message | Enforced::State), "{}", rule.id);
        }
    }
}
