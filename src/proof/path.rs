//! Inclusion and consistency proofs, made from hashes of full subtrees and verified from the proof alone.
//!
//! Source: RFC 6962 §2.1.1 and §2.1.2 (which hashes, in which order), RFC 9162 §2.1.3.2 and §2.1.4.2 (verification).

use super::tree::{Hash, node_hash};

/// Hashes in one proof: a tree has at most 2^64 leaves, and a consistency proof names one more subtree.
pub const PATH_HASHES_MAX: usize = 65;

/// Where the hashes of full subtrees come from.
pub trait Nodes {
    /// Why one cannot be had.
    type Error;

    /// Root of the full subtree over the leaves `index << level` up to `(index + 1) << level`.
    ///
    /// # Errors
    /// As the source says.
    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The largest power of two below `leaves`, as its exponent; `leaves` is at least 2.
fn split(leaves: u64) -> u32 {
    (leaves - 1).ilog2()
}

/// Root over the leaves `start..end`, where `start` is a multiple of the power of two at or above their number.
fn range_root<N: Nodes>(nodes: &mut N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let leaves = end - start;
    if leaves.is_power_of_two() {
        let level = leaves.ilog2();
        return nodes.node(level, start >> level);
    }
    let level = split(leaves);
    let left = nodes.node(level, start >> level)?;
    Ok(node_hash(&left, &range_root(nodes, start + (1 << level), end)?))
}

/// The root of the tree of `size` leaves; SHA-256 of nothing for none.
///
/// # Errors
/// Those of the nodes.
pub fn root<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(super::sha256(&[])) } else { range_root(nodes, 0, size) }
}

/// The path from the leaf `index` to the root of the tree of `size` leaves, lowest first: PATH(m, D\[n\]). Empty if the
/// leaf is not in the tree.
///
/// # Errors
/// Those of the nodes.
pub fn inclusion_path<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    // From the root down; turned round at the end.
    while index < size && end - start > 1 {
        let middle = start + (1 << split(end - start));
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What proves that the tree of `first` leaves is the beginning of the one of `second`: PROOF(m, D\[n\]). Empty if
/// they are the same, if the first one has no leaf, or if it is the larger one.
///
/// # Errors
/// Those of the nodes.
pub fn consistency_path<N: Nodes>(nodes: &mut N, first: u64, second: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if first == 0 || first >= second {
        return Ok(path);
    }
    let (mut start, mut end, mut known) = (0, second, true);
    while first != end {
        let middle = start + (1 << split(end - start));
        if first <= middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
            known = false;
        }
    }
    if !known {
        path.push(range_root(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// True if the path leads from the leaf at `index` to the root of the tree of `size` leaves.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    inclusion_root(leaf, index, size, path).is_some_and(|found| found == *root)
}

/// The root that the path leads to from the leaf at `index` of a tree of `size` leaves; `None` if such a tree has no such
/// path.
#[must_use]
pub fn inclusion_root(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// True if the path proves that the tree of `first` leaves with its root is the beginning of the tree of `second`
/// leaves with its root.
#[must_use]
pub fn verify_consistency(first: u64, second: u64, first_root: &Hash, second_root: &Hash, path: &[Hash]) -> bool {
    if first == second {
        return path.is_empty() && first_root == second_root;
    }
    if first == 0 {
        // Every tree goes on from the empty one.
        return path.is_empty() && *first_root == super::sha256(&[]);
    }
    if first > second {
        return false;
    }
    let (begin, rest) = if first.is_power_of_two() {
        (*first_root, path)
    } else {
        match path.split_first() {
            Some((begin, rest)) => (*begin, rest),
            None => return false,
        }
    };
    let (mut place, mut last) = (first - 1, second - 1);
    let shared = place.trailing_ones();
    (place, last) = (place.checked_shr(shared).unwrap_or(0), last.checked_shr(shared).unwrap_or(0));
    let (mut old, mut new) = (begin, begin);
    for step in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            (old, new) = (node_hash(step, &old), node_hash(step, &new));
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *first_root && new == *second_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Frontier, leaf_hash, sha256};
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// All leaves in memory; roots by the recursive definition.
    struct Leaves(Vec<Hash>);

    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&by_definition(left), &by_definition(right))
            }
        }
    }

    impl Nodes for Leaves {
        type Error = Infallible;

        fn node(&mut self, level: u32, index: u64) -> Result<Hash, Infallible> {
            let start = usize::try_from(index << level).expect("small");
            Ok(by_definition(&self.0[start..start + (1 << level)]))
        }
    }

    fn number(index: usize) -> u64 {
        u64::try_from(index).expect("small")
    }

    fn tree(leaves: usize) -> (Leaves, Vec<Hash>) {
        let all: Vec<Hash> = (0..leaves).map(|n| leaf_hash(&[&number(n).to_be_bytes()])).collect();
        let roots = (0..=leaves).map(|size| by_definition(&all[..size])).collect();
        (Leaves(all), roots)
    }

    fn hex(text: &str) -> Hash {
        let (pairs, _) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
        pairs.iter().map(byte).collect::<Vec<u8>>().try_into().expect("32 bytes")
    }

    /// The tree of seven or eight leaves that the vectors of Certificate Transparency (certificate-transparency-go,
    /// `merkle` test data) use for the algorithms of RFC 6962.
    fn vector() -> Leaves {
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        Leaves(inputs.iter().map(|input| leaf_hash(&[input])).collect())
    }

    #[test]
    fn roots_and_paths_are_those_of_the_known_vectors() {
        let mut nodes = vector();
        let Ok(of_8) = root(&mut nodes, 8);
        assert_eq!(of_8, hex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"));
        let Ok(of_3) = root(&mut nodes, 3);
        assert_eq!(of_3, hex("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"));
        let Ok(path) = inclusion_path(&mut nodes, 5, 8);
        let known = [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(path, known.map(hex));
        let Ok(path) = consistency_path(&mut nodes, 6, 8);
        let known = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(path, known.map(hex));
    }

    /// RFC 6962 §2.1.3: in the tree of seven leaves the path of d0 is [b, h, l], of d3 [c, g, l], of d4 [f, j, k] and of
    /// d6 [i, k]; the proof from 3 leaves is [c, d, g, l], from 4 [l], from 6 [i, j, k].
    #[test]
    fn the_example_of_the_rfc_has_its_paths() {
        let mut nodes = vector();
        nodes.0.truncate(7);
        let d = nodes.0.clone();
        let (g, h, i) = (node_hash(&d[0], &d[1]), node_hash(&d[2], &d[3]), node_hash(&d[4], &d[5]));
        let (k, l) = (node_hash(&g, &h), node_hash(&i, &d[6]));
        for (leaf, wanted) in [(0, vec![d[1], h, l]), (3, vec![d[2], g, l]), (4, vec![d[5], d[6], k]), (6, vec![i, k])]
        {
            let Ok(path) = inclusion_path(&mut nodes, leaf, 7);
            assert_eq!(path, wanted, "leaf {leaf}");
        }
        for (first, wanted) in [(3, vec![d[2], d[3], g, l]), (4, vec![l]), (6, vec![i, d[6], k])] {
            let Ok(path) = consistency_path(&mut nodes, first, 7);
            assert_eq!(path, wanted, "from {first}");
        }
    }

    #[test]
    fn every_leaf_of_every_size_verifies_and_nothing_else_does() {
        let (mut nodes, roots) = tree(70);
        for size in 1..=70 {
            for index in 0..size {
                let (leaf, root) = (nodes.0[index], roots[size]);
                let (at, of) = (number(index), number(size));
                let Ok(path) = inclusion_path(&mut nodes, at, of);
                assert!(verify_inclusion(&leaf, at, of, &path, &root), "leaf {index} of {size}");
                assert!(!verify_inclusion(&leaf, at + 1, of, &path, &root), "another place: {index} of {size}");
                assert!(!verify_inclusion(&leaf, at, of, &path, &roots[size - 1]), "another root: {index} of {size}");
                assert!(!verify_inclusion(&leaf_hash(&[]), at, of, &path, &root), "another leaf: {index} of {size}");
                let longer: Vec<Hash> = path.iter().copied().chain([root]).collect();
                assert!(!verify_inclusion(&leaf, at, of, &longer, &root), "a longer path: {index} of {size}");
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!verify_inclusion(&leaf, at, of, shorter, &root), "a shorter path: {index} of {size}");
                }
            }
        }
    }

    #[test]
    fn every_tree_is_the_beginning_of_every_larger_one() {
        let (mut nodes, roots) = tree(70);
        for second in 0..=70 {
            for first in 0..=second {
                let (from, to) = (number(first), number(second));
                let Ok(path) = consistency_path(&mut nodes, from, to);
                let (old, new) = (roots[first], roots[second]);
                assert!(verify_consistency(from, to, &old, &new, &path), "{first} and {second}");
                assert!(path.len() <= PATH_HASHES_MAX);
                let other = leaf_hash(&[]);
                assert!(!verify_consistency(from, to, &other, &new, &path), "another beginning: {first}, {second}");
                if first > 0 {
                    assert!(!verify_consistency(from, to, &old, &other, &path), "another end: {first}, {second}");
                }
            }
        }
        assert!(!verify_consistency(5, 3, &roots[5], &roots[3], &[]), "trees do not shrink");
    }

    proptest! {
        #[test]
        fn a_changed_bit_does_not_verify(size in 1_usize..70, index: prop::sample::Index, bit: prop::sample::Index) {
            let (mut nodes, roots) = tree(size);
            let index = index.index(size);
            let Ok(mut path) = inclusion_path(&mut nodes, number(index), number(size));
            let (mut leaf, mut root) = (nodes.0[index], roots[size]);
            let mut all: Vec<&mut Hash> = path.iter_mut().chain([&mut leaf, &mut root]).collect();
            let bit = bit.index(all.len() * 256);
            all[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&leaf, number(index), number(size), &path, &root));
        }

        #[test]
        fn any_proof_is_judged_without_a_panic(
            index: u64, size: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..70), hash: [u8; 32]
        ) {
            prop_assert!(!verify_inclusion(&hash, index, size, &path, &[0; 32]));
            prop_assert!(!verify_consistency(index, size, &hash, &[0; 32], &path));
        }
    }

    /// What a frontier tells of the subtrees that it completes is what the definition has.
    #[test]
    fn a_frontier_tells_every_full_subtree_once() {
        let (mut nodes, _) = tree(70);
        let mut frontier = Frontier::default();
        let mut told = Vec::new();
        for leaf in nodes.0.clone() {
            frontier.push_with(leaf, |level, index, hash| told.push((level, index, *hash)));
        }
        assert_eq!(told.len(), 35 + 17 + 8 + 4 + 2 + 1);
        for (level, index, hash) in told {
            let Ok(node) = nodes.node(level, index);
            assert_eq!(hash, node, "level {level}, index {index}");
        }
    }
}
