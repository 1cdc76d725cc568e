//! Postings of statistics with the figures of their list: what a consumer adds up.

use super::content::Facts;
use crate::domain::{Amount, PostedLine, Posting, PostingKind, Timestamp};

/// What an event counts or takes back, with signed figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Number of the [`crate::domain::Measure`].
    pub measure: i32,
    /// Number of the [`PostingKind`].
    pub kind: i32,
    /// Time that decides the period.
    pub at: Timestamp,
    /// Figures by line.
    pub figures: Vec<PostedFigures>,
}

/// Figures of one line. Quantities and values are canonical decimals with their sign; empty if the line has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostedFigures {
    /// Line number.
    pub gnum: u32,
    /// Commodity code.
    pub gcode: String,
    /// Country of origin or destination.
    pub country: String,
    /// Quantity in the declared unit.
    pub qty: String,
    /// Declared unit.
    pub unit: String,
    /// Quantity in the first statutory unit.
    pub qty1: String,
    /// First statutory unit.
    pub unit1: String,
    /// Quantity in the second statutory unit.
    pub qty2: String,
    /// Second statutory unit.
    pub unit2: String,
    /// Line total.
    pub value: String,
    /// Currency of it.
    pub currency: String,
}

/// A line as it was declared.
type Line = [(&'static str, String)];

fn text<'a>(line: &'a Line, name: &str) -> &'a str {
    line.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value.as_str())
}

fn number(line: &Line) -> u32 {
    text(line, "gnum").parse().unwrap_or_default()
}

fn figures(line: &Line, posted: Option<&PostedLine>, sign: i128) -> PostedFigures {
    let signed = |figure: &str| Amount::parse(figure).map(|figure| Amount(figure.0.saturating_mul(sign)).to_string());
    let of = |name: &str, posted: Option<&String>| {
        signed(posted.map_or_else(|| text(line, name), String::as_str)).unwrap_or_default()
    };
    PostedFigures {
        gnum: number(line),
        gcode: text(line, "gcode").to_owned(),
        country: text(line, "country").to_owned(),
        qty: of("qty", posted.map(|posted| &posted.qty)),
        unit: text(line, "unit").to_owned(),
        qty1: of("qty1", posted.map(|posted| &posted.qty1)),
        unit1: text(line, "unit1").to_owned(),
        qty2: of("qty2", posted.map(|posted| &posted.qty2)),
        unit2: text(line, "unit2").to_owned(),
        value: of("totalPrice", posted.map(|posted| &posted.value)),
        currency: text(line, "currency").to_owned(),
    }
}

impl Facts {
    /// With the postings of an event; `time` is that of its entry.
    #[must_use]
    pub(super) fn with_postings(mut self, postings: &[Posting], time: Timestamp) -> Facts {
        let posted = |posting: &Posting| {
            let sign = PostingKind::try_from(posting.kind).map_or(0, PostingKind::sign);
            let of_line = |line: &Vec<(&'static str, String)>| {
                let posted = posting.lines.iter().find(|posted| posted.gnum == number(line));
                (posted.is_some() || posting.lines.is_empty()).then(|| figures(line, posted, sign))
            };
            let at = if posting.at_ms == 0 { time } else { Timestamp(posting.at_ms) };
            let figures = self.lines.iter().filter_map(of_line).collect();
            Posted { measure: posting.measure, kind: posting.kind, at, figures }
        };
        self.postings = postings.iter().map(posted).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Measure;

    #[test]
    fn a_posting_without_lines_is_the_whole_list_and_one_with_lines_only_these() {
        let line = |gnum: &str, total: &str| {
            vec![("gnum", gnum.to_owned()), ("gcode", "0409000000".to_owned()), ("totalPrice", total.to_owned())]
        };
        let facts = Facts { lines: vec![line("1", "200.00"), line("2", "100")], ..Facts::default() };
        let posting = |kind: PostingKind, lines: Vec<PostedLine>| Posting {
            measure: Measure::Traded as i32,
            kind: kind as i32,
            at_ms: 0,
            lines,
        };
        let back = PostedLine { gnum: 2, value: "33.33333".to_owned(), ..PostedLine::default() };
        let all = [posting(PostingKind::Counted, Vec::new()), posting(PostingKind::Returned, vec![back])];
        let facts = facts.with_postings(&all, Timestamp(7));
        let values = |posted: &Posted| {
            posted.figures.iter().map(|line| format!("{}:{}", line.gnum, line.value)).collect::<Vec<_>>()
        };
        let [counted, returned] = facts.postings.as_slice() else { panic!("two postings") };
        assert_eq!((values(counted), counted.at), (vec!["1:200".to_owned(), "2:100".to_owned()], Timestamp(7)));
        assert_eq!(values(returned), ["2:-33.33333"]);
    }
}
