//! Products, account books and warehouses, from and to the contract.

use super::filing::{time_or_0, time_unless_0};
use super::incoming::required;
use super::{Invalid, note, rejections, text};
use crate::domain::limits::{BOOK_ITEMS_MAX, PRODUCTS_MAX};
use crate::domain::{
    Book, BookItem, BookRow, Event, EventKind, FiledProduct, Inbound, ItemQuantity, Outcome, Product, ProductBatch,
    ProductDecision, ProductStatus, Warehouse,
};
use crate::pb::v1 as pb;

fn at_most<T>(field: &str, values: &[T], most: usize) -> Result<(), Invalid> {
    if values.len() > most { Err(Invalid::new(field, format!("has more than {most} values"))) } else { Ok(()) }
}

/// Products to file.
///
/// # Errors
/// [`Invalid`].
pub fn products(products: Vec<pb::Product>) -> Result<ProductBatch, Invalid> {
    at_most("products", &products, PRODUCTS_MAX)?;
    let products = products.into_iter().enumerate().map(|(index, product)| one_product(index, product));
    Ok(ProductBatch { products: products.collect::<Result<_, _>>()? })
}

fn one_product(index: usize, product: pb::Product) -> Result<Product, Invalid> {
    let text = |field: &str, value: String| text(&format!("products[{index}].{field}"), value);
    Ok(Product {
        op: product.op,
        owner_code: text("owner_code", product.owner_code)?,
        ebp_code: text("ebp_code", product.ebp_code)?,
        customs_code: text("customs_code", product.customs_code)?,
        ciq_org: text("ciq_org", product.ciq_org)?,
        business_type: product.business_type,
        ie_flag: text("ie_flag", product.ie_flag)?,
        ent_goods_no: text("ent_goods_no", product.ent_goods_no)?,
        eport_goods_no: text("eport_goods_no", product.eport_goods_no)?,
        ciq_goods_no: text("ciq_goods_no", product.ciq_goods_no)?,
        cus_goods_no: text("cus_goods_no", product.cus_goods_no)?,
        ems_no: text("ems_no", product.ems_no)?,
        item_no: text("item_no", product.item_no)?,
        shelf_name: text("shelf_name", product.shelf_name)?,
        hs_code: text("hs_code", product.hs_code)?,
        barcode: text("barcode", product.barcode)?,
        name: text("name", product.name)?,
        style: text("style", product.style)?,
        brand: text("brand", product.brand)?,
        unit: text("unit", product.unit)?,
        unit1: text("unit1", product.unit1)?,
        unit2: text("unit2", product.unit2)?,
        price: text("price", product.price)?,
        currency: text("currency", product.currency)?,
        is_gift: product.is_gift,
        origin: text("origin", product.origin)?,
        quality: text("quality", product.quality)?,
        manufacturer: text("manufacturer", product.manufacturer)?,
        net_weight: text("net_weight", product.net_weight)?,
        gross_weight: text("gross_weight", product.gross_weight)?,
    })
}

/// A product on record.
#[must_use]
pub fn filed_product(row: FiledProduct) -> pb::FiledProduct {
    let title = |status: i32| ProductStatus::try_from(status).map_or(("", ""), ProductStatus::title);
    let ((customs_zh, customs_en), (quarantine_zh, quarantine_en)) = (title(row.customs), title(row.quarantine));
    pb::FiledProduct {
        on_record: row.is_on_record(),
        product: Some(product_out(row.product)),
        customs: row.customs,
        customs_zh: customs_zh.to_owned(),
        customs_en: customs_en.to_owned(),
        quarantine: row.quarantine,
        quarantine_zh: quarantine_zh.to_owned(),
        quarantine_en: quarantine_en.to_owned(),
        filed_at: time_unless_0(row.filed_ms),
        decided_at: time_unless_0(row.decided_ms),
        reason: row.reason,
        doubts: rejections(&row.reasons),
    }
}

/// What would become of products.
#[must_use]
pub fn products_precheck(outcome: Outcome) -> pb::PrecheckProductsResponse {
    let named = |event: &Event, name: &str| {
        event.values.iter().find(|named| named.name == name).map_or_else(String::new, |named| named.value.clone())
    };
    let product = |event: &Event| pb::ProductPrecheck {
        owner_code: event.code.clone(),
        ent_goods_no: named(event, "entGoodsNo"),
        doubts: rejections(&event.rejections),
        passes: named(event, "customs") == ProductStatus::Passed.title().1,
    };
    pb::PrecheckProductsResponse {
        faults: rejections(&outcome.rejections),
        products: outcome
            .events
            .iter()
            .filter(|event| event.kind == EventKind::ProductFiled as i32)
            .map(product)
            .collect(),
    }
}

fn product_out(product: Product) -> pb::Product {
    pb::Product {
        op: product.op,
        owner_code: product.owner_code,
        ebp_code: product.ebp_code,
        customs_code: product.customs_code,
        ciq_org: product.ciq_org,
        business_type: product.business_type,
        ie_flag: product.ie_flag,
        ent_goods_no: product.ent_goods_no,
        eport_goods_no: product.eport_goods_no,
        ciq_goods_no: product.ciq_goods_no,
        cus_goods_no: product.cus_goods_no,
        ems_no: product.ems_no,
        item_no: product.item_no,
        shelf_name: product.shelf_name,
        hs_code: product.hs_code,
        barcode: product.barcode,
        name: product.name,
        style: product.style,
        brand: product.brand,
        unit: product.unit,
        unit1: product.unit1,
        unit2: product.unit2,
        price: product.price,
        currency: product.currency,
        is_gift: product.is_gift,
        origin: product.origin,
        quality: product.quality,
        manufacturer: product.manufacturer,
        net_weight: product.net_weight,
        gross_weight: product.gross_weight,
    }
}

/// What an authority decides on a product.
///
/// # Errors
/// [`Invalid`].
pub fn product_decision(request: pb::DecideProductRequest) -> Result<ProductDecision, Invalid> {
    let by_quarantine = match pb::ProductAuthority::try_from(request.authority) {
        Ok(pb::ProductAuthority::Customs) => false,
        Ok(pb::ProductAuthority::Quarantine) => true,
        Ok(pb::ProductAuthority::Unspecified) | Err(_) => {
            return Err(Invalid::new("authority", "is neither customs nor quarantine"));
        }
    };
    let status = if request.pass { ProductStatus::Passed } else { ProductStatus::Refused };
    Ok(ProductDecision {
        owner_code: required("owner_code", request.owner_code)?,
        ent_goods_no: required("ent_goods_no", request.ent_goods_no)?,
        by_quarantine,
        status: status as i32,
        reason: note("reason", request.reason)?,
    })
}

/// A book to file.
///
/// # Errors
/// [`Invalid`].
pub fn book(book: Option<pb::Book>) -> Result<Book, Invalid> {
    let book = book.ok_or_else(|| Invalid::new("book", "is missing"))?;
    at_most("book.items", &book.items, BOOK_ITEMS_MAX)?;
    let item = |(index, item): (usize, pb::BookItem)| -> Result<BookItem, Invalid> {
        let text = |field: &str, value: String| text(&format!("book.items[{index}].{field}"), value);
        Ok(BookItem {
            item_no: text("item_no", item.item_no)?,
            hs_code: text("hs_code", item.hs_code)?,
            name: text("name", item.name)?,
            unit: text("unit", item.unit)?,
            unit1: text("unit1", item.unit1)?,
            unit2: text("unit2", item.unit2)?,
            origin: text("origin", item.origin)?,
            barcode: text("barcode", item.barcode)?,
            is_deleted: item.is_deleted,
        })
    };
    Ok(Book {
        ems_no: required("book.ems_no", book.ems_no)?,
        owner_code: text("book.owner_code", book.owner_code)?,
        customs_code: text("book.customs_code", book.customs_code)?,
        warehouse_code: text("book.warehouse_code", book.warehouse_code)?,
        items: book.items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?,
        to_ms: time_or_0("book.effective_to", book.effective_to)?,
        filed_ms: 0,
    })
}

/// A book on record.
#[must_use]
pub fn book_out(book: Book) -> pb::Book {
    pb::Book {
        ems_no: book.ems_no,
        owner_code: book.owner_code,
        customs_code: book.customs_code,
        warehouse_code: book.warehouse_code,
        items: Vec::new(),
        effective_to: time_unless_0(book.to_ms),
        filed_at: time_unless_0(book.filed_ms),
    }
}

/// An item with its balance.
#[must_use]
pub fn book_balance(row: BookRow) -> pb::BookBalance {
    let figure = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
    pb::BookBalance {
        balance: row.balance().to_string(),
        inbound: figure(&row.inbound),
        reserved: figure(&row.reserved),
        used: figure(&row.used),
        item: Some(pb::BookItem {
            item_no: row.item.item_no,
            hs_code: row.item.hs_code,
            name: row.item.name,
            unit: row.item.unit,
            unit1: row.item.unit1,
            unit2: row.item.unit2,
            origin: row.item.origin,
            barcode: row.item.barcode,
            is_deleted: false,
        }),
    }
}

/// Goods that came in.
///
/// # Errors
/// [`Invalid`].
pub fn inbound(request: pb::RecordInboundRequest) -> Result<Inbound, Invalid> {
    at_most("lines", &request.lines, BOOK_ITEMS_MAX)?;
    let line = |(index, line): (usize, pb::ItemQuantity)| -> Result<ItemQuantity, Invalid> {
        let item_no = required(&format!("lines[{index}].item_no"), line.item_no)?;
        Ok(ItemQuantity { item_no, qty: text(&format!("lines[{index}].qty"), line.qty)? })
    };
    Ok(Inbound {
        ems_no: required("ems_no", request.ems_no)?,
        document_no: required("document_no", request.document_no)?,
        lines: request.lines.into_iter().enumerate().map(line).collect::<Result<_, _>>()?,
        reason: note("reason", request.reason)?,
    })
}

/// A warehouse to file.
///
/// # Errors
/// [`Invalid`].
pub fn warehouse(warehouse: Option<pb::Warehouse>) -> Result<Warehouse, Invalid> {
    let warehouse = warehouse.ok_or_else(|| Invalid::new("warehouse", "is missing"))?;
    Ok(Warehouse {
        code: required("warehouse.code", warehouse.code)?,
        name: required("warehouse.name", warehouse.name)?,
        is_overseas: warehouse.is_overseas,
        operator_code: text("warehouse.operator_code", warehouse.operator_code)?,
        area_code: text("warehouse.area_code", warehouse.area_code)?,
        customs_code: text("warehouse.customs_code", warehouse.customs_code)?,
        country: text("warehouse.country", warehouse.country)?,
        address: note("warehouse.address", warehouse.address)?,
        from_ms: time_or_0("warehouse.effective_from", warehouse.effective_from)?,
        to_ms: time_or_0("warehouse.effective_to", warehouse.effective_to)?,
        filed_ms: 0,
    })
}

/// A warehouse on record.
#[must_use]
pub fn warehouse_out(warehouse: Warehouse) -> pb::Warehouse {
    pb::Warehouse {
        code: warehouse.code,
        name: warehouse.name,
        is_overseas: warehouse.is_overseas,
        operator_code: warehouse.operator_code,
        area_code: warehouse.area_code,
        customs_code: warehouse.customs_code,
        country: warehouse.country,
        address: warehouse.address,
        effective_from: time_unless_0(warehouse.from_ms),
        effective_to: time_unless_0(warehouse.to_ms),
        filed_at: time_unless_0(warehouse.filed_ms),
    }
}
