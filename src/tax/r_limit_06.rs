//! R-LIMIT-06, R-LIST-01: goods are on the positive list of the day, and come under a supervision mode that it allows.
//!
//! Source: 财关税〔2018〕49号 [S] for the list by 8-digit code. Personal use and the ban of resale are no figures: the risk
//! features look after them. Table `positive_list`. Passing: 1901101010 under 9610. Failing: a code that is not on the
//! list; goods for bonded import only under 9610.

use crate::domain::Timestamp;
use crate::tables::{Positive, Tables};

/// What the positive list says of goods under a supervision mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed<'a> {
    /// They are on it.
    Yes(Positive<'a>),
    /// They are on it, for other modes.
    OtherModes(Positive<'a>),
    /// They are not on it.
    No,
}

/// Looks goods up in the positive list.
#[must_use]
pub fn listed<'a>(code: &str, trade_mode: &str, tables: &'a Tables, at: Timestamp) -> Listed<'a> {
    match tables.positive(code, at) {
        None => Listed::No,
        Some(entry) if entry.allows(trade_mode) => Listed::Yes(entry),
        Some(entry) => Listed::OtherModes(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_pass_by_list_and_mode() {
        let (tables, at) = (Tables::shipped(), Timestamp::parse_ceb("20260601").expect("a day"));
        assert!(matches!(listed("1901101010", "9610", &tables, at), Listed::Yes(_)));
        assert!(matches!(listed("2204210000", "1210", &tables, at), Listed::Yes(_)));
        assert!(
            matches!(listed("2204210000", "9610", &tables, at), Listed::OtherModes(entry) if entry.trade_modes() == "1210|1239")
        );
        assert_eq!(listed("9301100000", "9610", &tables, at), Listed::No);
        assert_eq!(listed("", "9610", &tables, at), Listed::No);
        assert_eq!(listed("数字数字数字", "9610", &tables, at), Listed::No);
    }
}
