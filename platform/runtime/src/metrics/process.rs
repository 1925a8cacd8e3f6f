//! What the kernel knows of this process, asked when somebody looks. Where there is no `/proc`, only the uptime.
use std::fmt;
use std::fs;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::write;

#[derive(Debug)]
pub(super) struct Process {
    began: Instant,
}

/// Of the times in `/proc/<pid>/stat`: fixed by Linux's interface, whatever the kernel counts in (`proc(5)`).
const TICKS_PER_SECOND: f64 = 100.0;

impl Process {
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let uptime = ConstGauge::new(self.began.elapsed().as_secs_f64());
        write(&mut encoder, "process_uptime_seconds", "Time since the process began", &uptime)?;
        if let Some(bytes) = resident_bytes() {
            let help = "Memory in use";
            write(&mut encoder, "process_resident_memory_bytes", help, &ConstGauge::new(bytes))?;
        }
        if let Some(seconds) = processor_seconds() {
            let help = "Processor time used";
            write(&mut encoder, "process_cpu_seconds", help, &ConstCounter::new(seconds))?;
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            let open = ConstGauge::new(i64::try_from(files.count()).unwrap_or(i64::MAX));
            write(&mut encoder, "process_open_fds", "Open files and sockets", &open)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.split_whitespace().next()?.parse().ok()?;
    Some(1024 * kibibytes)
}

fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold anything, so count from behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: f64 = times.next()?.parse().ok()?;
    let system: f64 = times.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_understood() {
        assert!(resident_bytes().unwrap() > 1024 * 1024);
        let before = processor_seconds().unwrap();
        let until = Instant::now() + std::time::Duration::from_millis(50);
        while Instant::now() < until {}
        assert!(before <= processor_seconds().unwrap() && before < 60.0);
    }
}
