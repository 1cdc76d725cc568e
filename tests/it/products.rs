//! Products against tariff and lists of the day: doubts for whoever reviews them, not refusals (R-PRD-01, R-LIST-01).

use crate::filing::{product, rules};
use crate::harness::Harness;
use crate::node::{NOON, TestNode};
use single_window::domain::{FiledProduct, Product, ProductBatch, ProductDecision, ProductStatus, Timestamp};
use single_window::intake::Applied;
use single_window::pb::v1;
use single_window::pb::v1::goods_service_client::GoodsServiceClient;
use single_window::tables::{Row, TableChange, TableName};

const DAY_MS: i64 = 24 * 3_600_000;

/// A product of the seller that quarantine is not asked about.
fn own(test: &TestNode, ent_goods_no: &str) -> Product {
    Product { ciq_org: String::new(), ..product(test, ent_goods_no) }
}

impl TestNode {
    async fn file_product(&self, product: Product) -> Applied {
        let seller = self.caller(&self.samples.settings().parties.seller.code);
        let batch = ProductBatch { products: vec![product] };
        let before = self.node.reader.applied();
        let said = self.node.intake.precheck_products(&seller, batch.clone()).await.expect("answered");
        assert_eq!(self.node.reader.applied(), before, "a pre-check records nothing");
        let filed = self.node.intake.file_products(&seller, "", batch).await.expect("it is recorded");
        assert_eq!(said.rejections, filed.outcome.rejections, "the pre-check said what came");
        assert_eq!(said.events, filed.outcome.events);
        filed
    }

    fn queue(&self) -> Vec<FiledProduct> {
        self.node.reader.products("", true, None, 100).expect("readable").items
    }
}

fn doubts(row: &FiledProduct) -> Vec<(&str, &str)> {
    row.reasons.iter().map(|doubt| (doubt.rule.as_str(), doubt.path.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tariff_and_positive_list_do_not_know_waits_for_review_and_is_not_refused() {
    let test = TestNode::with_authorities().await;
    assert!(rules(&test.file_product(own(&test, "GOOD")).await).is_empty());
    assert!(test.queue().is_empty(), "nothing speaks against it");

    let strange = Product { hs_code: "9999999999".to_owned(), ..own(&test, "CODE") };
    let units = Product { unit1: "011".to_owned(), ..own(&test, "UNIT") };
    let wine = |ent_goods_no: &str, business_type: u32| Product {
        hs_code: "2204210000".to_owned(),
        business_type,
        ..own(&test, ent_goods_no)
    };
    for product in [strange, units, wine("WINE-9610", 3)] {
        let filed = test.file_product(product).await;
        assert!(rules(&filed).is_empty(), "{:?}", filed.outcome);
    }
    let queue = test.queue();
    let of = |ent_goods_no: &str| {
        let row = queue.iter().find(|row| row.product.ent_goods_no == ent_goods_no);
        doubts(row.unwrap_or_else(|| panic!("{ent_goods_no} waits: {queue:#?}")))
    };
    assert_eq!(of("CODE"), [("R-PRD-01", "products[0].hs_code"), ("R-LIST-01", "products[0].hs_code")]);
    assert_eq!(of("UNIT"), [("R-PRD-01", "products[0].unit1")]);
    assert!(of("WINE-9610").contains(&("R-LIST-01", "products[0].hs_code")), "for bonded imports alone");
    assert!(queue.iter().all(|row| row.customs == ProductStatus::Waiting as i32 && !row.is_on_record()));
    assert_eq!(queue.len(), 3);

    // Customs decides, and a change that mends it passes by itself.
    let decision = ProductDecision {
        owner_code: test.samples.settings().parties.seller.code.to_string(),
        ent_goods_no: "CODE".to_owned(),
        status: ProductStatus::Passed as i32,
        ..ProductDecision::default()
    };
    test.node.intake.decide_product(&test.caller("CUSTOMS001"), "", decision).await.expect("it is recorded");
    assert!(rules(&test.file_product(Product { op: 2, ..own(&test, "UNIT") }).await).is_empty());
    let left: Vec<String> = test.queue().into_iter().map(|row| row.product.ent_goods_no).collect();
    assert_eq!(left, ["WINE-9610"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_the_day_of_filing_count() {
    let test = TestNode::with_authorities().await;
    // From tomorrow on the code is not on the positive list any more.
    let row = Row {
        key: "19011010".to_owned(),
        values: vec!["婴儿食品".to_owned(), "9999".to_owned(), String::new()],
        from_ms: NOON.0 + DAY_MS,
        source: "test".to_owned(),
        mark: "D".to_owned(),
        ..Row::default()
    };
    let change = TableChange { table: TableName::PositiveList.number(), rows: vec![row], note: String::new() };
    let changed = test.node.intake.change_table(&test.operator(), "", change).await.expect("it is recorded");
    assert!(rules(&changed).is_empty(), "{:?}", changed.outcome);
    test.file_product(own(&test, "TODAY")).await;
    test.clock.set(Timestamp(NOON.0 + DAY_MS));
    test.file_product(own(&test, "TOMORROW")).await;
    let queue = test.queue();
    let [row] = queue.as_slice() else { panic!("one waits: {queue:#?}") };
    assert_eq!(
        (row.product.ent_goods_no.as_str(), doubts(row)),
        ("TOMORROW", vec![("R-LIST-01", "products[0].hs_code")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doubts_are_said_through_the_door_before_and_after() {
    let exchange = Harness::start().await;
    let mut seller = GoodsServiceClient::new(exchange.channel("seller").await);
    let mut customs = GoodsServiceClient::new(exchange.channel("customs").await);
    let test = TestNode::with_authorities().await;
    let own = own(&test, "SKU-9");
    let product = v1::Product {
        op: v1::FilingOp::Add as i32,
        owner_code: own.owner_code,
        business_type: 3,
        ent_goods_no: own.ent_goods_no,
        hs_code: "9999999999".to_owned(),
        name: own.name,
        unit: own.unit,
        unit1: own.unit1,
        origin: own.origin,
        ..Default::default()
    };
    let request = v1::PrecheckProductsRequest { products: vec![product.clone()] };
    let said = seller.precheck_products(request).await.expect("an answer").into_inner();
    let [one] = said.products.as_slice() else { panic!("one product: {said:?}") };
    let of = |doubts: &[v1::Rejection]| doubts.iter().map(|doubt| doubt.rule.clone()).collect::<Vec<_>>();
    assert_eq!((of(&one.doubts), one.passes), (vec!["R-PRD-01".to_owned(), "R-LIST-01".to_owned()], false));
    let request = v1::FileProductsRequest { products: vec![product], ..Default::default() };
    let filed = seller.file_products(request).await.expect("an answer").into_inner().recorded.expect("a record");
    assert!(filed.rejections.is_empty(), "{filed:?}");
    assert!(
        filed.values.iter().any(|value| value.name == "doubts" && value.value == "R-LIST-01 R-PRD-01"),
        "{filed:?}"
    );
    let queue = v1::ListProductsRequest { waiting_only: true, ..Default::default() };
    let queue = customs.list_products(queue).await.expect("an answer").into_inner().products;
    assert_eq!((queue.len(), of(&queue[0].doubts)), (1, of(&one.doubts)));
    exchange.stop().await;
}
