//! R-LIMIT-04: what is over the yearly limit is no retail import; it is treated as general trade.
//!
//! Source: 财关税〔2018〕49号 [S]. The list is refused with the official text, which names both figures, and the way that is
//! left. Passing: used 24,900, 1,100 more. Failing: used 24,900, 1,200 more.

use super::Decision;
use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// Why a transaction is refused: what a rejection says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule.
    pub rule: &'static str,
    /// Official negative code.
    pub official: i32,
    /// What would be right.
    pub expected: String,
    /// Reason in Chinese: the official text with both figures, and what to do.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
}

/// What is said of a transaction that a decision refuses; `None` if it passes.
#[must_use]
pub fn refusal(decision: Decision, value: Amount, used: Amount, tables: &Tables, at: Timestamp) -> Option<Refusal> {
    let [single, year] = [Parameter::SingleLimit, Parameter::YearlyLimit].map(|it| tables.amount(it, at));
    match decision {
        Decision::Preferential | Decision::FullTax => None,
        Decision::OverYear => {
            let left = super::left_of_year(used, tables, at);
            Some(Refusal {
                rule: "R-LIMIT-02",
                official: -621_018,
                expected: format!("at most {left}"),
                message_zh: format!(
                    "已用购买额度为[{used}]，本次购买将超过年度限额[{year}]；本次{value}，剩余{left}，请按一般贸易办理"
                ),
                message_en: format!(
                    "used {used} of the yearly limit {year}: {left} is left, this is {value}; use general trade"
                ),
            })
        }
        Decision::OverSingle => Some(Refusal {
            rule: "R-LIMIT-01",
            official: -621_005,
            expected: format!("at most {single}, or one item only"),
            message_zh: format!("购买金额超过单笔限额[[{single}]]；本次{value}，超限额仅限单件商品并全额征税"),
            message_en: format!(
                "{value} is over the single limit {single}, which only a single item taxed in full may be"
            ),
        }),
    }
}
