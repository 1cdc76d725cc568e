//! What statistics count of a list, and take back: postings in the events of its changes (R-STAT-02, 03, 08).
//!
//! A list is counted once in each measure, and withdrawn with what is left of it when it is in force no more. Figures of
//! returns are shares of what came back so far less shares of what had come back before, so that a list that comes back
//! in parts is gone to the last digit.

use super::super::cells::{Cells, CellsMut, StateError};
use super::super::facts::{Facts, LineFacts};
use super::super::query;
use super::super::step::Step;
use super::Moved;
use super::life::{facts_of, of_list, save_list};
use super::returns::{ReturnedLine, returned};
use crate::domain::{
    Amount, DocRef, Event, Field, Measure, MessageType, Position, PostedLine, Posting, PostingKind, Timestamp, status,
};
use crate::tables::Parameter;

/// True for a status in which a list counts as declared.
fn is_declared(code: i32) -> bool {
    let out = [status::DRAFT, status::REJECTED, status::SHIPPED_BACK, status::CANCELLED, status::REPLACED];
    code > 0 && !out.contains(&code)
}

/// The share of a figure that so much of a quantity takes, rounded down to the last digit.
fn share(figure: Amount, part: Amount, all: Amount) -> Amount {
    if part >= all {
        return figure;
    }
    Amount(figure.0.saturating_mul(part.0).checked_div(all.0).unwrap_or_default())
}

/// What a line has between two quantities of it.
fn between(line: &LineFacts, from: Amount, to: Amount) -> PostedLine {
    let all = Amount::parse(&line.qty).unwrap_or_default();
    let of = |figure: &str| {
        let figure = Amount::parse(figure)?;
        Some(share(figure, to, all).minus(share(figure, from, all)).to_string())
    };
    let text = |figure: &str| of(figure).unwrap_or_default();
    PostedLine {
        gnum: line.gnum,
        qty: text(&line.qty),
        qty1: text(line.value(Field::Qty1)),
        qty2: text(line.value(Field::Qty2)),
        value: text(&line.total),
    }
}

/// What came back of a line.
fn back(sums: &[(u32, Amount)], gnum: u32) -> Amount {
    sums.iter().find(|(line, _)| *line == gnum).map_or(Amount::default(), |(_, qty)| *qty)
}

/// Lines of what is left of a list; `None` if all of it is.
fn left(cells: &impl Cells, list: DocRef, facts: &Facts) -> Result<Option<Vec<PostedLine>>, StateError> {
    let gone = returned(cells, list)?;
    if gone.is_empty() {
        return Ok(None);
    }
    let lines = facts.lines.iter().filter_map(|line| {
        let all = Amount::parse(&line.qty).unwrap_or_default();
        let gone = back(&gone, line.gnum);
        (gone < all).then(|| between(line, gone, all))
    });
    Ok(Some(lines.collect()))
}

impl<C: CellsMut> Step<'_, C> {
    /// Posts what a change of a list's status counts or withdraws, to the event of that change.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only declaration lists are counted")]
    pub(super) fn statistics_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let counts_from = match moved.kind {
            MessageType::Ceb621 => Parameter::StatisticsImportStatus,
            MessageType::Ceb603 => Parameter::StatisticsExportStatus,
            _ => return Ok(()),
        };
        let (was, is) = (is_declared(moved.from), is_declared(moved.to));
        if is && !was {
            self.post(moved, Measure::Declared, PostingKind::Counted, Timestamp(0))?;
        }
        let counts = i64::from(moved.to) == self.tables.number(counts_from, self.now());
        if !counts && is {
            return Ok(());
        }
        let mut life = of_list(self.cells, moved.at)?;
        let mut decided = self.doc_state(moved.at)?.map_or(0, |state| state.decided_ms);
        if counts && is && !life.is_traded {
            life.is_traded = true;
            save_list(self.cells, moved.at, &life);
            return self.post(moved, Measure::Traded, PostingKind::Counted, Timestamp(decided));
        }
        if let Some(by) = life.cancelled_by {
            decided = self.doc_state(by)?.map_or(0, |state| state.decided_ms);
        } else if !matches!(moved.to, status::REJECTED | status::SHIPPED_BACK) {
            // Nobody decided: it was replaced, deleted, or waited too long.
            decided = 0;
        }
        if was && !is && self.is_counted(moved.at)? {
            self.post(moved, Measure::Declared, PostingKind::Withdrawn, Timestamp(decided))?;
        }
        if !is && life.is_traded {
            life.is_traded = false;
            save_list(self.cells, moved.at, &life);
            self.post(moved, Measure::Traded, PostingKind::Withdrawn, Timestamp(decided))?;
        }
        Ok(())
    }

    /// Posts what came back of a list, to the event of its return. The return is saved already.
    pub(super) fn statistics_returned(
        &mut self,
        list: DocRef,
        lines: &[ReturnedLine],
        at: Timestamp,
    ) -> Result<(), StateError> {
        if !self.doc_state(list)?.is_some_and(|state| is_declared(state.status)) {
            return Ok(());
        }
        let facts = facts_of(self.cells, list)?.unwrap_or_default();
        let after = returned(self.cells, list)?;
        let mut came: Vec<(u32, Amount)> = Vec::new();
        for line in lines {
            let qty = Amount::parse(&line.qty).unwrap_or_default();
            match came.iter_mut().find(|(gnum, _)| *gnum == line.gnum) {
                Some((_, sum)) => *sum = sum.plus(qty),
                None => came.push((line.gnum, qty)),
            }
        }
        let posted: Vec<PostedLine> = came
            .iter()
            .filter_map(|(gnum, qty)| {
                let line = facts.lines.iter().find(|line| line.gnum == *gnum)?;
                let after = back(&after, *gnum);
                Some(between(line, after.minus(*qty), after))
            })
            .collect();
        let traded = of_list(self.cells, list)?.is_traded;
        let declared = self.is_counted(list)?;
        let measures = [declared.then_some(Measure::Declared), traded.then_some(Measure::Traded)];
        for measure in measures.into_iter().flatten() {
            self.put_posting(list, measure, PostingKind::Returned, at, posted.clone());
        }
        Ok(())
    }

    /// True if a list was counted as declared when it was taken: one that an older logic took was not, and is not taken
    /// back either.
    fn is_counted(&self, list: DocRef) -> Result<bool, StateError> {
        let is_it = |posting: &Posting| {
            posting.measure == Measure::Declared as i32 && posting.kind == PostingKind::Counted as i32
        };
        let counts = |event: &Event| event.document == Some(list) && event.postings.iter().any(is_it);
        if list.position == self.position {
            return Ok(self.events.iter().any(counts));
        }
        let outcome = query::outcome(&*self.cells, Position(list.position))?;
        Ok(outcome.is_some_and(|outcome| outcome.events.iter().any(counts)))
    }

    fn post(
        &mut self,
        moved: &Moved<'_>,
        measure: Measure,
        kind: PostingKind,
        at: Timestamp,
    ) -> Result<(), StateError> {
        // Of a list that was just taken nothing has come back.
        let left = if moved.from == 0 { None } else { left(self.cells, moved.at, moved.facts)? };
        match left {
            // All of it has come back: there is nothing to count or withdraw.
            Some(lines) if lines.is_empty() => {}
            lines => self.put_posting(moved.at, measure, kind, at, lines.unwrap_or_default()),
        }
        Ok(())
    }

    fn put_posting(
        &mut self,
        list: DocRef,
        measure: Measure,
        kind: PostingKind,
        at: Timestamp,
        lines: Vec<PostedLine>,
    ) {
        let at_ms = if at.0 == self.time_ms { 0 } else { at.0 };
        if let Some(event) = self.events.iter_mut().rfind(|event| event.document == Some(list)) {
            event.postings.push(Posting { measure: measure as i32, kind: kind as i32, at_ms, lines });
        }
    }
}
