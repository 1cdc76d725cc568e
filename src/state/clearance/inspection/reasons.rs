//! What the features of a score say, in words (R-RISK-04).

use super::Feature;

impl Feature {
    /// Its name on the wire, and what it says in Chinese and English.
    #[must_use]
    pub fn reason(&self) -> (&'static str, String, String) {
        let (value, threshold) = (self.value, self.threshold);
        match self.code {
            1 => (
                "IDS_PER_ADDRESS",
                format!("同一地址有{value}个订购人证件，达到{threshold}"),
                format!("{value} buyers' identities at one address, {threshold} or more"),
            ),
            2 => (
                "IDS_PER_PHONE",
                format!("同一电话有{value}个订购人证件，达到{threshold}"),
                format!("{value} buyers' identities with one telephone, {threshold} or more"),
            ),
            3 => (
                "LISTS_PER_ID_DAY",
                format!("同一证件当日第{value}份清单，达到{threshold}"),
                format!("list number {value} of one identity on one day, {threshold} or more"),
            ),
            4 => (
                "SIGN_OFF",
                format!("该电商的运单签收率{value}%，低于{threshold}%"),
                format!("{value} % of the seller's parcels were signed for, below {threshold} %"),
            ),
            5 => (
                "PRICE",
                format!("单价为同类中位数的{value}%，低于{threshold}%"),
                format!("unit price is {value} % of the median of its peers, below {threshold} %"),
            ),
            6 => (
                "STOCK",
                format!("账册与仓库相差{value}%，达到{threshold}%"),
                format!("book and warehouse differ by {value} %, {threshold} % or more"),
            ),
            7 => ("PAYER", "支付人不是订购人".to_owned(), "the payer is not the buyer".to_owned()),
            8 => (
                "IDS_PER_ACCOUNT",
                format!("同一平台账号有{value}个订购人证件，达到{threshold}"),
                format!("{value} buyers' identities with one account of a platform, {threshold} or more"),
            ),
            _ => ("UNKNOWN", "未知特征".to_owned(), "a feature that this program does not know".to_owned()),
        }
    }
}
