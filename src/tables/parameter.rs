//! Every figure, period and switch that a rule reads, by name.

use crate::domain::Amount;

/// What the value of a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A decimal; shares are parts of one, so that 70 % is 0.7.
    Amount,
    /// A whole number of 0 or more; its unit is the last word of the name.
    Number,
    /// `true` or `false`.
    Switch,
    /// A text; a list has `|` between its parts.
    Text,
}

/// Largest whole number: milliseconds of that many days still fit.
const NUMBER_MAX: i64 = 1_000_000_000;

impl ValueKind {
    /// Name, as commands print it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ValueKind::Amount => "amount",
            ValueKind::Number => "number",
            ValueKind::Switch => "switch",
            ValueKind::Text => "text",
        }
    }

    pub(super) fn takes(self, text: &str) -> bool {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            ValueKind::Amount => {
                text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && Amount::parse(text).is_some()
            }
            ValueKind::Number => digits && text.parse::<i64>().is_ok_and(|number| number <= NUMBER_MAX),
            ValueKind::Switch => matches!(text, "true" | "false"),
            ValueKind::Text => true,
        }
    }

    pub(super) fn expected(self) -> (String, String) {
        let (zh, en) = match self {
            ValueKind::Amount => ("不小于0的数，最多5位小数", "a decimal of 0 or more, at most 5 places"),
            ValueKind::Number => ("0至1000000000的整数", "a whole number from 0 to 1000000000"),
            ValueKind::Switch => ("true 或 false", "true or false"),
            ValueKind::Text => ("文本", "a text"),
        };
        (zh.to_owned(), en.to_owned())
    }
}

macro_rules! parameters {
    ($($variant:ident = $name:literal $kind:ident $zh:literal $en:literal;)*) => {
        /// A figure, period or switch of the table `parameters`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Parameter {
            $(#[doc = $en] $variant,)*
        }

        impl Parameter {
            /// All parameters, by section of the domain rules.
            pub const ALL: &[Parameter] = &[$(Parameter::$variant),*];

            /// Permanent name, the key of its rows.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Parameter::$variant => $name),* }
            }

            /// What its value is.
            #[must_use]
            pub fn kind(self) -> ValueKind {
                match self { $(Parameter::$variant => ValueKind::$kind),* }
            }

            /// What it means, in Chinese and English.
            #[must_use]
            pub fn meaning(self) -> (&'static str, &'static str) {
                match self { $(Parameter::$variant => ($zh, $en)),* }
            }

            /// The parameter of that name.
            #[must_use]
            pub fn of_name(name: &str) -> Option<Parameter> {
                match name { $($name => Some(Parameter::$variant),)* _ => None }
            }
        }
    };
}

parameters! {
    // 1 Messages · 报文
    BuyerIdTypes = "buyer_id_types" Text "订购人证件类型（R-INV-01）" "Types of buyer ids that lists may have (R-INV-01)";
    ImportCurrencies = "import_currencies" Text "进口币制（R-INV-02）" "Currencies of import documents (R-INV-02)";
    ImportPackNo = "import_pack_no" Number "进口清单件数（R-INV-03）" "Packages of an import list (R-INV-03)";
    ImportTradeModes = "import_trade_modes" Text "进口监管方式（R-INV-04）" "Supervision modes of import lists (R-INV-04)";
    ExportTradeModes = "export_trade_modes" Text "出口监管方式（R-EXP-01）" "Supervision modes of export lists (R-EXP-01)";
    ExportReturnModes = "export_return_modes" Text "出口退货监管方式" "Supervision modes of export returns";
    SignOffStatuses = "sign_off_statuses" Text "运单状态（R-INV-17）" "Statuses of a waybill that may be reported (R-INV-17)";
    PriceTolerance = "price_tolerance" Amount "总价与单价×数量的允差，元（R-INV-16）" "Allowed difference of a total price from price times quantity, CNY (R-INV-16)";
    WaybillLapseDays = "waybill_lapse_days" Number "运单号可重用的天数（R-INV-11）" "Days after which a waybill number may be used again (R-INV-11)";
    // 2 Status · 状态
    CancelStatuses = "cancel_statuses" Text "可撤单的状态（R-ST-06）" "Statuses in which a list may be cancelled (R-ST-06)";
    CancelReleasedBeforeDeparture = "cancel_released_before_departure" Switch "放行后未离区可撤单（R-ST-06）" "A released list whose goods have not left may be cancelled (R-ST-06)";
    ChangeStatuses = "change_statuses" Text "可改单的状态（R-ST-04）" "Statuses in which a list may be changed (R-ST-04)";
    LostReceiptFirstMinutes = "lost_receipt_first_minutes" Number "未收到海关回执首次告警，分钟（R-ST-09）" "Minutes without an answer of customs until the first alert (R-ST-09)";
    LostReceiptSecondMinutes = "lost_receipt_second_minutes" Number "未收到海关回执再次告警，分钟（R-ST-09）" "Minutes without an answer of customs until the second alert (R-ST-09)";
    // 3 Matching · 三单对碰
    MatchWaitHours = "match_wait_hours" Number "等待三单的小时数（R-M3-01）" "Hours that a list waits for its documents (R-M3-01)";
    PayerMayDifferIfVerified = "payer_may_differ_if_verified" Switch "身份已核验时支付人可不同（R-M3-09）" "The payer may be another person if the buyer was verified (R-M3-09)";
    ExportReceiptOfMoneyNeeded = "export_receipt_of_money_needed" Switch "出口须有收款单" "Export lists need a receipt of money (403)";
    MatchTolerance = "match_tolerance" Amount "三单金额允差，元（R-M3-04、05）" "Allowed difference of amounts between documents, CNY (R-M3-04, 05)";
    // 4 Limits and tax · 限额与税
    SingleLimit = "single_limit" Amount "单笔限额，元（R-LIMIT-01）" "Dutiable value of a transaction at most, CNY (R-LIMIT-01)";
    YearlyLimit = "yearly_limit" Amount "年度限额，元（R-LIMIT-02）" "Dutiable value per person and calendar year at most, CNY (R-LIMIT-02)";
    FullTaxItemsMax = "full_tax_items_max" Number "超单笔限额时可含的商品件数（R-LIMIT-03）" "Items of a transaction above the single limit (R-LIMIT-03); 0 forbids them";
    PositiveListNeeded = "positive_list_needed" Switch "商品须在正面清单内（R-LIST-01）" "Imports must be on the positive list (R-LIST-01)";
    PreferentialDutyShare = "preferential_duty_share" Amount "限额内关税比例" "Share of the duty that is paid within the limits";
    TaxShare = "tax_share" Amount "限额内增值税、消费税征收比例" "Share of VAT and consumption tax that is paid within the limits";
    SmallTaxWaiver = "small_tax_waiver" Amount "免征税额，元（R-TAX-02）" "Tax up to which none is charged, CNY (R-TAX-02)";
    TaxRoundingUnit = "tax_rounding_unit" Amount "税额舍入单位，元（R-TAX-03）" "Unit to which each tax of a line is rounded half up, CNY (R-TAX-03)";
    TaxDueFromDays = "tax_due_from_days" Number "放行后第几日起缴税（R-TAX-06）" "Days after the release from which the tax is due (R-TAX-06)";
    TaxDueToDays = "tax_due_to_days" Number "放行后第几日止缴税（R-TAX-06）" "Days after the release to which the tax is due (R-TAX-06)";
    GuaranteeNeeded = "guarantee_needed" Switch "须有足额担保（R-TAX-06）" "A guarantee must cover the unpaid tax (R-TAX-06)";
    TaxBillTolerance = "tax_bill_tolerance" Amount "税单与试算允差，元（R-TAX-07）" "Allowed difference of a tax bill from our assessment, CNY (R-TAX-07)";
    UnfiledGuaranteeRefused = "unfiled_guarantee_refused" Switch "未备案担保的清单不予接收（R-TAX-06）" "Lists of guarantors with no guarantee filed here are refused (R-TAX-06)";
    // 5 Raw payment data · 支付原始数据
    RawPaymentDeadlineHours = "raw_payment_deadline_hours" Number "实时数据上传期限，小时（R-PAY-05）" "Hours to upload raw payment data (R-PAY-05)";
    RawPaymentDepartments = "raw_payment_departments" Text "验核机构（verDept）" "Clearing houses (verDept)";
    RawPaymentTypes = "raw_payment_types" Text "支付类型（payType）" "Types of payment (payType)";
    RawPaymentCurrencies = "raw_payment_currencies" Text "原始数据币制" "Currencies of raw payment data";
    // 6 Filing and identity · 备案与身份
    CreditCodeOverrideAllowed = "credit_code_override_allowed" Switch "信用代码校验位可人工放行（R-ENT-02）" "A unified social credit code may be filed against its check digit, audited (R-ENT-02)";
    ProductFilingNeeded = "product_filing_needed" Switch "商品须先备案（R-PRD-01）" "Goods of bonded imports must have been filed (R-PRD-01)";
    BondedBookNeeded = "bonded_book_needed" Switch "须有账册余量（R-PRD-02）" "Bonded imports need a book with enough balance, also where no book is filed (R-PRD-02)";
    IdentityVerification = "identity_verification" Switch "身份须核验或与支付人一致（R-ID-02）" "Buyers must be verified or pay themselves (R-ID-02)";
    IdentityVerificationDays = "identity_verification_days" Number "身份核验有效天数（R-ID-02）" "Days for which a verification of an identity holds (R-ID-02)";
    IdsPerBuyerAccountMax = "ids_per_buyer_account_max" Number "同一平台账号的证件数（R-ID-04）" "Identities of one account of a platform (R-ID-04)";
    SelfApproval = "self_approval" Switch "自主审批（低风险清单）" "Low-risk lists are approved by the declarant itself and audited afterwards (Art. 20)";
    SelfApprovalAuditPerTenThousand = "self_approval_audit_per_ten_thousand" Number "自主审批的稽核比例，万分之" "Audits of self-approved lists, per 10,000 (Art. 20)";
    FilingSelfApproval = "filing_self_approval" Switch "企业与商品备案自助审批（第20条）" "Filings of firms and products that pass every check are approved without review (Art. 20)";
    UnfiledCodesRefused = "unfiled_codes_refused" Switch "未备案企业代码不予接收（R-ENT-03）" "Documents with codes of firms that nobody filed here are refused (R-ENT-03)";
    BuyerAccountChecked = "buyer_account_checked" Switch "核对平台账号与证件（R-ID-04）" "Orders of a buyer's account with more identities than allowed are refused (R-ID-04)";
    // 7 Returns, export, consolidation · 退货、出口、汇总
    ReturnApplyDays = "return_apply_days" Number "退货申请期限，日（R-RET-01）" "Days after the release to apply for a return (R-RET-01)";
    ReturnArriveDays = "return_arrive_days" Number "退货运抵期限，日（R-RET-01）" "Days after the release for returned goods to arrive (R-RET-01)";
    ExportReturnDays = "export_return_days" Number "出口退货期限，日（R-RET-05）" "Days after the export release for a return (R-RET-05)";
    CrossDistrictReturn = "cross_district_return" Switch "跨关区退货试点（R-RET-06）" "Cross-district returns at the offices of return_sites (R-RET-06)";
    CrossDistrictReturnNationwide = "cross_district_return_nationwide" Switch "跨关区退货全国（R-RET-06）" "Cross-district returns at every office (R-RET-06)";
    CrossDistrictReturnModes = "cross_district_return_modes" Text "跨关区退货的监管方式（R-RET-06）" "Supervision modes of cross-district returns (R-RET-06)";
    ReturnedExportExempt = "returned_export_exempt" Switch "出口退运免税（R-RET-07）" "Goods exported now and returned are exempt from import taxes (R-RET-07)";
    ReturnedExportExemptDays = "returned_export_exempt_days" Number "免税退运期限，日（R-RET-07）" "Days after the export for an exempt return (R-RET-07)";
    ReturnedExportExemptModes = "returned_export_exempt_modes" Text "免税退运的监管方式（R-RET-07）" "Supervision modes of exempt returns (R-RET-07)";
    FoodChapters = "food_chapters" Text "食品章目（R-RET-07）" "Chapters of the tariff that count as food (R-RET-07)";
    ExportLowValueGate = "export_low_value_gate" Amount "出口低值清单限额，元（R-EXP-02）" "Value of a B2B export list at most, CNY (R-EXP-02)";
    OverseasWarehouseFilingNeeded = "overseas_warehouse_filing_needed" Switch "海外仓须备案（R-EXP-03）" "9810 needs the filing of the overseas warehouse (R-EXP-03)";
    OverseasWarehouseOrderNeeded = "overseas_warehouse_order_needed" Switch "海外仓须传订仓单（R-EXP-03）" "9810 needs the order for the warehouse (R-EXP-03)";
    InspectBeforeLoadingAllowed = "inspect_before_loading_allowed" Switch "先查验后装运（R-EXP-04）" "Inspection before loading at the offices of inspect_before_loading (R-EXP-04)";
    ConsolidationDay = "consolidation_day" Number "汇总申报截止日（R-EXP-06）" "Day of the month to which last month is consolidated (R-EXP-06)";
    ImportArrivalNeeded = "import_arrival_needed" Switch "直购清单须有入库明细（R-EXP-10）" "A direct purchase waits for the arrival of its waybill (R-EXP-10)";
    ArrivalMissingHours = "arrival_missing_hours" Number "入库明细未到提醒，小时（R-EXP-10）" "Hours after which a missing arrival of a stored direct purchase is overdue (R-EXP-10)";
    // 8 Inspection, credit, traceability · 查验、信用、追溯
    DrawPeriodDays = "draw_period_days" Number "随机布控密钥周期，日（R-RISK-02）" "Days for which a secret of the random draw is used (R-RISK-02)";
    DefaultGrade = "default_grade" Number "默认信用等级（R-CRED-01）" "Credit grade of an enterprise that has none (R-CRED-01)";
    CreditRegime = "credit_regime" Text "信用管理办法（R-CRED-01）" "Order on credit grades in force (R-CRED-01)";
    CertifiedRateShareMax = "certified_rate_share_max" Amount "认证企业查验率占常规的上限（R-CRED-02）" "Rate of certified enterprises as share of the ordinary one, at most (R-CRED-02)";
    DishonestRateMin = "dishonest_rate_min" Amount "失信企业查验率下限（R-CRED-02）" "Rate of dishonest enterprises, at least (R-CRED-02)";
    DishonestPenaltyPerMille = "dishonest_penalty_per_mille" Number "失信：处罚占上年单证的千分比（R-CRED-03）" "Dishonest: penalties per mille of the documents of last year (R-CRED-03)";
    DishonestFine = "dishonest_fine" Amount "失信：罚款额，元（R-CRED-03）" "Dishonest: fines above, CNY (R-CRED-03)";
    DishonestFineDeclarant = "dishonest_fine_declarant" Amount "失信：报关企业罚款额，元（R-CRED-03）" "Dishonest: fines of a declarant above, CNY (R-CRED-03)";
    DishonestTaxUnpaidDays = "dishonest_tax_unpaid_days" Number "失信：欠税天数（R-CRED-03）" "Dishonest: days for which tax is unpaid (R-CRED-03)";
    BrushingWindowDays = "brushing_window_days" Number "刷单特征窗口，日（R-RISK-04）" "Days over which features of brushing are counted (R-RISK-04)";
    BrushingIdsPerAddress = "brushing_ids_per_address" Number "刷单：同一地址证件数阈值（R-RISK-04）" "Brushing: identities of one address from which it counts (R-RISK-04)";
    BrushingIdsPerAddressWeight = "brushing_ids_per_address_weight" Number "刷单：同一地址证件数权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingIdsPerPhone = "brushing_ids_per_phone" Number "刷单：同一电话证件数阈值（R-RISK-04）" "Brushing: identities of one telephone from which it counts (R-RISK-04)";
    BrushingIdsPerPhoneWeight = "brushing_ids_per_phone_weight" Number "刷单：同一电话证件数权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingIdsPerAccount = "brushing_ids_per_account" Number "刷单：同一账号或设备证件数阈值（R-RISK-04）" "Brushing: identities of one account or device from which it counts (R-RISK-04)";
    BrushingIdsPerAccountWeight = "brushing_ids_per_account_weight" Number "刷单：同一账号或设备证件数权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingListsPerIdDay = "brushing_lists_per_id_day" Number "刷单：同一证件单日清单数阈值（R-RISK-04）" "Brushing: lists of one identity in a day from which it counts (R-RISK-04)";
    BrushingListsPerIdDayWeight = "brushing_lists_per_id_day_weight" Number "刷单：同一证件单日清单数权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingSignOffShareMin = "brushing_sign_off_share_min" Amount "刷单：签收比例下限（R-RISK-04）" "Brushing: share of released lists whose waybill was signed for, below which it counts (R-RISK-04)";
    BrushingSignOffWeight = "brushing_sign_off_weight" Number "刷单：签收比例权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingPriceShareMin = "brushing_price_share_min" Amount "刷单：价格与同类中位数之比下限（R-RISK-04）" "Brushing: price as share of the median of its peers, below which it counts (R-RISK-04)";
    BrushingPriceWeight = "brushing_price_weight" Number "刷单：价格偏低权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingPayerDiffersWeight = "brushing_payer_differs_weight" Number "刷单：支付人非订购人权重（R-RISK-04）" "Brushing: points if the payer is not the buyer (R-RISK-04)";
    BrushingStockDifferenceShare = "brushing_stock_difference_share" Amount "刷单：账册与仓库差异比例（R-RISK-04）" "Brushing: difference of the bonded book and the warehouse as share of the book from which it counts (R-RISK-04)";
    BrushingStockDifferenceWeight = "brushing_stock_difference_weight" Number "刷单：账册与仓库差异权重（R-RISK-04）" "Brushing: points for it (R-RISK-04)";
    BrushingAlertPoints = "brushing_alert_points" Number "刷单：告警分值（R-RISK-04）" "Brushing: points from which an alert is raised (R-RISK-04)";
    BrushingReviewPoints = "brushing_review_points" Number "刷单：转人工审核分值（R-RISK-04）" "Brushing: points from which a list goes to review (R-RISK-04)";
    PriceMedianSamplesMin = "price_median_samples_min" Number "同类价格样本数（R-RISK-01）" "Prices needed to know the median of peers (R-RISK-01)";
    LotBlock = "lot_block" Switch "批次封存拦截清单（R-TRACE-03）" "Lists with goods of a blocked lot are refused (R-TRACE-03)";
    RecallAnswerSeconds = "recall_answer_seconds" Number "召回反查时限，秒（R-TRACE-02）" "Seconds to find all lists of a lot (R-TRACE-02)";
    RecallNoticeHours = "recall_notice_hours" Number "召回通知时限，小时（R-TRACE-03）" "Hours to act on a recall (R-TRACE-03)";
    SamplingReviewPerTenThousand = "sampling_review_per_ten_thousand" Number "风险评分达到转审分值时的抽查比例，万分之（R-RISK-02）" "Lists drawn of 10,000 whose score of risk asks for review, at least (R-RISK-02)";
    AuditDrawPerTenThousand = "audit_draw_per_ten_thousand" Number "随机抽取稽核企业的比例，万分之" "Firms drawn of 10,000 for post-audit in a period (Art. 20)";
    BrushingSignOffDays = "brushing_sign_off_days" Number "刷单：计入签收比例前的天数（R-RISK-04）" "Brushing: days after which a list counts for the share of signed parcels (R-RISK-04)";
    BrushingSignOffListsMin = "brushing_sign_off_lists_min" Number "刷单：计算签收比例的最少清单数（R-RISK-04）" "Brushing: lists needed to know the share of signed parcels (R-RISK-04)";
    // 9 Forex, refund, warehouses · 外汇、退税、仓储
    ForexSingleLimitUsd = "forex_single_limit_usd" Amount "单笔跨境支付限额，美元（R-FX-02）" "Single cross-border payment at most, USD (R-FX-02)";
    ForexIndividualReportFloorUsd = "forex_individual_report_floor_usd" Amount "个人逐笔申报起点，美元（R-FX-03）" "Payments of individuals up to this need no report of their own, USD (R-FX-03)";
    ForexTradeAgeDays = "forex_trade_age_days" Number "贸易真实性回溯天数" "Age of a trade that backs a payment at most, days";
    ForexRecordYears = "forex_record_years" Number "记录保存年限（R-FX-02）" "Years for which records are kept (R-FX-02)";
    ForexStaffMin = "forex_staff_min" Number "外汇业务人员数（R-FX-01）" "Forex staff of a payment institution at least (R-FX-01)";
    ForexGoodsMax = "forex_goods_max" Number "付汇商品条目数" "Goods named in a remittance at most";
    ForexRequestsPerSecond = "forex_requests_per_second" Number "付汇请求每秒上限" "Remittance requests a second";
    ForexGoodsTradeCode = "forex_goods_trade_code" Text "货物贸易申报代码" "Balance of payments code of goods trade";
    ForexActualParty = "forex_actual_party" Switch "还原申报（R-FX-03）" "Each underlying trade is reported with its real parties (R-FX-03)";
    NoInvoiceExemption = "no_invoice_exemption" Switch "无票免税（R-TAXREF-02）" "Exemption without purchase invoice in pilot zones (R-TAXREF-02)";
    DeemedIncome = "deemed_income" Switch "所得税核定征收（R-TAXREF-03）" "Income tax by a deemed rate (R-TAXREF-03)";
    DeemedIncomeRate = "deemed_income_rate" Amount "核定应税所得率（R-TAXREF-03）" "Deemed income as share of sales (R-TAXREF-03)";
    IncomeTaxRate = "income_tax_rate" Amount "企业所得税税率" "Rate of the enterprise income tax";
    RefundMoneyDeadline = "refund_money_deadline" Text "收汇截止日（次年，MM-DD；R-TAXREF-01）" "Day of the next year by which the money must be there, MM-DD (R-TAXREF-01)";
    GateOutNeedsRelease = "gate_out_needs_release" Switch "全部放行方可出区（R-WH-02）" "Vehicles leave the zone only if all lists are released (R-WH-02)";
    BookReconcileHours = "book_reconcile_hours" Number "账册对账周期，小时（R-WH-01）" "Hours between reconciliations of book and warehouse (R-WH-01)";
    // 10 Statistics · 统计
    StatisticsFirmsMin = "statistics_firms_min" Number "统计单元最少企业数（R-STAT-10）" "Firms of a published cell at least (R-STAT-10)";
    StatisticsTopFirmShareMax = "statistics_top_firm_share_max" Amount "统计单元第一大企业占比（R-STAT-10）" "Share of the largest firm of a published cell at most (R-STAT-10)";
    StatisticsTopTwoShareMax = "statistics_top_two_share_max" Amount "统计单元前两大企业占比（R-STAT-10）" "Share of the two largest firms of a published cell at most (R-STAT-10)";
    StatisticsImportStatus = "statistics_import_status" Number "进口统计状态（R-STAT-03）" "Status that counts an import (R-STAT-03)";
    StatisticsExportStatus = "statistics_export_status" Number "出口统计状态（R-STAT-03）" "Status that counts an export (R-STAT-03)";
    StatisticsCloseDay = "statistics_close_day" Number "月度数据封账日（R-STAT-08）" "Day of the next month on which a month is closed (R-STAT-08)";
    SurveyTurnoverYear = "survey_turnover_year" Amount "调查企业年交易额，元（R-STAT-02）" "Turnover of a year from which a firm is surveyed, CNY (R-STAT-02)";
    SurveyTurnoverHalfYear = "survey_turnover_half_year" Amount "调查企业半年交易额，元（R-STAT-02）" "Turnover of half a year from which a firm is surveyed, CNY (R-STAT-02)";
    IndexBase = "index_base" Number "综合指数：基期值（R-STAT-11）" "Composite index: value of the base period (R-STAT-11)";
    IndexScaleWeight = "index_scale_weight" Number "综合指数：规模权重（R-STAT-11）" "Composite index: weight of scale, percent (R-STAT-11)";
    IndexEfficiencyWeight = "index_efficiency_weight" Number "综合指数：效率权重（R-STAT-11）" "Composite index: weight of efficiency, percent (R-STAT-11)";
    IndexStructureWeight = "index_structure_weight" Number "综合指数：结构权重（R-STAT-11）" "Composite index: weight of structure, percent (R-STAT-11)";
    IndexComplianceWeight = "index_compliance_weight" Number "综合指数：合规权重（R-STAT-11）" "Composite index: weight of compliance, percent (R-STAT-11)";
}

#[cfg(test)]
mod tests {
    use super::super::{TableName, Tables};
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn every_parameter_has_a_shipped_value_at_any_time() {
        let tables = Tables::shipped();
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::of_name(parameter.name()), Some(*parameter));
            for day in ["19900101", "20181231", "20190101", "20241215", "20260601", "20991231"] {
                let at = Timestamp::parse_ceb(day).expect("a day");
                let row = tables.row(TableName::Parameters, parameter.name(), at);
                let row = row.unwrap_or_else(|| panic!("{} has no value on {day}", parameter.name()));
                assert!(parameter.kind().takes(row.value(0)), "{row:?}");
            }
        }
    }

    #[test]
    fn every_shipped_row_names_a_parameter_and_its_evidence() {
        let tables = Tables::shipped();
        for row in tables.rows(TableName::Parameters) {
            assert!(Parameter::of_name(&row.key).is_some(), "{row:?}");
            let mark = if row.source.starts_with("proposed") { "D" } else { row.mark.as_str() };
            assert_eq!(row.mark, mark, "{row:?}");
        }
        let marks = |mark: &str| tables.rows(TableName::Parameters).filter(|row| row.mark == mark).count();
        assert!(marks("S") > 40 && marks("G") > 5 && marks("D") > 30);
    }

    #[test]
    fn limits_changed_with_2019() {
        let tables = Tables::shipped();
        let [before, after] = ["20181231235959", "20190101000000"].map(|at| Timestamp::parse_ceb(at).expect("a time"));
        let both = |at| [Parameter::SingleLimit, Parameter::YearlyLimit].map(|it| tables.amount(it, at).to_string());
        assert_eq!(both(before), ["2000", "20000"]);
        assert_eq!(both(after), ["5000", "26000"]);
        assert!(tables.switch(Parameter::ExportReceiptOfMoneyNeeded, before));
        assert_eq!(tables.amount(Parameter::TaxShare, after).to_string(), "0.7");
        assert_eq!(tables.number(Parameter::ReturnApplyDays, after), 30);
    }
}
