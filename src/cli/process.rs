//! A server as a child process of the same executable, so that it can be measured, and killed.

use anyhow::{Context, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Time that a server may take until it says where it listens; it may have a long log to replay.
const START_WAIT: Duration = Duration::from_secs(120);
/// Ticks of the CPU clock a second in /proc, on every Linux that Rust runs on.
const TICKS_PER_SECOND: u64 = 100;

/// A running `swx serve --dev`. Dropping it kills the process.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    data: PathBuf,
    address: String,
}

impl ServerProcess {
    /// Starts a server and returns once it has said where it listens.
    ///
    /// # Errors
    /// If the program cannot be started, or ends, or says nothing within a time.
    pub async fn start(program: &Path, data: &Path, listen: &str) -> anyhow::Result<ServerProcess> {
        let mut child = Command::new(program)
            .args(["serve", "--dev", "--listen", listen, "--data"])
            .arg(data)
            .env("NO_COLOR", "1")
            .env("SWX_LOG", std::env::var_os("SWX_LOG").unwrap_or_else(|| "warn".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {} serve", program.display()))?;
        let stdout = child.stdout.take().context("a piped child has a standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let found = tokio::time::timeout(START_WAIT, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = https_address(&line) {
                    return Ok::<_, std::io::Error>(Some(address));
                }
            }
            Ok(None)
        });
        let Some(address) = found.await.map_err(|_| anyhow!("the server said nothing for {START_WAIT:?}"))?? else {
            let status = child.wait().await?;
            bail!("the server ended before it listened: {status}");
        };
        // Somebody has to read the rest, or the server would stand still on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(ServerProcess { child, data: data.to_owned(), address })
    }

    /// Its address, `https://HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Folder with the demo parties' certificates.
    #[must_use]
    pub fn pki(&self) -> PathBuf {
        self.data.join("dev")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    ///
    /// # Errors
    /// If the process cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<ExitStatus> {
        self.child.start_kill()?;
        Ok(self.child.wait().await?)
    }

    /// Its memory and CPU time so far.
    ///
    /// # Errors
    /// If /proc does not say.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let id = self.child.id().context("the server has ended")?;
        Usage::of(&id.to_string())
    }

    /// Bytes that its data takes on the disk.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn disk_bytes(&self) -> anyhow::Result<u64> {
        disk_bytes(&self.data)
    }
}

/// The first `https://HOST:PORT` in a line.
fn https_address(line: &str) -> Option<String> {
    let rest = line.get(line.find("https://")?..)?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ":/.[]-".contains(c))).unwrap_or(rest.len());
    let address = rest.get(..end)?.trim_end_matches(['/', '.']);
    let port = address.rsplit_once(':')?.1;
    (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then(|| address.to_owned())
}

/// Memory and CPU time of a process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Resident memory now, bytes.
    pub rss_bytes: u64,
    /// The most that it ever was, bytes.
    pub rss_peak_bytes: u64,
    /// CPU time in user and kernel mode, milliseconds.
    pub cpu_ms: u64,
}

impl Usage {
    /// Of this process.
    ///
    /// # Errors
    /// If /proc does not say.
    pub fn own() -> anyhow::Result<Usage> {
        Usage::of("self")
    }

    fn of(process: &str) -> anyhow::Result<Usage> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name in brackets may hold spaces; fields 14 and 15 are the 12th and 13th after it.
        let (_, fields) = stat.rsplit_once(')').context("no process name in /proc")?;
        let ticks: u64 =
            fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap_or(0)).sum();
        Ok(Usage {
            rss_bytes: kib("VmRSS:") * 1024,
            rss_peak_bytes: kib("VmHWM:") * 1024,
            cpu_ms: ticks * 1000 / TICKS_PER_SECOND,
        })
    }
}

/// Bytes that a folder takes on the disk: blocks, not lengths, so that sparse files count as what they are.
fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = match entry.metadata() {
            Ok(about) => about,
            // A file of the store that was compacted away meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        sum += if about.is_dir() { disk_bytes(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_the_server_says() {
        for (line, address) in [
            ("  gRPC     https://127.0.0.1:40123  (mTLS)", Some("https://127.0.0.1:40123")),
            ("listening on https://[::1]:8443/.", Some("https://[::1]:8443")),
            ("metrics http://127.0.0.1:9464", None),
            ("see https://example.org/docs", None),
        ] {
            assert_eq!(https_address(line).as_deref(), address, "{line}");
        }
    }

    #[test]
    fn this_process_has_memory() {
        let usage = Usage::own().expect("/proc is there");
        assert!(usage.rss_bytes > 0 && usage.rss_peak_bytes >= usage.rss_bytes);
    }
}
