//! Regimes of export and the orders that go with them (R-EXP-01).

/// The orderType that goes with a supervision mode of export; `None` if it is none.
///
/// 9610 retail and 1210 zone: `E`; 9710 to enterprises: `B`; 9810 to an overseas warehouse: `W`, a booking.
pub(in crate::state) fn order_type(trade_mode: &str) -> Option<&'static str> {
    match trade_mode {
        "9610" | "1210" => Some("E"),
        "9710" => Some("B"),
        "9810" => Some("W"),
        _ => None,
    }
}

/// True for the modes whose lists have a largest value (R-EXP-02).
pub(in crate::state) fn is_to_enterprises(trade_mode: &str) -> bool {
    matches!(trade_mode, "9710" | "9810")
}

/// The rule that an order of another type breaks: an overseas warehouse needs a booking whatever else is abolished.
pub(in crate::state) fn order_rule(trade_mode: &str) -> &'static str {
    if trade_mode == "9810" { "R-EXP-03" } else { "R-EXP-01" }
}
