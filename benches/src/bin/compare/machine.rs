//! Where and when: for the reader who wonders why his figures differ.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use frame_arena_benches::record::Machine;

/// This machine.
pub fn machine() -> Machine {
    Machine {
        processor: field("/proc/cpuinfo", "model name"),
        cores: thread::available_parallelism().map_or(1, usize::from),
        memory_mib: memory_mib(),
        system: field_with("/etc/os-release", "PRETTY_NAME", '='),
        kernel: read("/proc/sys/kernel/osrelease"),
        libc: said_by("getconf", &["GNU_LIBC_VERSION"]),
        rustc: said_by("rustc", &["--version"]),
    }
}

/// The commit of the files here, with `+` if some differ from it.
pub fn commit() -> String {
    let commit = said_by("git", &["rev-parse", "--short=10", "HEAD"]);
    let changed = said_by(
        "git",
        &[
            "status",
            "--porcelain",
            "--untracked-files=no",
            ":!benches/results.json",
            ":!benches/RESULTS.md",
        ],
    );
    if changed.is_empty() { commit } else { commit + "+" }
}

/// Today, as `2026-11-24`.
pub fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date_of(since.as_secs() / 86_400)
}

/// Howard Hinnant's `civil_from_days`.
fn date_of(days_since_1970: u64) -> String {
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153; // From March on.
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{}-{month:02}-{day:02}", era * 400 + year + carry)
}

fn memory_mib() -> u64 {
    let text = field("/proc/meminfo", "MemTotal");
    text.trim_end_matches(" kB").parse::<u64>().unwrap_or(0) >> 10
}

fn field(path: &str, name: &str) -> String {
    field_with(path, name, ':')
}

fn field_with(path: &str, name: &str, separator: char) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| {
        let (left, right) = line.split_once(separator)?;
        (left.trim() == name).then(|| right.trim().trim_matches('"').to_owned())
    });
    line.unwrap_or_else(|| "unknown".to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn said_by(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn days_become_dates() {
        assert_eq!(
            [0, 59, 11_016, 20_781].map(date_of),
            ["1970-01-01", "1970-03-01", "2000-02-29", "2026-11-24"]
        );
    }
}
