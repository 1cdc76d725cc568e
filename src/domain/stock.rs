//! What warehouses, bonded and abroad, tell of their stock (R-WH-01 to R-WH-03).

/// Goods that came into a bonded warehouse.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BondedInbound {
    /// Account book.
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Record number of the item in the book.
    #[prost(string, tag = "2")]
    pub item_record_no: String,
    /// Quantity in the declared unit of lists, above 0.
    #[prost(string, tag = "3")]
    pub qty: String,
    /// Number of the bonded list (核注清单).
    #[prost(string, tag = "4")]
    pub inbound_no: String,
}

/// What a warehouse counts of one item at the end of a day.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StockFigure {
    /// Account book.
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Record number of the item in the book.
    #[prost(string, tag = "2")]
    pub item_record_no: String,
    /// Quantity on hand in the declared unit of lists, not below 0.
    #[prost(string, tag = "3")]
    pub qty: String,
}

/// The figures of one warehouse and day.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DailyFigures {
    /// Day in China, `yyyyMMdd`.
    #[prost(string, tag = "1")]
    pub day: String,
    /// One row per item.
    #[prost(message, repeated, tag = "2")]
    pub figures: Vec<StockFigure>,
}

/// A parcel on a gate-out sheet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
pub struct GateParcel {
    /// Waybill number.
    #[prost(string, tag = "1")]
    pub logistics_no: String,
    /// Its carrier.
    #[prost(string, tag = "2")]
    pub logistics_code: String,
}

/// A gate-out sheet (核放单): several parcels on one vehicle.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GateSheet {
    /// Number that its sender gives it.
    #[prost(string, tag = "1")]
    pub sheet_no: String,
    /// Vehicle.
    #[prost(string, tag = "2")]
    pub vehicle: String,
    /// Site or gate.
    #[prost(string, tag = "3")]
    pub place: String,
    /// The parcels.
    #[prost(message, repeated, tag = "4")]
    pub parcels: Vec<GateParcel>,
}

/// Goods of an export order that a warehouse abroad took in.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OverseasReceipt {
    /// Number of the W-type export order.
    #[prost(string, tag = "1")]
    pub order_no: String,
    /// Platform code of that order.
    #[prost(string, tag = "2")]
    pub ebp_code: String,
    /// Seller's item number (itemNo of the order).
    #[prost(string, tag = "3")]
    pub item_no: String,
    /// Quantity in the order's unit, above 0.
    #[prost(string, tag = "4")]
    pub qty: String,
    /// Warehouse abroad.
    #[prost(string, tag = "5")]
    pub warehouse: String,
}

/// What left the stock of a warehouse abroad.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OverseasSale {
    /// Number that the seller gives the sale; a repeat changes nothing.
    #[prost(string, tag = "1")]
    pub sale_no: String,
    /// Number of the W-type export order that the goods came with.
    #[prost(string, tag = "2")]
    pub order_no: String,
    /// Platform code of that order.
    #[prost(string, tag = "3")]
    pub ebp_code: String,
    /// Seller's item number.
    #[prost(string, tag = "4")]
    pub item_no: String,
    /// Quantity in the order's unit, above 0.
    #[prost(string, tag = "5")]
    pub qty: String,
    /// Amount of the sale in its currency; empty for a loss.
    #[prost(string, tag = "6")]
    pub amount: String,
    /// Customs code of the currency; empty for a loss.
    #[prost(string, tag = "7")]
    pub currency: String,
    /// True if the goods were lost or destroyed, not sold.
    #[prost(bool, tag = "8")]
    pub lost: bool,
}

/// What a typed request about stock asks for: all of it, or nothing is done.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StockChange {
    /// Goods that came into a bonded warehouse.
    #[prost(message, repeated, tag = "1")]
    pub inbound: Vec<BondedInbound>,
    /// Figures of a day.
    #[prost(message, optional, tag = "2")]
    pub figures: Option<DailyFigures>,
    /// Gate-out sheet to file.
    #[prost(message, optional, tag = "3")]
    pub sheet: Option<GateSheet>,
    /// Number of a sheet that left the gate; empty for none.
    #[prost(string, tag = "4")]
    pub gate_out: String,
    /// Goods that warehouses abroad took in.
    #[prost(message, repeated, tag = "5")]
    pub received: Vec<OverseasReceipt>,
    /// What left their stock.
    #[prost(message, repeated, tag = "6")]
    pub sold: Vec<OverseasSale>,
    /// Number of a sheet that is given up; empty for none.
    #[prost(string, tag = "7")]
    pub sheet_cancelled: String,
}
