//! The configuration file, and scenarios of the customs simulator: any text.

use single_window::config::{FileConfig, Flags};
use single_window::simulator::{Occasion, ScenarioFile, plan};

/// Pieces for mutations.
pub const WORDS: &[&str] = &[
    "listen = \"127.0.0.1:8443\"\n",
    "metrics_listen = \"[::1]:0\"\n",
    "data = \"d\"\n",
    "signatures = \"unverified\"\n",
    "reflection = true\n",
    "[tls]\n",
    "cert = \"c\"\n",
    "key = \"k\"\n",
    "client_ca = [\"a\"]\n",
    "crl = \"r\"\n",
    "[ledger]\n",
    "kind = \"memory\"\n",
    "kind = \"segments\"\n",
    "[limits]\n",
    "requests_per_second = 0\n",
    "kilobytes_per_second = 4294967296\n",
    "[[bootstrap_parties]]\n",
    "code = \"4101988888\"\n",
    "name = \"示例\"\n",
    "roles = [\"operator\"]\n",
    "aliases = []\n",
    "certificate_sha256 = [\"00\"]\n",
    "customs_codes = [\"4600\"]\n",
    "[sandbox]\n",
    "enabled = true\n",
    "reset = \"daily\"\n",
    "[rates]\n",
    "inspect = 1000\n",
    "[delay]\n",
    "fixed = \"366d\"\n",
    "[faults]\n",
    "lose = 500\n",
    "reorder = 1000\n",
    "recover = \"1ms\"\n",
    "[[rule]]\n",
    "gcode = \"33\"\n",
    "steps = [{ status = 800, after = \"5s\", fault = \"lose\" }]\n",
    "'''",
    "\"\"\"",
    "#",
    "{",
    "}",
    "[",
    "]",
    "=",
    ".",
    ",",
    "-0",
    "1e999",
    "nan",
    "0x",
    "1979-05-27T07:32:00Z",
    "\\u0000",
    "\\UFFFFFFFF",
];

/// Parses any text and proves it, with and without `--dev`. No file is read: the certificates of parties and the
/// scenario of the sandbox are left out.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    scenario(text);
    let mut file = match FileConfig::parse(text) {
        Ok(file) => file,
        Err(reason) => return assert!(!reason.is_empty(), "a refusal has a reason"),
    };
    for party in &mut file.bootstrap_parties {
        party.certificates.clear();
    }
    file.sandbox.scenario = None;
    for dev in [false, true] {
        match file.clone().check(&Flags { dev, ..Flags::default() }) {
            Ok(config) => assert_eq!(config.identity.is_dev(), dev),
            Err(problems) => {
                assert!(!problems.is_empty(), "a refusal has a reason");
                assert!(problems.iter().all(|problem| !problem.key.is_empty() && !problem.what.is_empty()));
            }
        }
    }
}

/// Proves any text as a scenario and plans a list by it.
fn scenario(text: &str) {
    let Ok(file) = ScenarioFile::parse(text) else { return };
    match file.check() {
        Ok(scenario) => {
            let list = Occasion { kind: 621, status: 120, ..Occasion::default() };
            let made = plan(&list, &scenario);
            assert_eq!(made, plan(&list, &scenario), "the same scenario gives the same plan");
        }
        Err(problems) => assert!(!problems.is_empty(), "a refusal has a reason"),
    }
}
