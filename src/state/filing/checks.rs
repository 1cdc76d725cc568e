//! Checks of an application: faults that refuse it, and reasons for which it waits for review.

use crate::domain::check_digit::{Wrong, check_uscc, is_customs_code};
use crate::domain::limits::{LICENCES_MAX, REPEATED_MAX};
use crate::domain::{
    Application, Licence, LicenceKind, MessageType, Party, PartyId, Rejection, Role, Standing, Timestamp, codes,
    missing_licence,
};
use crate::state::Registry;
use crate::state::requests::wrong;
use crate::tables::{Parameter, Tables};

/// Roles that a firm may apply for; the others are the operator's to file.
const APPLICABLE: [Role; 8] = [
    Role::Platform,
    Role::Seller,
    Role::Payment,
    Role::Logistics,
    Role::Declarant,
    Role::SiteOperator,
    Role::Bank,
    Role::Warehouse,
];

/// Official code of an invalid enterprise code.
pub(crate) const INVALID_CODE: i32 = -10_102;
/// Official code of an invalid type of enterprise.
pub(crate) const INVALID_TYPE: i32 = -10_101;

fn with_official(official: i32, rejection: Rejection) -> Rejection {
    Rejection { official, ..rejection }
}

/// What is wrong with an application: it cannot be filed as it is.
pub(super) fn faults(application: &Application, registry: &Registry) -> Vec<Rejection> {
    let mut found = Vec::new();
    let party = &application.party;
    check_code("code", &party.code, &mut found);
    party.aliases.iter().for_each(|alias| check_code("aliases", alias, &mut found));
    if !application.customs_code.is_empty() && !is_customs_code(&application.customs_code) {
        found.push(invalid_customs_code("customs_code", &application.customs_code));
    }
    if party.name.trim().is_empty() || party.name.chars().count() > 100 {
        let (zh, en) = ("企业名称须为1至100个字符", "the name has 1 to 100 characters");
        found.push(wrong("R-ENT-04", "name", "", "1..100", zh, en));
    }
    check_roles(party, registry, &mut found);
    if !application.country.is_empty() && !codes::is_country(&application.country) {
        let (zh, en) = ("国别代码不存在", "no such country");
        found.push(wrong("R-ENT-10", "country", &application.country, "", zh, en));
    }
    check_licences(&application.licences, &mut found);
    check_numbers(&party_of(application), registry, &mut found);
    found
}

/// The party that an application makes.
pub(super) fn party_of(application: &Application) -> Party {
    let mut party = Party { active: true, ..application.party.clone() };
    if !application.customs_code.is_empty() && !party.is_called(&application.customs_code) {
        party.aliases.push(application.customs_code.clone());
    }
    let certificate = &application.certificate_sha256;
    if !certificate.is_empty() && !party.certificate_sha256.contains(certificate) {
        party.certificate_sha256.push(certificate.clone());
    }
    party
}

fn check_code(path: &str, code: &str, found: &mut Vec<Rejection>) {
    match code.len() {
        10 if is_customs_code(code) => {}
        18 if check_uscc(code) != Err(Wrong::Shape) => {}
        10 => found.push(invalid_customs_code(path, code)),
        _ => {
            let (zh, en) = ("无效企业代码", "neither a credit code of 18 characters nor a customs code of 10");
            found.push(with_official(INVALID_CODE, wrong("R-ENT-02", path, code, "", zh, en)));
        }
    }
}

fn invalid_customs_code(path: &str, code: &str) -> Rejection {
    let (zh, en) = ("无效企业代码", "no customs code: 4 digits, then 6 digits or capital letters");
    with_official(INVALID_CODE, wrong("R-ENT-01", path, code, "^[0-9]{4}[0-9A-Z]{6}$", zh, en))
}

fn check_roles(party: &Party, registry: &Registry, found: &mut Vec<Rejection>) {
    let may = |role: &i32| APPLICABLE.iter().any(|known| *known as i32 == *role);
    let held = registry.of_code(&party.code).map(|(_, held)| held);
    let is_authority = held.is_some_and(|held| !held.roles.iter().all(may));
    if party.roles.is_empty() || !party.roles.iter().all(may) || is_authority {
        let expected: Vec<String> = APPLICABLE.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        let (zh, en) = ("无效企业类型：不能自助申请该类型", "a role that cannot be applied for");
        found.push(with_official(INVALID_TYPE, wrong("R-ENT-03", "roles", "", &expected.join(" | "), zh, en)));
    }
}

fn check_licences(licences: &[Licence], found: &mut Vec<Rejection>) {
    if licences.len() > LICENCES_MAX {
        let count = licences.len().to_string();
        found.push(wrong("R-ENT-06", "licences", &count, &LICENCES_MAX.to_string(), "证照过多", "too many licences"));
    }
    for (index, licence) in licences.iter().take(LICENCES_MAX).enumerate() {
        let path = format!("licences[{index}]");
        if LicenceKind::try_from(licence.kind).is_err() || licence.number.trim().is_empty() {
            let (zh, en) = ("证照种类或编号缺失", "kind or number of the licence is missing");
            found.push(wrong("R-ENT-06", &path, &licence.number, "", zh, en));
        }
        if licence.to_ms != 0 && licence.to_ms <= licence.from_ms {
            let (zh, en) = ("证照有效期止须晚于有效期起", "the licence ends before it begins");
            found.push(wrong("R-ENT-06", &path, &licence.number, "", zh, en));
        }
    }
}

/// Codes, certificates and addresses that are another party's already.
fn check_numbers(party: &Party, registry: &Registry, found: &mut Vec<Rejection>) {
    let held = registry.of_code(&party.code);
    let own = held.map(|(id, _)| id);
    if let Some((_, held)) = held.filter(|(_, held)| held.code != party.code) {
        let (zh, en) = ("该代码已是其他备案的别名，请使用主代码", "a further code of a filing: use its main code");
        found.push(wrong("R-ENT-09", "code", &party.code, &held.code, zh, en));
    }
    let (zh, en) = ("已属于其他企业", "it is another party's already");
    let mut taken = |path: &str, value: &str, owner: Option<PartyId>| {
        if owner != own && owner.is_some() {
            found.push(wrong("R-ENT-09", path, value, "", zh, en));
        }
    };
    for alias in party.aliases.iter().take(REPEATED_MAX) {
        taken("aliases", alias, registry.of_code(alias).map(|(id, _)| id));
    }
    for certificate in party.certificate_sha256.iter().take(REPEATED_MAX) {
        taken("certificate_sha256", certificate, registry.holder_of_certificate(certificate));
    }
    for dxp_id in party.dxp_ids.iter().take(REPEATED_MAX) {
        taken("dxp_ids", dxp_id, registry.of_dxp_id(dxp_id).map(|(id, _)| id));
    }
}

/// Why an application without faults must be reviewed by a person; empty if it may be approved by itself (自助审批).
pub(super) fn reasons(
    application: &Application,
    registry: &Registry,
    tables: &Tables,
    now: Timestamp,
) -> Vec<Rejection> {
    let mut found = Vec::new();
    let party = &application.party;
    for code in std::iter::once(&party.code).chain(&party.aliases).filter(|code| code.len() == 18) {
        if let Err(Wrong::Check(expected)) = check_uscc(code) {
            let (zh, en) = ("统一社会信用代码校验位错误", "the check character of the credit code is wrong");
            found.push(wrong("R-ENT-02", "code", code, &expected.to_string(), zh, en));
        }
    }
    for role in party.roles.iter().filter_map(|role| Role::try_from(*role).ok()) {
        found.extend(missing_licence(application, role, now.0).map(|(group, held)| no_licence(role, group, held)));
    }
    if party.has_role(Role::Bank) {
        let (zh, en) = ("银行须人工审核", "banks are reviewed by a person");
        found.push(wrong("R-ENT-03", "roles", "", "", zh, en));
    }
    let agent = registry.of_code(&application.agent_code).filter(|(_, agent)| agent.active);
    if application.is_foreign() && agent.is_none_or(|(_, agent)| agent.code == party.code) {
        let (zh, en) = ("境外企业须委托已备案的境内代理人", "a firm abroad needs a domestic agent that is filed");
        found.push(wrong("R-ENT-10", "agent_code", &application.agent_code, "", zh, en));
    }
    let own = registry.of_code(&party.code);
    let names_code = application.certificate_names.iter().any(|name| party.is_called(name));
    if own.is_some() && !application.is_own {
        let (zh, en) =
            ("该代码已备案，申请人使用的不是其证书", "the code is filed, and this is not a certificate of it");
        found.push(wrong("R-ENT-09", "certificate_sha256", &party.code, "", zh, en));
    } else if own.is_none() && !names_code {
        let (zh, en) = ("证书主体未载明企业代码，须人工核对", "the subject of the certificate does not name the code");
        found.push(wrong("R-ENT-09", "certificate_sha256", "", &party.code, zh, en));
    }
    let standing = registry.filed(&party.code).and_then(|filed| filed.standing_at(now.0, now.0));
    let inactive = own.is_some_and(|(_, own)| !own.active);
    if inactive || matches!(standing, Some(Standing::Suspended | Standing::Revoked)) {
        let (zh, en) = ("备案已暂停或注销，须人工审核", "the filing is suspended or revoked");
        found.push(wrong("R-ENT-06", "code", &party.code, "", zh, en));
    }
    if !tables.switch(Parameter::FilingSelfApproval, now) {
        let (zh, en) = ("未启用自助审批", "approval without review is switched off");
        found.push(wrong("R-ENT-09", "filing_self_approval", "off", "on", zh, en));
    }
    found
}

/// A licence that a role needs is not there or not valid.
pub(crate) fn no_licence(role: Role, group: &[LicenceKind], held: Option<&Licence>) -> Rejection {
    let titles = |pick: fn((&'static str, &'static str)) -> &'static str, or: &str| {
        group.iter().map(|kind| pick(kind.title())).collect::<Vec<_>>().join(or)
    };
    let (zh, en) = (titles(|(zh, _)| zh, "或"), titles(|(_, en)| en, " or "));
    let found = held.map_or_else(String::new, |licence| {
        let end = if licence.to_ms == 0 { String::new() } else { Timestamp(licence.to_ms).ceb8() };
        format!("{} [{} – {end}]", licence.number, Timestamp(licence.from_ms).ceb8())
    });
    let state =
        if held.is_some() { ("不在有效期内", "is not valid now") } else { ("未备案", "is not on file") };
    let name = format!("{role:?}").to_lowercase();
    wrong(
        "R-ENT-06",
        "licences",
        &found,
        &en,
        &format!("企业备案已失效：{zh}{}", state.0),
        &format!("as {name} the firm needs a licence that {}: {en}", state.1),
    )
}

/// One condition of sending, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What is missing, if it does not hold.
    pub(crate) fault: Option<Rejection>,
    /// What is asked, Chinese.
    pub(crate) text_zh: String,
    /// What is asked, English.
    pub(crate) text_en: String,
}

/// What a firm needs in order to send messages of a type, as far as its filing goes.
pub(crate) fn sending_faults(
    registry: &Registry,
    code: &str,
    kind: MessageType,
    behalf: &str,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut check = |zh: &str, en: &str, fault: Option<Rejection>| {
        checks.push(Check { fault, text_zh: zh.to_owned(), text_en: en.to_owned() });
    };
    let no = |rule: &str, path: &str, found: &str, expected: &str, zh: &str, en: &str| {
        Some(wrong(rule, path, found, expected, zh, en))
    };
    let party = registry.of_code(code).map(|(_, party)| party);
    let unfiled =
        || no("R-ENT-01", "code", code, "", "企业未备案，请先申请备案", "not filed: apply for a filing first");
    check("企业已备案", "the firm is filed", if party.is_none() { unfiled() } else { None });
    let Some(party) = party else { return checks };
    let inactive = || no("R-ENT-06", "code", code, "", "企业备案已失效", "the filing is not in force");
    let in_force = party.active && registry.is_in_force(&party.code, now.0);
    check("备案有效", "the filing is in force", if in_force { None } else { inactive() });
    let none = party.certificate_sha256.is_empty();
    let bare = || no("R-ENT-09", "certificate_sha256", "", "", "未备案客户端证书", "no client certificate is filed");
    check("已备案客户端证书", "a client certificate is filed", if none { bare() } else { None });
    let senders: Vec<Role> = kind.senders().to_vec();
    let fitting: Vec<Role> = senders.iter().copied().filter(|role| party.has_role(*role)).collect();
    let expected = senders.iter().map(|role| format!("{role:?}").to_lowercase()).collect::<Vec<_>>().join(" | ");
    let misfit = || no("R-ENT-03", "roles", "", &expected, "企业类型不能发送该报文", "no role of the firm may send it");
    check("企业类型可发送该报文", "a role of the firm may send it", if fitting.is_empty() { misfit() } else { None });
    if let Some(application) = registry.filed(&party.code).and_then(|filed| filed.filing_at(now.0, now.0)) {
        let missing = |role: &Role| missing_licence(application, *role, now.0).map(|m| no_licence(*role, m.0, m.1));
        // One role with all its licences is enough.
        let faults: Vec<Option<Rejection>> = fitting.iter().map(missing).collect();
        let fault = if faults.iter().any(Option::is_none) { None } else { faults.into_iter().flatten().next() };
        check("证照在有效期内", "the licences of the role are valid", fault);
    }
    if !behalf.is_empty() && !party.is_called(behalf) {
        let speaks = registry.may_speak_for(party, behalf, kind, now.0);
        let bare = || no("R-ENT-07", "for_code", behalf, "", "没有该企业的委托", "there is no mandate of that firm");
        check("有委托", "there is a mandate", if speaks { None } else { bare() });
    }
    checks
}
