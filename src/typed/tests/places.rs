//! Places in the XML as typed fields.

use super::super::{Names, field_path};

#[test]
fn a_place_in_the_xml_is_a_typed_field() {
    for (xml, protobuf, json) in [
        (
            "/CEB621Message/Inventory[2]/InventoryHead/orderNo",
            "ceb621.inventory[1].inventory_head.order_no",
            "CEB621Message.Inventory[1].InventoryHead.orderNo",
        ),
        ("/CEB621Message/@guid", "ceb621.guid", "CEB621Message.guid"),
        (
            "/CEB621Message/Inventory[1]/InventoryList[3]/qty1",
            "ceb621.inventory[0].inventory_list[2].qty1",
            "CEB621Message.Inventory[0].InventoryList[2].qty1",
        ),
        (
            "/CEB603Message/Inventory[1]/InventoryHead/POD",
            "ceb603.inventory[0].inventory_head.pod",
            "CEB603Message.Inventory[0].InventoryHead.POD",
        ),
        ("/CEB621Message/Signature/SignedInfo/Reference[1]", "ceb621.signature", "CEB621Message.Signature"),
        ("/CEB621Message", "ceb621", "CEB621Message"),
        ("/CEB311Message/Order[1]/noSuch", "ceb311.order[0]", "CEB311Message.Order[0]"),
    ] {
        assert_eq!(field_path(xml, Names::Protobuf).as_deref(), Some(protobuf));
        assert_eq!(field_path(xml, Names::Json).as_deref(), Some(json));
    }
    for xml in ["", "/", "/CEB622Message/x", "orderNo", "/CEB621Messages"] {
        assert_eq!(field_path(xml, Names::Json), None, "{xml}");
    }
}
