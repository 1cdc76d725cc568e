//! Parameters that nothing reads: kept because the domain rules name them, said so wherever they are shown.

use super::Parameter;

const STATISTICS: (&str, &str) = ("统计（第24条）尚未实现", "statistics (Article 24) are not built yet");

impl Parameter {
    /// Why nothing reads it, in Chinese and English; `None` for a parameter that a rule reads.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are read, as a test makes sure")]
    pub fn unread(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Parameter::StatisticsFirmsMin
            | Parameter::StatisticsTopFirmShareMax
            | Parameter::StatisticsTopTwoShareMax
            | Parameter::StatisticsCloseDay
            | Parameter::SurveyTurnoverYear
            | Parameter::SurveyTurnoverHalfYear
            | Parameter::IndexBase
            | Parameter::IndexScaleWeight
            | Parameter::IndexEfficiencyWeight
            | Parameter::IndexStructureWeight
            | Parameter::IndexComplianceWeight => STATISTICS,
            Parameter::RawPaymentDepartments | Parameter::RawPaymentTypes | Parameter::RawPaymentCurrencies => {
                ("由公告2018年第165号的接口固定", "fixed by the interface of announcement 2018-165")
            }
            Parameter::IdentityVerification => (
                "R-M3-09 总是比对；开关为 payer_may_differ_if_verified",
                "R-M3-09 always compares; the switch is payer_may_differ_if_verified",
            ),
            Parameter::SelfApproval | Parameter::SelfApprovalAuditPerTenThousand => {
                ("清单仅由海关审批", "lists are decided by customs alone")
            }
            Parameter::InspectBeforeLoadingAllowed => {
                ("标准报文不含监管场所各步骤（R-EXP-04）", "no message carries the steps of a site (R-EXP-04)")
            }
            Parameter::DrawPeriodDays => ("抽查期为自然月", "a period of draws is a calendar month"),
            Parameter::CreditRegime => ("由表 credit_grades 给出", "the table credit_grades tells it"),
            Parameter::CertifiedRateShareMax | Parameter::DishonestRateMin => (
                "各等级比例见表 sampling，其界限不检查",
                "rates by grade stand in the table sampling; bounds are not checked",
            ),
            Parameter::BrushingAlertPoints => {
                ("评分仅供复核，见 brushing_review_points", "a score leads to a review only: brushing_review_points")
            }
            Parameter::RecallAnswerSeconds | Parameter::RecallNoticeHours => {
                ("对人的要求，程序不检查", "asked of people, not checked")
            }
            Parameter::ForexRecordYears => ("账本永久保存", "the ledger keeps everything"),
            Parameter::ForexStaffMin => ("名录登记条件", "a condition of the directory"),
            Parameter::ForexGoodsMax | Parameter::ForexGoodsTradeCode => {
                ("属银行接口，不在所收报文中", "of a bank's interface, in no message that is taken")
            }
            _ => return None,
        })
    }
}
