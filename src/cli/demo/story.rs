//! What companies send: good, late, different, malformed, twice, and from the wrong party.

use super::stage::{Stage, Told, sender};
use crate::cli::client::explain;
use crate::domain::status;
use crate::pb::v1;
use crate::sample::{Flaw, Kind};
use anyhow::bail;
use prost::Message;

const THREE: [Kind; 3] = [Kind::Order, Kind::Payment, Kind::Waybill];

/// The list comes before its documents, and says what it waits for until all are there.
pub(super) async fn list_first(stage: &mut Stage) -> anyhow::Result<Told> {
    stage.step("The list comes first, and says what it waits for", "清单先到，列明所缺单证")?;
    let set = stage.next_set();
    let receipt = stage.submit(Kind::List, &set).await?;
    let told = Told::new(set, receipt)?;
    stage.step("Order, payment and waybill follow from three other parties", "订单、支付单、运单由三家企业随后送达")?;
    for kind in THREE {
        let receipt = stage.submit(kind, &told.set).await?;
        let list = stage.list(&told.pre_no, &receipt.position).await?;
        let missing: Vec<String> = list.waiting.iter().map(|one| one.message_en.clone()).collect();
        let state = if list.status == status::STORED {
            stage.paint.green("list: 120 海关入库 stored, all three agree · 三单一致")
        } else {
            stage.paint.yellow(&format!("list still waits: {}", missing.join("; ")))
        };
        stage.say(format!("    {state}"))?;
    }
    Ok(told)
}

/// The same bytes again give the same receipt, byte for byte.
pub(super) async fn sent_again(stage: &mut Stage, list: &Told) -> anyhow::Result<()> {
    stage.step("The same list again: the same receipt, nothing twice", "重复提交：同一回执，不重复入账")?;
    let (again, replayed) = stage.send(sender(Kind::List), stage.message(Kind::List, &list.set)).await?;
    if !replayed || again.encode_to_vec() != list.receipt.encode_to_vec() {
        bail!("the receipt of a repeated submission differs from the first");
    }
    let id = stage.paint.cyan(&again.receipt_id);
    stage.say(format!(
        "{} receipt {id}, {} bytes, identical · 回执逐字节一致",
        stage.paint.green("✓"),
        again.encoded_len()
    ))?;
    Ok(())
}

/// A payment that is 0.01 short keeps the list waiting, and both values are shown.
pub(super) async fn mismatch(stage: &mut Stage) -> anyhow::Result<()> {
    stage.step("A payment 0.01 short: both values are shown", "支付单少 0.01 元：显示双方数值")?;
    let mut set = stage.next_set();
    Flaw::AmountBelow.spoil(&mut set);
    for kind in THREE {
        stage.submit(kind, &set).await?;
    }
    stage.submit(Kind::List, &set).await?;
    Ok(())
}

/// A malformed list is refused with every fault and its place at once.
pub(super) async fn malformed(stage: &mut Stage) -> anyhow::Result<()> {
    stage.step("A malformed list: every fault at once, with its place", "格式错误的清单：一次列出全部错误及位置")?;
    let mut set = stage.next_set();
    Flaw::LongName.spoil(&mut set);
    Flaw::MissingOrderNo.spoil(&mut set);
    stage.submit(Kind::List, &set).await?;
    Ok(())
}

/// A message from a party whose roles do not allow it.
pub(super) async fn wrong_party(stage: &mut Stage) -> anyhow::Result<()> {
    stage.step("Statistics tries to send a payment", "统计机构试图提交支付单")?;
    let set = stage.next_set();
    let xml = stage.message(Kind::Payment, &set);
    match stage.client("statistics")?.declarations().submit(v1::SubmitRequest { xml }).await {
        Ok(answer) => {
            let receipt = answer.into_inner().receipt.unwrap_or_default();
            if receipt.outcome == v1::Outcome::Accepted as i32 {
                bail!("a payment from a party that may not send it was accepted");
            }
            stage.rejections(&receipt.rejections)?;
        }
        Err(refused) => {
            for line in explain(&refused).lines() {
                stage.say(format!("{} {line}", stage.paint.red("✗")))?;
            }
        }
    }
    Ok(())
}

/// A set in the usual order.
pub(super) async fn complete_set(stage: &mut Stage) -> anyhow::Result<Told> {
    stage.step("Another sale, in the usual order", "另一票，按常规顺序")?;
    let set = stage.next_set();
    for kind in THREE {
        stage.submit_quietly(kind, &set).await?;
    }
    let receipt = stage.submit(Kind::List, &set).await?;
    Told::new(set, receipt)
}
