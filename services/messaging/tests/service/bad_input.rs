//! Every RPC refuses what is wrong, says which field, and writes nothing.

use quicksync::messaging::v1::{
    ListConversationsRequest, ListMessagesRequest, MarkReadRequest, list_messages_request::Position,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    history::{list, newest, page},
    world::World,
};

fn field(status: &Status) -> String {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status
        .get_details_bad_request()
        .expect("names its fields")
        .field_violations;
    violations
        .into_iter()
        .map(|violation| violation.field)
        .collect::<Vec<_>>()
        .join(",")
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn list_messages_names_what_is_wrong() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    let other = world.group(&[ada.user_id], false).await;
    let mut said = world.log.say_many(group, ada.user_id, 3).await;
    said.sort_unstable();
    world.log.say_many(other, ada.user_id, 3).await;
    world.stored().await;
    let foreign = list(
        &world,
        &ada,
        ListMessagesRequest {
            page_size: 1,
            ..newest(other)
        },
    )
    .await
    .unwrap();
    let own = list(&world, &ada, newest(group))
        .await
        .unwrap()
        .newer_page_token;
    let mut damaged = own.clone().into_bytes();
    damaged[5] ^= 1;
    let damaged = String::from_utf8(damaged).unwrap();
    let cases = [
        ("conversation_id", ListMessagesRequest::default()),
        (
            "conversation_id",
            ListMessagesRequest {
                conversation_id: "not-an-id".to_owned(),
                ..newest(group)
            },
        ),
        (
            "conversation_id",
            ListMessagesRequest {
                conversation_id: group.simple().to_string(),
                ..newest(group)
            },
        ),
        (
            "page_size",
            ListMessagesRequest {
                page_size: -1,
                ..newest(group)
            },
        ),
        (
            "page_size",
            ListMessagesRequest {
                page_size: 201,
                ..newest(group)
            },
        ),
        (
            "page_size",
            ListMessagesRequest {
                page_size: i32::MAX,
                ..newest(group)
            },
        ),
        (
            "before_sequence",
            page(group, 1, Position::BeforeSequence(0)),
        ),
        (
            "before_sequence",
            page(group, 1, Position::BeforeSequence(-5)),
        ),
        (
            "before_sequence",
            page(group, 1, Position::BeforeSequence(1 << 53)),
        ),
        (
            "after_sequence",
            page(group, 1, Position::AfterSequence(-1)),
        ),
        (
            "after_sequence",
            page(group, 1, Position::AfterSequence(1 << 53)),
        ),
        (
            "after_sequence",
            page(group, 1, Position::AfterSequence((1 << 53) - 1)),
        ),
        (
            "after_sequence",
            page(group, 1, Position::AfterSequence(said[2] + (1 << 40))),
        ),
        (
            "page_token",
            page(group, 1, Position::PageToken(String::new())),
        ),
        (
            "page_token",
            page(group, 1, Position::PageToken("rubbish".to_owned())),
        ),
        (
            "page_token",
            page(group, 1, Position::PageToken("x".repeat(100_000))),
        ),
        ("page_token", page(group, 1, Position::PageToken(damaged))),
        (
            "page_token",
            page(group, 1, Position::PageToken(foreign.older_page_token)),
        ),
        (
            "page_token",
            page(group, 1, Position::PageToken(foreign.newer_page_token)),
        ),
        (
            "conversation_id,page_size,page_token",
            ListMessagesRequest {
                conversation_id: "?".to_owned(),
                ..page(group, -1, Position::PageToken("?".to_owned()))
            },
        ),
    ];
    for (expected, request) in cases {
        let status = list(&world, &ada, request.clone())
            .await
            .expect_err(expected);
        assert_eq!(field(&status), expected, "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_conversations_names_what_is_wrong() {
    let world = World::start().await;
    let (ada, bob) = (world.person(), world.person());
    for _ in 0..2 {
        world.group(&[ada.user_id, bob.user_id], false).await;
    }
    world.stored().await;
    let mut client = world.client.clone();
    let request = |page_size, page_token: &str| ListConversationsRequest {
        page_size,
        page_token: page_token.to_owned(),
    };
    let bobs = client
        .list_conversations(bob.request(request(1, "")))
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    let group = world.group(&[ada.user_id], false).await;
    let history = list(&world, &ada, newest(group))
        .await
        .unwrap()
        .newer_page_token;
    for (expected, request) in [
        ("page_size", request(-1, "")),
        ("page_size", request(101, "")),
        ("page_token", request(0, "rubbish")),
        ("page_token", request(0, &bobs)),
        ("page_token", request(0, &history)),
        ("page_size,page_token", request(-1, "!")),
    ] {
        let status = client
            .list_conversations(ada.request(request.clone()))
            .await
            .expect_err(expected);
        assert_eq!(field(&status), expected, "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mark_read_names_what_is_wrong_and_writes_nothing() {
    let world = World::start().await;
    let ada = world.person();
    let group = world.group(&[ada.user_id], false).await;
    world.stored().await;
    let request = |conversation_id: &str, sequence| MarkReadRequest {
        conversation_id: conversation_id.to_owned(),
        sequence,
    };
    let group = group.to_string();
    for (expected, request) in [
        ("conversation_id", request("", 1)),
        ("conversation_id", request("\u{0}", 1)),
        ("sequence", request(&group, 0)),
        ("sequence", request(&group, i64::MIN)),
        ("sequence", request(&group, i64::MAX)),
        ("sequence", request(&group, (1 << 53) - 1)),
        ("conversation_id,sequence", request("", 0)),
    ] {
        let status = world
            .client
            .clone()
            .mark_read(ada.request(request.clone()))
            .await
            .expect_err(expected);
        assert_eq!(field(&status), expected, "{request:?}");
    }
    assert_eq!(world.database.rows("read_markers").await, 0);
    assert_eq!(
        world.log.produced(),
        world.database.positions().await,
        "nothing was written to the log"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_unread() {
    let world = World::start().await;
    let ada = world.person();
    let request = ListConversationsRequest {
        page_size: 0,
        page_token: "x".repeat(4 << 20),
    };
    let status = world
        .client
        .clone()
        .list_conversations(ada.request(request))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}
