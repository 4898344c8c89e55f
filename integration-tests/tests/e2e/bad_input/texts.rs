//! Good input that looks odd: texts of many scripts arrive byte for byte, up to the last of 8,000 characters.

use integration_tests::{
    client::{Person, live::LiveStream},
    eventually::eventually,
    mesh,
};
use quicksync::{chat::v1::ListRecentMessagesRequest, messaging::v1::ListConversationsRequest};
use tonic::Code;

use super::fields::named_fields;

const CHARACTERS_MAX: usize = 8_000;

/// Each with a trap of its own.
const SAMPLES: [(&str, &str); 16] = [
    (
        "ascii",
        "The quick brown fox; DROP TABLE messages; -- '\"\\%_",
    ),
    ("composed", "\u{c5}ngstr\u{f6}m caf\u{e9}"),
    ("decomposed", "A\u{30a}ngstro\u{308}m cafe\u{301}"),
    (
        "stacked marks",
        "Z\u{310}\u{34a}\u{329}a\u{341}\u{327}l\u{342}\u{355}g\u{360}o\u{362}",
    ),
    (
        "right to left",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}",
    ),
    (
        "bidi controls",
        "\u{202e}abc\u{202c} \u{2067}def\u{2069} \u{200f}",
    ),
    ("devanagari", "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}"),
    ("thai", "\u{e2a}\u{e27}\u{e31}\u{e2a}\u{e14}\u{e35}"),
    ("han", "\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}"),
    (
        "hangul jamo",
        "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8} \u{d55c}\u{ad6d}",
    ),
    (
        "family",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
    ),
    (
        "flags and skins",
        "\u{1f1e9}\u{1f1ea} \u{1f44d}\u{1f3fd} \u{2764}\u{fe0f}",
    ),
    ("gothic", "\u{10330}\u{10331}\u{10332} \u{1d11e} \u{20000}"),
    (
        "last code points",
        "\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}",
    ),
    (
        "odd spaces",
        " \u{a0}\u{2003}\u{200b}\u{feff}\u{2028}\u{2029} ",
    ),
    ("layout", "\n\r\n\tfirst\tsecond\r\n\n"),
];

fn texts() -> Vec<String> {
    let short = SAMPLES.iter().map(|(_, text)| (*text).to_owned());
    let long = SAMPLES.iter().map(|(_, text)| {
        let endless = text.chars().cycle();
        endless.take(CHARACTERS_MAX).collect::<String>()
    });
    let single = [" ", "\u{10ffff}", "\u{301}", "\n"].map(str::to_owned);
    short.chain(long).chain(single).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_any_script_arrives_byte_for_byte() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let stream = LiveStream::open(&grace).await.unwrap();

    let sent = texts();
    for text in &sent {
        ada.send(&conversation, text).await.unwrap();
    }

    let seen = stream
        .until_messages(&conversation, sent.len())
        .await
        .unwrap();
    let live: Vec<&str> = seen
        .messages_of(&conversation)
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(live, sent);
    let request = ListRecentMessagesRequest {
        conversation_id: conversation.clone(),
        page_size: 200,
    };
    let recent = grace.chat().list_recent_messages(request).await.unwrap();
    let recent = recent.into_inner().messages;
    assert!(recent.iter().map(|message| &message.text).eq(&sent));
    let history = grace.history(&conversation).await.unwrap();
    assert!(history.iter().map(|message| &message.text).eq(&sent));

    // What was stored, now surely from the database: the chat list has no other source.
    eventually("the chat list shows the last message", async || {
        let request = ListConversationsRequest::default();
        let list = grace.messaging().list_conversations(request).await.unwrap();
        let chat = list.into_inner().conversations.remove(0);
        (chat.last_message? == *history.last()?).then_some(())
    })
    .await
    .unwrap();
    let stored = grace.history(&conversation).await.unwrap();
    assert_eq!(stored, history);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_character_more_than_8000_is_refused_whatever_its_bytes() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;

    for (script, text) in SAMPLES {
        let long: String = text.chars().cycle().take(CHARACTERS_MAX + 1).collect();
        let status = ada.send(&conversation, &long).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{script}");
        assert_eq!(named_fields(&status), ["text"], "{script}");
    }
    assert_eq!(ada.history(&conversation).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_titles_of_any_script_come_back_as_they_were_given() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();

    for (script, text) in SAMPLES {
        let name: String = text.chars().filter(|letter| !letter.is_control()).collect();
        if name.trim().is_empty() {
            continue;
        }
        let title = ada.group(&name, &[]).await.unwrap().title;
        assert_eq!(title, name, "{script}");
        let request = quicksync::user::v1::UpdateProfileRequest {
            display_name: Some(name.clone()),
        };
        let answer = ada.users().update_profile(request).await.unwrap();
        let user = answer.into_inner().user.unwrap();
        assert_eq!(user.display_name, name, "{script}");
    }
}
