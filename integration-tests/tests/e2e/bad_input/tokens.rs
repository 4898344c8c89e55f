//! Access tokens that are not good.

use auth::{Access, Grant, testing::Issuer};
use integration_tests::client::new_id;
use prost::Message as _;
use time::{Duration, OffsetDateTime};
use tonic::Code;

use super::world::World;
use crate::calls;

/// More than the clocks of issuer and verifier may differ.
const LONG_AGO: Duration = Duration::minutes(5);
const LIFETIME: Duration = Duration::minutes(10);

#[expect(
    clippy::disallowed_methods,
    reason = "the processes under test read the same clock"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

async fn bad_tokens(world: &World) -> Vec<(&'static str, String)> {
    let user_id = world.ada.user_id;
    let good = &world.ada.tokens.access_token;
    let expired = Grant {
        token_id: new_id(),
        user_id,
        session_id: new_id(),
        issued_at: now() - LONG_AGO - LIFETIME,
        expires_at: now() - LONG_AGO,
    };
    let expired = world.mesh.access_token(&expired).await.unwrap();
    let forged = Issuer::new().token(user_id, new_id(), now() + LIFETIME);
    let [head, claims, _] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("a JWT has three parts")
    };
    let other_claims = forged.split('.').nth(1).unwrap();
    // base64url of {"alg":"none","typ":"at+jwt"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}.");
    let mut changed = good.clone().into_bytes();
    let middle = good.len() - 20;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    vec![
        ("ACCESS_TOKEN_EXPIRED", expired),
        ("ACCESS_TOKEN_INVALID", forged.clone()),
        ("ACCESS_TOKEN_INVALID", unsigned),
        ("ACCESS_TOKEN_INVALID", String::from_utf8(changed).unwrap()),
        ("ACCESS_TOKEN_INVALID", format!("{head}.{claims}.")),
        (
            "ACCESS_TOKEN_INVALID",
            format!("{head}.{other_claims}.{}", good.rsplit('.').next().unwrap()),
        ),
        (
            "ACCESS_TOKEN_INVALID",
            world.ada.tokens.refresh_token.clone(),
        ),
        ("ACCESS_TOKEN_INVALID", "x".repeat(8_000)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_forged_tokens_open_no_door() {
    let world = World::new().await;
    let before = world.belongings().await;
    for (reason, token) in bad_tokens(&world).await {
        let nobody = world.ada.with_token(&token).unwrap();
        for method in calls::for_people().filter(|method| method.access == Access::User) {
            let request = method.good_request(&world.subject).encode_to_vec();
            let mut doors = vec![world.mesh.gateway_url()];
            doors.extend(world.mesh.plan().endpoints(method.service()));
            for url in doors {
                let nobody = nobody.at(&url).unwrap();
                let answer = nobody.call(&method.path, request.clone()).await;
                let status = answer.unwrap_err();
                assert_eq!(
                    (status.code(), ::mesh::status::reason_of(&status).as_deref()),
                    (Code::Unauthenticated, Some(reason)),
                    "{} at {url} with {token}",
                    method.path
                );
            }
        }
    }
    world.assert_unchanged(&before).await;
}
