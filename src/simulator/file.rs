//! The scenario file: a mirror of the TOML, and the check that turns it into a [`Scenario`].

use super::rule::{Rule, Step, StepFault};
use super::scenario::{Delay, Faults, PerMille, Rates, Scenario, TaxBills};
use super::wait::parse_wait;
use crate::domain::MessageType;
use crate::domain::limits::{
    DECISION_INFO_CHARS_MAX, SCENARIO_RULES_MAX, SCENARIO_STEPS_MAX, SCENARIO_WAIT_MS_MAX, SIMULATOR_SPEED_MAX,
    TOKEN_CHARS_MAX,
};
use serde::Deserialize;
use std::fmt;

/// A scenario as written. Shares are of a thousand; waits are texts such as `"250ms"`, `"5s"`, `"2h"`, `"30d"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// Chance follows from it and from the documents. Default 1.
    pub seed: Option<u64>,
    /// How many times faster than written it runs. Default 1.
    pub speed: Option<u32>,
    /// How many documents go which way.
    #[serde(default)]
    pub rates: RatesFile,
    /// How long a step takes. Default 1 s.
    #[serde(default)]
    pub delay: DelayFile,
    /// What goes wrong. Default nothing.
    #[serde(default)]
    pub faults: FaultsFile,
    /// Tax bills of released import lists. Default none.
    #[serde(default)]
    pub tax_bills: TaxBillsFile,
    /// Whether adjudicated consolidation requests get their result. Default true.
    pub consolidations: Option<bool>,
    /// Rules for single documents; the first that fits decides.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleFile>,
}

/// Shares of a thousand; see [`Rates`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatesFile {
    /// Of all: rejected without inspection. Default 0.
    pub reject: Option<u16>,
    /// Of all: inspected. Default 0.
    pub inspect: Option<u16>,
    /// Of all: released without inspection. Default: the rest.
    pub release: Option<u16>,
    /// Of all: looked at by a person first. Default 0.
    pub review: Option<u16>,
    /// Of the inspected: suspended meanwhile. Default 0.
    pub suspend: Option<u16>,
    /// Of the inspected: detained. Default 0.
    pub detain: Option<u16>,
    /// Of the inspected: shipped back. Default 0.
    pub ship_back: Option<u16>,
    /// Of the inspected that are not detained: rejected. Default 0.
    pub reject_inspected: Option<u16>,
    /// Of the released lists: closed. Default 1000.
    pub close: Option<u16>,
}

/// How long a step takes: `fixed`, or `min` and `max`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelayFile {
    /// Always so long.
    pub fixed: Option<String>,
    /// At least so long …
    pub min: Option<String>,
    /// … and at most so long.
    pub max: Option<String>,
}

/// What goes wrong; see [`Faults`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultsFile {
    /// Of all decisions: never sent.
    pub lose: Option<u16>,
    /// Of all decisions: sent twice at once.
    pub repeat: Option<u16>,
    /// Of all decisions: sent again after the last one.
    pub repeat_late: Option<u16>,
    /// Of all documents: two decisions in the wrong order.
    pub reorder: Option<u16>,
    /// Of all documents: a status that no table has.
    pub unknown_status: Option<u16>,
    /// Of all documents: a decision on a number that nobody has.
    pub unknown_document: Option<u16>,
    /// When an end did not arrive: after so long customs is asked and answers again. Default: never.
    pub recover: Option<String>,
}

/// Tax bills of released import lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxBillsFile {
    /// Whether there are any. Default false.
    #[serde(default)]
    pub enabled: bool,
    /// From the release to the bill. Default 1 s.
    pub after: Option<String>,
    /// From the bill to its payment. Default: it is not paid.
    pub paid_after: Option<String>,
}

/// A rule: which documents, and what happens to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Number of the message type, for example 621.
    pub message_type: Option<i32>,
    /// Customs office.
    pub customs_code: Option<String>,
    /// Supervision mode.
    pub trade_mode: Option<String>,
    /// What orderNo begins with.
    pub order_no: Option<String>,
    /// What invtNo begins with.
    pub invt_no: Option<String>,
    /// What copNo begins with.
    pub cop_no: Option<String>,
    /// What the commodity code of a line begins with.
    pub gcode: Option<String>,
    /// What happens, in order. An empty list: customs never answers.
    pub steps: Vec<StepFile>,
}

/// One step of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// CEB returnStatus.
    pub status: i32,
    /// After the step before. Default: what the scenario's delay is at most.
    pub after: Option<String>,
    /// Customs' text.
    #[serde(default)]
    pub info: String,
    /// `"lose"`, `"repeat"` or `"repeat-late"`.
    pub fault: Option<String>,
}

/// One thing that is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Key in the file, for example `rule[2].steps[1].after`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { key: key.into(), what: what.into() });
    }

    fn share(&mut self, key: &str, given: Option<u16>, default: PerMille) -> PerMille {
        let Some(given) = given else { return default };
        PerMille::new(given).unwrap_or_else(|| {
            self.add(key, format!("{given} is more than 1000: shares are of a thousand"));
            default
        })
    }

    fn wait(&mut self, key: &str, given: Option<&str>) -> Option<u64> {
        let text = given?;
        match parse_wait(text) {
            Some(wait_ms) if wait_ms <= SCENARIO_WAIT_MS_MAX => Some(wait_ms),
            Some(_) => {
                self.add(key, format!("{text:?} is more than 366d"));
                None
            }
            None => {
                self.add(key, format!("{text:?} is no wait such as \"250ms\", \"5s\", \"10m\", \"2h\" or \"30d\""));
                None
            }
        }
    }

    fn text(&mut self, key: &str, text: &str, chars_max: usize) {
        if text.chars().count() > chars_max {
            self.add(key, format!("is longer than {chars_max} characters"));
        }
        if text.chars().any(char::is_control) {
            self.add(key, "has control characters");
        }
    }
}

impl ScenarioFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What the TOML reader says, with line and column.
    pub fn parse(text: &str) -> Result<ScenarioFile, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Proves the scenario.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(&self) -> Result<Scenario, Vec<Problem>> {
        let mut problems = Problems::default();
        let speed = self.speed.unwrap_or(1);
        if !(1..=SIMULATOR_SPEED_MAX).contains(&speed) {
            problems.add("speed", format!("{speed} is not in 1..{SIMULATOR_SPEED_MAX}"));
        }
        let rates = self.rates.check(&mut problems);
        let delay = self.delay.check(&mut problems);
        let faults = self.faults.check(&mut problems);
        let tax_bills = self.tax_bills.check(&mut problems);
        if self.rules.len() > SCENARIO_RULES_MAX {
            problems.add("rule", format!("there are {}, at most {SCENARIO_RULES_MAX}", self.rules.len()));
        }
        let mut rules = Vec::new();
        for (index, rule) in self.rules.iter().take(SCENARIO_RULES_MAX).enumerate() {
            rules.push(rule.check(&format!("rule[{index}]"), delay, &mut problems));
        }
        if !problems.0.is_empty() {
            return Err(problems.0);
        }
        Ok(Scenario {
            seed: self.seed.unwrap_or(1),
            rates,
            delay,
            faults,
            tax_bills,
            consolidations: self.consolidations.unwrap_or(true),
            rules,
            speed,
            mark: String::new(),
        })
    }
}

impl RatesFile {
    fn check(&self, problems: &mut Problems) -> Rates {
        let never = PerMille::NEVER;
        let reject = problems.share("rates.reject", self.reject, never);
        let inspect = problems.share("rates.inspect", self.inspect, never);
        let taken = reject.of_a_thousand() + inspect.of_a_thousand();
        let rest = PerMille::new(1000_u16.saturating_sub(taken)).unwrap_or(never);
        let release = problems.share("rates.release", self.release, rest);
        let sum = taken + release.of_a_thousand();
        if sum > 1000 {
            problems.add("rates", format!("reject, inspect and release are {sum} of a thousand together"));
        }
        Rates {
            reject,
            inspect,
            release,
            review: problems.share("rates.review", self.review, never),
            suspend: problems.share("rates.suspend", self.suspend, never),
            detain: problems.share("rates.detain", self.detain, never),
            ship_back: problems.share("rates.ship_back", self.ship_back, never),
            reject_inspected: problems.share("rates.reject_inspected", self.reject_inspected, never),
            close: problems.share("rates.close", self.close, PerMille::ALWAYS),
        }
    }
}

impl DelayFile {
    fn check(&self, problems: &mut Problems) -> Delay {
        let default = Delay::default();
        let fixed = problems.wait("delay.fixed", self.fixed.as_deref());
        let min = problems.wait("delay.min", self.min.as_deref());
        let max = problems.wait("delay.max", self.max.as_deref());
        if self.fixed.is_some() && (self.min.is_some() || self.max.is_some()) {
            problems.add("delay", "has both fixed and min or max");
        }
        if let Some(fixed) = fixed {
            return Delay { min_ms: fixed, max_ms: fixed };
        }
        let min_ms = min.unwrap_or_else(|| default.min_ms.min(max.unwrap_or(default.min_ms)));
        let max_ms = max.unwrap_or_else(|| default.max_ms.max(min_ms));
        if min_ms > max_ms {
            problems.add("delay", "min is more than max");
        }
        Delay { min_ms, max_ms }
    }
}

impl FaultsFile {
    fn check(&self, problems: &mut Problems) -> Faults {
        let never = PerMille::NEVER;
        Faults {
            lose: problems.share("faults.lose", self.lose, never),
            repeat: problems.share("faults.repeat", self.repeat, never),
            repeat_late: problems.share("faults.repeat_late", self.repeat_late, never),
            reorder: problems.share("faults.reorder", self.reorder, never),
            unknown_status: problems.share("faults.unknown_status", self.unknown_status, never),
            unknown_document: problems.share("faults.unknown_document", self.unknown_document, never),
            recover_ms: problems.wait("faults.recover", self.recover.as_deref()),
        }
    }
}

impl TaxBillsFile {
    fn check(&self, problems: &mut Problems) -> Option<TaxBills> {
        let after_ms = problems.wait("tax_bills.after", self.after.as_deref()).unwrap_or(1_000);
        let paid_after_ms = problems.wait("tax_bills.paid_after", self.paid_after.as_deref());
        self.enabled.then_some(TaxBills { after_ms, paid_after_ms })
    }
}

impl RuleFile {
    fn check(&self, key: &str, delay: Delay, problems: &mut Problems) -> Rule {
        let message_type = self.message_type.map(MessageType::of_number);
        if message_type.is_some_and(|kind| kind.receipt().answered() != Some(kind)) {
            problems.add(
                format!("{key}.message_type"),
                "is no type that customs answers with a receipt, for example 621 or 605",
            );
        }
        for (name, value) in [
            ("customs_code", &self.customs_code),
            ("trade_mode", &self.trade_mode),
            ("order_no", &self.order_no),
            ("invt_no", &self.invt_no),
            ("cop_no", &self.cop_no),
            ("gcode", &self.gcode),
        ] {
            if let Some(value) = value {
                problems.text(&format!("{key}.{name}"), value, TOKEN_CHARS_MAX);
            }
        }
        if self.steps.len() > SCENARIO_STEPS_MAX {
            problems.add(format!("{key}.steps"), format!("has more than {SCENARIO_STEPS_MAX} steps"));
        }
        let mut steps = Vec::new();
        for (index, step) in self.steps.iter().take(SCENARIO_STEPS_MAX).enumerate() {
            steps.push(step.check(&format!("{key}.steps[{index}]"), delay, problems));
        }
        Rule {
            message_type,
            customs_code: self.customs_code.clone(),
            trade_mode: self.trade_mode.clone(),
            order_no: self.order_no.clone(),
            invt_no: self.invt_no.clone(),
            cop_no: self.cop_no.clone(),
            gcode: self.gcode.clone(),
            steps,
        }
    }
}

impl StepFile {
    fn check(&self, key: &str, delay: Delay, problems: &mut Problems) -> Step {
        if self.status == 0 {
            problems.add(format!("{key}.status"), "is a CEB returnStatus, not 0");
        }
        problems.text(&format!("{key}.info"), &self.info, DECISION_INFO_CHARS_MAX);
        let fault = match self.fault.as_deref() {
            None => None,
            Some("lose") => Some(StepFault::Lose),
            Some("repeat") => Some(StepFault::Repeat),
            Some("repeat-late") => Some(StepFault::RepeatLate),
            Some(other) => {
                let what = format!("{other:?} is none of \"lose\", \"repeat\" and \"repeat-late\"");
                problems.add(format!("{key}.fault"), what);
                None
            }
        };
        let after_ms = problems.wait(&format!("{key}.after"), self.after.as_deref()).unwrap_or(delay.max_ms);
        Step { status: self.status, after_ms, info: self.info.clone(), fault }
    }
}
