//! Runs one child per engine and gives them turns, so that a noisy machine is noisy for both.

use crate::Settings;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

struct Runner {
    engine: String,
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Runner {
    fn start(s: &Settings, engine: &str) -> Runner {
        let mut child = Command::new(std::env::current_exe().expect("own path"))
            .arg("child")
            .args(s.to_args(engine))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start a child");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Runner { engine: engine.to_string(), child, answers }
    }

    fn ask(&mut self, command: &str) {
        writeln!(self.child.stdin.as_mut().expect("piped"), "{command}").expect("command the child");
        let mut answer = String::new();
        let read = self.answers.read_line(&mut answer).expect("read the answer");
        assert!(read > 0, "{} died during {command}", self.engine);
        print!("{answer}");
        std::io::stdout().flush().expect("flush");
    }
}

pub fn run(s: &Settings) {
    let mut runners: Vec<Runner> = s.engine.split(',').map(|engine| Runner::start(s, engine)).collect();
    let mut done = s.from;
    while done < s.lists {
        for runner in &mut runners {
            runner.ask(&format!("window {} {}", s.window, s.batch));
        }
        done += s.window;
    }
    for command in ["reads 100000", "window 200000 10000", "reads 100000", "dirty 300000 100000"] {
        for runner in &mut runners {
            runner.ask(command);
        }
    }
    let left = Settings { lists: done + 500_000, ..s.clone() };
    for mut runner in runners {
        runner.child.kill().expect("kill the child");
        runner.child.wait().expect("wait for the child");
        let status = Command::new(std::env::current_exe().expect("own path"))
            .arg("reopen")
            .args(left.to_args(&runner.engine))
            .status()
            .expect("start the reopening");
        assert!(status.success(), "{} did not reopen", runner.engine);
    }
}
