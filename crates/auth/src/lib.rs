//! Who is calling: access rules, access tokens and the keys that they are signed with.
//!
//! - [`Policy`] reads from the descriptors who may call which method;
//! - [`Verifier`] checks access tokens (RFC 9068) with the keys of the user service, which it fetches by itself;
//! - [`Authorizer`] joins the two and sits in the server stack of `mesh`;
//! - [`revocations`] knows of sessions that ended while their tokens are good;
//! - [`Caller`] is what an RPC learns of the person who calls it, [`forward`] lets it call others on their behalf;
//! - [`Client`] is what it learns of where the call comes from: address and device;
//! - [`Signer`] is the other side: the user service signs with it, and so do tests by [`testing::Issuer`].
//!
//! It does not own accounts, sessions or where private keys lie: those are the user service's.
//!
//! A service needs two lines:
//!
//! ```ignore
//! let authorizer = auth::Authorizer::start(&config.auth, quicksync::FILE_DESCRIPTOR_SET, &context, &metrics)?; // in App::build
//! let caller = auth::Caller::of(&request)?; // in an RPC
//! ```

mod authorizer;
mod caller;
mod client;
mod config;
mod error;
mod key_set;
mod keys;
mod policy;
pub mod revocations;
mod signer;
pub mod testing;
mod verifier;

pub use authorizer::{Authorizer, StartError};
pub use caller::{Caller, forward};
pub use client::{CLIENT_ADDRESS, Client};
pub use config::Config;
pub use error::Error;
pub use key_set::KeySet;
pub use keys::{KeySource, KeysError};
pub use policy::{Access, Policy, PolicyError};
pub use signer::{Grant, Signer, SignerError};
pub use verifier::Verifier;
