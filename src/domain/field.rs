//! Fields of CEB documents by their official names, once.

macro_rules! fields {
    ($($variant:ident = $name:literal,)*) => {
        /// A field of a CEB document, named as the standard's schema has it. Not stored: order may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "each variant is the official name; the schemas explain it")]
        pub enum Field { $($variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)*];

            /// The official element or attribute name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Field::$variant => $name,)* }
            }
        }
    };
}

fields! {
    Guid = "guid",
    Version = "version",
    AppType = "appType",
    AppTime = "appTime",
    AppStatus = "appStatus",
    OrderType = "orderType",
    OrderNo = "orderNo",
    EbpCode = "ebpCode",
    EbpName = "ebpName",
    EbcCode = "ebcCode",
    EbcName = "ebcName",
    GoodsValue = "goodsValue",
    Freight = "freight",
    Discount = "discount",
    TaxTotal = "taxTotal",
    ActuralPaid = "acturalPaid",
    Currency = "currency",
    BuyerRegNo = "buyerRegNo",
    BuyerName = "buyerName",
    BuyerTelephone = "buyerTelephone",
    BuyerIdType = "buyerIdType",
    BuyerIdNumber = "buyerIdNumber",
    PayCode = "payCode",
    PayName = "payName",
    PayTransactionId = "payTransactionId",
    BatchNumbers = "batchNumbers",
    Consignee = "consignee",
    ConsigneeTelephone = "consigneeTelephone",
    ConsigneeAddress = "consigneeAddress",
    ConsigneeDistrict = "consigneeDistrict",
    Note = "note",
    Gnum = "gnum",
    ItemNo = "itemNo",
    ItemName = "itemName",
    Gmodel = "gmodel",
    ItemDescribe = "itemDescribe",
    BarCode = "barCode",
    Unit = "unit",
    Qty = "qty",
    Price = "price",
    TotalPrice = "totalPrice",
    Country = "country",
    CopCode = "copCode",
    CopName = "copName",
    DxpMode = "dxpMode",
    DxpId = "dxpId",
    Status = "status",
    DxpAddress = "dxpAddress",
    Name = "name",
    ReturnStatus = "returnStatus",
    ReturnTime = "returnTime",
    ReturnInfo = "returnInfo",
    PayerIdType = "payerIdType",
    PayerIdNumber = "payerIdNumber",
    PayerName = "payerName",
    Telephone = "telephone",
    AmountPaid = "amountPaid",
    PayTime = "payTime",
    LogisticsCode = "logisticsCode",
    LogisticsName = "logisticsName",
    LogisticsNo = "logisticsNo",
    BillNo = "billNo",
    InsuredFee = "insuredFee",
    Weight = "weight",
    PackNo = "packNo",
    GoodsInfo = "goodsInfo",
    CopNo = "copNo",
    PreNo = "preNo",
    AssureCode = "assureCode",
    EmsNo = "emsNo",
    InvtNo = "invtNo",
    IeFlag = "ieFlag",
    DeclTime = "declTime",
    CustomsCode = "customsCode",
    PortCode = "portCode",
    IeDate = "ieDate",
    AgentCode = "agentCode",
    AgentName = "agentName",
    AreaCode = "areaCode",
    AreaName = "areaName",
    TradeMode = "tradeMode",
    TrafMode = "trafMode",
    TrafNo = "trafNo",
    VoyageNo = "voyageNo",
    LoctNo = "loctNo",
    LicenseNo = "licenseNo",
    WrapType = "wrapType",
    GrossWeight = "grossWeight",
    NetWeight = "netWeight",
    ItemRecordNo = "itemRecordNo",
    Gcode = "gcode",
    Gname = "gname",
    TradeCountry = "tradeCountry",
    Qty1 = "qty1",
    Unit1 = "unit1",
    Qty2 = "qty2",
    Unit2 = "unit2",
    CoElNo = "coElNo",
    TrafName = "trafName",
    Reason = "reason",
    OperatorCode = "operatorCode",
    OperatorName = "operatorName",
    Location = "location",
    PayNo = "payNo",
    Charge = "charge",
    AccountingDate = "accountingDate",
    EbcTelephone = "ebcTelephone",
    DomesticTrafNo = "domesticTrafNo",
    MsgCount = "msgCount",
    MsgSeqNo = "msgSeqNo",
    TotalPackageNo = "totalPackageNo",
    LeaveTime = "leaveTime",
    LogisticsStatus = "logisticsStatus",
    LogisticsTime = "logisticsTime",
    StatisticsFlag = "statisticsFlag",
    OwnerCode = "ownerCode",
    OwnerName = "ownerName",
    IacCode = "iacCode",
    IacName = "iacName",
    Pod = "POD",
    FCurrency = "fCurrency",
    FFlag = "fFlag",
    ICurrency = "iCurrency",
    IFlag = "iFlag",
    SumNo = "sumNo",
    DeclAgentCode = "declAgentCode",
    DeclAgentName = "declAgentName",
    StartTime = "startTime",
    EndTime = "endTime",
    SummaryFlag = "summaryFlag",
    ItemNameFlag = "itemNameFlag",
    RkdNo = "rkdNo",
    UnloadLocation = "unloadLocation",
    OpDate = "opDate",
    DeclSeqNo = "declSeqNo",
    DecTmpNo = "decTmpNo",
    DecPreNo = "decPreNo",
    EntryId = "entryId",
    DecState = "decState",
    Gseqno = "gseqno",
    TaxNo = "taxNo",
    CustomsTax = "customsTax",
    ValueAddedTax = "valueAddedTax",
    ConsumptionTax = "consumptionTax",
    EntDutyNo = "entDutyNo",
    TaxPrice = "taxPrice",
    OriCopMsgId = "oriCopMsgId",
    OriMessageType = "oriMessageType",
    OriBizMessage = "oriBizMessage",
}

impl Field {
    /// The field of that name; `None` for elements that carry no value of their own.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// True if the value speaks of a natural person: kept apart in the ledger, never indexed or logged
    /// in the clear, shown to its sender and to customs only.
    #[must_use]
    pub fn is_personal(self) -> bool {
        matches!(
            self,
            Field::BuyerRegNo
                | Field::BuyerName
                | Field::BuyerTelephone
                | Field::BuyerIdNumber
                | Field::Consignee
                | Field::ConsigneeTelephone
                | Field::ConsigneeAddress
                | Field::PayerIdNumber
                | Field::PayerName
                | Field::Telephone
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_whose_name_speaks_of_a_person_is_personal() {
        let set = crate::schema::carried().expect("the schemas compile");
        // Kinds of documents and districts tell nobody apart; telephone of the seller and addresses of DXP are firms'.
        let known =
            [Field::BuyerIdType, Field::PayerIdType, Field::ConsigneeDistrict, Field::EbcTelephone, Field::DxpAddress];
        let words = ["订购人", "支付人", "收货人", "姓名", "证件号码", "电话", "住址", "地址"];
        let mut personal = 0;
        for id in 0..u32::try_from(set.element_count()).expect("few") {
            let id = crate::schema::ElementId(id);
            let Some(field) = Field::of_name(set.name(id)) else { continue };
            // The consignor or consignee of a trade is a firm, not a person.
            let label = set.labels(id).0.replace("收发货人", "");
            if words.iter().any(|word| label.contains(word)) && !known.contains(&field) {
                assert!(field.is_personal(), "{} ({label})", field.name());
                personal += 1;
            }
        }
        assert!(personal >= 10, "the schemas have labels");
    }

    #[test]
    fn names_are_unique_and_found() {
        for field in Field::ALL {
            assert_eq!(Field::of_name(field.name()), Some(*field));
        }
    }
}
