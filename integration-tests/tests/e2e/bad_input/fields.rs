//! Each bad value of each field of each method.

use prost::Message as _;
use prost_reflect::Value;
use quicksync::chat::v1::{ConversationKind, CreateConversationRequest};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{values, world::World};
use crate::calls;

/// Fields that are named by the violations of a status: `user_ids[3]` is `user_ids`.
pub fn named_fields(status: &Status) -> Vec<String> {
    let Some(violations) = status.get_details_bad_request() else {
        return Vec::new();
    };
    let fields = violations.field_violations.into_iter();
    fields
        .map(|violation| {
            let name = violation.field.split('[').next();
            name.unwrap_or_default().to_owned()
        })
        .collect()
}

fn shown(value: &Value) -> String {
    let mut text = format!("{value:?}");
    if let Some((end, _)) = text.char_indices().nth(100) {
        text.truncate(end);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_value_of_each_field_is_refused_by_name_and_writes_nothing() {
    let world = World::new().await;
    let before = world.belongings().await;
    let mut wrong = Vec::new();

    for method in calls::for_people() {
        for field in method.request.fields() {
            let Some(values) = values::of(&world, method, field.name()).await else {
                panic!(
                    "{} has a field {} that is new: tell what is bad for it",
                    method.path,
                    field.name()
                );
            };
            for value in values {
                let what = format!("{} {} = {}", method.path, field.name(), shown(&value));
                let mut request = method.good_request(&world.subject);
                request.set_field(&field, value);
                let answer = world.ada.call(&method.path, request.encode_to_vec()).await;
                match answer {
                    Err(status)
                        if status.code() == Code::InvalidArgument
                            && named_fields(&status) == [field.name()] => {}
                    other => wrong.push(format!("{what}: {other:?}")),
                }
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.assert_unchanged(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_do_not_fit_together_are_refused_by_name() {
    let world = World::new().await;
    let before = world.belongings().await;
    let direct = CreateConversationRequest {
        kind: ConversationKind::Direct.into(),
        member_user_ids: vec![world.grace.user.user_id.clone()],
        ..Default::default()
    };
    let two = vec![
        world.grace.user.user_id.clone(),
        uuid::Uuid::nil().to_string(),
    ];
    let bad = [
        (
            "title",
            CreateConversationRequest {
                title: "Two".to_owned(),
                ..direct.clone()
            },
        ),
        (
            "member_user_ids",
            CreateConversationRequest {
                member_user_ids: two,
                ..direct.clone()
            },
        ),
        (
            "member_user_ids",
            CreateConversationRequest {
                member_user_ids: Vec::new(),
                ..direct.clone()
            },
        ),
        (
            "member_user_ids",
            CreateConversationRequest {
                member_user_ids: vec![world.ada.user.user_id.clone()],
                ..direct.clone()
            },
        ),
        (
            "hides_history_from_new_members",
            CreateConversationRequest {
                hides_history_from_new_members: true,
                ..direct.clone()
            },
        ),
        (
            "client_conversation_id",
            CreateConversationRequest {
                client_conversation_id: world.direct.clone(),
                ..direct
            },
        ),
    ];
    for (field, request) in bad {
        let status = world.ada.create(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert_eq!(named_fields(&status), [field]);
    }
    world.assert_unchanged(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bad_fields_are_told_at_once() {
    let world = World::new().await;
    let request = quicksync::chat::v1::SendMessageRequest {
        conversation_id: "here".to_owned(),
        client_message_id: "this".to_owned(),
        text: String::new(),
    };

    let status = world.ada.chat().send_message(request).await.unwrap_err();

    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        named_fields(&status),
        ["conversation_id", "client_message_id", "text"]
    );
}
