//! Places in typed messages.

use super::contract::{self, Field, Holds};

/// Whose names a path is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Those of protobuf: `ceb621.inventory[1].inventory_head.order_no`.
    Protobuf,
    /// Those of JSON: `CEB621Message.Inventory[1].InventoryHead.orderNo`.
    Json,
}

/// One field on the way down, and which of its kind, from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) field: &'static Field,
    /// `None` for a field that does not repeat, or for all that it holds.
    pub(super) index: Option<usize>,
}

impl Step {
    pub(super) fn new(field: &'static Field, index: usize) -> Step {
        Step { field, index: field.repeated.then_some(index) }
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Step) -> bool {
        std::ptr::eq(self.field, other.field) && self.index == other.index
    }
}

impl Eq for Step {}

/// The path of some steps from the outermost on.
pub(super) fn join<'s>(steps: impl Iterator<Item = &'s Step>, names: Names) -> String {
    let mut path = String::new();
    for Step { field, index } in steps {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(match names {
            Names::Protobuf => &field.name,
            Names::Json => &field.element,
        });
        if let Some(index) = index {
            path.push_str(&format!("[{index}]"));
        }
    }
    path
}

/// The typed field of a place in the XML: for `/CEB621Message/Inventory[2]/InventoryHead/orderNo`, with the
/// names of protobuf, `ceb621.inventory[1].inventory_head.order_no`.
///
/// A place below what is typed, as in a signature, gives the field that holds it. `None` if the root is not
/// of a typed message.
#[must_use]
pub fn field_path(xml_path: &str, names: Names) -> Option<String> {
    let mut kind = contract::roots();
    let mut steps = Vec::new();
    for segment in xml_path.trim_start_matches('/').split('/') {
        let (name, index) = match segment.split_once('[') {
            Some((name, index)) => {
                (name, index.trim_end_matches(']').parse().ok().and_then(|n: usize| n.checked_sub(1)))
            }
            None => (segment, Some(0)),
        };
        let Some(found) = kind.by_element(name.trim_start_matches('@')) else { break };
        let field = contract::field(kind, found);
        steps.push(Step::new(field, index.unwrap_or(0)));
        match field.holds {
            Holds::Fields(inner) => kind = contract::kind(inner),
            Holds::Attribute | Holds::Text | Holds::Element | Holds::Content => break,
        }
    }
    if steps.is_empty() { None } else { Some(join(steps.iter(), names)) }
}
