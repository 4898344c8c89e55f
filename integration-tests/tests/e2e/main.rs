//! The whole product on real parts, through the gateway, as its users see it.
//!
//! One program, so that one shared mesh serves all tests that break nothing; a test that kills or stops something starts a mesh
//! of its own.

mod faults;
mod grpc_web;
mod main_job;
mod repeated_sends;
