//! R-RISK-02: a random draw is reproducible and not predictable: HMAC(secret of the period, subject) < rate, and list,
//! rate, rule and value are on record; the officer is drawn in the same way (双随机).
//!
//! Source: domain.md §8, mark D. No rate of cross-border e-commerce is published: rates stand in the table `sampling`.
//! Passing: a secret whose SHA-256 was committed to before the period, revealed after it.
//! Failing: another secret, a commitment after the period began, a reveal before it ended.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::facts::Facts;
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::{Step, facts_at, no_facts};
use super::super::super::store::Table;
use super::entry::{Draws, ListDraw, Officers, SeedCommit, SeedReveal};
use super::{Space, key, sampling};
use crate::domain::limits::{DRAWS_PER_ENTRY_MAX, OFFICERS_MAX, PERIOD_NAME_CHARS_MAX, TOKEN_CHARS_MAX};
use crate::domain::{DocRef, Event, EventKind, Keys, MessageType, Outcome, Rejection};
use crate::proof::sha256;

/// Rule by which rates are put together; raised when [`sampling`] changes its meaning.
pub(super) const RULE_VERSION: u32 = 1;

/// A rate is counted in parts of a million.
const MILLION: u128 = 1_000_000;

/// A period of draws.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Period {
    #[prost(message, required, tag = "1")]
    pub commit: SeedCommit,
    /// Party that committed.
    #[prost(uint32, tag = "2")]
    pub by: u32,
    /// Position of the commitment.
    #[prost(uint64, tag = "3")]
    pub committed_at: u64,
    /// The secret, once it is revealed.
    #[prost(bytes = "vec", tag = "4")]
    pub secret: Vec<u8>,
    /// Position of the reveal; 0 before.
    #[prost(uint64, tag = "5")]
    pub revealed_at: u64,
    /// True once firms were drawn in it.
    #[prost(bool, tag = "6")]
    pub firms_drawn: bool,
}

/// A list that is stored and waits to be drawn.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Pending {
    #[prost(string, tag = "1")]
    pub period: String,
    /// Rate, in parts of a million.
    #[prost(uint32, tag = "2")]
    pub rate_ppm: u32,
    #[prost(uint32, tag = "3")]
    pub rule: u32,
    /// Rows of the table that made the rate.
    #[prost(string, repeated, tag = "4")]
    pub rows: Vec<String>,
    /// When it was stored, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub time_ms: i64,
}

/// A draw on record.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Draw {
    #[prost(fixed64, tag = "1")]
    pub value: u64,
    #[prost(uint32, tag = "2")]
    pub rate_ppm: u32,
    #[prost(bool, tag = "3")]
    pub drawn: bool,
    #[prost(uint32, tag = "4")]
    pub rule: u32,
    /// Position of its entry.
    #[prost(uint64, tag = "5")]
    pub position: u64,
    /// Of drawn lists: which officer, and where the officers were filed from whom he was drawn.
    #[prost(fixed64, tag = "6")]
    pub officer_value: u64,
    #[prost(uint64, tag = "7")]
    pub officers_at: u64,
    #[prost(string, repeated, tag = "8")]
    pub officers: Vec<String>,
    #[prost(string, repeated, tag = "9")]
    pub rows: Vec<String>,
}

/// A draw over a firm on record.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct FirmDrawn {
    #[prost(fixed64, tag = "1")]
    pub value: u64,
    #[prost(uint32, tag = "2")]
    pub rate_ppm: u32,
    #[prost(bool, tag = "3")]
    pub drawn: bool,
    /// Number of the case that was opened; 0 for a firm that was not drawn.
    #[prost(uint64, tag = "4")]
    pub case: u64,
    #[prost(uint64, tag = "5")]
    pub position: u64,
}

/// What is known of the inspection of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Inspection {
    /// Period in which it was drawn; empty if it was not.
    #[prost(string, tag = "1")]
    pub period: String,
    #[prost(string, repeated, tag = "2")]
    pub officers: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub results: Vec<super::InspectionResult>,
    /// True if customs released it without a result though it was drawn.
    #[prost(bool, tag = "4")]
    pub released_without_result: bool,
}

impl Inspection {
    /// True if it was drawn and nothing says what was found, nor that it was released so.
    pub(super) fn is_silent(&self) -> bool {
        !self.period.is_empty() && self.results.is_empty() && !self.released_without_result
    }
}

/// What is drawn: the business key of a list. It stays the same when the list is changed, or cancelled and declared
/// again, so that nobody draws twice for one order.
pub(crate) fn subject(keys: &Keys) -> String {
    format!("{}|{}", keys.order_no, keys.ebc_code)
}

/// True if a value is below a rate.
pub(crate) fn is_drawn(value: u64, rate_ppm: u32) -> bool {
    (u128::from(value) * MILLION) >> 64 < u128::from(rate_ppm)
}

/// Key of the draws of a period.
pub(super) fn of_period(space: Space, period: &str, rest: &[u8]) -> Vec<u8> {
    key(space, &[period.as_bytes(), &[0], rest])
}

pub(super) fn fault(path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    wrong("R-RISK-02", path, found, expected, zh, en)
}

/// True for a name that stands in keys and file names: letters, digits, `-`, `_` and `.`.
fn is_name(text: &str, chars_max: usize) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=chars_max).contains(&text.len()) && text.bytes().all(legal)
}

impl<C: CellsMut> Step<'_, C> {
    pub(in crate::state) fn period(&self, name: &str) -> Result<Option<Period>, StateError> {
        load(self.cells, Table::Risk, &key(Space::Period, &[name.as_bytes()]))
    }

    fn save_period(&mut self, period: &Period) {
        let row = key(Space::Period, &[period.commit.period.as_bytes()]);
        save(self.cells, Table::Risk, &row, period);
    }

    /// The period of an office at a time: its own, or that of all offices.
    fn period_of(&self, office: &str, at_ms: i64) -> Result<Option<Period>, StateError> {
        for office in [office, ""] {
            let from = key(Space::PeriodAt, &[office.as_bytes(), &[0]]);
            let to = key(Space::PeriodAt, &[office.as_bytes(), &[0], &at_ms.saturating_add(1).to_be_bytes()]);
            let rows = self.cells.scan(Table::Risk, &from, &to, 1, true)?;
            let Some((_, name)) = rows.into_iter().next() else { continue };
            let period = self.period(&String::from_utf8_lossy(&name))?;
            if let Some(period) = period.filter(|period| at_ms < period.commit.to_ms) {
                return Ok(Some(period));
            }
        }
        Ok(None)
    }

    /// Commits to the secret of a period.
    pub(super) fn commit_seed(&mut self, commit: &SeedCommit, outcome: &mut Outcome) -> Result<(), StateError> {
        let mut commit = commit.clone();
        if commit.from_ms == 0 {
            commit.from_ms = self.time_ms;
        }
        let mut faults = Vec::new();
        if !is_name(&commit.period, PERIOD_NAME_CHARS_MAX) {
            let expected = "1 to 32 letters, digits, '-', '_' or '.'";
            faults.push(fault(
                "period",
                &commit.period,
                expected,
                "抽样周期名称无效",
                "the name of the period is not valid",
            ));
        }
        if !self.is_customs_of(&commit.office) {
            let (zh, en) = ("仅申报地海关可承诺抽样种子", "only customs of the office commits to a secret");
            faults.push(fault("office", &commit.office, "an office of the caller", zh, en));
        }
        if commit.commitment.len() != 32 {
            let (zh, en) = ("承诺值须为32字节的SHA-256", "a commitment is a SHA-256 of 32 bytes");
            faults.push(fault("commitment", &commit.commitment.len().to_string(), "32 bytes", zh, en));
        }
        if commit.from_ms < self.time_ms || commit.to_ms <= commit.from_ms {
            let (zh, en) =
                ("承诺须早于周期开始，且周期不得为空", "a commitment comes before its period, which must not be empty");
            faults.push(fault("effective_from", &commit.from_ms.to_string(), &self.time_ms.to_string(), zh, en));
        }
        if self.period(&commit.period)?.is_some() {
            let (zh, en) = ("该周期已承诺，不得更换种子", "the period has a commitment: a secret is not swapped");
            faults.push(fault("period", &commit.period, "", zh, en));
        }
        if faults.is_empty()
            && let Some(other) = self.overlapping(&commit)?
        {
            let (zh, en) = ("与已有周期重叠", "the period overlaps another one of the office");
            faults.push(fault("effective_from", &other, "", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let at = key(Space::PeriodAt, &[commit.office.as_bytes(), &[0], &commit.from_ms.to_be_bytes()]);
        self.cells.put(Table::Risk, &at, commit.period.clone().into_bytes());
        let event = self.seed_event(&commit.period, "committed");
        self.events.push(event.with("commitment", hex(&commit.commitment)));
        let period = Period { commit, by: self.party, committed_at: self.position, ..Period::default() };
        self.save_period(&period);
        Ok(())
    }

    /// Another period of the same office that has a time in common.
    fn overlapping(&self, commit: &SeedCommit) -> Result<Option<String>, StateError> {
        let from = key(Space::PeriodAt, &[commit.office.as_bytes(), &[0]]);
        let to = key(Space::PeriodAt, &[commit.office.as_bytes(), &[0], &commit.to_ms.to_be_bytes()]);
        // Periods do not overlap each other, so the last one before the end is the only one that may reach in.
        let Some((_, name)) = self.cells.scan(Table::Risk, &from, &to, 1, true)?.into_iter().next() else {
            return Ok(None);
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        let period = self.period(&name)?;
        Ok(period.filter(|period| period.commit.to_ms > commit.from_ms).map(|_| name))
    }

    fn seed_event(&self, period: &str, what: &str) -> Event {
        let event = Event {
            kind: EventKind::Drawn as i32,
            code: period.to_owned(),
            owners: vec![self.party],
            ..Event::default()
        };
        event.with("period", period).with("seed", what)
    }

    /// Reveals the secret of a period that has ended.
    pub(super) fn reveal_seed(&mut self, reveal: &SeedReveal, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some(mut period) = self.period(&reveal.period)? else {
            let (zh, en) = ("没有该抽样周期的承诺", "no commitment of that period is on record");
            refuse(self, outcome, vec![fault("period", &reveal.period, "", zh, en)]);
            return Ok(());
        };
        let mut faults = Vec::new();
        if self.party != 0 && !self.is_customs_of(&period.commit.office) {
            let (zh, en) = ("仅申报地海关可揭示抽样种子", "only customs of the office reveals a secret");
            faults.push(fault("period", &period.commit.office, "an office of the caller", zh, en));
        }
        if self.time_ms < period.commit.to_ms {
            let (zh, en) = ("周期尚未结束，不得揭示种子", "the period has not ended");
            faults.push(fault("period", &self.time_ms.to_string(), &period.commit.to_ms.to_string(), zh, en));
        }
        if sha256(&[&reveal.secret]).as_slice() != period.commit.commitment.as_slice() {
            let (zh, en) = ("种子与承诺值不符", "this is not the secret that was committed to");
            faults.push(fault("secret", "", &hex(&period.commit.commitment), zh, en));
        }
        if period.revealed_at != 0 {
            let (zh, en) = ("种子已揭示", "the secret is revealed already");
            faults.push(fault("period", &reveal.period, "", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        period.secret.clone_from(&reveal.secret);
        period.revealed_at = self.position;
        self.save_period(&period);
        let event = self.seed_event(&reveal.period, "revealed");
        self.events.push(event.with("secret", hex(&reveal.secret)));
        Ok(())
    }

    /// Notes that a list is to be drawn, if a period is in force for its office.
    pub(super) fn note_pending(&mut self, at: DocRef, facts: &Facts, score: u32) -> Result<(), StateError> {
        let Some(period) = self.period_of(&facts.keys.customs_code, self.time_ms)? else { return Ok(()) };
        let rate = sampling::rate(&*self.cells, self.registry, self.tables, self.now(), facts, score)?;
        let pending = Pending {
            period: period.commit.period,
            rate_ppm: rate.ppm,
            rule: RULE_VERSION,
            rows: rate.rows,
            time_ms: self.time_ms,
        };
        save(self.cells, Table::Risk, &key(Space::Pending, &[&at.key()]), &pending);
        Ok(())
    }

    /// Records draws. A list that does not wait for one, or not in that period, is passed over: a repeat is harmless.
    pub(super) fn apply_draws(&mut self, draws: &Draws, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some(mut period) = self.period(&draws.period)? else {
            let (zh, en) = ("没有该抽样周期的承诺", "no commitment of that period is on record");
            refuse(self, outcome, vec![fault("period", &draws.period, "", zh, en)]);
            return Ok(());
        };
        let mut faults = Vec::new();
        if self.party != 0 && !self.is_customs_of(&period.commit.office) {
            let (zh, en) = ("仅申报地海关可记录抽样", "only customs of the office records draws");
            faults.push(fault("period", &period.commit.office, "an office of the caller", zh, en));
        }
        if period.revealed_at != 0 {
            let (zh, en) = ("种子已揭示，不得再抽样", "the secret is revealed: nothing is drawn with it any more");
            faults.push(fault("period", &draws.period, "", zh, en));
        }
        if draws.lists.len() > DRAWS_PER_ENTRY_MAX {
            let (zh, en) = ("一次记录的抽样过多", "too many draws at once");
            let (found, most) = (draws.lists.len().to_string(), DRAWS_PER_ENTRY_MAX.to_string());
            faults.push(fault("lists", &found, &most, zh, en));
        }
        if !draws.firms.is_empty() {
            faults.extend(self.judge_firm_draws(&period, &draws.firms));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let mut recorded = 0_usize;
        for draw in &draws.lists {
            recorded += usize::from(self.record_draw(&draws.period, draw)?);
        }
        if !draws.firms.is_empty() {
            self.record_firm_draws(&draws.period, &draws.firms)?;
            period.firms_drawn = true;
            self.save_period(&period);
            recorded += draws.firms.len();
        }
        let event = self.seed_event(&draws.period, "used");
        self.events.push(event.with("recorded", recorded.to_string()));
        Ok(())
    }

    fn record_draw(&mut self, period: &str, draw: &ListDraw) -> Result<bool, StateError> {
        let row = key(Space::Pending, &[&draw.at.key()]);
        let pending: Option<Pending> = load(self.cells, Table::Risk, &row)?;
        let Some(pending) = pending.filter(|pending| pending.period == period) else { return Ok(false) };
        self.cells.delete(Table::Risk, &row);
        let entry = self.facts_of_entry(draw.at.position)?;
        let facts = facts_at(&entry, draw.at).cloned().unwrap_or_else(no_facts);
        let drawn = is_drawn(draw.value, pending.rate_ppm);
        let mut record = Draw {
            value: draw.value,
            rate_ppm: pending.rate_ppm,
            drawn,
            rule: pending.rule,
            position: self.position,
            ..Draw::default()
        };
        if drawn {
            let (officers_at, officers) = self.draw_officers(&facts.keys.customs_code, draw.officer_value)?;
            record.officer_value = draw.officer_value;
            record.officers_at = officers_at;
            record.officers.clone_from(&officers);
            record.rows.clone_from(&pending.rows);
            let row = key(Space::Inspection, &[&draw.at.key()]);
            let mut inspection: Inspection = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
            period.clone_into(&mut inspection.period);
            inspection.officers = officers;
            let state = self.doc_state(draw.at)?;
            // Customs was faster than the draw.
            if let Some(state) = state.filter(|state| matches!(state.status, 800 | 899) && inspection.is_silent()) {
                self.note_silent_release(draw.at, MessageType::of_number(state.kind), &facts, &mut inspection)?;
            }
            save(self.cells, Table::Risk, &row, &inspection);
            self.tell_drawn(draw.at, &facts, &record, period)?;
        }
        save(self.cells, Table::Risk, &of_period(Space::Draw, period, &draw.at.key()), &record);
        Ok(true)
    }

    /// Customs of the office is told; the declarant learns of it by customs' decision.
    fn tell_drawn(&mut self, at: DocRef, facts: &Facts, draw: &Draw, period: &str) -> Result<(), StateError> {
        let Some(state) = self.doc_state(at)? else { return Ok(()) };
        let mut event = self.event(EventKind::Drawn, at, &state, facts)?;
        event.owners = self.customs_of(&facts.keys.customs_code);
        event.audience = None;
        let event = event
            .with("period", period)
            .with("ratePpm", draw.rate_ppm.to_string())
            .with("ruleVersion", draw.rule.to_string())
            .with("value", format!("{:016x}", draw.value))
            .with("officers", draw.officers.join(","));
        self.events.push(event);
        Ok(())
    }

    /// Up to two different officers of an office, by a value, and where their list was filed.
    fn draw_officers(&self, office: &str, value: u64) -> Result<(u64, Vec<String>), StateError> {
        let from = key(Space::Officers, &[office.as_bytes(), &[0]]);
        let to = key(Space::Officers, &[office.as_bytes(), &[1]]);
        let rows = self.cells.scan(Table::Risk, &from, &to, 1, true)?;
        let Some((row, value_of)) = rows.into_iter().next() else { return Ok((0, Vec::new())) };
        let filed: Officers = super::super::super::cells::decode(Table::Risk, &value_of)?;
        let position = row.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Ok((position, pick(&filed.codes, value)))
    }

    /// Files the officers of an office.
    pub(super) fn file_officers(&mut self, officers: &Officers, outcome: &mut Outcome) -> Result<(), StateError> {
        let mut faults = Vec::new();
        if officers.office.is_empty() || !self.is_customs_of(&officers.office) {
            let (zh, en) = ("仅本关区可备案查验关员名单", "only customs of the office files its officers");
            faults.push(fault("office", &officers.office, "an office of the caller", zh, en));
        }
        let mut sorted = officers.codes.clone();
        sorted.sort();
        sorted.dedup();
        let legal = officers.codes.iter().all(|code| is_name(code, TOKEN_CHARS_MAX));
        if !(1..=OFFICERS_MAX).contains(&officers.codes.len()) || sorted.len() != officers.codes.len() || !legal {
            let (zh, en) = ("关员编号须为1至1000个互不相同的编号", "1 to 1000 different service numbers");
            faults.push(fault("codes", &officers.codes.len().to_string(), "1 to 1000 different ones", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let row = key(Space::Officers, &[officers.office.as_bytes(), &[0], &self.position.to_be_bytes()]);
        save(self.cells, Table::Risk, &row, officers);
        let event = Event {
            kind: EventKind::Drawn as i32,
            code: officers.office.clone(),
            owners: vec![self.party],
            ..Event::default()
        };
        self.events.push(event.with("officers", officers.codes.len().to_string()));
        Ok(())
    }
}

/// Up to two different ones of a list, by a value.
pub(crate) fn pick(codes: &[String], value: u64) -> Vec<String> {
    let count = u64::try_from(codes.len()).unwrap_or(u64::MAX);
    if count == 0 {
        return Vec::new();
    }
    let first = value % count;
    let mut chosen = vec![first];
    if count > 1 {
        let other = (value >> 32) % (count - 1);
        chosen.push(if other >= first { other + 1 } else { other });
    }
    let code = |index: u64| usize::try_from(index).ok().and_then(|index| codes.get(index)).cloned();
    chosen.into_iter().filter_map(code).collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_draws_its_share_and_no_rate_draws_nothing() {
        assert!(!is_drawn(0, 0) && is_drawn(u64::MAX, 1_000_000) && is_drawn(0, 1));
        assert!(is_drawn(u64::MAX / 2, 500_000) && !is_drawn(u64::MAX / 2 + 2, 500_000));
    }

    #[test]
    fn two_officers_are_never_the_same() {
        let codes: Vec<String> = (0..3).map(|number| format!("G{number}")).collect();
        for value in (0..2000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let [first, second] = pick(&codes, value).try_into().expect("two of three");
            assert_ne!(first, second);
        }
        assert_eq!(pick(&codes[..1], 7), ["G0"]);
        assert!(pick(&[], 7).is_empty());
    }
}
