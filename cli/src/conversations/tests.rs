//! Titles as people write them.

use super::*;

fn group(id: &str, title: &str) -> Conversation {
    Conversation {
        conversation_id: id.to_owned(),
        kind: ConversationKind::Group.into(),
        title: title.to_owned(),
        ..Conversation::default()
    }
}

fn found(title: &str) -> Result<String, String> {
    let groups = [
        group("1", "Lunch"),
        group("2", "Lunch today"),
        group("3", "Work"),
        group("4", "Games"),
        group("5", "games"),
    ];
    by_title(groups.into_iter(), title)
        .map(|group| group.conversation_id)
        .map_err(|failure| failure.to_string())
}

#[test]
fn a_title_is_found_in_any_case_and_by_its_beginning() {
    assert_eq!(found("lunch").unwrap(), "1", "the exact one comes first");
    assert_eq!(found("lunch t").unwrap(), "2");
    assert_eq!(found("WOR").unwrap(), "3");
}

#[test]
fn what_fits_several_lists_them_and_what_fits_none_says_so() {
    let several = found("games").unwrap_err();
    assert!(
        several.contains("4  Games") && several.contains("5  games"),
        "{several}"
    );
    assert!(found("nothing").unwrap_err().contains("chat list"));
}
