//! The OpenID provider that stands for Google: how the mesh and it know each other.

use std::path::Path;

use anyhow::Result;
use parts::{
    Lifetime, OpenIdProvider,
    openid_provider::{Account, Client, Settings},
};
use serde_json::{Value, json};

use super::{plan::Plan, secrets::Secrets};

/// Its folder in the state folder, and the name of its process.
pub const NAME: &str = "openid-provider";
/// What the user service calls it; part of `/auth/demo/start`.
pub const ID: &str = "demo";
/// What people call it.
pub const DISPLAY_NAME: &str = "Demo provider";
const CLIENT_ID: &str = "quicksync";

/// The one of this mesh; starts nothing. One that runs with other settings is ended.
pub(super) async fn open(
    dir: &Path,
    lifetime: Lifetime,
    plan: &Plan,
    secrets: &Secrets,
) -> Result<OpenIdProvider> {
    let settings = Settings {
        dir: dir.join(NAME),
        lifetime,
        port: Some(plan.provider_port),
        clients: vec![Client {
            client_id: CLIENT_ID.to_owned(),
            client_secret: secrets.provider_client_secret.clone(),
            redirect_uris: vec![format!("{}/auth/{ID}/callback", plan.origin())],
        }],
    };
    let settings_file = settings.dir.join("config.json");
    let before = std::fs::read_to_string(&settings_file).ok();
    let provider = OpenIdProvider::open(&settings).await?;
    let now = std::fs::read_to_string(&settings_file).ok();
    if provider.process().pid().is_some() && before != now {
        provider.stop().await?;
    }
    if provider.accounts()?.is_empty() {
        provider.set_accounts(&accounts())?;
    }
    Ok(provider)
}

/// What the user service is told of it.
pub(super) fn configuration(plan: &Plan, secrets: &Secrets) -> Value {
    json!([{
        "id": ID,
        "display_name": DISPLAY_NAME,
        "issuer": format!("http://127.0.0.1:{}", plan.provider_port),
        "client_id": CLIENT_ID,
        "client_secret": secrets.provider_client_secret,
        "trusted_for_email_linking": true,
    }])
}

/// People whom nobody else here knows, and one who is known by her address.
fn accounts() -> [Account; 3] {
    let account = |id: &str, name: &str, email: &str, email_verified| Account {
        id: id.to_owned(),
        email: email.to_owned(),
        email_verified,
        name: name.to_owned(),
    };
    [
        account("demo-1", "Ada Lovelace", "ada@example.org", true),
        account("demo-2", "Katherine Johnson", "katherine@example.net", true),
        account("demo-3", "Annie Easley", "annie@example.net", false),
    ]
}
