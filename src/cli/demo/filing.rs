//! The parties show who they are, and agencies subscribe.

use super::inbox::{Inbox, Inboxes};
use super::stage::{PARTIES, Stage};
use crate::cli::client::explain;
use crate::cli::paint::{pad, safe};
use crate::pb::v1;
use anyhow::anyhow;

/// Each party asks who it is: the answer comes from its certificate alone.
pub(super) async fn parties(stage: &mut Stage) -> anyhow::Result<()> {
    stage.step("Eight parties, each known by its client certificate", "八个主体，凭客户端证书识别")?;
    for name in PARTIES {
        let answer = stage.client(name)?.filings().get_party(v1::GetPartyRequest::default()).await;
        let party = answer.map_err(|status| anyhow!(explain(&status)))?.into_inner().party.unwrap_or_default();
        let code = stage.paint.cyan(&pad(&safe(&party.code), 18));
        stage.say(format!("{} {code}  {}", pad(name, 10), safe(&party.name)))?;
    }
    Ok(())
}

/// Customs, statistics and the declarant subscribe, each with its own view.
pub(super) async fn subscriptions(stage: &mut Stage) -> anyhow::Result<Inboxes> {
    stage.step("Three subscriptions, each with its own view", "三个订阅，各有视图")?;
    let mut open = Vec::new();
    for (party, view, en, zh) in [
        ("customs", v1::View::Full, "full: documents as sent", "完整单证"),
        ("statistics", v1::View::Statistics, "statistics: no personal field", "统计数据，不含个人信息"),
        ("declarant", v1::View::Own, "own: receipts, its inbox", "回执收件箱"),
    ] {
        open.push(Inbox::open(stage.client(party)?, "demo", view).await?);
        stage.say(format!("{} {} {}", pad(party, 10), pad(en, 32), stage.paint.dim(zh)))?;
    }
    Inboxes::of(open)
}
