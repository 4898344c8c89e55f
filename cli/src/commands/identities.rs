//! providers, identities, unlink.

use quicksync::user::v1::{
    Identity, ListIdentitiesRequest, ListProvidersRequest, UnlinkIdentityRequest,
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    connection::{Gateway, request},
    failure::Failure,
    output::{plain, rfc3339, when},
};

pub(super) async fn providers(context: &Context<'_>) -> Result<(), Failure> {
    let session = &context.session;
    let answer = session
        .gateway
        .auth()
        .list_providers(request(ListProvidersRequest {}))
        .await
        .map_err(|status| session.failed(status))?;
    let providers = answer.into_inner().providers;
    if providers.is_empty() {
        context.output.note("this gateway has no providers");
    }
    for provider in providers {
        let (id, name) = (&provider.provider_id, &provider.display_name);
        context.output.print(
            || format!("{id}  {}", plain(name)),
            || json!({ "provider_id": id, "display_name": name }),
        )?;
    }
    Ok(())
}

pub(super) async fn list(context: &Context<'_>) -> Result<(), Failure> {
    let send = async |gateway: &Gateway, request| gateway.accounts().list_identities(request).await;
    let answer = context.session.call(ListIdentitiesRequest {}, send).await?;
    if answer.identities.is_empty() {
        context.output.note(&format!(
            "none: in a browser where you are signed in, {}/auth/ID/start?intent=link links one of `quicksync-cli providers`",
            context.session.gateway.url()
        ));
    }
    for identity in &answer.identities {
        context
            .output
            .print(|| line(context, identity), || json(identity))?;
    }
    Ok(())
}

pub(super) async fn unlink(context: &Context<'_>, identity_id: String) -> Result<(), Failure> {
    let message = UnlinkIdentityRequest {
        identity_id: identity_id.clone(),
    };
    let send = async |gateway: &Gateway, request| gateway.accounts().unlink_identity(request).await;
    context.session.call_once(message, send).await?;
    context.output.print(
        || "unlinked".to_owned(),
        || json!({ "identity_id": identity_id }),
    )
}

/// `ID  google  ada@example.org  linked Mar 5 09:00  last used 10:05`
fn line(context: &Context<'_>, identity: &Identity) -> String {
    let now = context.session.clock.now();
    let mut cells = vec![
        identity.identity_id.clone(),
        identity.provider_id.clone(),
        plain(&identity.email),
        format!("linked {}", when(identity.created_at, now)),
        format!("last used {}", when(identity.last_used_at, now)),
    ];
    cells.retain(|cell| !cell.is_empty());
    cells.join("  ")
}

fn json(identity: &Identity) -> Value {
    json!({
        "identity_id": identity.identity_id,
        "provider_id": identity.provider_id,
        "email": identity.email,
        "created_at": rfc3339(identity.created_at),
        "last_used_at": rfc3339(identity.last_used_at),
    })
}
