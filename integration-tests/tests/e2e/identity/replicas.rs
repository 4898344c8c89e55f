//! Two replicas of user are one product.

use std::collections::BTreeSet;

use futures::future::join_all;
use integration_tests::{
    client::{PASSWORD, Person},
    mesh::{self, Service},
};
use quicksync::user::v1::{GetJwksRequest, GetMeRequest, LoginRequest, LoginResponse};
use tonic::{Response, Status};

use crate::faults::{talk::persist, turn};

#[tokio::test(flavor = "multi_thread")]
async fn both_replicas_publish_the_same_keys_and_take_each_others_tokens() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let urls = mesh.plan().endpoints(Service::User);
    assert_eq!(urls.len(), 2);
    let mut key_sets = BTreeSet::new();
    for url in &urls {
        let there = ada.at(url).unwrap();
        let keys = there.auth().get_jwks(GetJwksRequest {}).await.unwrap();
        key_sets.insert(keys.into_inner().jwks_json);
    }
    assert_eq!(key_sets.len(), 1, "{key_sets:?}");

    // Each refresh at the other replica than the one before.
    let mut person = ada.clone();
    for url in urls.iter().cycle().take(6) {
        person = person.at(url).unwrap().refreshed().await.unwrap();
        for other in &urls {
            let there = person.at(other).unwrap();
            let me = there.users().get_me(GetMeRequest {}).await.unwrap();
            assert_eq!(me.into_inner().user.as_ref(), Some(&ada.user));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_go_on_with_one_replica() {
    let mesh = turn().await;
    let url = mesh.gateway_url();
    let ada = Person::register(&url, "ada").await.unwrap();
    for replica in mesh.replicas(Service::User) {
        replica.stop().await.unwrap();
        for (again, repeated) in join_all((0..8).map(|_| sign_in(&ada))).await {
            assert_eq!(again.unwrap().user.as_ref(), Some(&ada.user));
            for status in repeated {
                assert_eq!(
                    ::mesh::status::reason_of(&status).as_deref(),
                    Some("DATABASE_UNAVAILABLE")
                );
            }
        }
        ada.users().get_me(GetMeRequest {}).await.unwrap();
        replica.start().await.unwrap();
    }
}

/// Eight at once, in debug and on a busy machine, may exhaust what a replica waits for a new connection to its database; repeats
/// are told to come.
async fn sign_in(person: &Person) -> (Result<LoginResponse, Status>, Vec<Status>) {
    let mut repeated = Vec::new();
    let answer = persist(&mut repeated, async || {
        let request = LoginRequest {
            login: person.user.username.clone(),
            password: PASSWORD.to_owned(),
        };
        person.auth().login(request).await
    });
    let answer = answer.await.map(Response::into_inner);
    (answer, repeated)
}
