//! Whether the process should get traffic: it is ready when nobody holds a guard that says otherwise.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

/// What the process waits for. Cloning gives a handle to the same state.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    guards: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    is_ready: bool,
}

impl Readiness {
    /// The process is not ready from now until the guard is dropped or told [`Guard::set_ready`]. The name is what an
    /// operator reads at `/readyz`: "tail of the conversation log".
    #[must_use = "a guard that is dropped holds nothing back"]
    pub fn guard(&self, name: impl Into<String>) -> Guard {
        let mut state = self.0.lock();
        state.last_id += 1;
        let id = state.last_id;
        state.guards.insert(
            id,
            Entry {
                name: name.into(),
                is_ready: false,
            },
        );
        Guard {
            id,
            readiness: self.clone(),
        }
    }

    /// The names of what is not ready, oldest guard first. Empty: the process is ready.
    pub fn waiting_for(&self) -> Vec<String> {
        let state = self.0.lock();
        state
            .guards
            .values()
            .filter(|entry| !entry.is_ready)
            .map(|entry| entry.name.clone())
            .collect()
    }

    /// True when nothing is waited for.
    pub fn is_ready(&self) -> bool {
        self.0.lock().guards.values().all(|entry| entry.is_ready)
    }
}

/// Holds the process back from traffic until it is dropped. Keep it to flip readiness again and again.
#[derive(Debug)]
pub struct Guard {
    id: u64,
    readiness: Readiness,
}

impl Guard {
    /// Says whether what this guard stands for is ready now. Cheap, but takes a lock: not for each message.
    pub fn set_ready(&self, is_ready: bool) {
        if let Some(entry) = self.readiness.0.lock().guards.get_mut(&self.id) {
            entry.is_ready = is_ready;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.readiness.0.lock().guards.remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
