//! CPU time and memory of the processes that take part, read from `/proc`.

use std::{collections::BTreeMap, fs, time::Duration};

use anyhow::{Context as _, Result};
use nix::unistd::{SysconfVar, sysconf};

use super::traffic::Phase;

/// A process to watch.
#[derive(Clone, Debug)]
pub struct Process {
    /// Name in the report; replicas share one.
    pub name: String,
    /// Process id.
    pub pid: u32,
}

/// CPU time used so far, by name.
#[derive(Clone, Debug, Default)]
pub struct Reading(BTreeMap<String, Duration>);

impl Reading {
    /// Of all processes with their children (PostgreSQL works in children), and of this process as "load".
    pub fn take(processes: &[Process]) -> Result<Self> {
        let parents = parents()?;
        let mut reading = BTreeMap::new();
        let own = Process {
            name: "load".into(),
            pid: std::process::id(),
        };
        for process in processes {
            let members = parents
                .iter()
                .filter(|(_, parent)| **parent == process.pid)
                .map(|(pid, _)| *pid);
            for pid in members.chain([process.pid]) {
                *reading.entry(process.name.clone()).or_default() += used(pid)?;
            }
        }
        *reading.entry(own.name).or_default() += used(own.pid)?;
        Ok(Self(reading))
    }

    /// What was used since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = |(name, now): (&String, &Duration)| {
            let before = earlier.0.get(name).copied().unwrap_or_default();
            (name.clone(), now.saturating_sub(before))
        };
        Self(self.0.iter().map(difference).collect())
    }

    /// Of the processes of one name.
    pub fn of(&self, name: &str) -> Duration {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Of all processes together.
    pub fn total(&self) -> Duration {
        self.0.values().sum()
    }
}

/// Resident memory of all processes of that name, in KiB.
pub fn resident_kib(processes: &[Process], name: &str) -> Result<u64> {
    let mut sum = 0;
    for process in processes.iter().filter(|process| process.name == name) {
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS line")?;
        sum += line.trim().trim_end_matches(" kB").parse::<u64>()?;
    }
    Ok(sum)
}

/// One line about the machine.
pub fn machine() -> String {
    let read = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .find(|line| line.starts_with(key))
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = read("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let memory = read("/proc/meminfo", "MemTotal").unwrap_or_default();
    format!(
        "Machine: {cores} cores of {model}, {memory} of memory; every process below shares them."
    )
}

/// One row per process, one column per phase, in microseconds of CPU per acked message.
pub(super) fn print_table(phases: &[Phase]) {
    let names: Vec<&String> = phases
        .first()
        .map(|phase| phase.cpu.0.keys().collect())
        .unwrap_or_default();
    let head: Vec<String> = phases.iter().map(|phase| phase.name.clone()).collect();
    println!(
        "| process | {} |\n|---|{}",
        head.join(" | "),
        "---|".repeat(phases.len())
    );
    for name in names {
        let cells: Vec<String> = phases
            .iter()
            .map(|phase| {
                per_message(
                    phase.cpu.0.get(name).copied().unwrap_or_default(),
                    phase.acked,
                )
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    let totals: Vec<String> = phases
        .iter()
        .map(|phase| per_message(phase.cpu.total(), phase.acked))
        .collect();
    println!("| **all** | {} |", totals.join(" | "));
}

fn per_message(used: Duration, messages: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let messages = messages.max(1) as f64;
    format!("{:.0}", used.as_secs_f64() * 1e6 / messages)
}

fn used(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    let fields: Vec<&str> = stat
        .rsplit_once(") ")
        .context("no command in stat")?
        .1
        .split(' ')
        .collect();
    // proc_pid_stat(5): utime is field 14 and stime field 15; the first after the command is field 3.
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    let per_second = sysconf(SysconfVar::CLK_TCK)?.context("no clock tick")?;
    Ok(Duration::from_secs_f64(
        f64::from(u32::try_from(ticks)?) / f64::from(i32::try_from(per_second)?),
    ))
}

/// Parent of each process.
fn parents() -> Result<BTreeMap<u32, u32>> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // A process may end between the listing and the reading.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
    }
    Ok(parents)
}
