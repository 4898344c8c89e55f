//! The two accounts that a newcomer finds ready.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use quicksync::user::v1::{
    GetMeRequest, RegisterRequest, SendVerificationEmailRequest, VerifyEmailRequest,
    auth_service_client::AuthServiceClient,
};
use tonic::Code;

use crate::{
    client::{self, Person},
    mesh::{Mesh, mails::token_of},
};

/// Tells in the state folder that they are there.
const DONE_FILE: &str = "demo-accounts";
/// The page that links lead to.
const VERIFY_EMAIL: &str = "verify-email";

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

impl Account {
    pub(super) fn email(&self) -> String {
        format!("{}@example.org", self.username)
    }
}

/// Registers them where they do not exist, and proves their addresses by the mailed links. Done once for a state folder: a sign-in
/// at each start would fill the lists of their sessions.
pub(super) async fn ensure_accounts(mesh: &Mesh, dir: &Path) -> Result<[Account; 2]> {
    let done = dir.join(DONE_FILE);
    if !done.exists() {
        try_join_all(ACCOUNTS.iter().map(|account| async {
            ensure_account(mesh, account)
                .await
                .with_context(|| format!("the demo account {}", account.username))
        }))
        .await?;
        fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
    }
    Ok(ACCOUNTS)
}

async fn ensure_account(mesh: &Mesh, account: &Account) -> Result<()> {
    let url = mesh.gateway_url();
    let mut auth = AuthServiceClient::new(client::connect(&url)?);
    let request = RegisterRequest {
        email: account.email(),
        username: account.username.to_owned(),
        display_name: account.display_name.to_owned(),
        password: account.password.to_owned(),
    };
    let link = match auth.register(request).await {
        Ok(_) => mesh.mails().link(&account.email(), VERIFY_EMAIL).await?,
        // Made by an earlier build or an interrupted start.
        Err(status) if status.code() == Code::AlreadyExists => {
            let person = Person::login(&url, account.username, account.password).await?;
            let me = person.users().get_me(GetMeRequest {}).await?.into_inner();
            if !me.email.is_empty() {
                return Ok(());
            }
            let before = mesh.mails().newest_link(&account.email(), VERIFY_EMAIL)?;
            let request = SendVerificationEmailRequest {};
            person.accounts().send_verification_email(request).await?;
            mesh.mails()
                .link_but(&account.email(), VERIFY_EMAIL, before.as_deref())
                .await?
        }
        Err(status) => return Err(status.into()),
    };
    let request = VerifyEmailRequest {
        token: token_of(&link).to_owned(),
    };
    auth.verify_email(request).await?;
    Ok(())
}
