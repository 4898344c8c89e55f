//! A guest who is added and removed while two people talk through both replicas of chat.

use std::sync::atomic::{AtomicBool, Ordering};

use integration_tests::{
    client::{
        Person,
        live::{LiveStream, Seen},
        new_id,
    },
    mesh::{self, Mesh, Service},
};
use quicksync::{
    chat::v1::{ConversationKind, CreateConversationRequest, ListRecentMessagesRequest},
    notification::v1::subscribe_response::Event,
};
use tonic::{Code, Status};

use super::{add, remove};

/// How often the guest comes and goes.
const STAYS: usize = 8;
/// Messages of others that must be on the log between two changes.
const BETWEEN_CHANGES: usize = 5;

/// The same person at each replica of a service.
fn everywhere(mesh: &Mesh, service: Service, person: &Person) -> Vec<Person> {
    mesh.replicas(service)
        .map(|replica| person.at(&replica.url()).unwrap())
        .collect()
}

fn sequences(seen: &Seen, conversation_id: &str) -> Vec<i64> {
    let messages = seen.messages_of(conversation_id);
    messages.iter().map(|message| message.sequence).collect()
}

/// Sequences at which `person` came and went, as a stream tells.
fn changes(seen: &Seen, person: &Person) -> Vec<i64> {
    let id = &person.user.user_id;
    let change = |event: &Event| match event {
        Event::MembersAdded(added) => added
            .members
            .iter()
            .any(|member| member.user_id == *id)
            .then_some(added.sequence),
        Event::MemberRemoved(removed) => (removed.user_id == *id).then_some(removed.sequence),
        _ => None,
    };
    let events = seen.events.iter().filter_map(|event| event.event.as_ref());
    events.filter_map(change).collect()
}

/// Those of `sequences` that lie in a stay, which is a pair of `changes`; the last stay may have no end.
fn within_stays(sequences: &[i64], changes: &[i64]) -> Vec<i64> {
    let is_inside = |sequence: &i64| {
        changes
            .chunks(2)
            .any(|stay| stay[0] < *sequence && stay.get(1).is_none_or(|end| sequence < end))
    };
    sequences.iter().copied().filter(is_inside).collect()
}

async fn talk_until(stop: &AtomicBool, person: &Person, conversation_id: &str) -> Vec<i64> {
    let mut acked = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let text = format!("number {}", acked.len());
        acked.push(person.send(conversation_id, &text).await.unwrap().sequence);
    }
    acked
}

/// Waits until a few more messages have come.
async fn let_them_talk(witness: &LiveStream, conversation_id: &str) {
    let count = witness.seen().messages_of(conversation_id).len() + BETWEEN_CHANGES;
    witness
        .until_messages(conversation_id, count)
        .await
        .unwrap();
}

async fn a_guest_comes_and_goes(hides_history: bool) {
    let mesh = mesh::shared().await;
    let [ada, grace, guest] = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "guest"])
        .await
        .unwrap();
    let group = ada
        .create(CreateConversationRequest {
            kind: ConversationKind::Group.into(),
            title: "Coming and going".to_owned(),
            member_user_ids: vec![grace.user.user_id.clone()],
            hides_history_from_new_members: hides_history,
            client_conversation_id: new_id().to_string(),
        })
        .await
        .unwrap()
        .conversation_id;
    let owners = everywhere(mesh, Service::Chat, &ada);
    let graces = everywhere(mesh, Service::Chat, &grace);
    let witness = LiveStream::open(&grace).await.unwrap();
    let mut streams = Vec::new();
    for guest in everywhere(mesh, Service::Notification, &guest) {
        streams.push(LiveStream::open(&guest).await.unwrap());
    }

    let stop = AtomicBool::new(false);
    let come_and_go = async {
        for stay in 0..STAYS {
            let_them_talk(&witness, &group).await;
            add(&owners[stay % owners.len()], &group, &guest)
                .await
                .unwrap();
            let_them_talk(&witness, &group).await;
            let by_the_other = &owners[(stay + 1) % owners.len()];
            remove(by_the_other, &group, &guest).await.unwrap();
        }
        let_them_talk(&witness, &group).await;
        add(&ada, &group, &guest).await.unwrap();
        let_them_talk(&witness, &group).await;
        stop.store(true, Ordering::Relaxed);
    };
    let ((), by_ada, by_grace_1, by_grace_2) = tokio::join!(
        come_and_go,
        talk_until(&stop, &owners[0], &group),
        talk_until(&stop, &graces[0], &group),
        talk_until(&stop, &graces[1], &group),
    );
    let mut acked = [by_ada, by_grace_1, by_grace_2].concat();
    acked.sort_unstable();

    let seen = witness.until_messages(&group, acked.len()).await.unwrap();
    assert_eq!(sequences(&seen, &group), acked, "a member misses nothing");
    let changes_of_guest = changes(&seen, &guest);
    assert_eq!(changes_of_guest.len(), 2 * STAYS + 1);
    let theirs = within_stays(&acked, &changes_of_guest);
    assert!(
        theirs.len() < acked.len(),
        "some were said without the guest"
    );
    for stream in &streams {
        let seen = stream.until_messages(&group, theirs.len()).await.unwrap();
        assert_eq!(
            sequences(&seen, &group),
            theirs,
            "exactly what was said in their stays"
        );
        assert_eq!(changes(&seen, &guest), changes_of_guest);
        assert_eq!(seen.resets, 0);
    }

    let joined = changes_of_guest[2 * STAYS];
    let readable: Vec<i64> = acked
        .into_iter()
        .filter(|sequence| !hides_history || *sequence > joined)
        .collect();
    let history = guest.history(&group).await.unwrap();
    let history: Vec<i64> = history.iter().map(|message| message.sequence).collect();
    assert_eq!(history, readable);
    for guest in everywhere(mesh, Service::Chat, &guest) {
        let recent = recent(&guest, &group).await.unwrap();
        let expected = &readable[readable.len() - recent.len()..];
        assert_eq!(recent, expected);
    }
}

async fn recent(person: &Person, conversation_id: &str) -> Result<Vec<i64>, Status> {
    let request = ListRecentMessagesRequest {
        conversation_id: conversation_id.to_owned(),
        page_size: 200,
    };
    let answer = person.chat().list_recent_messages(request).await?;
    let messages = answer.into_inner().messages;
    Ok(messages.iter().map(|message| message.sequence).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_gets_exactly_what_is_said_in_their_stays_and_reads_the_whole_past() {
    a_guest_comes_and_goes(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_a_group_that_hides_its_past_reads_only_the_present_stay() {
    a_guest_comes_and_goes(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_after_somebody_was_added_reaches_them() {
    let mesh = mesh::shared().await;
    let [ada, guest] = Person::register_all(&mesh.gateway_url(), ["ada", "guest"])
        .await
        .unwrap();
    let owners = everywhere(mesh, Service::Chat, &ada);
    let guests = everywhere(mesh, Service::Chat, &guest);
    let stream = LiveStream::open(&guest).await.unwrap();

    for round in 0..10 {
        let group = ada.group("Welcome", &[]).await.unwrap().conversation_id;
        add(&owners[round % 2], &group, &guest).await.unwrap();
        let by_owner = owners[(round + 1) % 2].send(&group, "welcome").await;
        let by_guest = guests[(round + 1) % 2].send(&group, "thank you").await;
        let sent = [by_owner.unwrap().sequence, by_guest.unwrap().sequence];

        let seen = stream.until_messages(&group, 2).await.unwrap();
        assert_eq!(sequences(&seen, &group), sent);
        assert_eq!(recent(&guests[round % 2], &group).await.unwrap(), sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_removed_can_do_nothing_at_any_replica_once_the_removal_was_answered() {
    let mesh = mesh::shared().await;
    let [ada, guest] = Person::register_all(&mesh.gateway_url(), ["ada", "guest"])
        .await
        .unwrap();
    let owners = everywhere(mesh, Service::Chat, &ada);
    let guests = everywhere(mesh, Service::Chat, &guest);
    let group = ada.group("Goodbye", &[]).await.unwrap().conversation_id;

    for round in 0..20 {
        add(&ada, &group, &guest).await.unwrap();
        // From here on every replica knows the guest by heart.
        for guest in &guests {
            guest.send(&group, "here I am").await.unwrap();
        }
        remove(&owners[round % 2], &group, &guest).await.unwrap();
        let (first, second) = tokio::join!(
            guests[0].send(&group, "still here"),
            guests[1].send(&group, "still here")
        );
        for refusal in [first.map(drop), second.map(drop)] {
            let code = refusal.map_err(|status| status.code());
            assert_eq!(code, Err(Code::NotFound), "in round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_removed_reads_nothing_that_was_said_after_it() {
    let mesh = mesh::shared().await;
    let [ada, guest] = Person::register_all(&mesh.gateway_url(), ["ada", "guest"])
        .await
        .unwrap();
    let owners = everywhere(mesh, Service::Chat, &ada);
    let guests = everywhere(mesh, Service::Chat, &guest);
    let group = ada.group("Goodbye", &[]).await.unwrap().conversation_id;

    for round in 0..20 {
        add(&ada, &group, &guest).await.unwrap();
        for guest in &guests {
            guest.send(&group, "here I am").await.unwrap();
        }
        remove(&owners[round % 2], &group, &guest).await.unwrap();
        let secret = owners[round % 2].send(&group, "a secret").await.unwrap();
        let (first, second, newest) = tokio::join!(
            recent(&guests[0], &group),
            recent(&guests[1], &group),
            guest.newest(&group)
        );
        let newest = newest.map(|page| page.iter().map(|message| message.sequence).collect());
        for read in [first, second, newest] {
            let leaked = read.is_ok_and(|read: Vec<i64>| read.contains(&secret.sequence));
            assert!(!leaked, "in round {round}");
        }
    }
}
