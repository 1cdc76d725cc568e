//! Which known name someone may have meant.

/// Bytes of a name above which no guess is made.
const NAME_BYTES_MAX: usize = 64;

/// The known name nearest to the one found, if it is near enough to be a slip of the keyboard.
pub(crate) fn nearest<'k>(found: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if found.len() > NAME_BYTES_MAX {
        return None;
    }
    let allowed = match found.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let scored = known.filter(|name| *name != found && name.len() <= NAME_BYTES_MAX).map(|name| {
        let distance = if name.eq_ignore_ascii_case(found) { 0 } else { distance(found, name) };
        (distance, name)
    });
    scored.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Letters to insert, delete, replace or swap with a neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = cell(&last, j) + usize::from(from != to);
            best = best.min(cell(&last, j + 1) + 1).min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["orderNo", "ebpCode", "ebcCode", "guid"];
        let guess = |found| nearest(found, known.into_iter());
        assert_eq!(guess("ordrNo"), Some("orderNo"));
        assert_eq!(guess("OrderNO"), Some("orderNo"));
        assert_eq!(guess("ebpcode"), Some("ebpCode"));
        assert_eq!(guess("giud"), Some("guid"));
        assert_eq!(guess("freight"), None);
        assert_eq!(guess("a"), None);
    }

    #[test]
    fn swaps_count_once() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
