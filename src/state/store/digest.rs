//! One number for the whole state, to compare replays with.

use super::{Error, Range, Table, View};
use aws_lc_rs::digest::{Context, SHA256};

/// Rows held in memory at once.
const PAGE_ROWS: usize = 4096;

/// SHA-256 over every table number, key and value, lengths included, in order.
pub(super) fn digest(view: &View<'_>) -> Result<[u8; 32], Error> {
    let mut context = Context::new(&SHA256);
    let add = |context: &mut Context, bytes: &[u8]| {
        context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(bytes);
    };
    for table in Table::ALL {
        let mut range = Range::all().limit(PAGE_ROWS);
        loop {
            let rows = view.scan(table, &range)?;
            for (key, value) in &rows {
                context.update(&[table.number()]);
                add(&mut context, key);
                add(&mut context, value);
            }
            match rows.last() {
                Some((key, _)) if rows.len() == PAGE_ROWS => range = range.after(key),
                _ => break,
            }
        }
    }
    Ok(context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes"))
}
