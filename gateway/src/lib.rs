//! The one public door of QuickSync: a proxy of bytes between clients and the services of the mesh.
//!
//! It owns the public port with its limits, what clients may speak ([`protocol`]), CORS, the check of access tokens at
//! the edge, deadlines of whole calls, and errors of its own. It does not own any RPC: it learns from the descriptors
//! which methods there are, who may call them and where they carry refresh tokens, which it keeps in cookies for browsers,
//! and by which paths they are called by plain HTTP ([`openapi`] tells people and programs); JSON it writes and reads by them;
//! all other messages it passes on without decoding them, so that a new RPC needs no line here. It is not trusted either: services verify tokens again.
//!
//! The way of a call:
//!
//! ```text
//! server -> cors -> edge -> web_app, for browsers that want the app's files
//!                        -> sign_in -> user, for browsers that come from or go to a provider
//!                        -> protocol::{grpc, grpc_web, connect, rest} -> proxy -> mesh::client::Channel
//!  accept,           pages,   HTTP as a client speaks it    route, authorize, deadline,
//!  limits, drain     ids      <-> gRPC                      limit of a message, metrics
//! ```

mod access_log;
mod app;
mod client_address;
mod client_body;
mod config;
mod cookies;
mod credentials;
mod descriptors;
mod edge;
mod error;
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, doc(hidden))]
pub mod fuzzing;
mod html;
mod ids;
mod limits;
mod metrics;
mod openapi;
mod origins;
mod pages;
pub mod protocol;
mod proxy;
mod routes;
mod server;
mod sign_in;
mod web_app;

pub use access_log::{AccessLog, Mode};
pub use app::App;
pub use config::{Config, Cors, DescriptorReload, Public, Tls, UnmarkedAccess, Upstream, Web};
pub use limits::{Class, Quota, Quotas, RateLimits, UnmarkedClass};
