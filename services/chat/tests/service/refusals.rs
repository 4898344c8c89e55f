//! Bad input and people who may not, for every RPC.

use quicksync::chat::v1::{
    AddMembersRequest, ConversationKind, CreateConversationRequest, GetConversationRequest,
    GetMembershipRequest, LeaveConversationRequest, ListMembershipsRequest,
    ListRecentMessagesRequest, RemoveMemberRequest, SendMessageRequest, SendTypingRequest,
};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    Client, Person, World, create, direct, fresh_id, group, ids, message, reason,
};

/// One of the calls that a person makes.
#[derive(Clone, Debug)]
enum Call {
    Create(CreateConversationRequest),
    Get(GetConversationRequest),
    Add(AddMembersRequest),
    Remove(RemoveMemberRequest),
    Leave(LeaveConversationRequest),
    Send(SendMessageRequest),
    Typing(SendTypingRequest),
    Recent(ListRecentMessagesRequest),
}

impl Call {
    async fn make(self, client: &mut Client, by: impl Fn(()) -> Request<()>) -> Result<(), Status> {
        fn with<T>(request: Request<()>, message: T) -> Request<T> {
            request.map(|()| message)
        }
        let request = by(());
        match self {
            Self::Create(message) => client
                .create_conversation(with(request, message))
                .await
                .map(drop),
            Self::Get(message) => client
                .get_conversation(with(request, message))
                .await
                .map(drop),
            Self::Add(message) => client.add_members(with(request, message)).await.map(drop),
            Self::Remove(message) => client.remove_member(with(request, message)).await.map(drop),
            Self::Leave(message) => client
                .leave_conversation(with(request, message))
                .await
                .map(drop),
            Self::Send(message) => client.send_message(with(request, message)).await.map(drop),
            Self::Typing(message) => client.send_typing(with(request, message)).await.map(drop),
            Self::Recent(message) => client
                .list_recent_messages(with(request, message))
                .await
                .map(drop),
        }
    }
}

fn calls_about(id: &str, person: &Person) -> Vec<Call> {
    let conversation_id = id.to_owned();
    vec![
        Call::Get(GetConversationRequest {
            conversation_id: conversation_id.clone(),
        }),
        Call::Add(AddMembersRequest {
            conversation_id: conversation_id.clone(),
            user_ids: ids(&[person]),
        }),
        Call::Remove(RemoveMemberRequest {
            conversation_id: conversation_id.clone(),
            user_id: person.user_id.to_string(),
        }),
        Call::Leave(LeaveConversationRequest {
            conversation_id: conversation_id.clone(),
        }),
        Call::Send(message(id, fresh_id(), "hello")),
        Call::Typing(SendTypingRequest {
            conversation_id: conversation_id.clone(),
        }),
        Call::Recent(ListRecentMessagesRequest {
            conversation_id,
            page_size: 0,
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_cannot_tell_a_conversation_from_none_by_any_call() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let there = [
        create(&mut client, &ada, direct(&bob))
            .await
            .conversation_id,
        create(&mut client, &ada, group(&[&bob], fresh_id()))
            .await
            .conversation_id,
    ];
    let before = world.log().await.len();
    for (real, other) in there.iter().map(|id| (id.clone(), fresh_id().to_string())) {
        for (call, call_about_nothing) in calls_about(&real, &bob)
            .into_iter()
            .zip(calls_about(&other, &bob))
        {
            let status = call
                .clone()
                .make(&mut client, |()| eve.request(()))
                .await
                .unwrap_err();
            assert_eq!(
                (status.code(), reason(&status).as_str()),
                (Code::NotFound, "CONVERSATION_NOT_FOUND"),
                "{call:?}"
            );
            let nothing = call_about_nothing
                .make(&mut client, |()| eve.request(()))
                .await
                .unwrap_err();
            assert_eq!(
                (nothing.code(), nothing.message()),
                (status.code(), status.message()),
                "{call:?}"
            );
        }
    }
    assert_eq!(world.log().await.len(), before);
    let mut memberships = replica.memberships().await;
    let request = GetMembershipRequest {
        conversation_id: there[0].clone(),
        user_id: eve.user_id.to_string(),
    };
    assert_eq!(
        memberships
            .get_membership(request)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anything_without_a_good_token() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let ada = world.person();
    let expired = world.issuer.token(
        ada.user_id,
        ada.session_id,
        world.clock.now() - time::Duration::minutes(1),
    );
    let forged = auth::testing::Issuer::new()
        .person_with_id(ada.user_id, &world.clock)
        .access_token;
    let mut calls = calls_about(&fresh_id().to_string(), &world.person());
    calls.push(Call::Create(direct(&world.person())));
    for call in calls {
        for token in [expired.as_str(), forged.as_str(), "nonsense"] {
            let by = |()| auth::testing::signed_in(token, ());
            let status = call.clone().make(&mut client, by).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{call:?}");
        }
        let status = call
            .clone()
            .make(&mut client, Request::new)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{call:?}");
    }
}

fn bad_conversation_ids() -> Vec<(Call, &'static str)> {
    let person = "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned();
    [
        "",
        "x",
        "67e55044-10b1-426f-9247-bb680e5fe0c",
        "67e5504410b1426f9247bb680e5fe0c8",
        "../../../../../../../../../../etc/shadow",
    ]
    .into_iter()
    .flat_map(|id| {
        let conversation_id = id.to_owned();
        [
            Call::Get(GetConversationRequest {
                conversation_id: conversation_id.clone(),
            }),
            Call::Add(AddMembersRequest {
                conversation_id: conversation_id.clone(),
                user_ids: vec![person.clone()],
            }),
            Call::Remove(RemoveMemberRequest {
                conversation_id: conversation_id.clone(),
                user_id: person.clone(),
            }),
            Call::Leave(LeaveConversationRequest {
                conversation_id: conversation_id.clone(),
            }),
            Call::Send(message(id, fresh_id(), "hello")),
            Call::Typing(SendTypingRequest {
                conversation_id: conversation_id.clone(),
            }),
            Call::Recent(ListRecentMessagesRequest {
                conversation_id,
                page_size: 0,
            }),
        ]
    })
    .map(|call| (call, "conversation_id"))
    .collect()
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_creations(caller: &Person, other: &Person) -> Vec<(Call, &'static str)> {
    let group = || group(&[other], fresh_id());
    let direct = || direct(other);
    let many = (0..1_001).map(|_| fresh_id().to_string()).collect();
    let twice = vec![
        other.user_id.to_string(),
        other.user_id.to_string().to_uppercase(),
    ];
    [
        (CreateConversationRequest { kind: 0, ..group() }, "kind"),
        (
            CreateConversationRequest {
                kind: 77,
                ..group()
            },
            "kind",
        ),
        (
            CreateConversationRequest {
                kind: ConversationKind::Direct.into(),
                ..group()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                title: String::new(),
                ..group()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                title: "茶".repeat(129),
                ..group()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                title: "a\nb".to_owned(),
                ..group()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                title: "a\0b".to_owned(),
                ..group()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                client_conversation_id: String::new(),
                ..group()
            },
            "client_conversation_id",
        ),
        (
            CreateConversationRequest {
                client_conversation_id: "1".to_owned(),
                ..group()
            },
            "client_conversation_id",
        ),
        (
            CreateConversationRequest {
                member_user_ids: many,
                ..group()
            },
            "member_user_ids",
        ),
        (
            CreateConversationRequest {
                member_user_ids: twice,
                ..group()
            },
            "member_user_ids[1]",
        ),
        (
            CreateConversationRequest {
                member_user_ids: ids(&[other, caller]),
                ..group()
            },
            "member_user_ids[1]",
        ),
        (
            CreateConversationRequest {
                member_user_ids: vec!["x".to_owned()],
                ..group()
            },
            "member_user_ids[0]",
        ),
        (
            CreateConversationRequest {
                member_user_ids: ids(&[caller]),
                ..direct()
            },
            "member_user_ids[0]",
        ),
        (
            CreateConversationRequest {
                member_user_ids: Vec::new(),
                ..direct()
            },
            "member_user_ids",
        ),
        (
            CreateConversationRequest {
                member_user_ids: vec![fresh_id().to_string(), fresh_id().to_string()],
                ..direct()
            },
            "member_user_ids",
        ),
        (
            CreateConversationRequest {
                title: "Tea".to_owned(),
                ..direct()
            },
            "title",
        ),
        (
            CreateConversationRequest {
                hides_history_from_new_members: true,
                ..direct()
            },
            "hides_history_from_new_members",
        ),
        (
            CreateConversationRequest {
                client_conversation_id: fresh_id().to_string(),
                ..direct()
            },
            "client_conversation_id",
        ),
    ]
    .into_iter()
    .map(|(request, field)| (Call::Create(request), field))
    .collect()
}

fn bad_changes_and_sends(
    id: &str,
    caller: &Person,
    absent: [Uuid; 2],
) -> Vec<(Call, &'static str)> {
    let add = |user_ids: Vec<String>| {
        Call::Add(AddMembersRequest {
            conversation_id: id.to_owned(),
            user_ids,
        })
    };
    let remove = |user_id: &str| {
        Call::Remove(RemoveMemberRequest {
            conversation_id: id.to_owned(),
            user_id: user_id.to_owned(),
        })
    };
    let send = |text: &str| Call::Send(message(id, fresh_id(), text));
    let recent = |page_size| {
        Call::Recent(ListRecentMessagesRequest {
            conversation_id: id.to_owned(),
            page_size,
        })
    };
    let person = fresh_id().to_string();
    let mut unidentified = message(id, fresh_id(), "hello");
    "mine".clone_into(&mut unidentified.client_message_id);
    vec![
        (add(Vec::new()), "user_ids"),
        (
            add((0..1_001).map(|_| fresh_id().to_string()).collect()),
            "user_ids",
        ),
        (add(vec![person.clone(), person]), "user_ids[1]"),
        (add(vec![String::new()]), "user_ids[0]"),
        (
            add(vec![fresh_id().to_string(), absent[0].to_string()]),
            "user_ids[1]",
        ),
        (add(vec![absent[1].to_string()]), "user_ids[0]"),
        (remove(""), "user_id"),
        (remove("bob"), "user_id"),
        (remove(&caller.user_id.to_string()), "user_id"),
        (Call::Send(unidentified), "client_message_id"),
        (send(""), "text"),
        (send(&"茶".repeat(8_001)), "text"),
        (send("a\0b"), "text"),
        (send("a\u{7f}b"), "text"),
        (send("a\u{85}b"), "text"),
        (recent(-1), "page_size"),
        (recent(201), "page_size"),
        (recent(i32::MIN), "page_size"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_to_any_call_names_its_field_and_writes_nothing() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let before = world.log().await.len();
    let table = [
        bad_conversation_ids(),
        bad_creations(&ada, &bob),
        bad_changes_and_sends(&id, &ada, [world.nobody(), world.deleted()]),
    ];
    for (call, field) in table.into_iter().flatten() {
        let status = call
            .clone()
            .make(&mut client, |()| ada.request(()))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{call:?}");
        let violations = status
            .get_details_bad_request()
            .map_or_else(Vec::new, |bad| bad.field_violations);
        assert!(
            violations.iter().any(|violation| violation.field == field),
            "{call:?}: {violations:?}"
        );
    }
    let mut memberships = replica.memberships().await;
    let request = ListMembershipsRequest {
        user_id: "bob".to_owned(),
    };
    assert_eq!(
        memberships
            .list_memberships(request)
            .await
            .unwrap_err()
            .code(),
        Code::InvalidArgument
    );
    let request = GetMembershipRequest {
        conversation_id: id,
        user_id: String::new(),
    };
    assert_eq!(
        memberships
            .get_membership(request)
            .await
            .unwrap_err()
            .code(),
        Code::InvalidArgument
    );
    assert_eq!(world.log().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_four_megabytes_is_too_large() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let ada = world.person();
    let request = message(&fresh_id().to_string(), fresh_id(), &"x".repeat(4 << 20));
    let status = client.send_message(ada.request(request)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}
