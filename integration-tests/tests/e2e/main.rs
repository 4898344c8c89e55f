//! The whole product on real parts, through the gateway, as its users see it.
//!
//! One program, so that one shared mesh serves all tests that break nothing; a test that kills or stops something starts a mesh
//! of its own.

mod bad_input;
mod calls;
mod clients;
mod documents;
mod everyday;
mod faults;
mod identity;
mod layout;
mod main_job;
mod membership;
mod outsiders;
mod repeated_sends;
mod replicas;
mod rolling;
mod sessions;
mod typing;
