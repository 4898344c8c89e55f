//! Finding people, conversations, messages.

use crate::program::Machine;

#[tokio::test]
async fn two_people_talk() {
    let machine = Machine::with_ada_and_bob().await;
    assert_eq!(
        machine
            .run(&["--profile", "ada", "users", "bo"])
            .await
            .text(),
        "@bob\n"
    );
    let early = machine.run(&["--profile", "ada", "history", "@bob"]).await;
    assert_eq!(early.code, 2);
    assert!(
        early.stderr.contains("quicksync-cli send @bob"),
        "{}",
        early.stderr
    );

    assert_eq!(
        machine
            .run(&["--profile", "ada", "send", "@bob", "Hello,", "Bob!"])
            .await
            .text(),
        "sent to @bob\n"
    );
    let sent = machine
        .run_with(
            &["--json", "--profile", "bob", "send", "@ada", "-"],
            "one\ntwo\n",
        )
        .await
        .json();
    assert_eq!(sent[0]["sequence"], 2);
    assert_eq!(
        machine.gateway.state().conversations.len(),
        1,
        "one direct conversation a pair"
    );

    let history = machine.run(&["--profile", "ada", "history", "@bob"]).await;
    let lines: Vec<_> = history
        .text()
        .lines()
        .map(|line| line.split_once("  ").unwrap().1.trim())
        .collect();
    assert_eq!(lines, ["Ada Lovelace: Hello, Bob!", "bob: one", "two"]);
    assert_eq!(machine.gateway.state().read_up_to, 2);

    let list = machine.run(&["--profile", "ada", "chat", "list"]).await;
    assert!(
        list.text().contains("@bob") && list.text().contains("bob: one two"),
        "{}",
        list.stdout
    );
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message() {
    let machine = Machine::with_ada_and_bob().await;
    machine.gateway.state().lost_answers = 2;
    machine
        .run(&["--profile", "ada", "send", "@bob", "once"])
        .await
        .text();
    assert_eq!(machine.gateway.state().messages.len(), 1);
}

#[tokio::test]
async fn groups_are_called_by_their_title() {
    let machine = Machine::with_ada_and_bob().await;
    let group = machine
        .run(&["--profile", "ada", "chat", "group", "Lunch", "@bob"])
        .await;
    assert!(
        group.text().starts_with("Lunch  2 people  "),
        "{}",
        group.stdout
    );
    machine
        .run(&["--profile", "bob", "send", "lunch", "when?"])
        .await
        .text();
    let members = machine
        .run(&["--profile", "ada", "chat", "members", "list", "Lunch"])
        .await;
    assert_eq!(members.text(), "Ada Lovelace (@ada)  owner\n@bob\n");
    machine
        .run(&[
            "--profile",
            "ada",
            "chat",
            "members",
            "remove",
            "Lunch",
            "bob",
        ])
        .await
        .text();
    let gone = machine.run(&["--profile", "bob", "history", "Lunch"]).await;
    assert!(
        gone.stderr.contains("you are in no group called \"Lunch\""),
        "{}",
        gone.stderr
    );
    let added = machine
        .run(&[
            "--json",
            "--profile",
            "ada",
            "chat",
            "members",
            "add",
            "Lunch",
            "bob",
        ])
        .await;
    assert_eq!(
        added.json()[0]["members"],
        serde_json::json!(["ada", "bob"])
    );
    assert_eq!(
        machine
            .run(&["--profile", "bob", "chat", "leave", "Lunch"])
            .await
            .text(),
        "left Lunch\n"
    );
}

#[tokio::test]
async fn history_reaches_over_pages() {
    let machine = Machine::with_ada_and_bob().await;
    {
        let mut state = machine.gateway.state();
        let (ada, bob) = (state.user("ada").user_id, state.user("bob").user_id);
        let kind = quicksync::chat::v1::ConversationKind::Direct;
        let id = state.begin(kind, "", &[ada.clone(), bob]).conversation_id;
        for number in 0..450 {
            state.say(&id, &ada, &number.to_string(), &format!("text {number}"));
        }
    }
    let all = machine
        .run(&[
            "--json",
            "--profile",
            "bob",
            "history",
            "@ada",
            "--limit",
            "430",
        ])
        .await
        .json();
    let texts: Vec<_> = all
        .iter()
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        texts,
        (20..450)
            .map(|number| format!("text {number}"))
            .collect::<Vec<_>>()
    );
    let before = machine
        .run(&[
            "--json",
            "--profile",
            "bob",
            "history",
            "@ada",
            "--before",
            "3",
        ])
        .await
        .json();
    assert_eq!(before.len(), 2);
}

#[tokio::test]
async fn somebody_who_is_not_there_is_named() {
    let machine = Machine::with_ada_and_bob().await;
    let nobody = machine
        .run(&["--profile", "ada", "send", "@nobody", "hi"])
        .await;
    assert_eq!(nobody.code, 2);
    assert!(
        nobody.stderr.contains("nobody called @nobody"),
        "{}",
        nobody.stderr
    );
    let none = machine.run(&["--profile", "ada", "users", "zzz"]).await;
    assert_eq!((none.text(), none.stderr.contains("zzz")), ("", true));
}
