#![no_main]
#[path = "../guided.rs"]
mod guided;

guided::guided!(guided::targets::signature);
