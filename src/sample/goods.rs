//! A short catalogue of made-up goods with plausible commodity codes and units.

/// One article of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Goods {
    /// Seller's item number, at most 20 characters.
    pub item_no: &'static str,
    /// Item number in the bonded account book.
    pub record_no: &'static str,
    /// Ten-digit commodity code.
    pub commodity: &'static str,
    /// Goods name.
    pub name: &'static str,
    /// Specification: name, brand, composition, size.
    pub model: &'static str,
    /// GTIN-13 with a valid check digit.
    pub bar_code: &'static str,
    /// Declared unit of quantity.
    pub unit: &'static str,
    /// First statutory unit: `035` is kilograms, else it equals the declared unit.
    pub unit1: &'static str,
    /// Second statutory unit, counted like the declared one.
    pub unit2: Option<&'static str>,
    /// Country of origin.
    pub origin: &'static str,
    /// Price of one, in fen.
    pub price_fen: i64,
    /// Net weight of one, in grams.
    pub net_grams: i64,
    /// VAT, in percent.
    pub vat_percent: i64,
    /// Consumption tax, in percent.
    pub consumption_percent: i64,
}

macro_rules! goods {
    ($($item:literal $record:literal $commodity:literal $name:literal $model:literal $bar:literal
       $unit:literal $unit1:literal $unit2:expr, $origin:literal $price:literal $grams:literal $vat:literal $tax:literal;)*) => {
        &[$(Goods {
            item_no: $item, record_no: $record, commodity: $commodity, name: $name, model: $model, bar_code: $bar,
            unit: $unit, unit1: $unit1, unit2: $unit2, origin: $origin, price_fen: $price, net_grams: $grams,
            vat_percent: $vat, consumption_percent: $tax,
        }),*]
    };
}

/// The catalogue. Brands are invented; bar codes are from the range 200–299, which stores give out themselves.
pub const GOODS: &[Goods] = goods![
    "SKU-MILK-01" "100001" "1901101010" "婴儿配方奶粉" "品名:婴儿配方奶粉|品牌:样例牧场|规格:800克/罐|段位:2段|成分:脱脂乳、乳糖、植物油" "2000000000015" "122" "035" None, "302" 23_800 800 13 0;
    "SKU-MILK-02" "100002" "1901101010" "幼儿配方奶粉" "品名:幼儿配方奶粉|品牌:样例牧场|规格:900克/罐|段位:3段|成分:全脂乳、乳糖" "2000000000022" "122" "035" None, "609" 21_600 900 13 0;
    "SKU-DIAPER-01" "100003" "9619001100" "婴儿纸尿裤" "品名:纸尿裤|品牌:示例棉语|规格:L码54片/包|材质:无纺布、绒毛浆" "2000000000039" "125" "035" Some("011"), "116" 9_900 1_900 13 0;
    "SKU-CREAM-01" "100004" "3304990029" "保湿面霜" "品名:保湿面霜|品牌:拟真花园|规格:50毫升/瓶|用途:面部护理|成分:水、甘油、透明质酸" "2000000000046" "142" "035" Some("011"), "305" 32_000 180 13 0;
    "SKU-SERUM-01" "100005" "3304990021" "修护精华液" "品名:修护精华液|品牌:拟真花园|规格:30毫升/瓶|用途:面部护理|成分:水、二裂酵母" "2000000000053" "142" "035" Some("011"), "133" 45_000 120 13 15;
    "SKU-SHAMPOO-01" "100006" "3305100090" "氨基酸洗发水" "品名:洗发水|品牌:样板山谷|规格:480毫升/瓶|是否含药物:否" "2000000000060" "142" "035" None, "116" 6_800 520 13 0;
    "SKU-VITAMIN-01" "100007" "2106909090" "复合维生素片" "品名:复合维生素片|品牌:示例健康|规格:120粒/瓶|成分:维生素C、维生素D、锌" "2000000000077" "142" "035" None, "601" 15_900 210 13 0;
    "SKU-FISHOIL-01" "100008" "1504200099" "深海鱼油软胶囊" "品名:鱼油软胶囊|品牌:示例健康|规格:200粒/瓶|含量:每粒1000毫克" "2000000000084" "142" "035" None, "326" 18_800 330 9 0;
    "SKU-HONEY-01" "100009" "0409000000" "麦卢卡蜂蜜" "品名:天然蜂蜜|品牌:样板山谷|规格:250克/瓶|等级:UMF10+" "2000000000091" "142" "035" None, "609" 19_800 400 9 0;
    "SKU-COFFEE-01" "100010" "0901210000" "烘焙咖啡豆" "品名:咖啡豆|品牌:假日烘焙|规格:1千克/袋|是否浸除咖啡碱:否" "2000000000107" "136" "035" None, "307" 12_800 1_000 13 0;
    "SKU-SHAVER-01" "100011" "8510100000" "电动剃须刀" "品名:电动剃须刀|品牌:测试电器|型号:CS-3000|是否充电式:是" "2000000000114" "007" "007" Some("035"), "304" 69_900 350 13 0;
    "SKU-BRUSH-01" "100012" "8509809000" "电动牙刷" "品名:电动牙刷|品牌:测试电器|型号:YS-200|功率:2瓦" "2000000000121" "007" "007" Some("035"), "302" 39_900 260 13 0;
    "SKU-SHOES-01" "100013" "6404110000" "女式跑步鞋" "品名:跑步鞋|品牌:演练运动|款式:女式|鞋面材质:纺织材料|鞋底材质:橡胶" "2000000000138" "025" "025" Some("035"), "502" 55_900 680 13 0;
    "SKU-BAG-01" "100014" "4202220000" "帆布单肩包" "品名:单肩包|品牌:演练生活|材质:棉帆布|规格:30厘米×24厘米" "2000000000145" "007" "035" Some("007"), "307" 26_900 540 13 0;
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{check_digit::check_gtin, codes};

    #[test]
    fn goods_have_known_codes_and_valid_bar_codes() {
        for goods in GOODS {
            assert_eq!(check_gtin(goods.bar_code), Ok(()), "{goods:?}");
            assert!(goods.commodity.len() == 10 && goods.commodity.bytes().all(|b| b.is_ascii_digit()), "{goods:?}");
            assert!(goods.item_no.len() <= 20 && goods.record_no.len() <= 30);
            assert!(codes::is_unit(goods.unit) && codes::is_unit(goods.unit1) && codes::is_country(goods.origin));
            assert!(goods.unit2.is_none_or(codes::is_unit), "{goods:?}");
            assert!(goods.unit1 == "035" || goods.unit1 == goods.unit, "{goods:?}");
            assert!(goods.price_fen > 0 && goods.price_fen <= 100_000 && goods.net_grams > 0);
        }
    }
}
