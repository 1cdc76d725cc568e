//! The way that a document goes by chance: only steps that customs may legally take.

use super::rule::Step;
use super::scenario::{PerMille, Scenario};
use crate::domain::{MessageType, status};
use crate::sample::Rng;

/// Passed on from the e-port to customs.
const PASSED_ON: i32 = 3;
/// Codes of detention of import lists.
const DETENTIONS: [i32; 4] = [501, 502, 503, 599];
/// Handed over: the detention of export returns.
const HANDED_OVER: i32 = 505;

/// Why customs rejects, in the words of real receipts.
const REJECTIONS: [&str; 5] = [
    "退单：商品归类有误，请核实商品编码",
    "退单：申报价格与成交价格不符",
    "退单：规格型号申报不完整",
    "退单：单证资料不齐",
    "退单：申报要素与实际货物不符",
];
/// What an inspection is ordered for.
const INSPECTIONS: [&str; 3] = ["布控查验", "随机抽查", "机检图像异常，转人工查验"];

/// What became of a document, by the rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Reject,
    Inspect,
    Release,
    /// No end.
    Open,
}

/// The steps of a document of that type.
#[expect(clippy::wildcard_enum_match_arm, reason = "only some types go a way of their own")]
pub(super) fn by_chance(kind: MessageType, scenario: &Scenario, rng: &mut Rng) -> Vec<Step> {
    let mut way = Way { scenario, rng, steps: Vec::new() };
    let fate = way.fate();
    match kind {
        MessageType::Ceb621 => way.list(fate, true),
        MessageType::Ceb603 => way.list(fate, false),
        MessageType::Ceb213 => way.export_return(fate),
        MessageType::Ceb513 => match fate {
            Fate::Reject => way.reject(),
            Fate::Inspect | Fate::Release => way.step(status::STORED),
            Fate::Open => {}
        },
        kind if kind.spec().is_some_and(|spec| !spec.pre_no.is_empty()) => way.adjudicated(fate),
        _ => {}
    }
    way.steps
}

/// True with that share of a thousand.
pub(super) fn happens(rng: &mut Rng, share: PerMille) -> bool {
    rng.below(1000) < u64::from(share.of_a_thousand())
}

struct Way<'a> {
    scenario: &'a Scenario,
    rng: &'a mut Rng,
    steps: Vec<Step>,
}

impl Way<'_> {
    fn fate(&mut self) -> Fate {
        let rates = &self.scenario.rates;
        let drawn = self.rng.below(1000);
        let mut below = 0;
        for (share, fate) in
            [(rates.reject, Fate::Reject), (rates.inspect, Fate::Inspect), (rates.release, Fate::Release)]
        {
            below += u64::from(share.of_a_thousand());
            if drawn < below {
                return fate;
            }
        }
        Fate::Open
    }

    fn step(&mut self, code: i32) {
        self.step_with(code, "");
    }

    fn step_with(&mut self, code: i32, info: &str) {
        let after_ms = wait_ms(self.scenario, self.rng);
        self.steps.push(Step { status: code, after_ms, info: info.to_owned(), fault: None });
    }

    fn reject(&mut self) {
        let why = *self.rng.pick(&REJECTIONS);
        self.step_with(status::REJECTED, why);
    }

    fn inspect(&mut self) {
        let why = *self.rng.pick(&INSPECTIONS);
        self.step_with(status::INSPECTION, why);
    }

    fn happens(&mut self, share: PerMille) -> bool {
        happens(self.rng, share)
    }

    /// From 120: 300, then 100, or 399 and then 500, 800, 700, a detention, and 899.
    fn list(&mut self, fate: Fate, import: bool) {
        let rates = self.scenario.rates;
        if self.happens(rates.review) {
            self.step(status::REVIEW);
        }
        if fate == Fate::Reject {
            return self.reject();
        }
        self.step(status::ADJUDICATED);
        match fate {
            Fate::Open | Fate::Reject => return,
            Fate::Release => self.step(status::RELEASED),
            Fate::Inspect => self.inspected(import),
        }
        let is_released = self.steps.last().is_some_and(|step| step.status == status::RELEASED);
        if is_released && self.happens(rates.close) {
            self.step(status::CLOSED);
        }
    }

    /// From 399: an inspection and its end. Export knows neither detention nor shipping back: it is rejected instead.
    fn inspected(&mut self, import: bool) {
        let rates = self.scenario.rates;
        self.inspect();
        if self.happens(rates.suspend) {
            self.step(status::SUSPENDED);
        }
        let detained = self.happens(rates.detain);
        let back = self.happens(rates.ship_back);
        let turned_down = self.happens(rates.reject_inspected);
        if detained && import {
            if self.steps.last().is_some_and(|step| step.status == status::SUSPENDED) {
                self.inspect();
            }
            let code = *self.rng.pick(&DETENTIONS);
            self.step(code);
        } else if turned_down || (!import && (detained || back)) {
            return self.reject();
        }
        self.step(if back { status::SHIPPED_BACK } else { status::RELEASED });
    }

    /// From 2: 3, 120, then as a list that has 505 for a detention.
    fn export_return(&mut self, fate: Fate) {
        let rates = self.scenario.rates;
        self.step(PASSED_ON);
        self.step(status::STORED);
        let reviewed = self.happens(rates.review);
        if reviewed {
            self.step(status::REVIEW);
        }
        match fate {
            Fate::Reject => self.reject(),
            Fate::Open => {}
            Fate::Release => {
                if reviewed {
                    self.step(status::ADJUDICATED);
                }
                self.step(status::RELEASED);
            }
            Fate::Inspect => {
                self.inspect();
                if self.happens(rates.detain) {
                    self.step(HANDED_OVER);
                }
                let back = self.happens(rates.ship_back);
                self.step(if back { status::SHIPPED_BACK } else { status::RELEASED });
            }
        }
    }

    /// From 2: 3, 300, then 399 or 100. What has no release is done when it is adjudicated.
    fn adjudicated(&mut self, fate: Fate) {
        self.step(PASSED_ON);
        if fate == Fate::Open {
            return;
        }
        if self.happens(self.scenario.rates.review) {
            self.step(status::REVIEW);
        }
        match fate {
            Fate::Reject => self.reject(),
            Fate::Inspect | Fate::Release | Fate::Open => self.step(status::ADJUDICATED),
        }
    }
}

/// A time that a step takes, as written.
pub(super) fn wait_ms(scenario: &Scenario, rng: &mut Rng) -> u64 {
    let delay = scenario.delay;
    let span = delay.max_ms.saturating_sub(delay.min_ms);
    delay.min_ms.saturating_add(rng.below(span.saturating_add(1)))
}

/// The text of a decision that has none of its own, in the form of the field.
pub(super) fn usual_info(code: i32) -> String {
    match code {
        status::STORED => "[Code:1800;Desc:逻辑校验通过]".to_owned(),
        status::RELEASED => "[Code:2600;Desc:放行]".to_owned(),
        code => format!("[Code:{code};Desc:{}]", status::name(code).0),
    }
}
