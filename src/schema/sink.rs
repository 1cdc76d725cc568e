//! What a caller may take out of a message while it is checked.

use std::ops::Range;

use super::names::NsId;
use super::table::ElementId;

/// An element that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementInfo<'t> {
    /// Its declaration.
    pub id: ElementId,
    /// Its namespace in the message.
    pub ns: NsId,
    /// Its local name.
    pub local: &'t str,
    /// Which of its kind in its parent, from 1; 0 if it cannot repeat.
    pub index: u32,
}

/// An attribute of the element that began last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeInfo<'t> {
    /// Its namespace; `NS_NONE` for most.
    pub ns: NsId,
    /// Its local name.
    pub local: &'t str,
    /// Bytes between its quotes, as they stand in the text.
    pub raw: Range<usize>,
}

/// Receives the declared elements of a message in document order, in the same pass that checks it.
///
/// Elements under a fault may be missing, so what was received counts only if the report has no faults.
/// Every method does nothing by default; a sink of defaults costs nothing.
pub trait Sink {
    /// An element begins; `at` is the byte of its `<`.
    #[inline]
    fn start(&mut self, element: ElementInfo<'_>, at: usize) {
        let _: (ElementInfo<'_>, usize) = (element, at);
    }

    /// An attribute of the element that just began, with references resolved and white space as its type has it.
    #[inline]
    fn attribute(&mut self, attribute: AttributeInfo<'_>, value: &str) {
        let _: (AttributeInfo<'_>, &str) = (attribute, value);
    }

    /// The text of the element that began last and has no children: references resolved, white space as its
    /// type has it, default values filled in. `raw` are the bytes between its tags.
    #[inline]
    fn leaf(&mut self, element: ElementId, value: &str, raw: Range<usize>) {
        let _: (ElementId, &str, Range<usize>) = (element, value, raw);
    }

    /// The innermost open element ends; `end` is the byte after its `>`.
    #[inline]
    fn end(&mut self, end: usize) {
        let _: usize = end;
    }
}

/// Takes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSink;

impl Sink for NoSink {}
