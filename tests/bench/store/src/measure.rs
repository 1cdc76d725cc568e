//! What the kernel says about this process, and percentiles.

use std::path::Path;

/// CPU milliseconds of all threads so far.
pub fn cpu_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<u64>().ok()).sum();
    ticks * 10
}

fn number_after(file: &str, name: &str) -> u64 {
    std::fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Resident MiB now, and the highest so far.
pub fn rss_mib() -> (u64, u64) {
    (number_after("/proc/self/status", "VmRSS:") / 1024, number_after("/proc/self/status", "VmHWM:") / 1024)
}

/// Bytes this process made the disk write.
pub fn written_bytes() -> u64 {
    number_after("/proc/self/io", "write_bytes:")
}

/// Allocated bytes of all files under `dir`.
pub fn disk_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|e| match e.metadata() {
            Ok(m) if m.is_dir() => disk_bytes(&e.path()),
            Ok(m) => m.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

/// The value below which `percent` of the values lie.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len().saturating_sub(1)) * percent / 100).copied().unwrap_or(0.0)
}
