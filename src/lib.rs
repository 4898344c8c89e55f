//! Generated stubs of QuickSync: messages, clients and servers for every package under `proto/quicksync`.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use quicksync::user::v1::{LoginRequest, auth_service_client::AuthServiceClient};
//!
//! let mut auth = AuthServiceClient::connect("http://127.0.0.1:8080").await?;
//! let tokens = auth
//!     .login(LoginRequest { login: "ada".into(), password: "correct horse battery".into() })
//!     .await?;
//! # let _ = tokens;
//! # Ok(())
//! # }
//! ```
//!
//! The meaning, units, bounds and errors of each field are documented in the `.proto` files and repeated here.
#![expect(clippy::pedantic, clippy::allow_attributes, reason = "generated code")]

macro_rules! packages {
    ($($package:ident),*) => {$(
        #[doc = concat!("`quicksync.", stringify!($package), ".v1`")]
        pub mod $package {
            /// Version 1, the only one so far.
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/quicksync.", stringify!($package), ".v1.rs"));
            }
        }
    )*};
}

/// What is not ours.
pub mod google {
    /// `google.api`: how methods are called by plain HTTP, for who reads that in descriptors.
    pub mod api {
        include!(concat!(env!("OUT_DIR"), "/google.api.rs"));
    }
}

packages!(chat, events, messaging, notification, options, user);

/// Every file above with its imports, comments and custom options, as an encoded `google.protobuf.FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/quicksync.binpb"));
