//! Customs decides.

use super::stage::{Stage, Told};
use crate::cli::client::explain;
use crate::cli::paint::{pad, safe};
use crate::cli::{decide, show};
use crate::domain::status;
use crate::pb::v1::{self, decide_request};
use anyhow::{Context, anyhow, bail};

/// Releases the first list; inspects the second, then releases it.
pub(super) async fn decide(stage: &mut Stage, first: &Told, second: &Told) -> anyhow::Result<()> {
    stage.step("Customs releases one list, inspects another, then releases it", "海关放行一票，查验另一票后放行")?;
    one(stage, first, status::RELEASED, "放行").await?;
    one(stage, second, status::INSPECTION, "布控查验").await?;
    one(stage, second, status::RELEASED, "查验无异常，放行").await
}

async fn one(stage: &Stage, list: &Told, code: i32, info: &str) -> anyhow::Result<()> {
    let keys = v1::DocumentKeys { pre_no: list.pre_no.clone(), ..v1::DocumentKeys::default() };
    let decision = v1::Decision {
        guid: decide::new_guid(),
        message_type: v1::MessageType::Ceb621 as i32,
        keys: Some(keys),
        status: code,
        time: None,
        info: info.to_owned(),
    };
    let request = v1::DecideRequest { sequence: 1, decision: Some(decide_request::Decision::Typed(decision)) };
    let answers = stage.client("customs")?.clearance().decide(tokio_stream::once(request)).await;
    let mut answers = answers.map_err(|status| anyhow!(explain(&status)))?.into_inner();
    let answer = answers.message().await.map_err(|status| anyhow!(explain(&status)))?;
    let answer = answer.context("the decision was not answered")?;
    if let Some(failure) = answer.failure {
        bail!("the decision was not recorded: {} {}", failure.reason, failure.message);
    }
    let result = answer.results.into_iter().next().context("an answer without a result")?;
    if result.effect != v1::DecisionEffect::Applied as i32 {
        bail!("the decision had no effect: {}", result.message_en);
    }
    let status = show::status_text(stage.paint, result.status);
    let pre_no = stage.paint.cyan(&safe(&list.pre_no));
    stage.say(format!(
        "{} {} {pre_no}  {status}  {}",
        stage.paint.green("✓"),
        pad("customs", 10),
        stage.paint.dim(info)
    ))?;
    Ok(())
}
