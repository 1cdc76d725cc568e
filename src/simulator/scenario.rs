//! What may happen at a made-up customs: proven values, made by [`super::ScenarioFile::check`].

use super::rule::Rule;

/// The scenarios that the program carries, by name.
pub const CARRIED: [(&str, &str); 4] = [
    ("calm", include_str!("../../examples/scenarios/calm.toml")),
    ("festival", include_str!("../../examples/scenarios/festival.toml")),
    ("trouble", include_str!("../../examples/scenarios/trouble.toml")),
    ("strict", include_str!("../../examples/scenarios/strict.toml")),
];

/// A share of a thousand, 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct PerMille(u16);

impl PerMille {
    /// Never.
    pub const NEVER: PerMille = PerMille(0);
    /// Always.
    pub const ALWAYS: PerMille = PerMille(1000);

    /// `None` if it is more than 1000.
    #[must_use]
    pub fn new(of_a_thousand: u16) -> Option<PerMille> {
        (of_a_thousand <= 1000).then_some(PerMille(of_a_thousand))
    }

    /// 0 to 1000.
    #[must_use]
    pub fn of_a_thousand(self) -> u16 {
        self.0
    }
}

/// How many of a thousand documents go which way.
///
/// `reject`, `inspect` and `release` are shares of all documents; what is left of the thousand gets no end: customs
/// takes it in and says nothing more. The others are shares of what they speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Rejected without inspection (100).
    pub reject: PerMille,
    /// Inspected (500), then released or one of the ends below.
    pub inspect: PerMille,
    /// Released without inspection (800), or adjudicated (399) where there is no release.
    pub release: PerMille,
    /// Of all: looked at by a person first (300).
    pub review: PerMille,
    /// Of the inspected: suspended meanwhile (600).
    pub suspend: PerMille,
    /// Of the inspected: detained (501, 502, 503, 599; 505 for export returns).
    pub detain: PerMille,
    /// Of the inspected: shipped back in the end (700).
    pub ship_back: PerMille,
    /// Of the inspected that are not detained: rejected in the end (100).
    pub reject_inspected: PerMille,
    /// Of the released lists: closed after it (899).
    pub close: PerMille,
}

impl Default for Rates {
    /// Everything is released and closed.
    fn default() -> Rates {
        Rates {
            reject: PerMille::NEVER,
            inspect: PerMille::NEVER,
            release: PerMille::ALWAYS,
            review: PerMille::NEVER,
            suspend: PerMille::NEVER,
            detain: PerMille::NEVER,
            ship_back: PerMille::NEVER,
            reject_inspected: PerMille::NEVER,
            close: PerMille::ALWAYS,
        }
    }
}

/// How long customs takes for each step: any time in between, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// Milliseconds at least.
    pub min_ms: u64,
    /// Milliseconds at most; not less than `min_ms`.
    pub max_ms: u64,
}

impl Default for Delay {
    fn default() -> Delay {
        Delay { min_ms: 1_000, max_ms: 1_000 }
    }
}

/// What goes wrong on the way from customs, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Of all decisions: never sent.
    pub lose: PerMille,
    /// Of all decisions: sent twice at once.
    pub repeat: PerMille,
    /// Of all decisions: sent again after the last one.
    pub repeat_late: PerMille,
    /// Of all documents with two decisions or more: two that follow each other are sent in the wrong order.
    pub reorder: PerMille,
    /// Of all documents: a decision with a status that no table has comes in between.
    pub unknown_status: PerMille,
    /// Of all documents: a decision on a number that nobody has comes too.
    pub unknown_document: PerMille,
    /// When an end did not arrive: after so many milliseconds customs is asked and answers again. `None`: never.
    pub recover_ms: Option<u64>,
}

/// Tax bills (CEB816) of released import lists, and their status (CEB818).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxBills {
    /// Milliseconds from the release to the bill.
    pub after_ms: u64,
    /// Milliseconds from the bill to its payment; `None`: it is not paid.
    pub paid_after_ms: Option<u64>,
}

/// What may happen at a made-up customs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Chance follows from it and from the document.
    pub seed: u64,
    /// How many documents go which way.
    pub rates: Rates,
    /// How long a step takes.
    pub delay: Delay,
    /// What goes wrong.
    pub faults: Faults,
    /// Tax bills of released lists; `None`: there are none.
    pub tax_bills: Option<TaxBills>,
    /// Whether a consolidation request (CEB701) that is adjudicated gets its result (CEB792).
    pub consolidations: bool,
    /// The first rule that a document fits decides on it; what fits none goes by the rates.
    pub rules: Vec<Rule>,
    /// How many times faster than written it runs, at least 1.
    pub speed: u32,
    /// Stands before the text of every decision.
    pub mark: String,
}

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            seed: 1,
            rates: Rates::default(),
            delay: Delay::default(),
            faults: Faults::default(),
            tax_bills: None,
            consolidations: true,
            rules: Vec::new(),
            speed: 1,
            mark: String::new(),
        }
    }
}

impl Scenario {
    /// The text of a carried scenario.
    #[must_use]
    pub fn carried(name: &str) -> Option<&'static str> {
        CARRIED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Milliseconds as they run: shorter by the speed.
    #[must_use]
    pub(super) fn run_ms(&self, written_ms: u64) -> u64 {
        written_ms / u64::from(self.speed.max(1))
    }
}
