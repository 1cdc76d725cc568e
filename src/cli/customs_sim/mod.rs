//! `swx customs-sim`: a made-up customs that answers by a scenario, so that parties and tests can rehearse.

mod inbox;
mod line;
mod voice;

use super::client::Connect;
use super::paint::Paint;
use super::watch;
use crate::domain::limits::SCENARIO_BYTES_MAX;
use crate::rehearsal::{self, Limits};
use crate::simulator::{CARRIED, Desk, PerMille, Scenario, ScenarioFile, parse_rate, parse_wait};
use anyhow::{Context, anyhow, bail};
use line::Line;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;
use voice::Voice;

/// Answers as customs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What may happen: calm, festival, trouble, strict, or a file (examples/scenarios has those four)
    #[arg(long, default_value = "calm", value_name = "NAME|FILE")]
    scenario: String,
    /// Chance follows from it; the same seed gives the same documents the same fate
    #[arg(long)]
    seed: Option<u64>,
    /// Of a thousand documents, released without inspection; also as 95%
    #[arg(long, value_name = "RATE", value_parser = rate)]
    release: Option<PerMille>,
    /// Of a thousand documents, inspected
    #[arg(long, value_name = "RATE", value_parser = rate)]
    inspect: Option<PerMille>,
    /// Of a thousand documents, rejected
    #[arg(long, value_name = "RATE", value_parser = rate)]
    reject: Option<PerMille>,
    /// Of a thousand decisions, never sent
    #[arg(long, value_name = "RATE", value_parser = rate)]
    lose: Option<PerMille>,
    /// Of a thousand decisions, sent twice
    #[arg(long, value_name = "RATE", value_parser = rate)]
    repeat: Option<PerMille>,
    /// Of a thousand documents, with two decisions in the wrong order
    #[arg(long, value_name = "RATE", value_parser = rate)]
    reorder: Option<PerMille>,
    /// How long each step takes, for example 2s, or 1s..5s for any time in between
    #[arg(long, value_name = "TIME")]
    delay: Option<String>,
    /// What was lost is asked for and comes again after this time
    #[arg(long, value_name = "TIME")]
    recover: Option<String>,
    /// How many times faster than the scenario says
    #[arg(long, value_name = "FACTOR")]
    speed: Option<u32>,
    /// Send customs' receipt messages (CEB622, 604, 624 …) instead of typed decisions
    #[arg(long)]
    as_xml: bool,
    /// Name of the subscription; another run of that name goes on where this one ended
    #[arg(long, default_value = "customs-sim")]
    name: String,
    /// Where the subscription begins when it is made: earliest, latest, a position, or a time yyyyMMddHHmmss
    #[arg(long, default_value = "latest")]
    from: String,
    /// End after this time, for example 10m
    #[arg(long = "for", value_name = "TIME", value_parser = wait)]
    time: Option<Duration>,
    /// End after so many documents, once they are finished
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print one JSON object for each thing that is sent, and one for the summary
    #[arg(long)]
    json: bool,
    /// Print the summary only
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    connect: Connect,
}

fn rate(text: &str) -> Result<PerMille, String> {
    parse_rate(text).ok_or_else(|| "a share of a thousand, such as 30, or 3%".to_owned())
}

fn wait(text: &str) -> Result<Duration, String> {
    parse_wait(text).map(Duration::from_millis).ok_or_else(|| "a time such as 250ms, 5s, 10m or 2h".to_owned())
}

/// Runs the command. Exit code 1 if something did not go as the scenario foresees.
///
/// # Errors
/// If the scenario is not good, or the server cannot be reached or refuses the calls.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let scenario = scenario(&args)?;
    let from = watch::place(&args.from)?;
    let client = args.connect.connect().await?;
    inbox::ensure(&client, &args.name, from, &scenario).await?;
    let paint = if args.json { Paint::plain() } else { Paint::stdout() };
    let mut voice = Voice { paint, json: args.json, quiet: args.quiet };
    voice.begin(&args.scenario, &scenario)?;
    let (deliveries, reader) = inbox::open(client.clone(), &args.name);
    let line = Line::open(client, args.as_xml);
    let mut desk: Desk<String> = Desk::new(scenario);
    let limits = Limits { documents: args.count, time: args.time };
    let interrupted = async {
        // A signal that cannot be waited for never comes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let ended =
        rehearsal::run(&mut desk, deliveries, line, limits, |happening| voice.say(happening), interrupted).await;
    // The reader ends with the loop, when the last acknowledgement is recorded.
    let read = reader.await;
    voice.end(desk.summary(), desk.open_documents())?;
    match ended {
        Ok(_) => {}
        Err(rehearsal::Error::Voice(error)) => return Err(error.into()),
        Err(rehearsal::Error::Trouble(trouble)) => bail!("{trouble}"),
    }
    read.context("the reader of the subscription failed")?;
    Ok(ExitCode::from(u8::from(desk.summary().unexpected > 0)))
}

/// The scenario of the flags: a carried one or a file, with what the flags say instead.
fn scenario(args: &Args) -> anyhow::Result<Scenario> {
    let text = match Scenario::carried(&args.scenario) {
        Some(text) => text.to_owned(),
        None => read(&args.scenario)?,
    };
    let parsed = ScenarioFile::parse(&text);
    let mut file = parsed.map_err(|problem| anyhow!("the scenario {}: {problem}", args.scenario))?;
    let given = |share: Option<PerMille>, held: Option<u16>| share.map(PerMille::of_a_thousand).or(held);
    file.seed = args.seed.or(file.seed);
    file.speed = args.speed.or(file.speed);
    let rates = &mut file.rates;
    if args.reject.is_some() || args.inspect.is_some() {
        // The rest of the thousand is released again.
        rates.release = None;
    }
    rates.reject = given(args.reject, rates.reject);
    rates.inspect = given(args.inspect, rates.inspect);
    rates.release = given(args.release, rates.release);
    if args.release == Some(PerMille::ALWAYS) && args.reject.is_none() && args.inspect.is_none() {
        (rates.reject, rates.inspect) = (None, None);
    }
    let faults = &mut file.faults;
    faults.lose = given(args.lose, faults.lose);
    faults.repeat = given(args.repeat, faults.repeat);
    faults.reorder = given(args.reorder, faults.reorder);
    faults.recover = args.recover.clone().or(faults.recover.take());
    if let Some(delay) = &args.delay {
        let (min, max) = delay.split_once("..").unwrap_or((delay, delay));
        (file.delay.fixed, file.delay.min, file.delay.max) = (None, Some(min.to_owned()), Some(max.to_owned()));
    }
    file.check().map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        anyhow!("the scenario has {} problem(s) · 场景有误:\n{}", problems.len(), lines.join("\n"))
    })
}

fn read(path: &str) -> anyhow::Result<String> {
    let names: Vec<&str> = CARRIED.iter().map(|(name, _)| *name).collect();
    let unreadable =
        || format!("cannot read the scenario {path}; carried ones are {} · 无法读取场景", names.join(", "));
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(unreadable)?;
    let bytes = file.take(SCENARIO_BYTES_MAX + 1).read_to_string(&mut text).with_context(unreadable)?;
    if u64::try_from(bytes)? > SCENARIO_BYTES_MAX {
        bail!("the scenario {path} has more than {SCENARIO_BYTES_MAX} bytes");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Delay;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn of(flags: &[&str]) -> anyhow::Result<Scenario> {
        let line = ["customs-sim"].iter().chain(flags);
        scenario(&Cli::try_parse_from(line)?.args)
    }

    #[test]
    fn flags_win_over_the_scenario() {
        let flags = ["--scenario", "trouble", "--seed", "9", "--inspect", "50%", "--lose", "0", "--delay", "1s..2s"];
        let scenario = of(&flags).expect("a good scenario");
        assert_eq!((scenario.seed, scenario.delay), (9, Delay { min_ms: 1_000, max_ms: 2_000 }));
        assert_eq!((scenario.rates.inspect.of_a_thousand(), scenario.rates.release.of_a_thousand()), (500, 470));
        assert_eq!(scenario.faults.lose, PerMille::NEVER);
        assert_eq!(scenario.faults.repeat.of_a_thousand(), 80, "what no flag names stays");
        assert_eq!(of(&["--scenario", "strict", "--release", "1000"]).expect("good").rates.reject, PerMille::NEVER);
        assert_eq!(of(&["--delay", "0"]).expect("good").delay, Delay { min_ms: 0, max_ms: 0 });
    }

    #[test]
    fn what_is_wrong_is_told_together() {
        let error = of(&["--reject", "600", "--inspect", "600", "--delay", "soon", "--speed", "0"]);
        let text = error.expect_err("three problems").to_string();
        assert!(text.contains("3 problem(s)") || text.contains("4 problem(s)"), "{text}");
        for part in ["speed", "rates", "delay.min"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let missing = of(&["--scenario", "/nowhere.toml"]).expect_err("no such file").to_string();
        assert!(missing.contains("calm, festival, trouble, strict"), "{missing}");
        assert!(of(&["--lose", "1001"]).is_err());
    }

    #[test]
    fn a_file_over_the_limit_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("large.toml");
        std::fs::write(&path, "#".repeat(usize::try_from(SCENARIO_BYTES_MAX).expect("small") + 1)).expect("written");
        let error = of(&["--scenario", &path.to_string_lossy()]).expect_err("too large").to_string();
        assert!(error.contains("more than"), "{error}");
    }
}
