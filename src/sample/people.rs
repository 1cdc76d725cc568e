//! Made-up buyers: numbered, so that a population has a size and its members come again.

use super::numbers::{Rng, mixed};
use crate::domain::{Timestamp, check_digit};

/// A buyer or payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name, made of a family name and words such as 样例.
    pub name: String,
    /// Resident identity number with a valid check character, born 1960 to 2004.
    pub id_number: String,
    /// Telephone in the unassigned range 1000.
    pub telephone: String,
}

const DIVISIONS: [&str; 16] = [
    "410102", "410103", "410104", "410105", "410106", "410108", "410122", "410181", "110101", "310101", "440103",
    "510104", "330102", "320102", "370102", "420102",
];
/// Days from 1960-01-01 to 2004-12-31.
const BIRTHDAYS: u64 = 16_437;
const SERIALS: u64 = 1_000;
/// Days from 1960-01-01 to 1970-01-01.
const EPOCH_DAY: i64 = 3_653;
const DAY_MS: i64 = 86_400_000;
const FAMILY: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗",
];
const GIVEN: [&str; 8] = ["样", "例", "试", "范", "拟", "演", "测", "假"];
const LAST: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];

impl Person {
    /// How many different people there are.
    pub const POPULATION: u64 = 16 * BIRTHDAYS * SERIALS;

    /// The person of that number; numbers from [`Person::POPULATION`] on begin again.
    #[must_use]
    pub fn numbered(number: u64) -> Person {
        // The stride is prime and no factor of the population, so it visits everybody once.
        let place = number % Person::POPULATION * 1_000_003 % Person::POPULATION;
        let (rest, serial) = (place / SERIALS, place % SERIALS);
        let (division, day) = (rest / BIRTHDAYS, rest % BIRTHDAYS);
        let division =
            usize::try_from(division).ok().and_then(|at| DIVISIONS.get(at)).expect("the place is in the population");
        let day = i64::try_from(day).expect("a day number is small");
        let born = Timestamp((day - EPOCH_DAY) * DAY_MS).ceb8();
        let mut id_number = format!("{division}{born}{serial:03}");
        id_number.push(check_digit::id_number_check(&id_number).expect("seventeen digits were written"));
        let mut rng = Rng::new(0, mixed(place));
        let name = format!("{}{}{}", rng.pick(&FAMILY), rng.pick(&GIVEN), rng.pick(&LAST));
        Person { name, id_number, telephone: format!("1000{:07}", place % 10_000_000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check_digit::check_id_number;
    use std::collections::HashSet;

    #[test]
    fn people_have_valid_and_different_identity_numbers() {
        let mut seen = HashSet::new();
        for number in (0..20_000).chain(Person::POPULATION - 10..Person::POPULATION) {
            let person = Person::numbered(number);
            assert_eq!(check_id_number(&person.id_number), Ok(()), "{person:?}");
            let year: u32 = person.id_number[6..10].parse().unwrap();
            assert!((1960..=2004).contains(&year));
            assert!(seen.insert(person.id_number));
        }
        assert_eq!(Person::numbered(Person::POPULATION), Person::numbered(0));
    }
}
