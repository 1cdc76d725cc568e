//! R-ENT-03: the firm behind each code of a message is filed in the role that the field gives it.
//!
//! Source: domain.md §6.1, official codes -10101 `无效企业类型` and -10102 `无效企业代码`; field text
//! `企业【…】不是【电商平台企业】企业!` `[S:WXQ2]`. A code that nobody filed is refused only if the switch
//! `unfiled_codes_refused` is on: firms of other windows send here too. `无` and `NO` stand for no code (R-ENT-05).
//!
//! Passes: ebpCode of a firm filed as a platform. Fails: ebpCode of a payment firm.

use super::{Refusals, StateRule, View, Wrong};
use crate::domain::{Field, MessageType, Part, Role, codes};
use crate::state::cells::StateError;
use crate::tables::Parameter;

pub(super) const RULE: StateRule = StateRule { id: "R-ENT-03", kinds: is_sent_by_firms, is_of_firms: true, check };

/// True for what firms send; notices of customs name whom they name.
pub(super) fn is_sent_by_firms(kind: MessageType) -> bool {
    kind.spec().is_some_and(|spec| spec.part != Part::Notice)
}

/// Fields with codes of firms: the roles that fit each, and what a firm in them is called.
const CODES: [(Field, &[Role], &str, &str); 6] = [
    (Field::EbpCode, &[Role::Platform], "电商平台企业", "e-commerce platform"),
    // A platform may sell itself.
    (Field::EbcCode, &[Role::Seller, Role::Platform], "电商企业", "e-commerce enterprise"),
    (Field::PayCode, &[Role::Payment, Role::Bank], "支付企业", "payment institution"),
    (Field::LogisticsCode, &[Role::Logistics], "物流企业", "logistics enterprise"),
    // A firm may declare for itself.
    (Field::AgentCode, &[Role::Declarant, Role::Seller, Role::Logistics], "申报企业", "declarant"),
    (Field::OperatorCode, &[Role::SiteOperator, Role::Logistics, Role::Warehouse], "监管场所经营人", "site operator"),
];

/// Codes of firms that a document names, with the roles that fit the field.
pub(super) fn named<'a>(
    view: &'a View<'_>,
) -> impl Iterator<Item = (Field, &'static [Role], &'static str, &'static str, &'a str)> {
    let codes = CODES.iter().map(|(field, roles, zh, en)| (*field, *roles, *zh, *en, view.facts.keys.get(*field)));
    codes.filter(|(_, _, _, _, code)| !matches!(*code, "" | "无" | "NO"))
}

fn check(view: &View<'_>, refusals: &mut Refusals) -> Result<(), StateError> {
    let refuse_unfiled = view.tables.switch(Parameter::UnfiledCodesRefused, view.now);
    for (field, roles, zh, en, code) in named(view) {
        let (official, message_zh, message_en) = match view.registry.of_code(code) {
            None if refuse_unfiled => {
                (-10_102, format!("[{code}]未备案"), format!("no firm with code {code} is filed"))
            }
            Some((_, party)) if !roles.iter().any(|role| party.has_role(*role)) => {
                (-10_101, format!("企业【{code}】不是【{zh}】企业!"), format!("the firm {code} is not filed as {en}"))
            }
            None | Some(_) => continue,
        };
        let expected: Vec<String> = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        refusals.wrong(Wrong {
            field,
            line: None,
            found: code,
            expected: &expected.join(" | "),
            official,
            message_zh: format!("{}：{message_zh}", official_zh(official)),
            message_en,
        });
    }
    Ok(())
}

fn official_zh(code: i32) -> &'static str {
    codes::error_text(code).map_or("", |(zh, _)| zh)
}
