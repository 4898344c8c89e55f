//! Keys that sign access tokens change while people talk.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use integration_tests::{
    client::{Person, live::LiveStream},
    eventually::eventually,
    mesh::{Mesh, Service},
};
use quicksync::{
    chat::v1::GetConversationRequest,
    messaging::v1::ListConversationsRequest,
    notification::v1::ListNotificationsRequest,
    user::v1::{GetJwksRequest, GetMeRequest},
};
use serde_json::Value;
use tokio::sync::Mutex;
use tonic::Status;

use crate::faults::{
    talk::{Manner, Talk},
    turn,
};

const EXCHANGE: usize = 60;

/// The ids of all published keys.
async fn published(person: &Person) -> BTreeSet<String> {
    let answer = person.auth().get_jwks(GetJwksRequest {}).await.unwrap();
    let keys: Value = serde_json::from_str(&answer.into_inner().jwks_json).unwrap();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The id of the key that signed an access token.
fn signer(person: &Person) -> String {
    let head = person.tokens.access_token.split('.').next().unwrap();
    let head = URL_SAFE_NO_PAD.decode(head).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

/// Any call that takes a token.
async fn ask(service: Service, person: &Person, conversation_id: &str) -> Result<(), Status> {
    match service {
        Service::User | Service::Gateway => person.users().get_me(GetMeRequest {}).await.map(drop),
        Service::Chat => {
            let request = GetConversationRequest {
                conversation_id: conversation_id.to_owned(),
            };
            person.chat().get_conversation(request).await.map(drop)
        }
        Service::Messaging => {
            let request = ListConversationsRequest::default();
            person
                .messaging()
                .list_conversations(request)
                .await
                .map(drop)
        }
        Service::Notification => {
            let request = ListNotificationsRequest::default();
            person
                .notification()
                .list_notifications(request)
                .await
                .map(drop)
        }
    }
}

/// Refreshes until another key than this one signs.
async fn signed_by_another(person: &Person, kid: &str) -> Person {
    let newest = Mutex::new(person.clone());
    let signed = eventually("the new key signs", async || {
        let mut newest = newest.lock().await;
        *newest = newest.refreshed().await.unwrap();
        (signer(&newest) != kid).then(|| newest.clone())
    });
    signed.await.unwrap()
}

async fn rotate(mesh: &Mesh) {
    mesh.replica(Service::User, 1)
        .run("rotate-keys")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_the_keys_rotate() {
    let mesh = turn().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let stream = LiveStream::open(&grace).await.unwrap();
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;
    let before = signer(&ada);

    rotate(&mesh).await;

    // Everybody who verifies has it before it signs.
    let keys = eventually("the new key is published", async || {
        let keys = published(&ada).await;
        keys.iter().any(|kid| *kid != before).then_some(keys)
    });
    assert!(keys.await.unwrap().contains(&before));
    let refreshed = signed_by_another(&ada, &before).await;
    let by_new_key = Talk::begin(&conversation, &[&refreshed], Manner::Undisturbed);
    by_new_key.until_more(EXCHANGE).await;
    talk.until_more(EXCHANGE).await;
    assert!(
        published(&ada).await.contains(&before),
        "its tokens live on"
    );
    // Each replica of each service has both.
    for replica in mesh.all() {
        for person in [&ada, &refreshed] {
            let there = person.at(&replica.url()).unwrap();
            let answer = ask(replica.service(), &there, &conversation).await;
            answer.unwrap_or_else(|status| panic!("{}: {status:?}", replica.name()));
        }
    }

    let mut transcript = talk.end().await;
    transcript.said.extend(by_new_key.end().await.said);
    transcript
        .assert_live(
            &stream,
            &conversation,
            "the stream that was open all the time",
        )
        .await;
    assert_eq!(stream.seen().connections, 1, "{:?}", stream.seen().endings);
    let me = ada.users().get_me(GetMeRequest {}).await.unwrap();
    assert_eq!(me.into_inner().user, Some(ada.user));
}
