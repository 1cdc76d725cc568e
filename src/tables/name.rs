//! Which tables there are, and what their columns hold.

use super::column::Kind;

/// A dated table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum TableName {
    /// Figures, periods and switches by name; see [`super::Parameter`].
    Parameters = 1,
    /// Goods that may be imported at retail, by 8-digit commodity code (R-LIST-01).
    PositiveList = 2,
    /// Units and tax rates, by 10-digit commodity code.
    Tariff = 3,
    /// Kilograms that a person may import in a year, by beginning of the commodity code (R-LIMIT-05).
    WeightCaps = 4,
    /// How often lists are inspected, by grade, goods and origin (R-RISK-01, R-CRED-02).
    Sampling = 5,
    /// What each supervision mode asks for, by direction and mode, such as `E:9710` (R-EXP-01).
    Regimes = 6,
    /// Credit grades of enterprises, by number (R-CRED-01).
    CreditGrades = 7,
    /// Goods that may not be traded, by beginning of the commodity code.
    ProhibitedGoods = 8,
    /// Goods without refund or exemption of tax, by beginning of the commodity code (R-TAXREF-02).
    NoRefund = 9,
    /// Exchange rates, by customs code of the currency.
    Exchange = 10,
    /// Customs offices or districts that take cross-district returns (R-RET-06).
    ReturnSites = 11,
    /// Customs offices or districts that inspect before loading (R-EXP-04).
    InspectBeforeLoading = 12,
}

/// A column: its name and what it holds.
pub(super) type Column = (&'static str, Kind);

impl TableName {
    /// All tables, by number.
    pub const ALL: &[TableName] = &[
        TableName::Parameters,
        TableName::PositiveList,
        TableName::Tariff,
        TableName::WeightCaps,
        TableName::Sampling,
        TableName::Regimes,
        TableName::CreditGrades,
        TableName::ProhibitedGoods,
        TableName::NoRefund,
        TableName::Exchange,
        TableName::ReturnSites,
        TableName::InspectBeforeLoading,
    ];

    /// Permanent number, as the ledger has it.
    #[must_use]
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The table of that number.
    #[must_use]
    pub fn of_number(number: u32) -> Option<TableName> {
        TableName::ALL.iter().copied().find(|table| table.number() == number)
    }

    /// Name, as commands and requests have it; also the name of the shipped file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TableName::Parameters => "parameters",
            TableName::PositiveList => "positive_list",
            TableName::Tariff => "tariff",
            TableName::WeightCaps => "weight_caps",
            TableName::Sampling => "sampling",
            TableName::Regimes => "regimes",
            TableName::CreditGrades => "credit_grades",
            TableName::ProhibitedGoods => "prohibited_goods",
            TableName::NoRefund => "no_refund",
            TableName::Exchange => "exchange",
            TableName::ReturnSites => "return_sites",
            TableName::InspectBeforeLoading => "inspect_before_loading",
        }
    }

    /// The table of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<TableName> {
        TableName::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// What it is, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            TableName::Parameters => ("参数", "figures, periods and switches"),
            TableName::PositiveList => ("跨境零售进口商品清单", "positive list of retail imports"),
            TableName::Tariff => ("税则税率", "tariff: units and tax rates"),
            TableName::WeightCaps => ("个人年度限量", "yearly weight caps per person"),
            TableName::Sampling => ("抽查比例", "inspection rates"),
            TableName::Regimes => ("监管方式", "supervision modes"),
            TableName::CreditGrades => ("企业信用等级", "credit grades"),
            TableName::ProhibitedGoods => ("禁止进出口商品", "prohibited goods"),
            TableName::NoRefund => ("不予退免税商品", "goods without refund"),
            TableName::Exchange => ("汇率", "exchange rates"),
            TableName::ReturnSites => ("跨关区退货海关", "offices for cross-district returns"),
            TableName::InspectBeforeLoading => ("先查验后装运海关", "offices that inspect before loading"),
        }
    }

    /// Name and kind of the key column.
    pub(super) fn key(self) -> Column {
        match self {
            TableName::Parameters => ("name", Kind::Parameter),
            TableName::PositiveList => ("hs8", Kind::Digits(8, 8)),
            TableName::Tariff => ("hs10", Kind::Digits(10, 10)),
            TableName::WeightCaps | TableName::ProhibitedGoods | TableName::NoRefund => {
                ("hs_prefix", Kind::Digits(2, 10))
            }
            TableName::Sampling => ("selector", Kind::Selector),
            TableName::Regimes => ("regime", Kind::Regime),
            TableName::CreditGrades => ("grade", Kind::Whole(1, 99)),
            TableName::Exchange => ("currency", Kind::Currency),
            TableName::ReturnSites | TableName::InspectBeforeLoading => ("customs", Kind::Office),
        }
    }

    /// Names and kinds of the value columns.
    pub(super) fn values(self) -> &'static [Column] {
        const NAME: Column = ("name", Kind::Text);
        match self {
            TableName::Parameters => &[("value", Kind::Value)],
            TableName::PositiveList => &[NAME, ("trade_modes", Kind::Modes), ("remark", Kind::Optional)],
            TableName::Tariff => &[
                NAME,
                ("unit1", Kind::Unit),
                ("unit2", Kind::OptionalUnit),
                ("duty_percent", Kind::Percent(1_000)),
                ("vat_percent", Kind::Percent(100)),
                ("consumption_percent", Kind::Percent(99)),
                ("consumption_per_unit", Kind::OptionalAmount),
                ("consumption_unit", Kind::OptionalUnit),
                ("consumption_from", Kind::OptionalAmount),
            ],
            TableName::WeightCaps => &[NAME, ("kg_per_person_year", Kind::Amount)],
            TableName::Sampling => {
                &[("rate_per_10000", Kind::OptionalWhole(10_000)), ("factor_percent", Kind::OptionalWhole(10_000))]
            }
            TableName::Regimes => &[
                NAME,
                ("order_type", Kind::OneOf(&["I", "E", "B", "W"])),
                ("needs", Kind::Documents),
                ("hs_digits", Kind::OneOf(&["4", "6", "10"])),
                ("book", Kind::Switch),
                ("low_value_gate", Kind::Switch),
            ],
            TableName::CreditGrades => &[("name_zh", Kind::Text), ("name_en", Kind::Text), ("regime", Kind::Text)],
            TableName::ProhibitedGoods | TableName::NoRefund => &[NAME, ("reason", Kind::Text)],
            TableName::Exchange => &[("cny_per_100_units", Kind::Amount)],
            TableName::ReturnSites | TableName::InspectBeforeLoading => &[NAME],
        }
    }

    /// Names of the key columns.
    #[must_use]
    pub fn key_columns(self) -> &'static [&'static str] {
        match self {
            TableName::Parameters => &["name"],
            TableName::PositiveList => &["hs8"],
            TableName::Tariff => &["hs10"],
            TableName::WeightCaps | TableName::ProhibitedGoods | TableName::NoRefund => &["hs_prefix"],
            TableName::Sampling => &["selector"],
            TableName::Regimes => &["regime"],
            TableName::CreditGrades => &["grade"],
            TableName::Exchange => &["currency"],
            TableName::ReturnSites | TableName::InspectBeforeLoading => &["customs"],
        }
    }

    /// Names of the value columns, in the order of [`super::Row::values`].
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            TableName::Parameters => &["value"],
            TableName::PositiveList => &["name", "trade_modes", "remark"],
            TableName::Tariff => &[
                "name",
                "unit1",
                "unit2",
                "duty_percent",
                "vat_percent",
                "consumption_percent",
                "consumption_per_unit",
                "consumption_unit",
                "consumption_from",
            ],
            TableName::WeightCaps => &["name", "kg_per_person_year"],
            TableName::Sampling => &["rate_per_10000", "factor_percent"],
            TableName::Regimes => &["name", "order_type", "needs", "hs_digits", "book", "low_value_gate"],
            TableName::CreditGrades => &["name_zh", "name_en", "regime"],
            TableName::ProhibitedGoods | TableName::NoRefund => &["name", "reason"],
            TableName::Exchange => &["cny_per_100_units"],
            TableName::ReturnSites | TableName::InspectBeforeLoading => &["name"],
        }
    }

    /// True if the shipped rows are a made-up sample that an official file takes the place of.
    #[must_use]
    pub fn is_sample(self) -> bool {
        !matches!(self, TableName::Parameters | TableName::Regimes | TableName::CreditGrades)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back() {
        for table in TableName::ALL {
            assert_eq!(TableName::of_number(table.number()), Some(*table));
            assert_eq!(TableName::of_name(table.name()), Some(*table));
            let kinds: Vec<&str> = table.values().iter().map(|(name, _)| *name).collect();
            assert_eq!(kinds, table.columns());
            assert_eq!([table.key().0], table.key_columns());
        }
        assert_eq!(TableName::of_number(0), None);
    }
}
