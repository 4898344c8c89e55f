//! The two accounts that a newcomer finds ready.

use anyhow::{Context as _, Result};
use quicksync::user::v1::{RegisterRequest, auth_service_client::AuthServiceClient};
use tonic::Code;

use crate::client;

/// Somebody to sign in as. The passwords are public: these accounts exist on development machines only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) username: &'static str,
    pub(super) display_name: &'static str,
    pub(super) password: &'static str,
}

const ACCOUNTS: [Account; 2] = [
    Account {
        username: "ada",
        display_name: "Ada Lovelace",
        password: "analytical-engine-1843",
    },
    Account {
        username: "grace",
        display_name: "Grace Hopper",
        password: "moth-in-the-relay-1947",
    },
];

/// Registers them where they do not exist.
pub(super) async fn ensure_accounts(gateway: &str) -> Result<[Account; 2]> {
    let mut auth = AuthServiceClient::new(client::connect(gateway)?);
    for account in ACCOUNTS {
        let request = RegisterRequest {
            email: format!("{}@example.org", account.username),
            username: account.username.to_owned(),
            display_name: account.display_name.to_owned(),
            password: account.password.to_owned(),
        };
        match auth.register(request).await {
            Ok(_) => {}
            Err(status) if status.code() == Code::AlreadyExists => {}
            Err(status) => {
                return Err(status).with_context(|| {
                    format!("cannot register the demo account {}", account.username)
                });
            }
        }
    }
    Ok(ACCOUNTS)
}
