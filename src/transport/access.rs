//! Who may do what: one table. What is not in it is denied.

use crate::domain::{Party, Role};
use crate::feed::View;

/// Something that a caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Send documents.
    Submit,
    /// Check a message without sending it.
    Validate,
    /// Look up documents; what is found is filtered by who may see it.
    Read,
    /// Decide on documents.
    Decide,
    /// Subscribe with everything shown.
    SubscribeFull,
    /// Subscribe to facts without personal fields.
    SubscribeStatistics,
    /// Subscribe to receipts for one's own documents, and manage one's own subscriptions.
    SubscribeOwn,
    /// File parties and mandates, and read any filing.
    File,
    /// Read one's own filing.
    ReadOwnFiling,
    /// Get a checkpoint of the ledger.
    Checkpoint,
    /// Read the dated tables.
    ReadTables,
    /// Change the dated tables.
    ChangeTables,
    /// Apply for a filing, and read one's own applications.
    ApplyFiling,
    /// File products, account books and warehouses.
    FileGoods,
    /// Decide on products.
    DecideProducts,
    /// Have an identity verified.
    VerifyIdentity,
    /// Put the result of a verification on record.
    FileIdentity,
    /// File credit grades, and read those of others.
    FileCredit,
    /// Commit to, reveal and record draws, and file officers.
    Inspect,
    /// Read and audit draws.
    ReadInspections,
    /// Record results of inspections.
    RecordResults,
    /// Read scores of risk.
    ReadRisk,
    /// Report stock of a bonded book.
    ReportStock,
    /// Decide on lists as an agency beside customs.
    DecideAsAgency,
    /// Put agreements of agencies on record.
    FileAgreements,
    /// Ask other agencies for assistance, and answer.
    Assist,
    /// Count requests for assistance, and list one's own.
    CountAssistance,
    /// Post-audit.
    Audit,
    /// Give and withdraw consent that a bank reads one's figures.
    Consent,
    /// Read trade figures: one's own, or with consent.
    ReadFigures,
    /// File trace records.
    FileTraces,
    /// Block lots.
    BlockLots,
    /// Report events of parcels.
    SyncParcels,
    /// Tell of stock.
    FileStock,
    /// Report foreign exchange.
    ReportForex,
    /// Read foreign exchange and what trades can back; what is found is filtered by who may see it.
    ReadForex,
    /// Register institutions in the forex directory.
    RegisterForex,
    /// Ask for raw payment data, and read it.
    AskPaymentData,
    /// Give raw payment data.
    GivePaymentData,
    /// Read what was asked for and given; what is found is filtered by who may see it.
    ReadPaymentData,
    /// File what the tax authority has of a seller.
    FileRefundStanding,
    /// File evidence for refunds and contracts of service firms.
    FileRefundEvidence,
    /// Read what lists may be refunded; what is found is filtered by who may see it.
    ReadRefund,
    /// Read limits, tax bills and guarantees; what is found is filtered by who may see it.
    ReadTax,
    /// File guarantees for tax.
    FileGuarantee,
}

impl Operation {
    /// Every operation.
    pub const ALL: &[Operation] = &[
        Operation::Submit,
        Operation::Validate,
        Operation::Read,
        Operation::Decide,
        Operation::SubscribeFull,
        Operation::SubscribeStatistics,
        Operation::SubscribeOwn,
        Operation::File,
        Operation::ReadOwnFiling,
        Operation::Checkpoint,
        Operation::ReadTables,
        Operation::ChangeTables,
        Operation::ApplyFiling,
        Operation::FileGoods,
        Operation::DecideProducts,
        Operation::VerifyIdentity,
        Operation::FileIdentity,
        Operation::FileCredit,
        Operation::Inspect,
        Operation::ReadInspections,
        Operation::RecordResults,
        Operation::ReadRisk,
        Operation::ReportStock,
        Operation::DecideAsAgency,
        Operation::FileAgreements,
        Operation::Assist,
        Operation::CountAssistance,
        Operation::Audit,
        Operation::Consent,
        Operation::ReadFigures,
        Operation::FileTraces,
        Operation::BlockLots,
        Operation::SyncParcels,
        Operation::FileStock,
        Operation::ReportForex,
        Operation::ReadForex,
        Operation::RegisterForex,
        Operation::AskPaymentData,
        Operation::GivePaymentData,
        Operation::ReadPaymentData,
        Operation::FileRefundStanding,
        Operation::FileRefundEvidence,
        Operation::ReadRefund,
        Operation::ReadTax,
        Operation::FileGuarantee,
    ];

    /// The operation of subscribing with a view.
    #[must_use]
    pub fn of_view(view: View) -> Operation {
        match view {
            View::Full => Operation::SubscribeFull,
            View::Statistics => Operation::SubscribeStatistics,
            View::Own => Operation::SubscribeOwn,
        }
    }

    /// What it is called in answers, in Chinese and English.
    #[must_use]
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Operation::Submit => ("提交报文", "submitting messages"),
            Operation::Validate => ("校验报文", "validating messages"),
            Operation::Read => ("查询单证", "looking up documents"),
            Operation::Decide => ("海关审核", "deciding on documents"),
            Operation::SubscribeFull => ("订阅完整数据", "subscribing to full records"),
            Operation::SubscribeStatistics => ("订阅统计数据", "subscribing to statistics"),
            Operation::SubscribeOwn => ("订阅本企业回执", "subscribing to own receipts"),
            Operation::File => ("企业备案", "filing parties and mandates"),
            Operation::ReadOwnFiling => ("查询本企业备案", "reading the own filing"),
            Operation::Checkpoint => ("获取账本检查点", "getting a checkpoint"),
            Operation::ReadTables => ("查询参数表", "reading the dated tables"),
            Operation::ChangeTables => ("变更参数表", "changing the dated tables"),
            Operation::ApplyFiling => ("申请备案", "applying for a filing"),
            Operation::FileGoods => ("商品、账册与仓库备案", "filing products, books and warehouses"),
            Operation::DecideProducts => ("审核商品备案", "deciding on products"),
            Operation::VerifyIdentity => ("身份核验", "having identities verified"),
            Operation::FileIdentity => ("登记身份核验结果", "filing results of verification"),
            Operation::FileCredit => ("信用等级管理", "filing credit grades"),
            Operation::Inspect => ("办理布控抽样", "drawing for inspection"),
            Operation::ReadInspections => ("查询布控抽样", "reading draws"),
            Operation::RecordResults => ("记录查验结果", "recording results of inspections"),
            Operation::ReadRisk => ("查询风险评分", "reading scores of risk"),
            Operation::ReportStock => ("报告账册库存", "reporting stock of a book"),
            Operation::DecideAsAgency => ("监管部门决定", "deciding as an agency"),
            Operation::FileAgreements => ("备案部门协议", "filing agreements of agencies"),
            Operation::Assist => ("执法互助", "asking for and giving assistance"),
            Operation::CountAssistance => ("查询执法互助", "listing requests for assistance"),
            Operation::Audit => ("重点稽核", "post-audit"),
            Operation::Consent => ("授权银行查询", "giving consent to a bank"),
            Operation::ReadFigures => ("查询贸易数据", "reading trade figures"),
            Operation::FileTraces => ("备案追溯信息", "filing trace records"),
            Operation::BlockLots => ("管控批次", "blocking lots"),
            Operation::SyncParcels => ("同步包裹状态", "reporting events of parcels"),
            Operation::FileStock => ("申报库存", "telling of stock"),
            Operation::ReportForex => ("报送结售汇信息", "reporting foreign exchange"),
            Operation::ReadForex => ("查询结售汇信息", "reading foreign exchange"),
            Operation::RegisterForex => ("外汇名录登记", "registering institutions in the forex directory"),
            Operation::AskPaymentData => ("调取支付原始数据", "asking for raw payment data"),
            Operation::GivePaymentData => ("上传支付原始数据", "giving raw payment data"),
            Operation::ReadPaymentData => ("查询支付原始数据调取情况", "reading what raw payment data was asked for"),
            Operation::FileRefundStanding => ("登记企业退税资格", "filing the standing of sellers"),
            Operation::FileRefundEvidence => ("登记退税凭证与外综服合同", "filing evidence and contracts for refunds"),
            Operation::ReadRefund => ("查询退（免）税信息", "reading refunds of tax"),
            Operation::ReadTax => ("查询限额与税", "reading limits and taxes"),
            Operation::FileGuarantee => ("备案税款担保", "filing guarantees for tax"),
        }
    }

    /// Roles that may do it: the table.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        use Role::{
            Agency, Customs, Declarant, Logistics, Operator, Payment, Platform, Seller, SiteOperator, Statistics,
            Warehouse,
        };
        const ANY: &[Role] = &Role::ALL;
        match self {
            // Customs sends notices: tax bills and the results of consolidations.
            Operation::Submit => &[Platform, Seller, Payment, Logistics, Declarant, SiteOperator, Customs],
            Operation::Decide | Operation::SubscribeFull => &[Customs],
            Operation::SubscribeStatistics => &[Statistics, Customs, Operator],
            Operation::File | Operation::ChangeTables => &[Operator],
            Operation::FileGoods => {
                &[Platform, Seller, Declarant, Logistics, SiteOperator, Warehouse, Customs, Operator]
            }
            Operation::DecideProducts => &[Customs, Agency],
            Operation::VerifyIdentity => &[Platform, Seller, Payment, Declarant, Logistics],
            Operation::FileIdentity => &[Agency, Operator],
            Operation::FileCredit => &[Customs, Operator],
            Operation::Inspect | Operation::Audit => &[Customs],
            Operation::ReadInspections => &[Customs, Role::Agency, Operator],
            Operation::RecordResults | Operation::ReadRisk => &[Customs, Role::Agency],
            Operation::ReportStock => &[Customs, Role::Warehouse, SiteOperator],
            Operation::DecideAsAgency => &[Role::Agency],
            Operation::FileAgreements => &[Role::Agency, Customs, Operator],
            Operation::Assist => &[Role::Agency, Customs, Role::Tax, Role::Forex],
            Operation::CountAssistance => &[Role::Agency, Customs, Role::Tax, Role::Forex, Operator],
            Operation::Consent => &[Platform, Seller, Payment, Logistics, Declarant, SiteOperator, Role::Warehouse],
            Operation::ReadFigures => {
                &[Role::Bank, Platform, Seller, Payment, Logistics, Declarant, SiteOperator, Role::Warehouse]
            }
            Operation::FileTraces => &[Seller, Warehouse, Declarant],
            Operation::BlockLots => &[Customs, Agency, Operator],
            // Agents of a carrier report by a mandate, which is judged event by event.
            Operation::SyncParcels => &[Logistics, Platform, Seller, Declarant, SiteOperator, Warehouse],
            Operation::FileStock => &[Warehouse, SiteOperator, Seller, Declarant],
            Operation::ReportForex => &[Role::Payment, Role::Bank],
            Operation::ReadForex => &[Role::Payment, Role::Bank, Role::Forex, Role::Seller, Role::Platform],
            Operation::RegisterForex => &[Role::Forex],
            Operation::AskPaymentData => &[Customs],
            Operation::GivePaymentData => &[Platform],
            Operation::ReadPaymentData => &[Customs, Platform],
            Operation::FileRefundStanding => &[Role::Tax],
            Operation::FileRefundEvidence => &[Seller, Declarant, Operator],
            Operation::ReadRefund => &[Role::Tax, Seller, Declarant, Operator],
            Operation::ReadTax => &[Customs, Platform, Payment, Declarant, Seller, Logistics, Operator],
            Operation::FileGuarantee => &[Customs, Operator],
            Operation::Validate
            | Operation::Read
            | Operation::SubscribeOwn
            | Operation::ReadOwnFiling
            | Operation::Checkpoint
            | Operation::ReadTables
            | Operation::ApplyFiling => ANY,
        }
    }

    /// True if one of the party's roles may do it.
    #[must_use]
    pub fn is_for(self, party: &Party) -> bool {
        self.roles().iter().any(|role| party.has_role(*role))
    }
}

/// Name of a role as the contract has it, without its prefix.
#[must_use]
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Platform => "PLATFORM",
        Role::Seller => "SELLER",
        Role::Payment => "PAYMENT",
        Role::Logistics => "LOGISTICS",
        Role::Declarant => "DECLARANT",
        Role::Customs => "CUSTOMS",
        Role::Statistics => "STATISTICS",
        Role::Operator => "OPERATOR",
        Role::SiteOperator => "SITE_OPERATOR",
        Role::Bank => "BANK",
        Role::Agency => "AGENCY",
        Role::Tax => "TAX",
        Role::Forex => "FOREX",
        Role::Warehouse => "WAREHOUSE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(roles: &[Role]) -> Party {
        Party { roles: roles.iter().map(|role| *role as i32).collect(), active: true, ..Party::default() }
    }

    #[test]
    fn a_party_without_a_role_may_do_nothing() {
        for operation in Operation::ALL {
            assert!(!operation.is_for(&party(&[])), "{operation:?}");
        }
    }

    #[test]
    fn only_customs_decides_and_sees_full_records() {
        for operation in [Operation::Decide, Operation::SubscribeFull] {
            assert!(operation.is_for(&party(&[Role::Customs])));
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Customs) {
                assert!(!operation.is_for(&party(&[role])), "{role:?} {operation:?}");
            }
        }
    }

    #[test]
    fn statistics_and_the_operator_do_not_send_documents() {
        for role in [Role::Statistics, Role::Operator] {
            assert!(!Operation::Submit.is_for(&party(&[role])), "{role:?}");
        }
    }

    #[test]
    fn whoever_sends_a_message_type_may_submit() {
        use crate::domain::{MessageType, SPECS};
        let senders = |kind: MessageType| kind.senders().iter().filter(move |_| kind.answered().is_none());
        for role in SPECS.iter().flat_map(|spec| senders(spec.kind)) {
            assert!(Operation::Submit.is_for(&party(&[*role])), "{role:?}");
        }
    }

    #[test]
    fn one_of_several_roles_is_enough() {
        assert!(Operation::File.is_for(&party(&[Role::Seller, Role::Operator])));
    }
}
