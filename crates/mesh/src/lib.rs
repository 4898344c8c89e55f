//! The one place where a gRPC hop is made: what a service links instead of a sidecar. It knows nothing of chat.
//!
//! Server: [`server::Builder`] binds a port and wraps the services in one stack. Client: [`client::Channel`] is what the
//! generated clients are given instead of tonic's channel. Between the two, [`Context`] carries the deadline and the trace
//! of the call that is being handled to the calls made for it, without a service doing anything.
//!
//! Stacks, from the outside in; each layer says in its module why it stands where it stands:
//!
//! * server: *(TLS accept, peer identity)* -> connection limit -> metrics -> catch panic -> deadline -> trace -> authorize
//!   -> *(shed)* -> message size -> service
//! * client: metrics -> trace -> deadline -> *(retry with a budget)* -> pick *(round robin; p2c later)* -> per endpoint
//!   { *(breaker, load, identity)* -> connect }
//!
//! What stands in parentheses is not built yet and has its seat there: services will not change when it comes.

pub mod client;
pub mod context;
pub mod deadline;
pub mod metrics;
pub mod server;
pub mod status;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod validate;

pub use client::Channel;
pub use context::Context;
pub use metrics::Metrics;
pub use validate::Violations;
