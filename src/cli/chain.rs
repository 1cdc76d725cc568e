//! Checks that a consumer got everything: each delivery names the one before it.

use std::collections::{HashSet, VecDeque};

/// Ids remembered to know a delivery that comes again after a reconnect.
const REMEMBERED_MAX: usize = 100_000;

/// What a delivery is to this consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The next one.
    New,
    /// Seen before: after a reconnect the deliveries since the last acknowledgement come again.
    Again,
    /// Something is missing between the last one seen and this one.
    Gap {
        /// Id of the last delivery seen.
        last: String,
        /// Id that should have been seen before this one.
        predecessor: String,
    },
}

/// The deliveries seen so far.
#[derive(Debug, Default)]
pub struct Chain {
    last: Option<String>,
    seen: HashSet<String>,
    order: VecDeque<String>,
}

impl Chain {
    /// Nothing seen yet: the first delivery may have any predecessor.
    #[must_use]
    pub fn new() -> Chain {
        Chain::default()
    }

    /// For a subscription read from its very first delivery: that one has no predecessor.
    #[must_use]
    pub fn from_first() -> Chain {
        Chain { last: Some(String::new()), ..Chain::default() }
    }

    /// Takes one delivery.
    pub fn take(&mut self, id: &str, predecessor: &str) -> Step {
        if self.seen.contains(id) {
            return Step::Again;
        }
        self.remember(id);
        let last = self.last.replace(id.to_owned());
        match last {
            Some(last) if last != predecessor => Step::Gap { last, predecessor: predecessor.to_owned() },
            Some(_) | None => Step::New,
        }
    }

    /// Takes a heartbeat: everything up to the delivery that it names has been sent.
    pub fn heartbeat(&mut self, last_delivery: &str) -> Step {
        match &self.last {
            None if !last_delivery.is_empty() => {
                self.last = Some(last_delivery.to_owned());
                Step::New
            }
            Some(last) if last != last_delivery && !self.seen.contains(last_delivery) => {
                Step::Gap { last: last.clone(), predecessor: last_delivery.to_owned() }
            }
            Some(_) | None => Step::New,
        }
    }

    fn remember(&mut self, id: &str) {
        if self.order.len() >= REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.seen.insert(id.to_owned());
        self.order.push_back(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_delivery_shows() {
        let mut chain = Chain::new();
        assert_eq!(chain.take("b", "a"), Step::New);
        assert_eq!(chain.take("c", "b"), Step::New);
        assert_eq!(chain.take("e", "d"), Step::Gap { last: "c".into(), predecessor: "d".into() });
    }

    #[test]
    fn deliveries_that_come_again_are_no_gap() {
        let mut chain = Chain::from_first();
        assert_eq!(chain.take("a", ""), Step::New);
        assert_eq!(chain.take("b", "a"), Step::New);
        assert_eq!(chain.take("a", ""), Step::Again);
        assert_eq!(chain.take("b", "a"), Step::Again);
        assert_eq!(chain.take("c", "b"), Step::New);
    }

    #[test]
    fn a_chain_from_the_first_delivery_knows_if_it_is_not_the_first() {
        assert_eq!(Chain::from_first().take("b", "a"), Step::Gap { last: String::new(), predecessor: "a".into() });
    }

    #[test]
    fn a_heartbeat_tells_of_a_delivery_that_never_came() {
        let mut chain = Chain::new();
        assert_eq!(chain.heartbeat(""), Step::New);
        assert_eq!(chain.take("b", "a"), Step::New);
        assert_eq!(chain.heartbeat("b"), Step::New);
        assert_eq!(chain.heartbeat("c"), Step::Gap { last: "b".into(), predecessor: "c".into() });
    }
}
