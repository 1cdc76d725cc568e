//! Mutations that know bytes, words of the target's language, and markup.

use super::random::Random;

/// A new input: one of the corpus, changed once or several times.
pub fn mutated(corpus: &[Vec<u8>], words: &[&str], random: &mut Random, bytes_max: usize) -> Vec<u8> {
    let mut input = random.pick(corpus).cloned().unwrap_or_default();
    // Most inputs change a little; few change a lot.
    let changes = 1 + random.below(3) * random.below(5);
    for _ in 0..changes {
        input = match random.below(10) {
            0..=3 => bytes(input, random),
            4..=5 => word(input, words, random),
            6..=8 => markup(&input, random).unwrap_or(input),
            _ => splice(&input, random.pick(corpus).map_or(&[], Vec::as_slice), random),
        };
        input.truncate(bytes_max);
    }
    input
}

/// A range inside; empty at the end of an empty input.
fn range(input: &[u8], longest: usize, random: &mut Random) -> std::ops::Range<usize> {
    let from = random.below(input.len() + 1);
    let length = random.below(longest.min(input.len() - from) + 1);
    from..from + length
}

/// Numbers at the edges of what fits somewhere.
const EDGES: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 31, i64::MAX as u64, u64::MAX];

fn bytes(mut input: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let at = random.below(input.len());
    match random.below(8) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.byte();
            }
        }
        2 => input.insert(at.min(input.len()), random.byte()),
        3 => {
            let range = range(&input, 64, random);
            input.drain(range);
        }
        4 => {
            let piece = input[range(&input, 256, random)].to_vec();
            let times = if random.below(50) == 0 { 2000 } else { 1 + random.below(4) };
            let at = random.below(input.len() + 1);
            input.splice(at..at, piece.repeat(times));
        }
        5 => {
            let edge = EDGES[random.below(EDGES.len())];
            let width = [1, 2, 4, 8][random.below(4)];
            let end = (at + width).min(input.len());
            input.splice(at.min(end)..end, edge.to_le_bytes()[..width].to_vec());
        }
        6 => {
            let edge = EDGES[random.below(EDGES.len())];
            let digits = input[at.min(input.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let at = at.min(input.len());
            input.splice(at..at + digits, edge.to_string().into_bytes());
        }
        _ => input.truncate(random.below(input.len() + 1)),
    }
    input
}

fn word(mut input: Vec<u8>, words: &[&str], random: &mut Random) -> Vec<u8> {
    let Some(word) = random.pick(words) else { return input };
    let range = if random.below(2) == 0 { range(&input, 0, random) } else { range(&input, 24, random) };
    input.splice(range, word.bytes());
    input
}

/// The head of one input and the tail of another.
fn splice(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let (head, _) = input.split_at(random.below(input.len() + 1));
    let (_, tail) = other.split_at(random.below(other.len() + 1));
    [head, tail].concat()
}

/// The places of `<…>`, and of what begins with it and ends with its counterpart.
fn tags(input: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(from) = input[at..].iter().position(|byte| *byte == b'<').map(|from| from + at) {
        let Some(length) = input[from..].iter().position(|byte| *byte == b'>') else { break };
        tags.push(from..from + length + 1);
        at = from + length + 1;
    }
    tags
}

/// The element that begins with the tag at an index, by counting tags that open and close.
fn element(input: &[u8], tags: &[std::ops::Range<usize>], index: usize) -> std::ops::Range<usize> {
    let mut depth = 0_usize;
    for tag in &tags[index..] {
        match &input[tag.clone()] {
            [b'<', b'/', ..] => depth = depth.saturating_sub(1),
            [b'<', b'!' | b'?', ..] | [.., b'/', b'>'] => {}
            _ => depth += 1,
        }
        if depth == 0 {
            return tags[index].start..tag.end;
        }
    }
    tags[index].clone()
}

/// Drops, repeats, moves, nests, renames or empties an element; `None` if there is no markup.
fn markup(input: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let tags = tags(input);
    if tags.is_empty() {
        return None;
    }
    let index = random.below(tags.len());
    let chosen = element(input, &tags, index);
    let other = element(input, &tags, random.below(tags.len()));
    let (before, inside, after) = (&input[..chosen.start], &input[chosen.clone()], &input[chosen.end..]);
    Some(match random.below(8) {
        0 => [before, after].concat(),
        1 => [before, &inside.repeat(2 + random.below(3)), after].concat(),
        2 => [before, &input[other], after].concat(),
        3 => [before, &input[other.clone()], inside, after].concat(),
        4 => {
            // Nested in itself, rarely very deep.
            let head = &input[tags[index].clone()];
            let depth = if random.below(20) == 0 { 500 } else { 1 + random.below(3) };
            [before, &head.repeat(depth), inside, after].concat()
        }
        5 => {
            let name_of = |range: &std::ops::Range<usize>| {
                let tag = &input[range.clone()];
                let from = 1 + usize::from(tag.get(1) == Some(&b'/'));
                let length = tag[from..].iter().take_while(|byte| !b" \t\r\n/>".contains(byte)).count();
                range.start + from..range.start + from + length
            };
            let (mine, theirs) = (name_of(&tags[index]), name_of(&tags[random.below(tags.len())]));
            [&input[..mine.start], &input[theirs], &input[mine.end..]].concat()
        }
        6 => {
            let text = tags[index].end..tags.get(index + 1).map_or(input.len(), |next| next.start);
            let value = random.pick(VALUES).map_or("", |value| *value);
            [&input[..text.start], value.as_bytes(), &input[text.end..]].concat()
        }
        _ => {
            let tag = tags[index].clone();
            let attributes = random.pick(ATTRIBUTES).map_or("", |it| *it);
            let at = tag.end - 1 - usize::from(input[..tag.end].ends_with(b"/>"));
            [&input[..at], attributes.as_bytes(), &input[at..]].concat()
        }
    })
}

/// Texts that break some type or facet, or just do not.
const VALUES: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1.000001",
    "99999999999999999999",
    "NaN",
    "1e5",
    "订单订单订单订单订单订单订单订单订单订单",
    "&amp;",
    "<![CDATA[x]]>",
    "\u{1F600}",
    "2026-02-30",
    "20260230000000",
    "true",
    "a b",
    "YQ=",
];

/// Attributes that are allowed somewhere, or nowhere.
const ATTRIBUTES: &[&str] = &[
    " x=\"1\"",
    " guid=\"1\"",
    " xsi:nil=\"true\"",
    " xsi:type=\"xs:int\"",
    " xmlns=\"\"",
    " xmlns:q=\"urn:q\"",
    " minOccurs=\"0\"",
    " maxOccurs=\"4294967295\"",
    " type=\"xs:int\"",
    " ref=\"a\"",
    " name=\"a\"",
    " base=\"xs:string\"",
];
