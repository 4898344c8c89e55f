//! What people see while something is killed, stopped or restarted.
//!
//! All these tests take turns on one mesh with parts of its own: a second one would cost more memory and time than it would save. Each
//! has its own people and conversations, and begins with everything running.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod chat;
mod kafka;
mod messaging;
mod notification;
mod postgres;
mod redis;
pub mod talk;

use std::{ops::Deref, thread};

use integration_tests::mesh::{self, Mesh, Replica, Visitors};
use parts::progress;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The mesh that may be broken, for one test at a time.
pub struct Turn {
    witness: Witness<'static>,
    _turn: MutexGuard<'static, ()>,
}

/// A test that fails shows what the services had to complain about, for whoever has nothing but its output.
pub struct Witness<'a>(pub &'a Mesh);

impl Deref for Turn {
    type Target = Mesh;

    fn deref(&self) -> &Mesh {
        self.witness.0
    }
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            for complaint in self.0.all().iter().flat_map(Replica::complaints) {
                progress::say(&complaint);
            }
        }
    }
}

/// Waits for its turn, and for everything to run: a test that failed may have left something stopped.
pub async fn turn() -> Turn {
    static MESH: OnceCell<Mesh> = OnceCell::const_new();
    static TURNS: Mutex<()> = Mutex::const_new(());
    let turn = TURNS.lock().await;
    let mesh = MESH
        .get_or_try_init(|| mesh::own("faults", Visitors::Tests))
        .await
        .unwrap();
    mesh.start().await.unwrap();
    Turn {
        witness: Witness(mesh),
        _turn: turn,
    }
}
