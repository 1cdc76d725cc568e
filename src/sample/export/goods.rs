//! A short catalogue of made-up goods that are sold abroad, and where they go.

use super::super::Goods;

/// A country of destination and the currency in which it pays.
#[derive(Debug, PartialEq, Eq)]
pub struct Destination {
    /// Country code; also the port of destination where no port is named.
    pub country: &'static str,
    /// Currency code.
    pub currency: &'static str,
}

/// Where exports go.
pub const DESTINATIONS: &[Destination] = &[
    Destination { country: "502", currency: "502" },
    Destination { country: "303", currency: "303" },
    Destination { country: "304", currency: "300" },
    Destination { country: "305", currency: "300" },
    Destination { country: "601", currency: "502" },
    Destination { country: "501", currency: "502" },
];

macro_rules! export_goods {
    ($($item:literal $record:literal $commodity:literal $name:literal $model:literal $bar:literal
       $unit:literal $unit1:literal $unit2:expr, $price:literal $grams:literal;)*) => {
        &[$(Goods {
            item_no: $item, record_no: $record, commodity: $commodity, name: $name, model: $model, bar_code: $bar,
            unit: $unit, unit1: $unit1, unit2: $unit2, origin: "142", price_fen: $price, net_grams: $grams,
            vat_percent: 0, consumption_percent: 0,
        }),*]
    };
}

/// The catalogue; prices are in hundredths of the currency of the sale. Brands are invented.
pub const EXPORT_GOODS: &[Goods] = export_goods![
    "EXP-TEE-01" "200001" "6109100021" "全棉针织T恤衫" "品名:T恤衫|品牌:演练生活|款式:圆领短袖|成分:棉100%" "2000000000206" "011" "011" Some("035"), 1_290 180;
    "EXP-SCARF-01" "200002" "6214900090" "印花围巾" "品名:围巾|品牌:演练生活|成分:棉60%、亚麻40%" "2000000000213" "015" "015" Some("035"), 1_580 120;
    "EXP-CABLE-01" "200003" "8544421900" "充电数据线" "品名:数据线|品牌:测试电器|型号:SJ-1|接头:两端USB-C|长度:1米" "2000000000220" "015" "035" None, 690 45;
    "EXP-LAMP-01" "200004" "9405210090" "台灯" "品名:LED台灯|品牌:测试电器|型号:TD-5|功率:5瓦" "2000000000237" "007" "035" Some("007"), 2_350 760;
    "EXP-CUP-01" "200005" "9617001900" "不锈钢保温杯" "品名:保温杯|品牌:样板山谷|容量:500毫升|材质:不锈钢" "2000000000244" "007" "035" Some("007"), 1_450 340;
    "EXP-TOY-01" "200006" "9503006000" "积木玩具" "品名:积木|品牌:假日童趣|材质:塑料|件数:120" "2000000000251" "006" "035" Some("006"), 1_990 620;
    "EXP-MAT-01" "200007" "4016999090" "瑜伽垫" "品名:瑜伽垫|品牌:演练运动|材质:天然橡胶|厚度:5毫米" "2000000000268" "010" "035" None, 2_190 1_350;
    "EXP-CASE-01" "200008" "3926909090" "手机保护壳" "品名:手机壳|品牌:测试电器|材质:硅胶" "2000000000275" "007" "035" None, 590 32;
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{check_digit::check_gtin, codes};

    #[test]
    fn export_goods_have_known_codes_and_valid_bar_codes() {
        for goods in EXPORT_GOODS {
            assert_eq!(check_gtin(goods.bar_code), Ok(()), "{goods:?}");
            assert!(goods.commodity.len() == 10 && goods.commodity.bytes().all(|b| b.is_ascii_digit()), "{goods:?}");
            assert!(goods.item_no.len() <= 20 && codes::is_unit(goods.unit) && codes::is_unit(goods.unit1));
            assert!(goods.unit2.is_none_or(codes::is_unit), "{goods:?}");
            // The largest quantity of a sale stays under what a list may be worth (R-EXP-02).
            assert!(goods.price_fen > 0 && goods.price_fen * 20 <= 50_000, "{goods:?}");
        }
        for place in DESTINATIONS {
            assert!(codes::is_country(place.country) && codes::is_currency(place.currency), "{place:?}");
        }
    }
}
