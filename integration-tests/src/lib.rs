//! The harness of QuickSync: it runs the real programs over real parts.
//!
//! * [`mesh`] brings the whole product up, in a test or under `make up`, and lets each process and part be killed and restarted.
//! * [`client`] is people who use it.
//! * [`dev`] is the command `quicksync-dev`, which `make up`, `make down` and the like call.
//! * [`load`] measures.
//!
//! The end-to-end tests are one program, `tests/e2e`: one build, one shared mesh.

pub mod client;
pub mod dev;
pub mod eventually;
pub mod load;
pub mod mesh;
