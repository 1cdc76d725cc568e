//! Why the state refuses a document: rule ids, official codes and texts in one place.
#![expect(clippy::wildcard_enum_match_arm, reason = "the official table has codes for a few types only")]

use crate::domain::{MessageType, Rejection};

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
    /// A stored list may be changed only with preNo and invtNo.
    NumbersMissing,
    /// Its customs number differs from the one given (R-ST-05).
    CustomsNoFrozen,
    /// The sender may not invent a preNo (R-INV-13).
    PreNoUnknown,
}

impl Reason {
    /// The rejection for a document of that type; `field` is the path's last step, `found` must not be
    /// personal.
    pub(super) fn rejection(self, kind: MessageType, field: &str, found: &str, expected: &str) -> Rejection {
        let (title_zh, title_en) = kind.document_title();
        let code = |order: i32, payment: i32, waybill: i32, list: i32| match kind {
            MessageType::Ceb311 => order,
            MessageType::Ceb411 => payment,
            MessageType::Ceb511 => waybill,
            MessageType::Ceb621 => list,
            _ => 0,
        };
        let (rule, official, message_zh, message_en) = match self {
            Reason::NotTheCaller => (
                "R-SCH-08",
                code(0, 0, 0, -621_015),
                format!("{field}[{found}]与卡信息[{expected}]不匹配，没有权限进行操作"),
                format!("{field} {found} is not the connected party {expected}"),
            ),
            Reason::NoMandate => (
                "R-ENT-07",
                code(0, 0, 0, -621_016),
                format!("{field}[{found}]不是发送方，也没有授权发送方代为申报{title_zh}"),
                format!("{field} {found} is neither the sender nor has filed a mandate for it to send the {title_en}"),
            ),
            Reason::Duplicate => (
                "R-ST-03",
                code(-301_010, -401_007, -504_015, -621_004),
                match kind {
                    MessageType::Ceb311 => "已存在相同编号的订单".to_owned(),
                    MessageType::Ceb411 => "已存在相同编号的支付单".to_owned(),
                    MessageType::Ceb511 => "物流运单已存在".to_owned(),
                    _ => format!("清单[{found}]已经申报过，请勿重复申报"),
                },
                format!("a {title_en} with {field} {found} is there already"),
            ),
            Reason::NotThere => (
                "R-ST-04",
                code(-301_009, -401_006, -504_014, -621_011),
                match kind {
                    MessageType::Ceb621 => format!("不存在已申报的清单[{found}]，无法进行改单操作"),
                    _ => format!("不存在编号为[{found}]的{title_zh}，无法变更或删除"),
                },
                format!("there is no {title_en} with {field} {found} to change or delete"),
            ),
            Reason::StatusForbids => (
                "R-ST-04",
                code(-301_011, -401_008, -504_016, -621_012),
                format!("{title_zh}的状态[{found}]不符合改单申报的条件"),
                format!("status {found} of the {title_en} does not permit a change"),
            ),
            Reason::Frozen => (
                "R-ST-08",
                code(-301_011, -401_008, -504_016, -621_012),
                format!("该{title_zh}已向海关申报清单，状态不符"),
                format!("the {title_en} can no longer change: its declaration list is stored"),
            ),
            Reason::NotYours => (
                "R-ENT-08",
                code(0, 0, 0, -621_016),
                format!("{title_zh}[{found}]由其他企业报送，没有权限进行操作"),
                format!("the {title_en} {found} was sent by another party"),
            ),
            Reason::Stale => (
                "R-SCH-10",
                code(-301_014, -401_012, -505_016, -621_012),
                "接收报文为旧报文数据，不做处理".to_owned(),
                format!("appTime {found} is older than that of the {title_en} held, {expected}"),
            ),
            Reason::NumbersMissing => (
                "R-ST-04",
                code(0, 0, 0, -621_012),
                format!("变更已入库清单须填写预录入编号和清单编号，{field}[{found}]"),
                format!("a stored list can be changed only with its own {field}: found {found:?}"),
            ),
            Reason::CustomsNoFrozen => (
                "R-ST-05",
                code(0, 0, 0, -621_999),
                "海关清单编号不允许修改".to_owned(),
                "the list number given by customs cannot be changed".to_owned(),
            ),
            Reason::PreNoUnknown => (
                "R-INV-13",
                code(0, 0, 0, -621_001),
                format!("清单报文校验失败，[预录入编号{found}不是本平台签发]"),
                format!("preNo {found} was not given by this exchange; leave it empty for a new list"),
            ),
        };
        Rejection {
            rule: rule.to_owned(),
            official,
            path: field.to_owned(),
            message_zh,
            message_en,
            found: (!found.is_empty()).then(|| found.to_owned()),
            expected: expected.to_owned(),
            ..Rejection::default()
        }
    }
}
