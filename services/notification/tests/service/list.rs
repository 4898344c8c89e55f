//! The list behind the bell.

use auth::testing::Person;
use quicksync::notification::v1::{
    GetPreferencesRequest, ListNotificationsRequest, ListNotificationsResponse,
    MarkNotificationsReadRequest, Notification, NotificationKind, SetConversationMutedRequest,
};

use crate::world::{Group, Replica, World, eventually};

async fn list(replica: &Replica, person: &Person) -> ListNotificationsResponse {
    let request = person.request(ListNotificationsRequest::default());
    replica
        .client
        .clone()
        .list_notifications(request)
        .await
        .unwrap()
        .into_inner()
}

/// The person's list once it shows this event of the group.
async fn shown(
    replica: &Replica,
    person: &Person,
    group: &Group,
    sequence: i64,
    kind: NotificationKind,
) -> Notification {
    let id = group.id.to_string();
    let is_it = |entry: &Notification| {
        (entry.conversation_id.as_str(), entry.sequence, entry.kind())
            == (id.as_str(), sequence, kind)
    };
    let look = || async {
        list(replica, person)
            .await
            .notifications
            .into_iter()
            .find(&is_it)
    };
    eventually("the list shows the event", look).await
}

async fn mute(replica: &Replica, person: &Person, group: &Group, muted: bool) {
    let conversation_id = group.id.to_string();
    let request = person.request(SetConversationMutedRequest {
        conversation_id,
        muted,
    });
    replica
        .client
        .clone()
        .set_conversation_muted(request)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_told_before_the_call_is_listed() {
    let world = World::with(|config| config.list.wait_max_ms = 30_000).await;
    let (replica, ada, bob) = (world.replica().await, world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    for round in 1..=3 {
        let said = world.say(&group, &bob, "hello").await;
        let listed = list(&replica, &ada).await;
        let newest = listed.notifications.first().map(|entry| entry.sequence);
        assert_eq!(newest, Some(said), "round {round}");
        assert!(!listed.may_lack_newest, "round {round}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_wait_says_that_it_may_lack_something() {
    let world = World::with(|config| config.list.wait_max_ms = 0).await;
    let (replica, ada) = (world.replica().await, world.person());
    assert!(list(&replica, &ada).await.may_lack_newest);
}

#[tokio::test]
async fn messages_fold_into_one_entry_that_survives_a_restart() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    world.say(&group, &ada, "one").await;
    world.say(&group, &bob, "his own").await;
    let message_id = world.uuid();
    let last = world
        .say_again(&group, &ada, &"ü".repeat(300), message_id)
        .await;
    let entry = shown(&replica, &bob, &group, last, NotificationKind::Messages).await;
    assert_eq!((entry.message_count, entry.read), (2, false));
    assert_eq!(entry.preview, "ü".repeat(200));
    assert_eq!(entry.actor_user_id, ada.user_id.to_string());
    replica.stop().await;

    // Said once more, and once more something else.
    world.say_again(&group, &ada, "repeated", message_id).await;
    let last = world.say(&group, &ada, "three").await;
    let replica = world.replica().await;
    let again = shown(&replica, &bob, &group, last, NotificationKind::Messages).await;
    assert_eq!(
        (again.message_count, again.preview),
        (3, "three".to_owned())
    );
    assert_eq!(again.notification_id, entry.notification_id);
    // Bob's own message told Ada.
    let of_ada = list(&replica, &ada).await;
    let previews: Vec<&str> = of_ada
        .notifications
        .iter()
        .map(|entry| entry.preview.as_str())
        .collect();
    assert_eq!((previews, of_ada.unread_count), (vec!["his own"], 1));
}

#[tokio::test]
async fn what_happens_in_a_muted_conversation_makes_none() {
    let world = World::new().await;
    let (ada, bob, cyd) = (world.person(), world.person(), world.person());
    // The projection does not have it when it is muted: chat is asked.
    let group = world.group(&[&ada, &bob, &cyd]).await;
    let replica = world.replica().await;
    mute(&replica, &bob, &group, true).await;
    mute(&replica, &bob, &group, true).await;
    let preferences = replica
        .client
        .clone()
        .get_preferences(bob.request(GetPreferencesRequest {}))
        .await
        .unwrap();
    assert_eq!(
        preferences.into_inner().muted_conversation_ids,
        [group.id.to_string()]
    );
    let muted = world.say(&group, &ada, "muted").await;
    // It is stored once somebody else sees it.
    shown(&replica, &cyd, &group, muted, NotificationKind::Messages).await;
    let of_bob = list(&replica, &bob).await.notifications;
    assert!(
        of_bob
            .iter()
            .all(|entry| entry.kind() != NotificationKind::Messages)
    );
    mute(&replica, &bob, &group, false).await;
    let last = world.say(&group, &ada, "lifted").await;
    let entry = shown(&replica, &bob, &group, last, NotificationKind::Messages).await;
    assert_eq!(entry.message_count, 1);
}

#[tokio::test]
async fn a_read_marker_marks_the_entry_read_up_to_it() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    world.say(&group, &ada, "one").await;
    let second = world.say(&group, &ada, "two").await;
    let third = world.say(&group, &ada, "three").await;
    world.read(&group, &bob, second).await;
    let look = || async {
        let entry = shown(&replica, &bob, &group, third, NotificationKind::Messages).await;
        (entry.message_count == 1).then_some(entry)
    };
    assert!(!eventually("the marker counts", look).await.read);
    world.read(&group, &bob, third).await;
    let look = || async {
        shown(&replica, &bob, &group, third, NotificationKind::Messages)
            .await
            .read
            .then_some(())
    };
    eventually("all is read", look).await;
    let fourth = world.say(&group, &ada, "four").await;
    let entry = shown(&replica, &bob, &group, fourth, NotificationKind::Messages).await;
    assert_eq!((entry.message_count, entry.read), (1, false));
}

#[tokio::test]
async fn coming_and_going_is_told_to_those_whom_others_moved() {
    let world = World::new().await;
    let (ada, bob, cyd) = (world.person(), world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let added = world.add(&group, &ada, &cyd).await;
    let entry = shown(
        &replica,
        &cyd,
        &group,
        added,
        NotificationKind::AddedToConversation,
    )
    .await;
    assert_eq!(
        (entry.actor_user_id, entry.message_count),
        (ada.user_id.to_string(), 0)
    );
    let removed = world.remove(&group, &ada, &cyd).await;
    world.say(&group, &ada, "behind the back").await;
    let left = world.remove(&group, &bob, &bob).await;
    let seen_by_bob = left - 1;
    shown(
        &replica,
        &cyd,
        &group,
        removed,
        NotificationKind::RemovedFromConversation,
    )
    .await;
    shown(
        &replica,
        &bob,
        &group,
        seen_by_bob,
        NotificationKind::Messages,
    )
    .await;
    let kinds = |all: ListNotificationsResponse| {
        all.notifications
            .iter()
            .map(Notification::kind)
            .collect::<Vec<_>>()
    };
    assert!(!kinds(list(&replica, &cyd).await).contains(&NotificationKind::Messages));
    assert!(
        !kinds(list(&replica, &bob).await).contains(&NotificationKind::RemovedFromConversation)
    );
    assert!(list(&replica, &ada).await.notifications.is_empty());
}

#[tokio::test]
async fn the_list_is_read_page_by_page_and_marked_read_by_its_owner_alone() {
    let world = World::new().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let replica = world.replica().await;
    for _ in 0..5 {
        let group = world.group(&[&ada, &bob]).await;
        let sequence = world.say(&group, &ada, "hello").await;
        shown(&replica, &bob, &group, sequence, NotificationKind::Messages).await;
    }
    let mut client = replica.client.clone();
    let all = list(&replica, &bob).await;
    assert_eq!((all.notifications.len(), all.unread_count), (10, 10));
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = bob.request(ListNotificationsRequest {
            page_size: 3,
            page_token,
        });
        let page = client
            .list_notifications(request)
            .await
            .unwrap()
            .into_inner();
        paged.extend(page.notifications);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.notifications);

    let notification_ids: Vec<String> = all.notifications[..4]
        .iter()
        .map(|entry| entry.notification_id.clone())
        .collect();
    let request = MarkNotificationsReadRequest { notification_ids };
    client
        .mark_notifications_read(eve.request(request.clone()))
        .await
        .unwrap();
    assert_eq!(list(&replica, &bob).await.unread_count, 10);
    for _ in 0..2 {
        let marked = client
            .mark_notifications_read(bob.request(request.clone()))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(marked.unread_count, 6);
    }
    assert!(list(&replica, &bob).await.notifications[0].read);
}

#[tokio::test]
async fn a_record_that_can_never_be_stored_does_not_stop_the_list() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    world.garbage(&group).await;
    let sequence = world.say(&group, &ada, "after it").await;
    shown(&replica, &bob, &group, sequence, NotificationKind::Messages).await;
}
