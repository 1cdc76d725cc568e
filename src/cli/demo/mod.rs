//! `swx demo`: the whole exchange at work in a temporary folder, told step by step.

mod customs;
mod filing;
mod inbox;
mod stage;
mod story;

use super::paint::Paint;
use crate::app::App;
use crate::config::{FileConfig, Flags};
use anyhow::{Context, anyhow};
use stage::Stage;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Shows the exchange at work.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep serving afterwards, until Ctrl-C
    #[arg(long)]
    keep: bool,
}

/// A server in this process.
struct Running {
    address: String,
    pki: PathBuf,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Running {
    async fn stop(self) -> anyhow::Result<()> {
        // It may have ended by itself; then joining it says why.
        let _ended = self.stop.send(());
        Ok(self.serving.await?)
    }
}

/// Starts a server with its own certificate authority and demo parties in that folder.
async fn start_server(folder: &Path) -> anyhow::Result<Running> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let flags = Flags { data: Some(folder.to_owned()), listen: Some(any_port), dev: true, ..Flags::default() };
    let config = FileConfig::default().check(&flags).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("the demo's configuration is not good: {}", texts.join("; "))
    })?;
    let app = App::start(config).await?;
    let address = format!("https://{}", app.addresses.exchange);
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(app.run(async {
        // A sender that was dropped means the same.
        drop(stopped.await);
    }));
    Ok(Running { address, pki: folder.join("dev"), stop, serving })
}

/// Runs the command.
///
/// # Errors
/// If the server cannot be started, or something does not go as told.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let paint = Paint::stdout();
    let folder = super::temporary_path("swx-demo");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let told = tell(paint, &folder, begun, args.keep).await;
    let removed = std::fs::remove_dir_all(&folder);
    told?;
    removed.with_context(|| format!("cannot remove the folder {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn tell(paint: Paint, folder: &Path, begun: Instant, keep: bool) -> anyhow::Result<()> {
    let server = start_server(folder).await?;
    let mut stage = Stage::open(paint, &server.address, &server.pki).await?;
    stage.title(&server.address, folder)?;
    filing::parties(&mut stage).await?;
    let inboxes = filing::subscriptions(&mut stage).await?;
    let first = story::list_first(&mut stage).await?;
    story::sent_again(&mut stage, &first).await?;
    story::mismatch(&mut stage).await?;
    story::malformed(&mut stage).await?;
    story::wrong_party(&mut stage).await?;
    let second = story::complete_set(&mut stage).await?;
    customs::decide(&mut stage, &first, &second).await?;
    inboxes.show(&mut stage, &second).await?;
    stage.timeline(&second).await?;
    ending(paint, &server, folder, begun, keep)?;
    if keep {
        tokio::signal::ctrl_c().await?;
    }
    drop(stage);
    server.stop().await
}

fn ending(paint: Paint, server: &Running, folder: &Path, begun: Instant, keep: bool) -> std::io::Result<()> {
    let took = format!("{}.{} s", begun.elapsed().as_secs(), begun.elapsed().subsec_millis() / 100);
    paint.line("")?;
    paint.line(format!("{}  {}", paint.bold(&paint.green("Done · 演示完毕")), paint.dim(&took)))?;
    paint.line("")?;
    let whole = if keep {
        paint
            .line(format!("The server keeps running at {} until Ctrl-C · 服务继续运行", paint.cyan(&server.address)))?;
        format!(" --server {} --data {}", server.address, folder.display())
    } else {
        paint.line("The demo's server has stopped and its folder is gone. Start one that stays · 启动常驻服务：")?;
        paint.line("")?;
        paint.line(format!("   {}", paint.cyan("swx serve --dev")))?;
        String::new()
    };
    paint.line("")?;
    paint.line("Then, in another shell · 另开终端：")?;
    paint.line("")?;
    let party = |name: &str| format!(" --dev-party {name}{whole}");
    for (command, why) in [
        ("swx gen --lists 200 --out sample".to_owned(), "make orders, payments, waybills and lists · 生成样例"),
        (format!("swx submit sample/list{}", party("declarant")), "lists wait for their documents · 清单待对碰"),
        (format!("swx submit sample/order{}", party("platform")), ""),
        (format!("swx submit sample/payment{}", party("payment")), ""),
        (format!("swx submit sample/waybill{}", party("logistics")), "now they match · 三单对碰"),
        (
            format!("swx watch desk --create --view full --from earliest{}", party("customs")),
            "customs' view · 海关视图",
        ),
        (format!("swx decide --status 800 --pre-no PRE_NO{}", party("customs")), "release one · 放行"),
        (format!("swx trace PRE_NO{}", party("declarant")), "its timeline · 全程轨迹"),
    ] {
        paint.line(format!(
            "   {}{}",
            paint.cyan(&command),
            if why.is_empty() { String::new() } else { paint.dim(&format!("   # {why}")) }
        ))?;
    }
    Ok(())
}
