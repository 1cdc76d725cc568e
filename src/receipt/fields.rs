//! The numbers that each receipt carries, in the order of its schema (edition 202205).

use crate::domain::{Field, Keys, MessageType};
use Absent::{Dash, Dashes18, Empty, Omit, OmitUnless18, Zero};

/// What stands for a number that the document does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// Nothing: the element is left out.
    Omit,
    /// An empty element.
    Empty,
    /// A dash: the element must be there and may not be empty.
    Dash,
    /// 18 dashes: the element must be there and has exactly so many characters.
    Dashes18,
    /// 0: the element must be there and is a number.
    Zero,
    /// Nothing, and so for a number that has not exactly 18 characters.
    OmitUnless18,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only receipts carry numbers of other documents")]
fn fields(receipt: MessageType) -> &'static [(Field, Absent)] {
    match receipt {
        MessageType::Ceb214 => &[
            (Field::EbpCode, Omit),
            (Field::EbcCode, Omit),
            (Field::AgentCode, Empty),
            (Field::CoElNo, Empty),
            (Field::PreNo, Omit),
            (Field::InvtNo, Empty),
        ],
        MessageType::Ceb216 => &[
            (Field::OperatorCode, Empty),
            (Field::LogisticsCode, Empty),
            (Field::LogisticsNo, Empty),
            (Field::CoElNo, Empty),
            (Field::PreNo, Omit),
        ],
        MessageType::Ceb304 => &[(Field::EbpCode, Empty), (Field::EbcCode, Empty), (Field::OrderNo, Empty)],
        MessageType::Ceb312 => &[(Field::EbpCode, Dash), (Field::EbcCode, Dash), (Field::OrderNo, Dash)],
        MessageType::Ceb404 => &[(Field::EbcCode, Empty), (Field::OrderNo, Empty), (Field::PayNo, Omit)],
        MessageType::Ceb412 => &[(Field::PayCode, Dash), (Field::PayTransactionId, Dash)],
        MessageType::Ceb506 => &[(Field::LogisticsCode, Empty), (Field::LogisticsNo, Empty)],
        MessageType::Ceb508 => &[
            (Field::OperatorCode, Empty),
            (Field::LogisticsCode, Empty),
            (Field::PreNo, Dashes18),
            (Field::CopNo, Empty),
            (Field::BillNo, Empty),
            (Field::MsgSeqNo, Zero),
        ],
        MessageType::Ceb510 => {
            &[(Field::LogisticsCode, Empty), (Field::CopNo, Empty), (Field::PreNo, Dashes18), (Field::MsgSeqNo, Zero)]
        }
        MessageType::Ceb512 => &[(Field::LogisticsCode, Dash), (Field::LogisticsNo, Dash)],
        MessageType::Ceb514 => {
            &[(Field::LogisticsCode, Dash), (Field::LogisticsNo, Dash), (Field::LogisticsStatus, Dash)]
        }
        MessageType::Ceb604 => &[
            (Field::AgentCode, Empty),
            (Field::CopNo, Empty),
            (Field::PreNo, Dashes18),
            (Field::InvtNo, Empty),
            (Field::EbcCode, Empty),
            (Field::EbpCode, Empty),
            (Field::OrderNo, Empty),
            (Field::StatisticsFlag, Dash),
        ],
        MessageType::Ceb606 => {
            &[(Field::AgentCode, Empty), (Field::CopNo, Empty), (Field::PreNo, Dashes18), (Field::InvtNo, Empty)]
        }
        MessageType::Ceb608 => &[
            (Field::AgentCode, Empty),
            (Field::LogisticsCode, Empty),
            (Field::CopNo, Empty),
            (Field::PreNo, Dashes18),
            (Field::BillNo, Empty),
            (Field::MsgSeqNo, Zero),
        ],
        MessageType::Ceb622 => &[
            (Field::CustomsCode, Omit),
            (Field::EbpCode, Omit),
            (Field::EbcCode, Omit),
            (Field::AgentCode, Omit),
            (Field::CopNo, Dash),
            (Field::PreNo, Dashes18),
            (Field::InvtNo, OmitUnless18),
        ],
        MessageType::Ceb624 => &[
            (Field::CustomsCode, Omit),
            (Field::AgentCode, Omit),
            (Field::EbpCode, Omit),
            (Field::EbcCode, Omit),
            (Field::CopNo, Dash),
            (Field::PreNo, Dashes18),
            (Field::InvtNo, OmitUnless18),
        ],
        MessageType::Ceb626 => &[
            (Field::CustomsCode, Omit),
            (Field::AgentCode, Omit),
            (Field::EbpCode, Omit),
            (Field::EbcCode, Omit),
            (Field::CopNo, Dash),
            (Field::PreNo, Dashes18),
            (Field::InvtNo, OmitUnless18),
        ],
        MessageType::Ceb702 => &[
            (Field::AgentCode, Empty),
            (Field::EbcCode, Empty),
            (Field::CopNo, Empty),
            (Field::PreNo, Dashes18),
            (Field::SumNo, OmitUnless18),
            (Field::MsgSeqNo, Zero),
        ],
        MessageType::Ceb712 => &[
            (Field::CustomsCode, Omit),
            (Field::OperatorCode, Omit),
            (Field::CopNo, Omit),
            (Field::PreNo, Omit),
            (Field::RkdNo, Omit),
        ],
        _ => &[],
    }
}

/// Elements of a receipt that name its document, with their values, in order.
pub(super) fn named(receipt: MessageType, keys: &Keys) -> impl Iterator<Item = (&'static str, &str)> {
    fields(receipt).iter().filter_map(|(field, absent)| {
        let value = keys.get(*field);
        let value = match absent {
            Empty => value,
            Dash if value.is_empty() => "-",
            Dashes18 if value.is_empty() => "------------------",
            Zero if value.is_empty() => "0",
            OmitUnless18 if value.chars().count() != 18 => return None,
            Omit if value.is_empty() => return None,
            Dash | Dashes18 | Zero | Omit | OmitUnless18 => value,
        };
        Some((field.name(), value))
    })
}
