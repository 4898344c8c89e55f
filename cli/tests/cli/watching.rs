//! The live stream: resumed after it broke, completed from history where it could not be.

use nix::sys::signal::{Signal, kill};
use prost_types::Duration;
use quicksync::{
    chat::v1::{ConversationKind, Message},
    notification::v1::{
        Ending, EndingReason, Heartbeat, MemberRemoved, Ready, Reset, SubscribeResponse,
        subscribe_response::Event,
    },
};
use tonic::Status;

use crate::program::Machine;

type Said = Result<SubscribeResponse, Status>;

#[expect(clippy::unnecessary_wraps, reason = "it stands beside failures")]
fn said(token: u8, event: Event) -> Said {
    Ok(SubscribeResponse {
        resume_token: vec![token],
        event: Some(event),
    })
}

fn ready(token: u8, resumed: bool) -> Said {
    said(
        token,
        Event::Ready(Ready {
            heartbeat_interval: Some(Duration {
                seconds: 15,
                nanos: 0,
            }),
            resumed,
        }),
    )
}

fn ending(token: u8, reason: EndingReason) -> Said {
    said(
        token,
        Event::Ending(Ending {
            reason: reason.into(),
            reconnect_after: Some(Duration::default()),
        }),
    )
}

/// A machine where ada and bob are in a group, and messages 1 to `count` that ada sent there.
async fn with_messages(count: usize) -> (Machine, Vec<Message>) {
    let machine = Machine::with_ada_and_bob().await;
    let mut state = machine.gateway.state();
    let (ada, bob) = (state.user("ada").user_id, state.user("bob").user_id);
    let id = state
        .begin(ConversationKind::Group, "Lunch", &[ada.clone(), bob])
        .conversation_id;
    let all = (1..=count)
        .map(|n| state.say(&id, &ada, &n.to_string(), &format!("text {n}")))
        .collect();
    state.messages.clear();
    drop(state);
    (machine, all)
}

#[tokio::test]
async fn a_broken_stream_is_resumed_and_shows_each_message_once() {
    let (machine, all) = with_messages(3).await;
    let message = |n: usize| Event::Message(all[n - 1].clone());
    machine.gateway.state().streams = [
        vec![
            ready(1, false),
            said(2, message(1)),
            Err(Status::unavailable("broken")),
        ],
        vec![
            ready(2, true),
            said(2, message(1)),
            said(3, message(2)),
            ending(3, EndingReason::Drain),
        ],
        vec![
            ready(3, true),
            said(4, Event::Heartbeat(Heartbeat {})),
            said(5, message(3)),
        ],
    ]
    .into();
    let mut watch = machine.start(&["--json", "--profile", "bob", "watch"]);
    let mut texts = Vec::new();
    while texts.len() < 3 {
        let event = watch.next().await;
        if event["type"] == "message" {
            assert_eq!(event["sender_username"], "ada");
            texts.push(event["text"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(texts, ["text 1", "text 2", "text 3"]);
    assert_eq!(
        machine.gateway.state().resumed_from,
        [vec![], vec![2], vec![3]]
    );
}

#[tokio::test]
async fn after_a_reset_what_was_missed_comes_from_history() {
    let (machine, all) = with_messages(4).await;
    let message = |n: usize| Event::Message(all[n - 1].clone());
    {
        let mut state = machine.gateway.state();
        state.messages = all[..1].to_vec();
        state.streams = [vec![ready(1, false)]].into();
    }
    let mut watch = machine.start(&["--json", "--profile", "bob", "watch", "Lunch"]);
    assert_eq!(watch.next().await["resumed"], false);
    {
        let mut state = machine.gateway.state();
        state.messages = all[..3].to_vec();
        let reset = said(2, Event::Reset(Reset::default()));
        state.streams = [vec![ready(2, false), reset, said(3, message(4))]].into();
    }
    machine.gateway.world.breaking.notify_one();
    let mut texts = Vec::new();
    while texts.len() < 3 {
        let event = watch.next().await;
        if event["type"] == "message" {
            texts.push(event["text"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(texts, ["text 2", "text 3", "text 4"]);
}

#[tokio::test]
async fn a_revoked_sign_in_ends_the_watch() {
    let (machine, _) = with_messages(0).await;
    machine.gateway.state().streams =
        [vec![ready(1, false), ending(1, EndingReason::SignedOut)]].into();
    let watch = machine.start(&["--json", "--profile", "bob", "watch"]);
    assert_eq!(watch.end().await, 3);
}

#[tokio::test]
async fn changes_are_told_with_names() {
    let (machine, all) = with_messages(1).await;
    let ada = all[0].sender_user_id.clone();
    let removed = MemberRemoved {
        conversation_id: all[0].conversation_id.clone(),
        user_id: ada.clone(),
        removed_by_user_id: ada,
        ..MemberRemoved::default()
    };
    machine.gateway.state().streams = [vec![
        ready(1, false),
        said(2, Event::MemberRemoved(removed)),
    ]]
    .into();
    let mut watch = machine.start(&["--json", "--profile", "bob", "watch"]);
    watch.next().await;
    let change = watch.next().await;
    assert_eq!(
        (&change["type"], &change["username"]),
        (&"member_removed".into(), &"ada".into())
    );
}

#[tokio::test]
async fn an_interrupt_ends_the_watch_well() {
    let (machine, _) = with_messages(0).await;
    machine.gateway.state().streams = [vec![ready(1, false)]].into();
    let mut watch = machine.start(&["--json", "--profile", "bob", "watch"]);
    watch.next().await;
    kill(watch.id(), Signal::SIGINT).unwrap();
    assert_eq!(watch.end().await, 0);
}
