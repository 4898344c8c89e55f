//! The rules of live delivery, without I/O, clock or randomness: each function is synchronous and can be tested alone.
//!
//! ```text
//! Record --> Hub::apply --+--> Window   (what can be replayed)
//!                         +--> Changes  (who came and went lately)
//!                         +--> routes   (conversation -> streams, with their stays) --> Outlet of each stream
//!
//! Said --> Hub::tell_typing --> routes --> Outlet of each stream (kept nowhere)
//! ```

pub mod changes;
pub mod digest;
pub mod hub;
pub mod outbox;
pub mod record;
pub mod seats;
mod slab;
pub mod stays;
pub mod token;
pub mod typing;
pub mod window;

#[cfg(test)]
mod tests;
