//! Trace records and blocked lots, as they are filed (R-TRACE-01 to R-TRACE-03). Nothing in them is of a consumer.

/// What a trace code stands for: one unit, or a lot that is not coded by unit. Source: domain.md §8, R-TRACE-02.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TraceRecord {
    /// Trace code, unique on this exchange.
    #[prost(string, tag = "1")]
    pub code: String,
    /// GTIN of the product, 8 to 14 digits; empty if it has none.
    #[prost(string, tag = "2")]
    pub gtin: String,
    /// Commodity code, 8 or 10 digits.
    #[prost(string, tag = "3")]
    pub hs: String,
    /// Lot; empty if the maker has none.
    #[prost(string, tag = "4")]
    pub lot: String,
    /// Name of the goods.
    #[prost(string, tag = "5")]
    pub name: String,
    /// Day of production, `yyyyMMdd`.
    #[prost(string, tag = "6")]
    pub made: String,
    /// Best before, `yyyyMMdd`; empty if not given.
    #[prost(string, tag = "7")]
    pub expires: String,
    /// Country of origin, customs code.
    #[prost(string, tag = "8")]
    pub origin: String,
    /// Number of the bonded list by which the goods came in.
    #[prost(string, tag = "9")]
    pub inbound_no: String,
    /// Account book.
    #[prost(string, tag = "10")]
    pub ems_no: String,
    /// Record number of the item in that book (itemRecordNo of lists).
    #[prost(string, tag = "11")]
    pub item_record_no: String,
    /// Importer, a firm.
    #[prost(string, tag = "12")]
    pub importer: String,
    /// Importer's agent, a firm.
    #[prost(string, tag = "13")]
    pub agent: String,
    /// Distributor, a firm.
    #[prost(string, tag = "14")]
    pub distributor: String,
    /// Customs office of entry, four digits.
    #[prost(string, tag = "15")]
    pub entry_port: String,
    /// Order that it was picked for; empty until it is sold.
    #[prost(string, tag = "16")]
    pub order_no: String,
    /// List that it was sold by, if its number is known.
    #[prost(string, tag = "17")]
    pub invt_no: String,
    /// Line of that list; 0 if not known.
    #[prost(uint32, tag = "18")]
    pub gnum: u32,
    /// Inspection of the lot.
    #[prost(string, tag = "19")]
    pub inspection_id: String,
    /// Result of that inspection.
    #[prost(enumeration = "InspectionState", tag = "20")]
    pub inspection: i32,
    /// When the lot was released at entry, milliseconds since 1970; 0 if not known.
    #[prost(int64, tag = "21")]
    pub released_ms: i64,
    /// Goods under the code, in the declared unit of lists, as a decimal; empty means one.
    #[prost(string, tag = "22")]
    pub qty: String,
}

/// What an inspection of a lot said. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum InspectionState {
    /// Nothing is known.
    Unknown = 0,
    /// It was not drawn.
    NotDrawn = 1,
    /// It is under way.
    UnderWay = 2,
    /// It passed.
    Passed = 3,
    /// It failed.
    Failed = 4,
}

impl InspectionState {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            InspectionState::Unknown => ("未提供", "not given"),
            InspectionState::NotDrawn => ("未抽检", "not drawn"),
            InspectionState::UnderWay => ("检验检疫中", "under way"),
            InspectionState::Passed => ("检验检疫合格", "passed"),
            InspectionState::Failed => ("检验检疫不合格", "failed"),
        }
    }
}

/// Which goods a block is on: a lot of a product, a lot of whatever product, or a product as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
pub struct LotName {
    /// GTIN; empty for any.
    #[prost(string, tag = "1")]
    pub gtin: String,
    /// Lot; empty for all.
    #[prost(string, tag = "2")]
    pub lot: String,
}

/// A block on a lot, or its end.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct LotBlock {
    /// The lot.
    #[prost(message, required, tag = "1")]
    pub name: LotName,
    /// True if the block ends.
    #[prost(bool, tag = "2")]
    pub free: bool,
    /// Why, in words that may be shown to anyone.
    #[prost(string, tag = "3")]
    pub reason: String,
    /// From when, milliseconds since 1970; 0 means at once.
    #[prost(int64, tag = "4")]
    pub from_ms: i64,
    /// Until when (exclusive), milliseconds since 1970; 0 means until it is freed.
    #[prost(int64, tag = "5")]
    pub to_ms: i64,
}

/// What a typed request about traces asks for: all of it, or nothing is done.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TraceChange {
    /// Records to file; one whose code is known replaces the caller's older one.
    #[prost(message, repeated, tag = "1")]
    pub records: Vec<TraceRecord>,
    /// Codes to withdraw.
    #[prost(string, repeated, tag = "2")]
    pub withdrawn: Vec<String>,
    /// Blocks to put on and to end.
    #[prost(message, repeated, tag = "3")]
    pub blocks: Vec<LotBlock>,
    /// Why, for the record.
    #[prost(string, tag = "4")]
    pub note: String,
}
