//! Scenario files: the carried ones are good, everything wrong is told at once, nothing panics.

use super::super::file::{DelayFile, RatesFile, RuleFile, StepFile};
use super::{carried, occasion};
use crate::domain::MessageType;
use crate::domain::limits::{SCENARIO_RULES_MAX, SCENARIO_STEPS_MAX};
use crate::simulator::{CARRIED, Delay, Scenario, ScenarioFile, plan};
use proptest::prelude::*;

#[test]
fn the_carried_scenarios_are_good() {
    for (name, _) in CARRIED {
        carried(name);
    }
    assert_eq!(carried("trouble").faults.recover_ms, Some(30_000));
    assert_eq!(Scenario::carried("elsewhere"), None);
}

#[test]
fn every_problem_of_a_scenario_is_told_at_once() {
    let text = r#"
        speed = 0
        [rates]
        reject = 600
        inspect = 600
        review = 1001
        [delay]
        fixed = "soon"
        max = "1s"
        [faults]
        lose = 2000
        recover = "400d"
        [tax_bills]
        after = "1 s"
        [[rule]]
        message_type = 622
        order_no = "a\tb"
        steps = [{ status = 0, after = "-1s", fault = "burn" }]
    "#;
    let problems = ScenarioFile::parse(text).expect("TOML that fits").check().expect_err("problems");
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "speed",
            "rates",
            "rates.review",
            "delay.fixed",
            "delay",
            "faults.lose",
            "faults.recover",
            "tax_bills.after",
            "rule[0].message_type",
            "rule[0].order_no",
            "rule[0].steps[0].status",
            "rule[0].steps[0].fault",
            "rule[0].steps[0].after",
        ]
    );
    let unknown = ScenarioFile::parse("[rates]\nrelese = 1").expect_err("an unknown key");
    assert!(unknown.contains("unknown field") && unknown.contains("line 2"), "{unknown}");
}

#[test]
fn too_many_rules_and_steps_are_refused() {
    let rules = "[[rule]]\nsteps = []\n".repeat(SCENARIO_RULES_MAX + 1);
    let problems = ScenarioFile::parse(&rules).expect("TOML that fits").check().expect_err("too many");
    assert_eq!(problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), ["rule"]);
    let steps = "{ status = 800 },".repeat(SCENARIO_STEPS_MAX + 1);
    let text = format!("[[rule]]\nsteps = [{steps}]");
    let problems = ScenarioFile::parse(&text).expect("TOML that fits").check().expect_err("too many");
    assert_eq!(problems[0].key, "rule[0].steps");
}

#[test]
fn what_is_left_of_the_thousand_is_released_unless_said_otherwise() {
    let file = ScenarioFile::parse("[rates]\nreject = 10\ninspect = 90").expect("TOML that fits");
    assert_eq!(file.check().expect("good").rates.release.of_a_thousand(), 900);
    let file = ScenarioFile::parse("[delay]\nmax = \"200ms\"").expect("TOML that fits");
    assert_eq!(file.check().expect("good").delay, Delay { min_ms: 200, max_ms: 200 });
}

proptest! {
    #[test]
    fn any_text_as_a_scenario_never_panics(text in ".{0,400}") {
        let _unused = ScenarioFile::parse(&text).map(|file| file.check());
    }

    #[test]
    fn any_values_in_a_scenario_never_panic(seed in any::<u64>(), share in any::<u16>(), wait in ".{0,8}",
                                            code in any::<i32>(), prefix in ".{0,8}") {
        let file = ScenarioFile {
            seed: Some(seed),
            rates: RatesFile { inspect: Some(share), ..Default::default() },
            delay: DelayFile { fixed: Some(wait.clone()), ..Default::default() },
            rules: vec![RuleFile {
                message_type: Some(code),
                cop_no: Some(prefix),
                steps: vec![StepFile { status: code, after: Some(wait), ..Default::default() }],
                ..Default::default()
            }],
            ..ScenarioFile::default()
        };
        if let Ok(scenario) = file.check() {
            let _unused = plan(&occasion(MessageType::Ceb621, 1), &scenario);
        }
    }
}
