//! `quicksync-dev status`. It only reads: whatever is being started or stopped goes on undisturbed.

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use parts::{Lifetime, Parts, Status, process::Process};

use super::{PARTS_DIR, state};
use crate::mesh::{Mesh, Plan, Replica, provider};

/// One line of the table.
struct Row {
    name: String,
    pid: Option<i32>,
    port: u16,
    admin_port: Option<u16>,
    state: &'static str,
}

impl Row {
    fn of_part(part: &Status) -> Self {
        let state = if part.pid.is_some() {
            "running"
        } else {
            "stopped"
        };
        Self {
            name: part.part.to_owned(),
            pid: part.pid,
            port: part.port,
            admin_port: None,
            state,
        }
    }

    fn of_provider(dir: &Path, plan: &Plan) -> Self {
        let process = Process::new(provider::NAME, dir.join(provider::NAME), Lifetime::Detached);
        Self::of_part(&Status {
            part: provider::NAME,
            pid: process.pid(),
            port: plan.provider_port,
        })
    }

    async fn of_replica(replica: &Replica) -> Self {
        let pid = replica.pid();
        let state = match pid {
            None => "stopped",
            Some(_) if replica.is_ready().await => "ready",
            Some(_) => "not ready",
        };
        let seat = replica.seat();
        Self {
            name: replica.name(),
            pid,
            port: seat.port,
            admin_port: Some(seat.admin_port),
            state,
        }
    }

    fn works(&self) -> bool {
        matches!(self.state, "running" | "ready")
    }

    fn text(&self) -> String {
        let pid = self
            .pid
            .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let admin = self
            .admin_port
            .map_or_else(String::new, |port| port.to_string());
        format!(
            "{:16} {pid:>8} {:>6} {admin:>6}  {}\n",
            self.name, self.port, self.state
        )
    }
}

/// Shows what runs; exit status 1 where something does not.
pub(super) async fn show(dir: &Path) -> Result<ExitCode> {
    state::require_ours(dir)?;
    let (Some(plan), Some(parts)) = (Plan::load(dir)?, Parts::look(&dir.join(PARTS_DIR))?) else {
        print("nothing was ever started here: make up\n");
        return Ok(ExitCode::FAILURE);
    };
    let mut rows: Vec<Row> = parts.iter().map(Row::of_part).collect();
    rows.push(Row::of_provider(dir, &plan));
    for replica in &Mesh::look(dir, &plan)? {
        rows.push(Row::of_replica(replica).await);
    }
    let header = format!(
        "{:16} {:>8} {:>6} {:>6}  state\n",
        "name", "pid", "port", "admin"
    );
    print(&(header + &rows.iter().map(Row::text).collect::<String>()));
    Ok(if rows.iter().all(Row::works) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints where somebody reads: `... | head` is no error.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
