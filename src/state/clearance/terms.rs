//! Periods, limits and switches of the life cycle, as the dated tables have them: the one place that reads them.

use crate::domain::{Amount, Timestamp};
use crate::tables::{Parameter, Regime, Tables};

/// Milliseconds of a minute and of an hour.
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The tables at one time.
#[derive(Debug, Clone, Copy)]
pub(in crate::state) struct Terms<'a> {
    pub tables: &'a Tables,
    pub at: Timestamp,
}

impl<'a> Terms<'a> {
    fn number(self, parameter: Parameter) -> i64 {
        self.tables.number(parameter, self.at)
    }

    fn lists(self, parameter: Parameter, part: &str) -> bool {
        self.tables.lists(parameter, part, self.at)
    }

    /// The last moment of the day that is so many days, as a parameter says, after a day.
    fn days_after(self, parameter: Parameter, day: Timestamp) -> Timestamp {
        day.end_of_day_after(0, self.number(parameter))
    }

    /// How long a list waits for its three documents, in milliseconds (domain.md §3, proposed).
    pub(in crate::state) fn match_wait_ms(self) -> i64 {
        self.number(Parameter::MatchWaitHours).saturating_mul(HOUR_MS)
    }

    /// How long a waybill number is taken, in milliseconds (R-INV-11).
    pub(in crate::state) fn waybill_lapse_ms(self) -> i64 {
        self.tables.days_ms(Parameter::WaybillLapseDays, self.at)
    }

    /// Whether a list may be cancelled in a status, whatever its goods do (R-ST-06).
    pub(in crate::state) fn may_cancel(self, status: i32) -> bool {
        self.lists(Parameter::CancelStatuses, &status.to_string())
    }

    /// Statuses in which a list may be cancelled, for people (R-ST-06).
    pub(in crate::state) fn cancel_statuses(self) -> String {
        self.tables.text(Parameter::CancelStatuses, self.at).replace('|', ", ")
    }

    /// Whether a list that customs has may be changed in a status (R-ST-04).
    pub(in crate::state) fn may_change(self, status: i32) -> bool {
        self.lists(Parameter::ChangeStatuses, &status.to_string())
    }

    /// Statuses in which a list may be changed, for people (R-ST-04).
    pub(in crate::state) fn change_statuses(self) -> String {
        self.tables.text(Parameter::ChangeStatuses, self.at).replace('|', ", ")
    }

    /// Whether a released list may be cancelled while its goods have not left (R-ST-06).
    pub(in crate::state) fn cancels_released(self) -> bool {
        self.tables.switch(Parameter::CancelReleasedBeforeDeparture, self.at)
    }

    /// The last moment for the application to return what was released then (R-RET-01).
    pub(in crate::state) fn return_apply_by(self, released: Timestamp) -> Timestamp {
        self.days_after(Parameter::ReturnApplyDays, released)
    }

    /// The last moment for goods to be back at their site (R-RET-01).
    pub(in crate::state) fn return_arrive_by(self, released: Timestamp) -> Timestamp {
        self.days_after(Parameter::ReturnArriveDays, released)
    }

    /// The last moment for exported goods to come back (R-RET-05).
    pub(in crate::state) fn export_return_by(self, released: Timestamp) -> Timestamp {
        self.days_after(Parameter::ExportReturnDays, released)
    }

    /// R-RET-07: why goods of a mode, exported then and back now, are not free of import taxes; empty if they are.
    pub(in crate::state) fn taxed_because<'b>(
        self,
        mode: &str,
        released: Timestamp,
        mut gcodes: impl Iterator<Item = &'b str>,
    ) -> &'static str {
        let chapter = |gcode: &str| gcode.get(..2).unwrap_or_default().to_owned();
        if !self.lists(Parameter::ReturnedExportExemptModes, mode) {
            "mode"
        } else if !self.tables.switch(Parameter::ReturnedExportExempt, released) {
            "exportedOutsidePeriod"
        } else if self.at > self.days_after(Parameter::ReturnedExportExemptDays, released) {
            "tooLate"
        } else if gcodes.any(|gcode| self.lists(Parameter::FoodChapters, &chapter(gcode))) {
            "food"
        } else {
            ""
        }
    }

    /// Whether exports of a mode may come back through another district, at that office (R-RET-06).
    pub(in crate::state) fn returns_across_districts(self, mode: &str, office: &str) -> bool {
        let nationwide = self.tables.switch(Parameter::CrossDistrictReturnNationwide, self.at);
        let pilot = self.tables.switch(Parameter::CrossDistrictReturn, self.at)
            && self.tables.return_site(office, self.at).is_some();
        self.lists(Parameter::CrossDistrictReturnModes, mode) && (nationwide || pilot)
    }

    /// How long customs may be silent before an alert, and before an alarm, in milliseconds (R-ST-09).
    pub(in crate::state) fn answer_waits_ms(self) -> (i64, i64) {
        let wait = |parameter| self.number(parameter).saturating_mul(MINUTE_MS);
        (wait(Parameter::LostReceiptFirstMinutes), wait(Parameter::LostReceiptSecondMinutes))
    }

    /// The last moment to consolidate the lists that were closed in the month of a time (R-EXP-06).
    pub(in crate::state) fn consolidate_by(self, closed: Timestamp) -> Timestamp {
        let month = closed.ceb8();
        let first = Timestamp::parse_ceb(&format!("{}01", month.get(..6).unwrap_or_default())).unwrap_or(closed);
        first.end_of_day_after(1, self.number(Parameter::ConsolidationDay).saturating_sub(1))
    }

    /// Whether a list of direct purchase stays where it is until its waybill has arrived (R-EXP-10).
    pub(in crate::state) fn arrival_gates(self) -> bool {
        self.tables.switch(Parameter::ImportArrivalNeeded, self.at)
    }

    /// How long the arrival of a stored list of direct purchase may be missing, in milliseconds.
    pub(in crate::state) fn arrival_wait_ms(self) -> i64 {
        self.number(Parameter::ArrivalMissingHours).saturating_mul(HOUR_MS)
    }

    /// How long figures of a warehouse may differ from the book, in milliseconds (R-WH-01).
    pub(in crate::state) fn reconcile_wait_ms(self) -> i64 {
        self.number(Parameter::BookReconcileHours).saturating_mul(HOUR_MS)
    }

    /// What a supervision mode of export asks for (R-EXP-01); `None` if it is none.
    pub(in crate::state) fn export_regime(self, mode: &str) -> Option<Regime<'a>> {
        self.tables.regime(false, mode, self.at)
    }

    /// The largest value of an export list to an enterprise or an overseas warehouse, in CNY (R-EXP-02).
    pub(in crate::state) fn export_limit(self) -> Amount {
        self.tables.amount(Parameter::ExportLowValueGate, self.at)
    }

    /// An amount in CNY; `None` if the tables have no rate for the currency.
    pub(in crate::state) fn in_cny(self, amount: Amount, currency: &str) -> Option<Amount> {
        self.tables.in_cny(amount, currency, self.at)
    }

    /// Whether an overseas warehouse has to be filed before goods are sent to it (R-EXP-03).
    pub(in crate::state) fn files_overseas(self) -> bool {
        self.tables.switch(Parameter::OverseasWarehouseFilingNeeded, self.at)
    }

    /// Whether goods for an overseas warehouse need their booking (R-EXP-03).
    pub(in crate::state) fn needs_booking(self) -> bool {
        self.tables.switch(Parameter::OverseasWarehouseOrderNeeded, self.at)
    }
}
