//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The machine and the day, as a sentence.
pub(crate) fn describe(folder: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = processor().unwrap_or_else(|| "unknown processor".to_owned());
    let system = ask("uname", &["-sr".as_ref()]);
    let file_system = ask("df", &["--output=fstype".as_ref(), folder]);
    // The last line: a heading stands before it.
    let file_system = file_system.lines().last().unwrap_or_default();
    let day = time::OffsetDateTime::now_utc().date();
    format!(
        "{day}, {cores} cores ({model}), {system}, {file_system}{}",
        load()
    )
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A machine that is busy with other things gives other figures.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().map_or_else(String::new, |load| {
        format!(", load average {load} at the end")
    })
}

fn ask(program: &str, arguments: &[&Path]) -> String {
    Command::new(program)
        .args(arguments)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
