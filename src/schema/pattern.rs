//! `xs:pattern`: the regular expressions of XSD 1.0, translated to the linear-time `regex` crate, with a
//! direct matcher for the plain shapes (`[0-9]{14}`, `[A-Z]{2}\d{1,8}`, `a|b|c`) that fill such schemas.

use super::chars;
use super::pattern_blocks::{SURROGATE_BLOCKS, block};
use crate::domain::limits;

/// The largest `{n}` that is taken.
const REPEAT_MAX: u32 = 100_000;
/// How deep groups may nest.
const DEPTH_MAX: usize = 64;

/// One compiled pattern. It matches whole values.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As the schema has it.
    pub(super) source: Box<str>,
    plain: Option<Vec<Vec<Step>>>,
    regex: regex::Regex,
}

/// Characters of one class, `min` to `max` times. The set holds the ASCII part of the class.
#[derive(Debug, Clone, Copy)]
struct Step {
    set: u128,
    min: usize,
    max: usize,
}

impl Pattern {
    /// Compiles a pattern; the error says what is wrong with it. Takes one off `large_left` if its automaton is large.
    pub(super) fn compile(source: &str, large_left: &mut usize) -> Result<Pattern, String> {
        let mut parser = Parser { rest: source.chars().peekable(), depth: 0, source };
        let (text, plain) = parser.alternatives()?;
        if parser.rest.peek().is_some() {
            return Err("unmatched )".into());
        }
        let regex = automaton(&format!("\\A(?:{text})\\z"), large_left).map_err(|error| error.to_string())?;
        Ok(Pattern { source: source.into(), plain: plain.filter(|alternatives| is_deterministic(alternatives)), regex })
    }

    /// Whether the whole value matches.
    pub(super) fn matches(&self, value: &str) -> bool {
        match &self.plain {
            Some(alternatives) if value.is_ascii() => alternatives.iter().any(|steps| walk(steps, value.as_bytes())),
            _ => self.regex.is_match(value),
        }
    }
}

/// Most automata are small; what is large takes its time even to be refused, so a schema set may try only a few.
fn automaton(expression: &str, large_left: &mut usize) -> Result<regex::Regex, regex::Error> {
    let within = |bytes| regex::RegexBuilder::new(expression).size_limit(bytes).build();
    match within(limits::PATTERN_BYTES_SMALL) {
        Err(regex::Error::CompiledTooBig(_)) if *large_left > 0 => {
            *large_left -= 1;
            within(limits::PATTERN_BYTES_MAX)
        }
        result => result,
    }
}

/// Greedy steps are right only if no step can take what the next one needs.
fn is_deterministic(alternatives: &[Vec<Step>]) -> bool {
    alternatives.iter().all(|steps| {
        steps.iter().zip(steps.iter().skip(1)).enumerate().all(|(index, (step, _))| {
            let after = steps.get(index + 1..).unwrap_or_default();
            let optional = after.iter().take_while(|next| next.min == 0).count();
            step.min == step.max || after.iter().take(optional + 1).all(|next| next.set & step.set == 0)
        })
    })
}

fn walk(steps: &[Step], value: &[u8]) -> bool {
    let mut rest = value;
    for step in steps {
        let taken = rest.iter().take(step.max).take_while(|byte| step.set >> **byte & 1 == 1).count();
        if taken < step.min {
            return false;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    rest.is_empty()
}

/// A class: its ASCII members, and its text inside of `[...]` for the regex crate.
struct Class {
    set: u128,
    text: String,
}

fn ascii_set(in_class: impl Fn(char) -> bool) -> u128 {
    (0u8..128).filter(|byte| in_class(char::from(*byte))).fold(0, |set, byte| set | 1 << byte)
}

fn one(c: char) -> Class {
    let set = if c.is_ascii() { 1 << u32::from(c) } else { 0 };
    Class { set, text: format!("\\x{{{:X}}}", u32::from(c)) }
}

const NAME_START_TEXT: &str = "_:A-Za-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}\\x{37F}-\\x{1FFF}\
     \\x{200C}-\\x{200D}\\x{2070}-\\x{218F}\\x{2C00}-\\x{2FEF}\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}\
     \\x{10000}-\\x{EFFFF}";

struct Parser<'s> {
    rest: std::iter::Peekable<std::str::Chars<'s>>,
    depth: usize,
    source: &'s str,
}

/// The regex text, and the plain steps if it is that simple.
type Piece = (String, Option<Vec<Vec<Step>>>);

impl Parser<'_> {
    fn alternatives(&mut self) -> Result<Piece, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("groups nest too deep".into());
        }
        let mut text = String::new();
        let mut plain = Some(Vec::new());
        loop {
            let (branch, steps) = self.branch()?;
            text.push_str(&branch);
            match (&mut plain, steps) {
                (Some(all), Some(steps)) => all.push(steps),
                _ => plain = None,
            }
            if self.rest.next_if_eq(&'|').is_none() {
                break;
            }
            text.push('|');
        }
        self.depth -= 1;
        Ok((text, plain))
    }

    fn branch(&mut self) -> Result<(String, Option<Vec<Step>>), String> {
        let mut text = String::new();
        let mut plain = Some(Vec::new());
        while let Some(&c) = self.rest.peek() {
            if c == '|' || c == ')' {
                break;
            }
            self.rest.next();
            let mut set = None;
            match c {
                '(' => {
                    let (group, steps) = self.alternatives()?;
                    self.rest.next_if_eq(&')').ok_or("unmatched (")?;
                    text.push_str("(?:");
                    text.push_str(&group);
                    text.push(')');
                    // A group of one class is that class; a longer one is plain only if it is not repeated.
                    match steps.as_deref() {
                        Some([steps]) if !self.at_quantifier() => {
                            if let Some(plain) = &mut plain {
                                plain.extend_from_slice(steps);
                            }
                            continue;
                        }
                        _ => plain = None,
                    }
                }
                '[' => {
                    let class = self.class()?;
                    text.push_str(&class.text);
                    set = Some(class.set);
                }
                '.' => {
                    text.push_str("[^\\n\\r]");
                    set = Some(ascii_set(|c| c != '\n' && c != '\r'));
                }
                '\\' => {
                    let class = self.escape()?;
                    text.push('[');
                    text.push_str(&class.text);
                    text.push(']');
                    set = Some(class.set);
                }
                '?' | '*' | '+' | '{' | '}' | ']' => return Err(format!("{c} must be escaped here")),
                _ => {
                    let class = one(c);
                    text.push_str(&class.text);
                    set = Some(class.set);
                }
            }
            let (min, max) = self.quantifier(&mut text)?;
            match (&mut plain, set) {
                (Some(steps), Some(set)) => steps.push(Step { set, min, max }),
                _ => plain = None,
            }
        }
        Ok((text, plain))
    }

    fn at_quantifier(&mut self) -> bool {
        matches!(self.rest.peek(), Some('?' | '*' | '+' | '{'))
    }

    fn quantifier(&mut self, text: &mut String) -> Result<(usize, usize), String> {
        let bounds = match self.rest.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('{') => {
                self.rest.next();
                let min = self.number()?;
                let max = if self.rest.next_if_eq(&',').is_none() {
                    Some(min)
                } else if self.rest.peek() == Some(&'}') {
                    None
                } else {
                    Some(self.number()?)
                };
                self.rest.next_if_eq(&'}').ok_or("a quantifier is not closed by }")?;
                if max.is_some_and(|max| max < min) {
                    return Err(format!("quantifier {{{min},…}} has its bounds the wrong way round"));
                }
                text.push_str(&match max {
                    Some(max) => format!("{{{min},{max}}}"),
                    None => format!("{{{min},}}"),
                });
                let wide = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
                return Ok((wide(min), max.map_or(usize::MAX, wide)));
            }
            _ => return Ok((1, 1)),
        };
        text.extend(self.rest.next());
        Ok(bounds)
    }

    fn number(&mut self) -> Result<u32, String> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let number = digits.parse().map_err(|_| format!("a quantifier needs a number in {}", self.source))?;
        if number > REPEAT_MAX {
            return Err(format!("a quantifier above {REPEAT_MAX}"));
        }
        Ok(number)
    }

    /// A class expression after its `[`, with subtraction.
    fn class(&mut self) -> Result<Class, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("classes nest too deep".into());
        }
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut set = 0u128;
        let mut items = String::new();
        let mut subtracted = None;
        loop {
            let c = self.rest.next().ok_or("unmatched [")?;
            let single = match c {
                ']' if items.is_empty() => return Err("an empty class".into()),
                ']' => break,
                '[' => return Err("[ must be escaped in a class".into()),
                '-' if !items.is_empty() && self.rest.peek() == Some(&'[') => {
                    self.rest.next();
                    subtracted = Some(self.class()?);
                    self.rest.next_if_eq(&']').ok_or("a subtraction must end its class")?;
                    break;
                }
                '-' if !items.is_empty() && !self.group_ends() => {
                    return Err("- must be escaped unless it is first or last in a class".into());
                }
                '-' => None,
                '\\' => match self.escape_in_class()? {
                    (_, Some(single)) => Some(single),
                    (class, None) => {
                        set |= class.set;
                        items.push_str(&class.text);
                        continue;
                    }
                },
                _ => Some(c),
            };
            match single {
                Some(low) if self.at_range() => self.range(low, &mut set, &mut items)?,
                _ => {
                    let class = one(single.unwrap_or(c));
                    set |= class.set;
                    items.push_str(&class.text);
                }
            }
        }
        let mut text = format!("[{}{items}]", if negated { "^" } else { "" });
        if negated {
            set = !set;
        }
        if let Some(minus) = subtracted {
            text = format!("[{text}--{}]", minus.text);
            set &= !minus.set;
        }
        self.depth -= 1;
        Ok(Class { set, text })
    }

    /// Whether the group of a class ends here: with `]`, or with the subtraction of another class.
    fn group_ends(&self) -> bool {
        let mut ahead = self.rest.clone();
        matches!((ahead.next(), ahead.next()), (Some(']'), _) | (Some('-'), Some('[')))
    }

    /// Whether `-x` follows, that is a range and neither the last `-` nor a subtraction.
    fn at_range(&self) -> bool {
        let mut ahead = self.rest.clone();
        ahead.next() == Some('-') && !matches!(ahead.next(), Some(']' | '[' | '-') | None)
    }

    fn range(&mut self, low: char, set: &mut u128, items: &mut String) -> Result<(), String> {
        self.rest.next();
        let high = match self.rest.next() {
            Some('\\') => self.escape_in_class()?.1.ok_or("a range must end with one character")?,
            Some(c) => c,
            None => return Err("unmatched [".into()),
        };
        if high < low {
            return Err(format!("range {low}-{high} is the wrong way round"));
        }
        *set |= ascii_set(|c| (low..=high).contains(&c));
        items.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high)));
        Ok(())
    }

    fn escape(&mut self) -> Result<Class, String> {
        self.escape_in_class().map(|(class, _)| class)
    }

    /// What follows a backslash: a class, and its character if it is a single one.
    fn escape_in_class(&mut self) -> Result<(Class, Option<char>), String> {
        let c = self.rest.next().ok_or("a pattern ends with a backslash")?;
        let single = match c {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '\\' | '|' | '.' | '?' | '*' | '+' | '(' | ')' | '{' | '}' | '-' | '[' | ']' | '^' => Some(c),
            _ => None,
        };
        if let Some(single) = single {
            return Ok((one(single), Some(single)));
        }
        let class = match c {
            's' => Class { set: ascii_set(|c| matches!(c, ' ' | '\t' | '\n' | '\r')), text: "[ \\t\\n\\r]".into() },
            'S' => Class { set: ascii_set(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')), text: "[^ \\t\\n\\r]".into() },
            'd' => Class { set: ascii_set(|c| c.is_ascii_digit()), text: "\\p{Nd}".into() },
            'D' => Class { set: ascii_set(|c| !c.is_ascii_digit()), text: "\\P{Nd}".into() },
            'w' => Class { set: word(), text: "[^\\p{P}\\p{Z}\\p{C}]".into() },
            'W' => Class { set: !word(), text: "[\\p{P}\\p{Z}\\p{C}]".into() },
            'i' | 'I' => {
                let set = ascii_set(|c| c == ':' || chars::is_name_start(c));
                let not = c == 'I';
                Class {
                    set: if not { !set } else { set },
                    text: format!("[{}{NAME_START_TEXT}]", if not { "^" } else { "" }),
                }
            }
            'c' | 'C' => {
                let set = ascii_set(|c| c == ':' || chars::is_name_char(c));
                let not = c == 'C';
                let more = "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}";
                Class {
                    set: if not { !set } else { set },
                    text: format!("[{}{NAME_START_TEXT}{more}]", if not { "^" } else { "" }),
                }
            }
            'p' | 'P' => self.property(c == 'P')?,
            _ => return Err(format!("unknown escape \\{c}")),
        };
        Ok((class, None))
    }

    /// `\p{Lu}`, `\p{IsBasicLatin}` and their complements.
    fn property(&mut self, negated: bool) -> Result<Class, String> {
        self.rest.next_if_eq(&'{').ok_or("\\p needs {…}")?;
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(c) => name.push(c),
                None => return Err("\\p{ is not closed".into()),
            }
        }
        let text = if let Some(block_name) = name.strip_prefix("Is") {
            let mut ranges = block(block_name);
            let mut negated = negated;
            if SURROGATE_BLOCKS.contains(&block_name) {
                ranges = vec![(0, 0x0010_FFFF)];
                negated = !negated;
            }
            if ranges.is_empty() {
                return Err(format!("unknown block {name}"));
            }
            let ranges: String = ranges.iter().map(|(low, high)| format!("\\x{{{low:X}}}-\\x{{{high:X}}}")).collect();
            format!("[{}{ranges}]", if negated { "^" } else { "" })
        } else {
            let known = [
                "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
                "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co",
                "Cn",
            ];
            if !known.contains(&name.as_str()) {
                return Err(format!("unknown category {name}"));
            }
            format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' })
        };
        let regex = regex::Regex::new(&text).map_err(|error| error.to_string())?;
        let set = ascii_set(|c| regex.is_match(c.encode_utf8(&mut [0; 4])));
        Ok(Class { set, text })
    }
}

/// `\w` in ASCII: everything but punctuation, separators and controls.
fn word() -> u128 {
    ascii_set(|c| c.is_ascii_alphanumeric() || matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(source: &str) -> Result<Pattern, String> {
        Pattern::compile(source, &mut 1)
    }

    fn check(pattern: &str, good: &[&str], bad: &[&str]) {
        let compiled = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for value in good {
            assert!(compiled.matches(value), "{pattern} should match {value:?}");
            assert!(compiled.regex.is_match(value), "{pattern} as regex should match {value:?}");
        }
        for value in bad {
            assert!(!compiled.matches(value), "{pattern} should not match {value:?}");
            assert!(!compiled.regex.is_match(value), "{pattern} as regex should not match {value:?}");
        }
    }

    #[test]
    fn whole_values_match() {
        check("[0-9]{4}", &["1234"], &["12345", "123", "a1234", "1234\n"]);
        check("a|bc", &["a", "bc"], &["abc", "ac", ""]);
        check("", &[""], &["a"]);
        check("^a$", &["^a$"], &["a"]);
    }

    #[test]
    fn classes_escapes_and_subtraction() {
        check("[a-z-[aeiou]]+", &["bcd"], &["abc", ""]);
        check("[^0-9-[xyz]]", &["a", "中"], &["1", "x"]);
        check("\\d{2}", &["12", "١٢"], &["1a"]);
        check("[\\d\\-x]+", &["1-x"], &["y"]);
        check("[-a]+[a-]", &["-aa-", "a-"], &["b"]);
        check("\\i\\c*", &["a-1:b", "订单"], &["1a", "-"]);
        check("\\w+", &["中文a1", "$"], &["a b", "a-b", "，"]);
        check(".", &["中", " ", "\t"], &["\n", "\r", "ab"]);
        check("\\s\\S", &[" a"], &["  ", "aa"]);
        check("[&&~]+", &["&&~"], &["a"]);
    }

    #[test]
    fn categories_and_blocks() {
        check("\\p{Lu}\\p{Ll}*", &["Abc", "Éa"], &["abc"]);
        check("\\p{IsCJKUnifiedIdeographs}+", &["订单"], &["abc", "，"]);
        check("\\P{IsBasicLatin}", &["中"], &["a"]);
        check("[\\p{Nd}\\p{L}]{1,3}", &["a1中"], &["a b", "abcd"]);
        check("a\\p{IsLowSurrogates}?[\\P{IsHighSurrogates}]", &["ab", "a中"], &["a", "abc"]);
        assert!(compile("\\p{Xx}").is_err());
        assert!(compile("\\p{IsNowhere}").is_err());
    }

    #[test]
    fn variable_steps_that_overlap_use_the_automaton() {
        check("[0-9]+5", &["15", "55"], &["5", "51"]);
        check("a?ab", &["ab", "aab"], &["b"]);
        check("[A-Z]{1,3}[0-9]{2,}", &["A12", "ABC123"], &["ABCD12", "A1"]);
        check("a?b?a", &["a", "ba", "aa"], &["b", "ab"]);
        assert!(compile("[0-9]+5").unwrap().plain.is_none());
        assert!(compile("[A-Z]{1,3}[0-9]{2,}").unwrap().plain.is_some());
        check("(ab|cd){2}x*", &["abcd", "cdcdxx"], &["ab"]);
    }

    #[test]
    fn bad_patterns_are_refused() {
        for pattern in
            ["a**", "(a", "a)", "[a", "[]", "[^]", "a{2,1}", "a{", "a{,2}", "*a", "\\q", "[z-a]", "(?:a)", "a\\"]
        {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
