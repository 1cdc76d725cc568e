//! Products (商品备案): what a firm files before lists name it, and what customs and quarantine say of it (R-PRD-01, 03).

use super::{Space, books, doubts, key, owner};
use crate::domain::check_digit::check_gtin;
use crate::domain::limits::PRODUCTS_MAX;
use crate::domain::{
    Amount, BookRow, Event, EventKind, FiledProduct, FilingOp, Outcome, Product, ProductBatch, ProductDecision,
    ProductStatus, Rejection, codes,
};
use crate::state::cells::{CellsMut, StateError, load, save};
use crate::state::clearance::SINCE_LOGIC;
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;
use crate::tables::Parameter;

/// Characters of a firm's own number of a product.
const GOODS_NO_CHARS_MAX: usize = 20;

/// Files products: all of a request, or none.
pub(in crate::state) fn file<C: CellsMut>(
    step: &mut Step<'_, C>,
    batch: &ProductBatch,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let mut faults = Vec::new();
    let count = batch.products.len();
    if !(1..=PRODUCTS_MAX).contains(&count) {
        let limit = format!("1..{PRODUCTS_MAX}");
        let (zh, en) = ("商品数量超出限制", "too few or too many products");
        faults.push(wrong("R-PRD-01", "products", &count.to_string(), &limit, zh, en));
    }
    let mut owners = Vec::new();
    for (index, product) in batch.products.iter().take(PRODUCTS_MAX).enumerate() {
        let path = format!("products[{index}]");
        match owner(step, &format!("{path}.owner_code"), &product.owner_code) {
            Ok(owner) => {
                faults.extend(faults_of(step, &path, &owner, product)?);
                owners.push(owner);
            }
            Err(fault) => faults.push(*fault),
        }
    }
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    for (index, (product, owner)) in batch.products.iter().zip(owners).enumerate() {
        file_one(step, &format!("products[{index}]"), &owner, product)?;
    }
    Ok(())
}

fn row_key(owner: &str, ent_goods_no: &str) -> Vec<u8> {
    key(Space::Product, &[owner, ent_goods_no])
}

fn faults_of<C: CellsMut>(
    step: &Step<'_, C>,
    path: &str,
    owner: &str,
    product: &Product,
) -> Result<Vec<Rejection>, StateError> {
    let mut found = Vec::new();
    let mut fault = |rule: &str, field: &str, value: &str, expected: &str, zh: &str, en: &str| {
        found.push(wrong(rule, &format!("{path}.{field}"), value, expected, zh, en));
    };
    let goods_no = product.ent_goods_no.as_str();
    if !(1..=GOODS_NO_CHARS_MAX).contains(&goods_no.chars().count()) {
        let (zh, en) = ("企业商品货号须为1至20个字符", "the firm's number has 1 to 20 characters");
        fault("R-PRD-01", "ent_goods_no", goods_no, "1..20", zh, en);
    }
    let held: Option<FiledProduct> = load(step.cells, Table::Filing, &row_key(owner, goods_no))?;
    match (FilingOp::try_from(product.op), held.is_some()) {
        (Err(_), _) => fault("R-PRD-01", "op", "", "A | M | D", "操作类型无效", "no such operation"),
        (Ok(FilingOp::Add), true) => {
            fault("R-PRD-01", "ent_goods_no", goods_no, "", "该商品已备案", "this product is filed already");
        }
        (Ok(FilingOp::Modify | FilingOp::Delete), false) => {
            fault("R-PRD-01", "ent_goods_no", goods_no, "", "该商品未备案", "no such product is filed");
        }
        (Ok(FilingOp::Delete), true) => return Ok(found),
        (Ok(_), _) => {}
    }
    if !is_hs_code(&product.hs_code) {
        fault("R-PRD-01", "hs_code", &product.hs_code, "10 digits", "商品编码须为10位数字", "an HS code has 10 digits");
    }
    if product.name.trim().is_empty() {
        fault("R-PRD-01", "name", "", "", "缺少商品名称", "the name is missing");
    }
    if !product.barcode.is_empty() && check_gtin(&product.barcode).is_err() {
        let (zh, en) = ("商品条码校验位错误", "the check digit of the GTIN is wrong");
        fault("R-PRD-03", "barcode", &product.barcode, "", zh, en);
    }
    let units = [("unit", &product.unit, true), ("unit1", &product.unit1, true), ("unit2", &product.unit2, false)];
    for (field, unit, is_needed) in units {
        if (is_needed || !unit.is_empty()) && !codes::is_unit(unit) {
            fault("R-PRD-01", field, unit, "", "计量单位代码不存在", "no such unit");
        }
    }
    if !codes::is_country(&product.origin) {
        fault("R-PRD-01", "origin", &product.origin, "", "原产国代码不存在", "no such country");
    }
    if !product.currency.is_empty() && !codes::is_currency(&product.currency) {
        fault("R-PRD-01", "currency", &product.currency, "", "币制代码不存在", "no such currency");
    }
    if !(1..=3).contains(&product.business_type) {
        let found = product.business_type.to_string();
        fault("R-PRD-01", "business_type", &found, "1 | 2 | 3", "业务类型无效", "no such type of business");
    }
    let figures =
        [("price", &product.price), ("net_weight", &product.net_weight), ("gross_weight", &product.gross_weight)];
    for (field, text) in figures {
        if !text.is_empty() && Amount::parse(text).is_none_or(|amount| amount < Amount::default()) {
            fault("R-PRD-01", field, text, "", "须为非负数", "a number that is not negative");
        }
    }
    if product.ems_no.is_empty() != product.item_no.is_empty() {
        let (zh, en) = ("账册号与项号须同时填写", "book and item go together");
        fault("R-PRD-01", "item_no", &product.item_no, "", zh, en);
    }
    if !product.ems_no.is_empty() && books::is_filed(step.cells, &product.ems_no)? {
        match books::item(step.cells, &product.ems_no, &product.item_no)? {
            None => {
                let (zh, en) = ("账册内无此项号", "the book has no such item");
                fault("R-PRD-01", "item_no", &product.item_no, "", zh, en);
            }
            Some(row) => differences(product, &row).into_iter().for_each(|(field, value, of_book)| {
                let (zh, en) = ("与账册备案不一致", "differs from the account book");
                fault("R-PRD-01", field, value, of_book, zh, en);
            }),
        }
    }
    Ok(found)
}

/// True for 10 digits.
pub(super) fn is_hs_code(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn differences<'a>(product: &'a Product, row: &'a BookRow) -> Vec<(&'static str, &'a str, &'a str)> {
    let item = &row.item;
    let pairs = [
        ("hs_code", &product.hs_code, &item.hs_code),
        ("name", &product.name, &item.name),
        ("unit", &product.unit, &item.unit),
        ("unit1", &product.unit1, &item.unit1),
        ("unit2", &product.unit2, &item.unit2),
        ("origin", &product.origin, &item.origin),
    ];
    let differing = pairs.into_iter().filter(|(_, own, of_book)| own != of_book);
    differing.map(|(field, own, of_book)| (field, own.as_str(), of_book.as_str())).collect()
}

fn file_one<C: CellsMut>(step: &mut Step<'_, C>, path: &str, owner: &str, product: &Product) -> Result<(), StateError> {
    let key_of_row = row_key(owner, &product.ent_goods_no);
    let held: Option<FiledProduct> = load(step.cells, Table::Filing, &key_of_row)?;
    if let Some(held) = &held {
        step.cells.delete(Table::Filing, &of_item(&held.product, owner));
    }
    let is_deleted = product.op == FilingOp::Delete as i32;
    let mut event = event(step, owner, &product.ent_goods_no);
    if is_deleted {
        step.cells.delete(Table::Filing, &key_of_row);
        event.note("status", "deleted");
    } else {
        let reasons = if step.logic < SINCE_LOGIC {
            Vec::new()
        } else {
            doubts::of_product(path, product, step.tables, step.now())
        };
        let by_itself = reasons.is_empty() && step.tables.switch(Parameter::FilingSelfApproval, step.now());
        let customs = if by_itself { ProductStatus::Passed } else { ProductStatus::Waiting };
        let quarantine = if product.ciq_org.is_empty() { ProductStatus::NotAsked } else { ProductStatus::Waiting };
        let row = FiledProduct {
            product: Product { owner_code: owner.to_owned(), ..product.clone() },
            customs: customs as i32,
            quarantine: quarantine as i32,
            filed_ms: step.time_ms,
            decided_ms: if by_itself { step.time_ms } else { 0 },
            by: step.party,
            reasons: reasons.clone(),
            ..FiledProduct::default()
        };
        if !product.ems_no.is_empty() {
            step.cells.put(Table::Filing, &of_item(product, owner), Vec::new());
        }
        event.note("customs", customs.title().1);
        event.note("quarantine", quarantine.title().1);
        let rules: std::collections::BTreeSet<&str> = reasons.iter().map(|doubt| doubt.rule.as_str()).collect();
        event.note("doubts", rules.into_iter().collect::<Vec<_>>().join(" "));
        // Not refused: these are for whoever reviews it.
        event.rejections = reasons;
        save(step.cells, Table::Filing, &key_of_row, &row);
    }
    step.events.push(event);
    Ok(())
}

/// Row that leads from an item of a book to the product filed for it.
fn of_item(product: &Product, owner: &str) -> Vec<u8> {
    key(Space::ProductItem, &[&product.ems_no, &product.item_no, owner, &product.ent_goods_no])
}

fn event<C: CellsMut>(step: &Step<'_, C>, owner: &str, ent_goods_no: &str) -> Event {
    let mut owners = vec![step.party];
    owners.extend(step.registry.of_code(owner).map(|(id, _)| id.0).filter(|id| *id != step.party));
    let event = Event { kind: EventKind::ProductFiled as i32, code: owner.to_owned(), owners, ..Event::default() };
    event.with("entGoodsNo", ent_goods_no)
}

/// Applies what customs or quarantine says of a product.
pub(super) fn decide<C: CellsMut>(
    step: &mut Step<'_, C>,
    decision: &ProductDecision,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let owner =
        step.registry.of_code(&decision.owner_code).map_or(decision.owner_code.clone(), |(_, p)| p.code.clone());
    let key_of_row = row_key(&owner, &decision.ent_goods_no);
    let held: Option<FiledProduct> = load(step.cells, Table::Filing, &key_of_row)?;
    let status = ProductStatus::try_from(decision.status);
    let mut faults = Vec::new();
    if held.is_none() {
        let (zh, en) = ("该商品未备案", "no such product is filed");
        faults.push(wrong("R-PRD-01", "ent_goods_no", &decision.ent_goods_no, "", zh, en));
    }
    if !matches!(status, Ok(ProductStatus::Passed | ProductStatus::Refused)) {
        faults.push(wrong("R-PRD-01", "status", "", "passed | refused", "审核结果无效", "no such decision"));
    }
    if status == Ok(ProductStatus::Refused) && decision.reason.trim().is_empty() {
        faults.push(wrong("R-PRD-01", "reason", "", "", "须填写理由", "a reason is needed"));
    }
    let Some(mut row) = held.filter(|_| faults.is_empty()) else {
        refuse(step, outcome, faults);
        return Ok(());
    };
    if decision.by_quarantine {
        row.quarantine = decision.status;
    } else {
        row.customs = decision.status;
    }
    row.decided_ms = step.time_ms;
    row.reason.clone_from(&decision.reason);
    save(step.cells, Table::Filing, &key_of_row, &row);
    let mut event = event(step, &owner, &decision.ent_goods_no);
    event.info.clone_from(&decision.reason);
    let title = |status: i32| ProductStatus::try_from(status).map_or("", |status| status.title().1);
    step.events.push(event.with("customs", title(row.customs)).with("quarantine", title(row.quarantine)));
    Ok(())
}
