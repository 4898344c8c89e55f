//! What is refused, and how.

use quicksync::notification::v1::{
    GetPreferencesRequest, ListNotificationsRequest, MarkNotificationsReadRequest,
    SetConversationMutedRequest, SubscribeRequest,
};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::world::{Client, World};

/// `INVALID_ARGUMENT` that names this field.
fn names_field(result: Result<impl Sized, Status>, field: &str) {
    let Err(status) = result else {
        panic!("{field} was taken")
    };
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status
        .get_details_bad_request()
        .expect("violations")
        .field_violations;
    assert!(
        violations.iter().any(|violation| violation.field == field),
        "{violations:?}"
    );
}

fn has_reason(result: Result<impl Sized, Status>, code: Code, reason: &str) {
    let Err(status) = result else {
        panic!("{reason} was expected")
    };
    assert_eq!(
        (status.code(), mesh::status::reason_of(&status).as_deref()),
        (code, Some(reason)),
        "{status:?}"
    );
}

#[tokio::test]
async fn bad_fields_are_named() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (ada, mut client) = (world.person(), replica.client.clone());

    let mut forged = replica.subscribe(&ada, &[]).await;
    forged.ready().await;
    let mut damaged = forged.token.clone();
    damaged[3] ^= 1;
    for resume_token in [
        damaged,
        forged.token[1..].to_vec(),
        vec![0; 16],
        vec![7; 600],
        b"token".to_vec(),
    ] {
        names_field(
            client
                .subscribe(ada.request(SubscribeRequest { resume_token }))
                .await,
            "resume_token",
        );
    }

    for page_size in [-1, 101, i32::MAX] {
        let request = ListNotificationsRequest {
            page_size,
            page_token: String::new(),
        };
        names_field(
            client.list_notifications(ada.request(request)).await,
            "page_size",
        );
    }
    let query = store::page::Query::new("ListNotifications", &[world.person().user_id.as_bytes()]);
    let of_another = store::page::Token::new(query)
        .int(1)
        .uuid(world.uuid())
        .encode();
    for page_token in [
        "x".to_owned(),
        "ü".to_owned(),
        "A".repeat(5_000),
        of_another,
    ] {
        let request = ListNotificationsRequest {
            page_size: 0,
            page_token,
        };
        names_field(
            client.list_notifications(ada.request(request)).await,
            "page_token",
        );
    }

    let id = world.uuid().to_string();
    let cases = [
        (vec![], "notification_ids"),
        (vec![id.clone(); 201], "notification_ids"),
        (vec![id.clone(), id], "notification_ids[1]"),
        (vec!["nonsense".to_owned()], "notification_ids[0]"),
        (vec![String::new()], "notification_ids[0]"),
    ];
    for (notification_ids, field) in cases {
        let request = MarkNotificationsReadRequest { notification_ids };
        names_field(
            client.mark_notifications_read(ada.request(request)).await,
            field,
        );
    }

    for conversation_id in [
        "",
        "nonsense",
        "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
        "67e5504410b1426f9247bb680e5fe0c8",
    ] {
        let request = SetConversationMutedRequest {
            conversation_id: conversation_id.to_owned(),
            muted: true,
        };
        names_field(
            client.set_conversation_muted(ada.request(request)).await,
            "conversation_id",
        );
    }
}

#[tokio::test]
async fn an_outsider_is_told_that_there_is_no_such_conversation() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    world.remove(&group, &ada, &bob).await;
    let mut client = replica.client.clone();
    for (person, id) in [(&eve, group.id), (&ada, world.uuid())] {
        for muted in [true, false] {
            let request = SetConversationMutedRequest {
                conversation_id: id.to_string(),
                muted,
            };
            let refused = client.set_conversation_muted(person.request(request)).await;
            has_reason(refused, Code::NotFound, "CONVERSATION_NOT_FOUND");
        }
    }
    let gone = || async {
        let request = SetConversationMutedRequest {
            conversation_id: group.id.to_string(),
            muted: true,
        };
        let refused = replica
            .client
            .clone()
            .set_conversation_muted(bob.request(request))
            .await;
        refused
            .err()
            .filter(|status| status.code() == Code::NotFound)
    };
    crate::world::eventually("somebody removed is an outsider", gone).await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_access_token() {
    let world = World::new().await;
    let replica = world.replica().await;
    let stranger = auth::testing::Issuer::new().person(&replica.context.clock);
    let requests = [
        None,
        Some("nonsense".to_owned()),
        Some(stranger.access_token),
    ];
    for access_token in requests {
        let token = access_token.as_deref();
        let mut client: Client = replica.client.clone();
        let statuses = [
            client
                .subscribe(signed(token, SubscribeRequest::default()))
                .await
                .err(),
            client
                .list_notifications(signed(token, ListNotificationsRequest::default()))
                .await
                .err(),
            client
                .mark_notifications_read(signed(token, MarkNotificationsReadRequest::default()))
                .await
                .err(),
            client
                .get_preferences(signed(token, GetPreferencesRequest {}))
                .await
                .err(),
            client
                .set_conversation_muted(signed(token, SetConversationMutedRequest::default()))
                .await
                .err(),
        ];
        for status in statuses {
            assert_eq!(status.expect("refused").code(), Code::Unauthenticated);
        }
    }
}

fn signed<T>(access_token: Option<&str>, message: T) -> Request<T> {
    match access_token {
        Some(token) => auth::testing::signed_in(token, message),
        None => Request::new(message),
    }
}
