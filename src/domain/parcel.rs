//! Events of parcels: the eight that are known, and the terms of UPU and GS1 for them.

/// What happened to a parcel. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum ParcelStep {
    /// The carrier's own code, which no step is known for. It is kept and changes no status.
    Other = 0,
    /// The carrier took it.
    Accepted = 1,
    /// It arrived at its supervised site.
    ArrivedAtSite = 2,
    /// It is on the way between places.
    LineHaul = 3,
    /// It is at the border.
    Border = 4,
    /// It left the supervised site.
    GateOut = 5,
    /// It is out for delivery.
    Delivery = 6,
    /// It came back.
    Returned = 7,
    /// It was signed for.
    Signed = 8,
}

/// A row of the table of terms: step, UPU EMSEVT codes, GS1 CBV business step and disposition.
type Terms = (ParcelStep, &'static [&'static str], &'static str, &'static str);

/// The terms that other standards have for a step, the first UPU code being the one that is given out.
///
/// Source: UPU M40 (EMSEVT), GS1 CBV 2.0; the pairing is ours (`docs/parcels.md`). Where a standard has no term for a
/// step its place is empty.
const TERMS: [Terms; 8] = [
    (ParcelStep::Accepted, &["EMA"], "accepting", "in_progress"),
    (ParcelStep::ArrivedAtSite, &["EMD", "EMB", "EMJ"], "arriving", "in_progress"),
    (ParcelStep::LineHaul, &["EMC", "EMK"], "transporting", "in_transit"),
    (ParcelStep::Border, &["EDB", "EXA", "EME", "EXB", "EDC", "EXC"], "inspecting", "in_progress"),
    (ParcelStep::GateOut, &["EMF"], "departing", "in_transit"),
    (ParcelStep::Delivery, &["EDG", "EMG", "EMH", "EDH"], "", "in_transit"),
    (ParcelStep::Returned, &[], "", "returned"),
    (ParcelStep::Signed, &["EMI"], "", ""),
];

/// Where GS1 keeps its business steps and dispositions.
const CBV: &str = "https://ref.gs1.org/cbv/";

impl ParcelStep {
    /// Every step, by number.
    pub const ALL: [ParcelStep; 9] = [
        ParcelStep::Other,
        ParcelStep::Accepted,
        ParcelStep::ArrivedAtSite,
        ParcelStep::LineHaul,
        ParcelStep::Border,
        ParcelStep::GateOut,
        ParcelStep::Delivery,
        ParcelStep::Returned,
        ParcelStep::Signed,
    ];

    /// The step of that number; [`ParcelStep::Other`] if there is none.
    #[must_use]
    pub fn of_number(number: i32) -> ParcelStep {
        ParcelStep::try_from(number).unwrap_or(ParcelStep::Other)
    }

    /// The step that a UPU code, or a GS1 business step or disposition, stands for. A term that several steps share,
    /// such as `in_transit`, tells none of them.
    #[must_use]
    pub fn of_term(term: &str) -> Option<ParcelStep> {
        let short = term.rsplit(['/', ':']).next().unwrap_or(term);
        let short = short.strip_prefix("BizStep-").or_else(|| short.strip_prefix("Disp-")).unwrap_or(short);
        let fits = |(_, upu, business_step, disposition): &&Terms| {
            upu.contains(&short) || (!short.is_empty() && (*business_step == short || *disposition == short))
        };
        let mut found = TERMS.iter().filter(fits);
        let first = found.next()?;
        found.next().is_none().then_some(first.0)
    }

    /// UPU EMSEVT code that is given out for it; empty if there is none.
    #[must_use]
    pub fn upu(self) -> &'static str {
        self.terms().and_then(|(_, upu, ..)| upu.first().copied()).unwrap_or_default()
    }

    /// GS1 CBV business step as a URI; empty if there is none.
    #[must_use]
    pub fn business_step(self) -> String {
        let term = self.terms().map_or("", |(_, _, step, _)| step);
        if term.is_empty() { String::new() } else { format!("{CBV}BizStep-{term}") }
    }

    /// GS1 CBV disposition as a URI; empty if there is none.
    #[must_use]
    pub fn disposition(self) -> String {
        let term = self.terms().map_or("", |(_, _, _, disposition)| disposition);
        if term.is_empty() { String::new() } else { format!("{CBV}Disp-{term}") }
    }

    fn terms(self) -> Option<&'static Terms> {
        TERMS.iter().find(|(step, ..)| *step == self)
    }

    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            ParcelStep::Other => ("承运人自有状态", "carrier's own status"),
            ParcelStep::Accepted => ("已揽收", "accepted"),
            ParcelStep::ArrivedAtSite => ("已到监管场所", "arrived at site"),
            ParcelStep::LineHaul => ("干线运输", "line haul"),
            ParcelStep::Border => ("口岸作业", "at the border"),
            ParcelStep::GateOut => ("已出卡口", "gate out"),
            ParcelStep::Delivery => ("派送中", "out for delivery"),
            ParcelStep::Returned => ("已退回", "returned"),
            ParcelStep::Signed => ("已签收", "signed for"),
        }
    }

    /// Name as files and programs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ParcelStep::Other => "other",
            ParcelStep::Accepted => "accepted",
            ParcelStep::ArrivedAtSite => "arrived_at_site",
            ParcelStep::LineHaul => "line_haul",
            ParcelStep::Border => "border",
            ParcelStep::GateOut => "gate_out",
            ParcelStep::Delivery => "delivery",
            ParcelStep::Returned => "returned",
            ParcelStep::Signed => "signed",
        }
    }

    /// Reads [`ParcelStep::name`].
    #[must_use]
    pub fn of_name(name: &str) -> Option<ParcelStep> {
        ParcelStep::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// One event of a parcel, as its carrier reports it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ParcelEvent {
    /// Carrier, by its main code or an alias.
    #[prost(string, tag = "1")]
    pub carrier_code: String,
    /// Waybill number.
    #[prost(string, tag = "2")]
    pub logistics_no: String,
    /// What happened.
    #[prost(enumeration = "ParcelStep", tag = "3")]
    pub step: i32,
    /// When, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub time_ms: i64,
    /// Where: a place of work such as a site or a town, never the consignee's address.
    #[prost(string, tag = "5")]
    pub place: String,
    /// The carrier's own code or the term of another standard, as it was sent.
    #[prost(string, tag = "6")]
    pub carrier_event: String,
}

/// Events that came together.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ParcelSync {
    /// In whatever order.
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<ParcelEvent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_out_for_a_step_is_read_back_as_that_step() {
        for step in ParcelStep::ALL {
            assert_eq!(ParcelStep::of_name(step.name()), Some(step));
            assert_eq!(ParcelStep::of_number(step as i32), step);
            for term in [step.upu().to_owned(), step.business_step()].into_iter().filter(|term| !term.is_empty()) {
                assert_eq!(ParcelStep::of_term(&term), Some(step), "{term}");
            }
        }
        assert_eq!(ParcelStep::of_term("urn:epcglobal:cbv:disp:returned"), Some(ParcelStep::Returned));
    }

    #[test]
    fn a_term_that_says_nothing_definite_is_no_step() {
        for term in ["", "in_transit", "Disp-in_progress", "EMZ", "urn:"] {
            assert_eq!(ParcelStep::of_term(term), None, "{term}");
        }
    }
}
