//! Periods, limits and switches of the life cycle, as the dated tables have them: the one place that reads them.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Tables};

/// Milliseconds of a minute and of an hour.
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Currency code of the yuan.
const CNY: &str = "142";

/// The tables at one time.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct Terms<'a> {
    pub tables: &'a Tables,
    pub at: Timestamp,
}

impl<'a> Terms<'a> {
    fn number(self, parameter: Parameter) -> i64 {
        i64::try_from(self.tables.number(parameter, self.at)).unwrap_or(i64::MAX)
    }

    /// How long a list waits for its three documents, in milliseconds (domain.md §3, proposed).
    pub(in crate::state) fn match_wait_ms(self) -> i64 {
        self.number(Parameter::MatchWaitHours).saturating_mul(HOUR_MS)
    }

    /// Statuses in which a list may be cancelled (R-ST-06).
    pub(in crate::state) fn cancel_statuses(self) -> Vec<i32> {
        numbers(self.tables.text(Parameter::CancelStatuses, self.at))
    }

    /// Whether a released list may be cancelled while its goods have not left (R-ST-06).
    pub(in crate::state) fn cancels_released(self) -> bool {
        self.tables.switch(Parameter::CancelReleasedAtSite, self.at)
    }

    /// The last moment for the application to return what was released then (R-RET-01).
    pub(in crate::state) fn return_apply_by(self, released: Timestamp) -> Timestamp {
        released.end_of_day_after(0, self.number(Parameter::ReturnApplyDays))
    }

    /// The last moment for goods to be back at their site (R-RET-01).
    pub(in crate::state) fn return_arrive_by(self, released: Timestamp) -> Timestamp {
        released.end_of_day_after(0, self.number(Parameter::ReturnArriveDays))
    }

    /// The last moment for exported goods to come back (R-RET-05).
    pub(in crate::state) fn export_return_by(self, released: Timestamp) -> Timestamp {
        released.end_of_day_after(self.number(Parameter::ExportReturnMonths), 0)
    }

    /// The last moment for exported goods to come back without import taxes (R-RET-07).
    pub(in crate::state) fn untaxed_return_by(self, released: Timestamp) -> Timestamp {
        released.end_of_day_after(self.number(Parameter::ReturnedExportMonths), 0)
    }

    /// Whether goods exported at that time are of the years of R-RET-07.
    pub(in crate::state) fn is_untaxed_export(self, released: Timestamp) -> bool {
        let day = |parameter| Timestamp::parse_ceb(self.tables.text(parameter, self.at));
        let (from, to) = (day(Parameter::ReturnedExportFrom), day(Parameter::ReturnedExportTo));
        from.zip(to).is_some_and(|(from, to)| from <= released && released <= to.end_of_day_after(0, 0))
    }

    /// Whether a commodity is food in the sense of R-RET-07: by the first two digits of its code.
    pub(in crate::state) fn is_food(self, gcode: &str) -> bool {
        let chapter = gcode.get(..2).unwrap_or_default();
        let chapters = self.tables.text(Parameter::ReturnedExportFoodChapters, self.at);
        parts(chapters).any(|food| food == chapter)
    }

    /// Whether goods may come back through the district of an office that is not the one that released them (R-RET-06).
    pub(in crate::state) fn returns_across_districts(self, office: &str) -> bool {
        let district = office.get(..2).unwrap_or_default();
        self.tables.switch(Parameter::CrossDistrictReturns, self.at)
            || parts(self.tables.text(Parameter::CrossDistrictOffices, self.at)).any(|pilot| pilot == district)
    }

    /// How long customs may be silent before an alert, and before an alarm, in milliseconds (R-ST-09).
    pub(in crate::state) fn answer_waits_ms(self) -> (i64, i64) {
        let wait = |parameter| self.number(parameter).saturating_mul(MINUTE_MS);
        (wait(Parameter::AnswerAlertMinutes), wait(Parameter::AnswerAlarmMinutes))
    }

    /// The last moment to consolidate the lists that were closed in the month of a time (R-EXP-06).
    pub(in crate::state) fn consolidate_by(self, closed: Timestamp) -> Timestamp {
        let month = closed.ceb8();
        let first = Timestamp::parse_ceb(&format!("{}01", month.get(..6).unwrap_or_default())).unwrap_or(closed);
        first.end_of_day_after(1, self.number(Parameter::ConsolidationDay).saturating_sub(1))
    }

    /// Whether a list of direct purchase stays where it is until its waybill has arrived (R-EXP-10).
    pub(in crate::state) fn arrival_gates(self) -> bool {
        self.tables.switch(Parameter::ArrivalGate, self.at)
    }

    /// How long the arrival of a stored list of direct purchase may be missing, in milliseconds.
    pub(in crate::state) fn arrival_wait_ms(self) -> i64 {
        self.number(Parameter::ArrivalMissingHours).saturating_mul(HOUR_MS)
    }

    /// The largest value of an export list to an enterprise or an overseas warehouse, in CNY (R-EXP-02).
    pub(in crate::state) fn export_limit(self) -> Amount {
        self.tables.amount(Parameter::ExportListLimit, self.at)
    }

    /// An amount in CNY; `None` if the tables have no rate for the currency.
    pub(in crate::state) fn in_cny(self, amount: Amount, currency: &str) -> Option<Amount> {
        if currency == CNY { Some(amount) } else { self.rate(currency).map(|rate| amount.times(rate)) }
    }

    fn rate(self, _currency: &str) -> Option<Amount> {
        None
    }

    /// Whether an overseas warehouse has to be filed before goods are sent to it (R-EXP-03).
    pub(in crate::state) fn files_overseas(self) -> bool {
        self.tables.switch(Parameter::OverseasFiling, self.at)
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ']).filter(|part| !part.is_empty())
}

fn numbers(text: &str) -> Vec<i32> {
    parts(text).filter_map(|part| part.parse().ok()).collect()
}
