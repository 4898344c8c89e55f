//! Who types, from one browser's gateway to another's stream.

use integration_tests::{
    client::{
        Person,
        live::{LiveStream, Seen},
    },
    eventually::eventually,
    mesh::{self, Service},
};
use quicksync::{
    chat::v1::SendTypingRequest,
    notification::v1::{Typing, subscribe_response::Event},
};
use tonic::{Code, Status};

use crate::membership::remove;

async fn types(person: &Person, conversation_id: &str) -> Result<(), Status> {
    let request = SendTypingRequest {
        conversation_id: conversation_id.to_owned(),
    };
    let answer = person.chat().send_typing(request).await?.into_inner();
    assert!(answer.holds_for.is_some_and(|holds| holds.seconds > 0));
    Ok(())
}

fn typing(seen: &Seen) -> Vec<&Typing> {
    let events = seen.events.iter();
    events
        .filter_map(|response| match &response.event {
            Some(Event::Typing(typing)) => Some(typing),
            _ => None,
        })
        .collect()
}

/// A stream at each replica of notification.
async fn streams(person: &Person) -> Vec<LiveStream> {
    let mut streams = Vec::new();
    for replica in mesh::shared().await.replicas(Service::Notification) {
        let person = person.at(&replica.url()).expect("a replica's address");
        streams.push(LiveStream::open(&person).await.expect("a stream"));
    }
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_members_hear_who_types_wherever_their_stream_is_and_nobody_else_does() {
    let mesh = mesh::shared().await;
    let [ada, grace, linus, eve] =
        Person::register_all(&mesh.gateway_url(), ["ada", "grace", "linus", "eve"])
            .await
            .unwrap();
    let group = ada
        .group("Quick", &[grace.user_id, linus.user_id])
        .await
        .unwrap()
        .conversation_id;
    remove(&ada, &group, &linus).await.unwrap();
    for replica in mesh.replicas(Service::Chat) {
        let linus = linus.at(&replica.url()).unwrap();
        let refused = async || types(&linus, &group).await.is_err().then_some(());
        eventually("the removal is known to each replica", refused)
            .await
            .unwrap();
    }
    let of_grace = streams(&grace).await;
    let mut of_others = Vec::new();
    for person in [&ada, &linus, &eve] {
        of_others.extend(streams(person).await);
    }

    types(&ada, &group).await.unwrap();
    for outsider in [&linus, &eve] {
        let status = types(outsider, &group).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }

    for stream in &of_grace {
        let seen = stream.until("grace hears it", |seen| !typing(seen).is_empty());
        let seen = seen.await.unwrap();
        let heard = typing(&seen);
        assert_eq!(heard.len(), 1);
        assert_eq!(
            (&heard[0].conversation_id, &heard[0].user_id),
            (&group, &ada.user.user_id)
        );
    }
    // A replica tells all of its streams at once: what they were to hear comes before what was said later.
    for other in [&linus, &eve] {
        let conversation = ada.direct(other.user_id).await.unwrap().conversation_id;
        ada.send(&conversation, "heard nothing?").await.unwrap();
    }
    for stream in &of_others {
        let said = stream.until("they hear of a message", |seen| !seen.messages().is_empty());
        let seen = said.await.unwrap();
        assert!(typing(&seen).is_empty(), "{:?}", seen.events);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_with_a_token_hears_messages_and_no_typing_of_before() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let stream = LiveStream::open(&grace).await.unwrap();
    ada.send(&conversation, "before").await.unwrap();
    stream.until_messages(&conversation, 1).await.unwrap();
    types(&ada, &conversation).await.unwrap();
    let heard = stream.until("grace hears it", |seen| !typing(seen).is_empty());
    let heard = heard.await.unwrap();
    drop(stream);

    ada.send(&conversation, "after").await.unwrap();
    let resumed = LiveStream::resume(&grace, heard.token).await.unwrap();
    let seen = resumed.until_messages(&conversation, 1).await.unwrap();
    assert_eq!((seen.resumes, seen.resets), (1, 0));
    assert!(typing(&seen).is_empty(), "{:?}", seen.events);
    assert_eq!(seen.messages()[0].text, "after");
}
