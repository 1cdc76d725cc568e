//! What a model can say of itself where a fault has to be explained.

use super::{Kind, Model, START};

impl Model {
    /// The leaves that could come next, for messages.
    pub(in crate::schema) fn next(&self, at: usize, slots: &[u32]) -> Vec<usize> {
        let mut found = Vec::new();
        if at == START {
            if !self.nodes.is_empty() {
                self.starts(0, &mut found);
            }
            return found;
        }
        let leaf = self.node(at);
        if self.count(slots, leaf) < leaf.max {
            found.push(at);
        }
        let mut index = at;
        loop {
            let node = self.node(index);
            if self.count(slots, node) < node.min && !node.hollow {
                break;
            }
            let Some(parent) = self.nodes.get(node.parent) else { break };
            let rest = match parent.kind {
                Kind::Sequence => index + 1..parent.children.end,
                Kind::All => parent.children.clone(),
                Kind::Choice | Kind::Element(_) | Kind::Any(_) => 0..0,
            };
            let mut open = true;
            for sibling in rest {
                if parent.kind == Kind::All && self.seen(slots, sibling) {
                    continue;
                }
                self.starts(sibling, &mut found);
                if !self.node(sibling).emptiable() {
                    open = false;
                    if parent.kind == Kind::Sequence {
                        break;
                    }
                }
            }
            if !open {
                break;
            }
            if self.count(slots, parent) < parent.max {
                self.starts(node.parent, &mut found);
            }
            index = node.parent;
        }
        found.dedup();
        found
    }

    /// The leaves a missing particle asks for: all of a sequence, the alternatives of a choice.
    pub(in crate::schema) fn wanted(&self, index: usize) -> Vec<Vec<usize>> {
        let node = self.node(index);
        match node.kind {
            Kind::Element(_) | Kind::Any(_) => vec![vec![index]],
            Kind::Sequence | Kind::All => {
                let required = node.children.clone().filter(|child| !self.node(*child).emptiable());
                required.flat_map(|child| self.wanted(child)).collect()
            }
            Kind::Choice => {
                let mut starts = Vec::new();
                self.starts(index, &mut starts);
                vec![starts]
            }
        }
    }

    fn starts(&self, index: usize, found: &mut Vec<usize>) {
        let node = self.node(index);
        if node.is_leaf() {
            found.push(index);
        }
        for child in node.children.clone() {
            self.starts(child, found);
            if node.kind == Kind::Sequence && !self.node(child).emptiable() {
                break;
            }
        }
    }

    /// Which occurrence of its leaf the last child was; 0 if the leaf cannot repeat.
    #[inline]
    pub(in crate::schema) fn occurrence(&self, leaf: usize, slots: &[u32]) -> u32 {
        let node = self.node(leaf);
        if !node.repeats {
            return 0;
        }
        slots.get(node.occurrence.unwrap_or(node.slot)).copied().unwrap_or(0)
    }

    /// Counts one more of a leaf that is already at its maximum, or stands out of order.
    pub(in crate::schema) fn count_anyway(&self, leaf: usize, slots: &mut [u32]) {
        let node = self.node(leaf);
        self.occurred(slots, node);
        self.mark(slots, leaf);
    }

    /// Whether the leaf has matched before in this parent.
    pub(in crate::schema) fn seen(&self, slots: &[u32], index: usize) -> bool {
        slots.get(self.levels + index / 32).is_some_and(|word| word >> (index % 32) & 1 == 1)
    }
}
