//! Why the state refuses a document: rule ids, official codes and texts in one place.

use super::clearance::SINCE_LOGIC;
use super::keys::Side;
use crate::domain::codes::error_texts;
use crate::domain::{MessageType, Rejection};
use MessageType::{Ceb311, Ceb411, Ceb511, Ceb513, Ceb621, Ceb623, Ceb625, Ceb711};
use Reason::{
    CustomsNoFrozen, Duplicate, Frozen, ListUnknown, NoMandate, NotTheCaller, NotThere, NotYours, NumbersMissing,
    PreNoUnknown, Stale, StatusForbids,
};

/// A refusal that needs other documents to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// copCode is not the caller's (R-SCH-08).
    NotTheCaller,
    /// Neither the sender nor its mandator answers for the document.
    NoMandate,
    /// The business key is live (R-ST-03).
    Duplicate,
    /// Nothing to change or delete (R-ST-04).
    NotThere,
    /// Its status does not permit a change (R-ST-04).
    StatusForbids,
    /// It is frozen by its list (R-ST-08).
    Frozen,
    /// Another party sent it.
    NotYours,
    /// Older than what is held (R-SCH-10).
    Stale,
    /// What customs gave a number may be changed only with preNo and that number.
    NumbersMissing,
    /// Its customs number differs from the one given (R-ST-05).
    CustomsNoFrozen,
    /// The sender may not invent a preNo (R-INV-13).
    PreNoUnknown,
    /// The list that it speaks of is not known (R-ST-06).
    ListUnknown,
    /// What customs sends belongs to another office (R-ST-11).
    ForeignOffice,
}

/// Official codes by type; a pair that is not here has none. Export has no table of its own.
///
/// Source: specification 202205, tables 7-1 and 7-2; -621999 is field code. -625204 is the only code of returns that
/// says that there is no such list. The table has no code for a waybill older than the one held but among those of
/// its status.
const CODES: &[(MessageType, &[(Reason, i32)])] = &[
    (
        Ceb311,
        &[
            (Duplicate, -301_010),
            (NotThere, -301_009),
            (StatusForbids, -301_011),
            (Frozen, -301_011),
            (Stale, -301_014),
        ],
    ),
    (
        Ceb411,
        &[
            (Duplicate, -401_007),
            (NotThere, -401_006),
            (StatusForbids, -401_008),
            (Frozen, -401_008),
            (Stale, -401_012),
        ],
    ),
    (
        Ceb511,
        &[
            (Duplicate, -504_015),
            (NotThere, -504_014),
            (StatusForbids, -504_016),
            (Frozen, -504_016),
            (Stale, -505_016),
        ],
    ),
    (Ceb513, &[(Duplicate, -505_012), (NotThere, -505_014), (Stale, -505_016)]),
    (
        Ceb621,
        &[
            (NotTheCaller, -621_015),
            (NoMandate, -621_016),
            (Duplicate, -621_004),
            (NotThere, -621_011),
            (StatusForbids, -621_012),
            (Frozen, -621_012),
            (NotYours, -621_016),
            (Stale, -621_012),
            (NumbersMissing, -621_012),
            (CustomsNoFrozen, -621_999),
            (PreNoUnknown, -621_001),
        ],
    ),
    (
        Ceb623,
        &[
            (NotTheCaller, -623_021),
            (NoMandate, -623_026),
            (Duplicate, -623_009),
            (NotThere, -623_011),
            (StatusForbids, -623_013),
            (NotYours, -623_026),
            (PreNoUnknown, -623_014),
            (ListUnknown, -623_003),
        ],
    ),
    (
        Ceb625,
        &[
            (NotTheCaller, -625_020),
            (NoMandate, -625_021),
            (Duplicate, -625_033),
            (NotThere, -625_018),
            (StatusForbids, -625_022),
            (NotYours, -625_021),
            (PreNoUnknown, -625_008),
            (ListUnknown, -625_204),
        ],
    ),
    (Ceb711, &[(Duplicate, -800_003), (Stale, -800_005)]),
];

/// The rule that a second document of the same numbers breaks: orders and waybills have one of their own, under
/// logic 2.
fn duplicate_rule(kind: MessageType) -> &'static str {
    match Side::of(kind) {
        Side::Order => "R-INV-12",
        Side::Waybill => "R-INV-11",
        Side::Payment | Side::List | Side::Other => "R-ST-03",
    }
}

impl Reason {
    /// The official code for a type; 0 if the table has none.
    pub(super) fn official(self, kind: MessageType) -> i32 {
        let of_kind = CODES.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, codes)| codes);
        of_kind.iter().find(|(reason, _)| *reason == self).map_or(0, |(_, code)| *code)
    }

    /// What would be right, where no value can be named (logic 2).
    fn remedy(self) -> &'static str {
        match self {
            NotTheCaller => "the code of the connected party",
            NoMandate => "the sender's own code, or one whose mandate it has",
            Duplicate => "a number that is not in use, or appType 2",
            NotThere => "the number of a document that is there, or appType 1",
            StatusForbids => "a document that customs has not decided on",
            Frozen => "a document whose list is not stored",
            NotYours => "a document of the sender's own",
            Stale => "an appTime that is not older",
            NumbersMissing | CustomsNoFrozen => "the number that customs gave",
            PreNoUnknown => "no preNo",
            ListUnknown => "the number of a list that is here",
            Reason::ForeignOffice => "an office of the caller",
        }
    }

    /// The rejection as a logic says it: from 2 on orders and waybills that are there already have a rule of their own,
    /// and what would be right is said in words where it is no value.
    pub(super) fn refusal(self, logic: u32, kind: MessageType, field: &str, found: &str, expected: &str) -> Rejection {
        let mut refused = self.rejection(kind, field, found, expected);
        if logic < SINCE_LOGIC {
            return refused;
        }
        if self == Duplicate {
            duplicate_rule(kind).clone_into(&mut refused.rule);
        }
        if expected.is_empty() {
            self.remedy().clone_into(&mut refused.expected);
        }
        refused
    }

    /// The rejection for a document of that type; `field` is the path's last step, `found` must not be
    /// personal.
    pub(super) fn rejection(self, kind: MessageType, field: &str, found: &str, expected: &str) -> Rejection {
        let official = self.official(kind);
        let (rule, message_zh, message_en) = self.texts(kind, field, found, expected);
        // Where the official text says just this, it is used.
        let is_said = matches!(self, Duplicate | NotThere | Frozen | Stale | ListUnknown);
        let text = error_texts(official).first().filter(|_| is_said && official != 0 && official != -621_012);
        Rejection {
            rule: rule.to_owned(),
            official,
            path: field.to_owned(),
            message_zh: text.map_or(message_zh, |text| text.zh.replacen("[*]", &format!("[{found}]"), 1)),
            message_en,
            found: (!found.is_empty()).then(|| found.to_owned()),
            expected: expected.to_owned(),
            ..Rejection::default()
        }
    }

    /// Rule, Chinese and English text.
    fn texts(self, kind: MessageType, field: &str, found: &str, expected: &str) -> (&'static str, String, String) {
        let (title_zh, title_en) = kind.document_title();
        match self {
            NotTheCaller => (
                "R-SCH-08",
                format!("{field}[{found}]与卡信息[{expected}]不匹配，没有权限进行操作"),
                format!("{field} {found} is not the connected party {expected}"),
            ),
            NoMandate => (
                "R-ENT-07",
                format!("{field}[{found}]不是发送方，也没有授权发送方代为申报{title_zh}"),
                format!("{field} {found} is neither the sender nor has filed a mandate for it to send the {title_en}"),
            ),
            Duplicate => (
                "R-ST-03",
                format!("{title_zh}[{found}]已经申报过，请勿重复申报"),
                format!("a {title_en} with {field} {found} is there already"),
            ),
            NotThere => (
                "R-ST-04",
                format!("不存在编号为[{found}]的{title_zh}，无法变更或删除"),
                format!("there is no {title_en} with {field} {found} to change or delete"),
            ),
            StatusForbids => (
                "R-ST-04",
                format!("{title_zh}的状态[{found}]不符合改单申报的条件"),
                format!("status {found} of the {title_en} does not permit a change"),
            ),
            Frozen => (
                "R-ST-08",
                format!("该{title_zh}已向海关申报清单，状态不符"),
                format!("the {title_en} can no longer change: its declaration list is stored"),
            ),
            NotYours => (
                "R-ENT-08",
                format!("{title_zh}[{found}]由其他企业报送，没有权限进行操作"),
                format!("the {title_en} {found} was sent by another party"),
            ),
            Stale => (
                "R-SCH-10",
                "接收报文为旧报文数据，不做处理".to_owned(),
                format!("appTime {found} is older than that of the {title_en} held, {expected}"),
            ),
            NumbersMissing => (
                "R-ST-04",
                format!("变更海关已编号的{title_zh}须填写预录入编号和海关编号，{field}[{found}]"),
                format!("a {title_en} numbered by customs can be changed only with its own {field}: found {found:?}"),
            ),
            CustomsNoFrozen => (
                "R-ST-05",
                format!("海关{title_zh}编号不允许修改"),
                format!("the number of the {title_en} given by customs cannot be changed"),
            ),
            PreNoUnknown => (
                "R-INV-13",
                format!("{title_zh}报文校验失败，[预录入编号{found}不是本平台签发]"),
                format!("preNo {found} was not given by this exchange; leave it empty for a new {title_en}"),
            ),
            ListUnknown => (
                "R-ST-06",
                format!("系统中不存在清单编号为[{found}]的清单！"),
                format!("no declaration list has the number {found}"),
            ),
            Reason::ForeignOffice => (
                "R-ST-11",
                format!("{title_zh}的申报海关[{found}]不是本海关"),
                format!("the {title_en} belongs to customs office {found}, which is not the caller's"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_of_the_official_table_and_of_the_types_own_range() {
        for (kind, codes) in CODES {
            for (reason, code) in *codes {
                assert!(*code == -621_999 || !error_texts(*code).is_empty(), "{code} of {kind:?} {reason:?}");
                assert_eq!(reason.official(*kind), *code);
            }
        }
        assert_eq!(Duplicate.official(MessageType::Ceb603), 0, "export has no codes");
    }

    #[test]
    fn official_texts_carry_the_number_found() {
        let refused = ListUnknown.rejection(Ceb623, "invtNo", "460020261I00000001", "");
        assert_eq!((refused.rule.as_str(), refused.official), ("R-ST-06", -623_003));
        assert_eq!(refused.message_zh, "系统中不存在清单编号为[460020261I00000001]的清单！");
        let refused = Duplicate.rejection(MessageType::Ceb605, "copNo", "C1", "");
        assert_eq!(refused.message_zh, "出口撤销申请单[C1]已经申报过，请勿重复申报");
    }
}
