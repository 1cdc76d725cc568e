//! A piece of a table to scan.

use std::ops::Bound;

/// A piece of a table to scan: bounds, direction and how many rows at most.
///
/// Built from [`Range::all`] or [`Range::prefix`] and narrowed; bounds only ever get tighter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
    limit: usize,
    reverse: bool,
}

/// Lower and upper bound, never inverted.
pub type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl Range {
    /// The whole table.
    #[must_use]
    pub fn all() -> Range {
        Range { low: Bound::Unbounded, high: Bound::Unbounded, limit: usize::MAX, reverse: false }
    }

    /// Keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Range {
        // The first key after the prefix: the last byte that can grow grows, the rest goes.
        let mut end = prefix.to_vec();
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        let high = match end.last_mut() {
            Some(last) => {
                *last += 1;
                Bound::Excluded(end)
            }
            None => Bound::Unbounded,
        };
        Range { low: Bound::Included(prefix.to_vec()), high, ..Range::all() }
    }

    /// Only keys greater than `key`.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Range {
        if lower(self.low.as_ref(), key) {
            self.low = Bound::Excluded(key.to_vec());
        }
        self
    }

    /// Only keys not less than `key`.
    #[must_use]
    pub fn from(mut self, key: &[u8]) -> Range {
        if lower(self.low.as_ref(), key) && self.low.as_ref() != Bound::Excluded(&key.to_vec()) {
            self.low = Bound::Included(key.to_vec());
        }
        self
    }

    /// Only keys less than `key`.
    #[must_use]
    pub fn before(mut self, key: &[u8]) -> Range {
        let tighter = match &self.high {
            Bound::Unbounded => true,
            Bound::Included(high) | Bound::Excluded(high) => key <= high.as_slice(),
        };
        if tighter {
            self.high = Bound::Excluded(key.to_vec());
        }
        self
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Range {
        self.limit = self.limit.min(rows);
        self
    }

    /// From the greatest key down.
    #[must_use]
    pub fn reverse(mut self) -> Range {
        self.reverse = true;
        self
    }

    /// How many rows at most.
    #[must_use]
    pub fn rows_max(&self) -> usize {
        self.limit
    }

    /// Whether rows come from the greatest key down.
    #[must_use]
    pub fn is_reverse(&self) -> bool {
        self.reverse
    }

    /// The bounds; `None` if no key can be inside, so that a map's own range may be asked for them.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds<'_>> {
        let (low, high) = (as_slice(&self.low), as_slice(&self.high));
        let empty = match (low, high) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(low), Bound::Included(high)) => low > high,
            (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) => low >= high,
        };
        (!empty && self.limit > 0).then_some((low, high))
    }

    /// What is left once `key` was seen, in the direction of the scan.
    pub(super) fn past(self, key: &[u8]) -> Range {
        if self.reverse { self.before(key) } else { self.after(key) }
    }
}

/// Whether `key` is at or above the bound.
fn lower(bound: Bound<&Vec<u8>>, key: &[u8]) -> bool {
    match bound {
        Bound::Unbounded => true,
        Bound::Included(low) | Bound::Excluded(low) => low.as_slice() <= key,
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(key) => Bound::Included(key),
        Bound::Excluded(key) => Bound::Excluded(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::RangeBounds;

    fn has(range: &Range, key: &[u8]) -> bool {
        range.bounds().is_some_and(|bounds| RangeBounds::<[u8]>::contains(&bounds, key))
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        let range = Range::prefix(&[7, 0xff]);
        assert!(has(&range, &[7, 0xff]));
        assert!(has(&range, &[7, 0xff, 0xff]));
        assert!(!has(&range, &[8]));
        assert!(!has(&range, &[7, 0xfe]));
    }

    #[test]
    fn a_prefix_of_ff_bytes_goes_to_the_end() {
        assert!(has(&Range::prefix(&[0xff]), &[0xff, 0xff, 1]));
        assert!(has(&Range::prefix(&[]), &[]));
    }

    #[test]
    fn bounds_only_get_tighter() {
        let range = Range::prefix(b"b").after(b"a").before(b"z");
        assert!(has(&range, b"b") && has(&range, b"bz") && !has(&range, b"a") && !has(&range, b"c"));
        let range = Range::all().after(b"b").from(b"b");
        assert!(!has(&range, b"b"));
        assert!(has(&range, b"b0"));
    }

    #[test]
    fn inverted_bounds_hold_nothing() {
        assert!(Range::all().after(b"b").before(b"a").bounds().is_none());
        assert!(Range::all().after(b"b").before(b"b").bounds().is_none());
        assert!(Range::all().limit(0).bounds().is_none());
    }
}
