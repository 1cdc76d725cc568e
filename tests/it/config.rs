//! The configuration: the shipped sample, the defaults, and all problems at once.

use single_window::config::{self, Config, FileConfig, Flags, Identity, LedgerKind, Problem, Reset};
use single_window::domain::{Role, Timestamp};
use single_window::signature::{Need, Needs};
use std::path::Path;

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/swx.sample.toml");
    std::fs::read_to_string(path).expect("the shipped sample")
}

fn check(text: &str, flags: &Flags) -> Result<Config, Vec<Problem>> {
    FileConfig::parse(text).expect("TOML that fits").check(flags)
}

fn keys(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.key.as_str()).collect()
}

#[test]
fn the_shipped_sample_is_good() {
    let config = check(&sample(), &Flags::default()).expect("a good configuration");
    assert_eq!(config.listen.port(), 8443);
    assert_eq!(config.ledger, LedgerKind::Segments);
    assert!(!config.reflection);
    assert!(config.bootstrap_parties.iter().any(|party| party.has_role(Role::Operator)));
}

#[test]
fn the_sample_shows_the_defaults() {
    let text = sample();
    let trimmed: String = text
        .lines()
        .filter(|line| !line.contains("_per_second") && !line.starts_with("listen"))
        .map(|line| format!("{line}\n"))
        .collect();
    let (full, bare) = (check(&text, &Flags::default()), check(&trimmed, &Flags::default()));
    let (full, bare) = (full.expect("good"), bare.expect("good"));
    assert_eq!((full.rate, full.listen), (bare.rate, bare.listen));
}

/// What the sample says of the sandbox, switched on, is what it is without a word.
#[test]
fn the_sample_shows_the_defaults_of_the_sandbox() {
    let sample = sample();
    let (_, table) = sample.split_once("[sandbox]").expect("a table");
    let (table, _) = table.split_once("\n[").expect("the part after it");
    assert!(table.contains("enabled = false"), "it is off by default");
    let on = |table: &str| format!("[sandbox]\n{}", table.replace("enabled = false", "enabled = true"));
    let flags = Flags { dev: true, ..Flags::default() };
    let of = |text: &str| check(text, &flags).expect("a good configuration").sandbox.expect("it is on");
    let bare = of("[sandbox]\nenabled = true");
    assert_eq!(of(&on(table)), bare);
    for key in ["enabled", "listen", "data", "reset", "scenario"] {
        assert!(table.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key} is not in the sample");
    }
    assert_eq!((bare.listen.port(), bare.reset, bare.data.as_path()), (8444, Reset::Never, Path::new("data/sandbox")));
    assert!(check(&sample, &Flags::default()).expect("good").sandbox.is_none());
    let asked = Flags { dev: true, sandbox: true, listen: "127.0.0.1:0".parse().ok(), ..Flags::default() };
    assert_eq!(check("", &asked).expect("good").sandbox.expect("asked for").listen.port(), 0);
    let silent = "[sandbox]\nenabled = true\nscenario = \"none\"\nreset = \"daily\"";
    let silent = of(silent);
    assert_eq!((silent.scenario, silent.reset), (None, Reset::Daily));
}

#[test]
fn a_sandbox_cannot_stand_where_the_exchange_does() {
    let flags = Flags { dev: true, ..Flags::default() };
    for (key, value) in [
        ("listen", "127.0.0.1:8443"),
        ("listen", "nowhere"),
        ("data", "data"),
        ("data", "."),
        ("data", "data/ledger"),
        ("data", "data/keys/deep"),
        ("reset", "sometimes"),
        ("scenario", "nowhere.toml"),
    ] {
        let text = format!("[sandbox]\nenabled = true\n{key} = {value:?}");
        let problems = check(&text, &flags).expect_err("a problem");
        assert_eq!(keys(&problems), [format!("sandbox.{key}")], "{value}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, "[rates]\nreject = 2000\n[delay]\nfixed = \"soon\"").expect("written");
    let text = format!("[sandbox]\nscenario = {:?}", file.to_string_lossy());
    let problems = check(&text, &flags).expect_err("told although it is off");
    // Of one share the rest follows: it is told twice that there is too much.
    assert!(keys(&problems).contains(&"sandbox.scenario.rates.reject"), "{problems:?}");
    assert!(keys(&problems).contains(&"sandbox.scenario.delay.fixed"), "{problems:?}");
    assert!(FileConfig::parse("[sandbox]\nport = 1").expect_err("unknown").contains("unknown field"));
}

#[test]
fn dev_needs_no_file() {
    let flags = Flags { dev: true, ..Flags::default() };
    let config = check("", &flags).expect("a good configuration");
    assert_eq!(config.identity, Identity::Dev);
    assert!(config.reflection);
    assert!(config.listen.ip().is_loopback());
    assert!(config.metrics_listen.is_some_and(|address| address.ip().is_loopback()));
}

#[test]
fn without_dev_it_must_be_said_that_signatures_are_not_verified() {
    // The sample with a word in the place of its table.
    let with = |text: &str, flags: &Flags| {
        let sample = sample();
        let (before, table) = sample.split_once("[signatures]").expect("a table");
        let (_, after) = table.split_once("# What one party may send").expect("the part after it");
        check(&format!("{text}\n{before}# {after}"), flags)
    };
    let verifies = |text: &str, dev| {
        let flags = Flags { dev, ..Flags::default() };
        with(text, &flags).expect("a good configuration").signatures.verify
    };
    assert!(verifies("", false) && verifies("signatures = \"verify\"", true) && !verifies("", true));
    assert!(!verifies("signatures = \"record-unverified\"", false));
    assert!(!verifies("signatures = \"unverified\"", false), "as it was called before");
    let problems = with("signatures = \"verified\"", &Flags::default()).expect_err("a problem");
    assert_eq!(keys(&problems), ["signatures"]);
}

#[test]
fn what_is_signed_and_how_can_be_set() {
    let flags = Flags { dev: true, ..Flags::default() };
    let text = r#"
        [signatures]
        rsa_sha1_until = "2027-01-01"
        rsa_bits_min = 2048
        [signatures.messages]
        CEB311 = { declared = "required" }
        CEB621 = { draft = "optional" }
    "#;
    let settings = check(text, &flags).expect("a good configuration").signatures;
    assert!(settings.verify);
    assert_eq!((settings.policy.rsa_bits_min, settings.policy.sha1_until), (2048, Timestamp::parse_ceb("20270101")));
    assert_eq!(settings.needs(311), Needs { draft: Need::Off, declared: Need::Required });
    assert_eq!(settings.needs(621), Needs { draft: Need::Optional, declared: Need::Required });
    let text = r#"
        [signatures]
        mode = "perhaps"
        rsa_sha1_until = "2027"
        rsa_bits_min = 512
        [signatures.messages]
        CEB622 = { declared = "off" }
        CEB511 = { declared = "never" }
    "#;
    let problems = check(text, &flags).expect_err("problems");
    let expected =
        ["signatures", "signatures.rsa_sha1_until", "signatures.rsa_bits_min", "signatures.messages.CEB511.declared"];
    assert_eq!(keys(&problems)[..4], expected);
    assert_eq!(keys(&problems)[4..], ["signatures.messages.CEB622"]);
    assert!(FileConfig::parse("[signatures]\nverify = true").expect_err("unknown").contains("unknown field"));
}

#[test]
fn all_problems_are_told_at_once() {
    let text = r#"
        listen = "everywhere"
        metrics_listen = "127.0.0.1"
        [tls]
        cert = "a"
        key = "b"
        client_ca = []
        [limits]
        requests_per_second = 0
        kilobytes_per_second = 1
        [[bootstrap_parties]]
        code = "short"
        name = " "
        roles = ["emperor"]
        certificates = ["nowhere.pem"]
        certificate_sha256 = ["ABC"]
        [[bootstrap_parties]]
        code = "short"
        name = "made-up"
        roles = []
    "#;
    let problems = check(text, &Flags::default()).expect_err("problems");
    let mut found = keys(&problems);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "bootstrap_parties",
            "bootstrap_parties[0].certificate_sha256",
            "bootstrap_parties[0].certificates",
            "bootstrap_parties[0].code",
            "bootstrap_parties[0].name",
            "bootstrap_parties[0].roles",
            "bootstrap_parties[1]",
            "bootstrap_parties[1].certificates",
            "bootstrap_parties[1].code",
            "bootstrap_parties[1].roles",
            "limits.kilobytes_per_second",
            "limits.requests_per_second",
            "listen",
            "metrics_listen",
            "tls.client_ca",
        ]
    );
}

#[test]
fn unknown_keys_are_refused_with_their_place() {
    for text in [
        "listne = \"127.0.0.1:1\"",
        "[tls]\ncert=\"a\"\nkey=\"b\"\nclient_ca=[]\npassword=\"c\"",
        "[ledger]\nkind = \"segments\"\nfsync = false",
    ] {
        let error = FileConfig::parse(text).expect_err("an unknown key");
        assert!(error.contains("unknown field") && error.contains("line"), "{error}");
    }
    assert!(FileConfig::parse("[ledger]\nkind = \"paper\"").expect_err("a kind").contains("unknown variant"));
}

#[test]
fn flags_win_over_the_file() {
    let flags = Flags {
        data: Some("elsewhere".into()),
        listen: Some("127.0.0.1:1".parse().expect("an address")),
        ..Flags::default()
    };
    let config = check(&sample(), &flags).expect("a good configuration");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.data, Path::new("elsewhere"));
}

#[test]
fn paths_start_at_the_folder_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("swx.toml");
    std::fs::write(&path, sample()).expect("written");
    let config = config::read(&path).and_then(|file| file.check(&Flags::default())).expect("a good configuration");
    assert_eq!(config.data, folder.path().join("data"));
    let Identity::Files(files) = config.identity else { panic!("files were given") };
    assert_eq!(files.key, folder.path().join("tls/server-key.pem"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let problems = config::read(Path::new("/nowhere/swx.toml")).expect_err("a problem");
    assert_eq!(keys(&problems), ["/nowhere/swx.toml"]);
}
