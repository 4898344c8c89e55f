//! People who may not: those who are no members, those who are none any longer, and those who are not signed in. What they
//! try is enumerated from the descriptors, so that no new method is forgotten.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use auth::Access;
use integration_tests::{
    client::{Person, live::LiveStream, new_id},
    eventually::eventually,
    mesh::{self, Service},
};
use prost::Message as _;
use prost_reflect::Value;
use tonic::{Code, Status};

use crate::calls::{self, Subject};

const CONVERSATION_FIELD: &str = "conversation_id";

fn reason(status: &Status) -> String {
    ::mesh::status::reason_of(status).unwrap_or_default()
}

fn not_found(path: &str, status: &Status) {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (Code::NotFound, "CONVERSATION_NOT_FOUND"),
        "{path}: {status:?}"
    );
}

/// Every call that names a conversation, by somebody who is no member of it: refused exactly as if it were not there.
async fn assert_knows_nothing(outsider: &Person, subject: &Subject) {
    let elsewhere = Subject {
        conversation_id: new_id().to_string(),
        ..subject.clone()
    };
    let mut asked = 0;
    for method in calls::for_people().filter(|method| method.takes(CONVERSATION_FIELD)) {
        let call = async |subject: &Subject| {
            let request = method.good_request(subject);
            let named = request.get_field_by_name(CONVERSATION_FIELD).unwrap();
            assert_eq!(
                *named,
                Value::String(subject.conversation_id.clone()),
                "{}: its good request must be about the subject",
                method.path
            );
            let answer = outsider.call(&method.path, request.encode_to_vec()).await;
            let Err(status) = answer else {
                panic!("{} was carried out for an outsider", method.path)
            };
            status
        };
        let (there, nowhere) = (call(subject).await, call(&elsewhere).await);
        not_found(&method.path, &there);
        not_found(&method.path, &nowhere);
        assert_eq!(
            there.message().replace(&subject.conversation_id, "ID"),
            nowhere.message().replace(&elsewhere.conversation_id, "ID"),
            "{} tells whether a conversation exists",
            method.path
        );
        asked += 1;
    }
    assert!(asked >= 9, "only {asked} methods name a conversation");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_cannot_tell_a_conversation_from_none_by_any_call_or_stream() {
    let mesh = mesh::shared().await;
    let [ada, grace, eve] = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "eve"])
        .await
        .unwrap();
    let direct = ada.direct(grace.user_id).await.unwrap();
    let group = ada.group("Ours", &[grace.user_id]).await.unwrap();
    let mut streams = Vec::new();
    for replica in mesh.replicas(Service::Notification) {
        streams.push(
            LiveStream::open(&eve.at(&replica.url()).unwrap())
                .await
                .unwrap(),
        );
    }

    for conversation in [&direct, &group] {
        let sent = ada.send(&conversation.conversation_id, "a secret").await;
        let subject = Subject {
            conversation_id: conversation.conversation_id.clone(),
            user_id: grace.user.user_id.clone(),
            query: "ada".to_owned(),
            sequence: sent.unwrap().sequence,
        };
        assert_knows_nothing(&eve, &subject).await;
    }

    // She joins at last: an event of the same partition, which comes after everything that she must not have got.
    crate::membership::add(&ada, &group.conversation_id, &eve)
        .await
        .unwrap();
    for stream in &streams {
        let seen = stream
            .until("she is added", |seen| !seen.events.is_empty())
            .await
            .unwrap();
        assert_eq!(seen.messages().len(), 0, "{:?}", seen.events);
        assert_eq!(seen.events.len(), 1, "{:?}", seen.events);
    }
    // What she was refused changed nothing.
    for conversation in [&direct, &group] {
        let history = ada.history(&conversation.conversation_id).await.unwrap();
        assert_eq!(history.len(), 1, "{history:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_removed_is_an_outsider_from_then_on() {
    let mesh = mesh::shared().await;
    let [ada, grace, eve] = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "eve"])
        .await
        .unwrap();
    let group = ada
        .group("Ours", &[grace.user_id, eve.user_id])
        .await
        .unwrap()
        .conversation_id;
    let stream = LiveStream::open(&eve).await.unwrap();
    let before = ada.send(&group, "everybody").await.unwrap();
    stream.until_messages(&group, 1).await.unwrap();

    crate::membership::remove(&ada, &group, &eve).await.unwrap();
    let after = ada.send(&group, "without eve").await.unwrap();

    // The projections of messaging and notification are a moment behind the log.
    eventually("the removal is known everywhere", async || {
        let history = eve.history(&group).await.is_err();
        let muted = quicksync::notification::v1::SetConversationMutedRequest {
            conversation_id: group.clone(),
            muted: false,
        };
        let muted = eve.notification().set_conversation_muted(muted).await;
        (history && muted.is_err()).then_some(())
    })
    .await
    .unwrap();
    let subject = Subject {
        conversation_id: group.clone(),
        user_id: grace.user.user_id.clone(),
        query: "ada".to_owned(),
        sequence: after.sequence,
    };
    assert_knows_nothing(&eve, &subject).await;

    crate::membership::add(&ada, &group, &eve).await.unwrap();
    let back = ada.send(&group, "eve is back").await.unwrap();
    let seen = stream.until_messages(&group, 2).await.unwrap();
    let got: Vec<i64> = seen
        .messages_of(&group)
        .iter()
        .map(|message| message.sequence)
        .collect();
    assert_eq!(got, [before.sequence, back.sequence]);
    assert_eq!(seen.resets, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_from_outside_reaches_a_method_that_is_for_services() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();

    let mut asked = 0;
    for method in calls::all() {
        if let Access::Public | Access::User = method.access {
            continue;
        }
        for answer in [
            ada.call(&method.path, Vec::new()).await,
            ada.call_signed_out(&method.path, Vec::new()).await,
        ] {
            let status = answer.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{}", method.path);
        }
        asked += 1;
    }
    assert!(asked >= 2, "MembershipService has two methods");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_public_methods_answer_somebody_who_is_not_signed_in() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let subject = Subject {
        conversation_id: new_id().to_string(),
        user_id: ada.user.user_id.clone(),
        query: "ada".to_owned(),
        sequence: 1,
    };

    for method in calls::for_people() {
        let request = method.good_request(&subject).encode_to_vec();
        let mut doors = vec![mesh.gateway_url()];
        doors.extend(mesh.plan().endpoints(method.service()));
        for url in doors {
            let answer = ada
                .at(&url)
                .unwrap()
                .call_signed_out(&method.path, request.clone())
                .await;
            let refusal = answer.err().map(|status| reason(&status));
            let is_refused = refusal.as_deref() == Some("ACCESS_TOKEN_MISSING");
            assert_eq!(
                is_refused,
                method.access == Access::User,
                "{} at {url}: {refusal:?}",
                method.path
            );
        }
    }
}
