//! Lines that tell a waiting person what is being done. They go to standard error.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How often a step that goes on says so.
const STILL_AT_IT: Duration = Duration::from_secs(10);

static QUIET: AtomicBool = AtomicBool::new(false);

/// Silences [`say`]; for programs that draw their own output.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Prints one line.
pub fn say(line: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        eprintln!("  {line}");
    }
}

/// Announces `what`, awaits `work`, and repeats every ten seconds that it still goes on.
pub async fn during<T>(what: &str, work: impl Future<Output = T>) -> T {
    say(what);
    let started = Instant::now();
    let mut ticks = interval_at(started + STILL_AT_IT, STILL_AT_IT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => say(&format!("... {what} ({} s so far)", started.elapsed().as_secs())),
        }
    }
}
