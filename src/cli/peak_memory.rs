//! How much memory the program has used.

use std::fs;

/// The most bytes that were in memory at once; `None` where the system does not tell.
pub(crate) fn peak() -> Option<u64> {
    peak_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The same in the words of Linux.
fn peak_in(status: &str) -> Option<u64> {
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_its_line() {
        let status = "VmPeak:\t   99 kB\nVmHWM:\t   24 kB\nVmRSS:\t   20 kB\n";
        assert_eq!(peak_in(status), Some(24_576));
        assert_eq!(peak_in("VmPeak:\t   99 kB\n"), None);
        assert_eq!(peak_in("VmHWM:\t   many\n"), None);
    }
}
