use tonic::Code;
use tonic_types::StatusExt;
use uuid::{Uuid, uuid};

use super::{Text, VIOLATIONS_MAX, Violations};

const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// The fields that are wrong.
fn wrong(check: impl FnOnce(&mut Violations)) -> Vec<String> {
    let mut violations = Violations::new();
    check(&mut violations);
    match violations.finish() {
        Ok(()) => Vec::new(),
        Err(status) => {
            assert_eq!(status.code(), Code::InvalidArgument);
            let details = status.get_details_bad_request().unwrap();
            details
                .field_violations
                .into_iter()
                .map(|violation| violation.field)
                .collect()
        }
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut violations = Violations::new();
    violations.uuid("conversation_id", "7");
    violations.text("text", "", 1..=10, Text::Body);
    let status = violations.finish().unwrap_err();
    assert_eq!(
        status.message(),
        "conversation_id: must be a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"
    );
    assert_eq!(
        status
            .get_details_bad_request()
            .unwrap()
            .field_violations
            .len(),
        2
    );
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "INVALID_FIELDS"
    );
}

#[test]
fn a_uuid_has_one_spelling() {
    let mut violations = Violations::new();
    assert_eq!(
        violations.uuid("id", ID),
        uuid!("67e55044-10b1-426f-9247-bb680e5fe0c8")
    );
    assert_eq!(
        violations.uuid("id", &ID.to_uppercase()),
        uuid!("67e55044-10b1-426f-9247-bb680e5fe0c8")
    );
    assert_eq!(violations.optional_uuid("id", ""), None);
    assert!(violations.is_empty());
    for text in [
        "",
        "x",
        &ID.replace('-', ""),
        &format!("{{{ID}}}"),
        &format!("urn:uuid:{ID}"),
        &ID.replace('6', "g"),
    ] {
        assert_eq!(
            wrong(|violations| assert_eq!(violations.uuid("id", text), Uuid::nil())),
            ["id"],
            "{text}"
        );
    }
}

#[test]
fn a_list_of_ids_is_bounded_and_has_each_once() {
    let ids = |texts: &[&str]| {
        texts
            .iter()
            .map(|&text| text.to_owned())
            .collect::<Vec<_>>()
    };
    let check =
        |texts: &[&str]| wrong(|violations| drop(violations.uuids("ids", &ids(texts), 1..=3)));
    assert!(check(&[ID]).is_empty());
    assert_eq!(check(&[]), ["ids"]);
    assert_eq!(check(&[ID; 4]), ["ids"]);
    assert_eq!(check(&[ID, &ID.to_uppercase()]), ["ids[1]"]);
    assert_eq!(check(&["x", ID, "x"]), ["ids[0]", "ids[2]"]);
}

#[test]
fn length_counts_characters_not_bytes() {
    let check = |text: &str, kind| wrong(|violations| violations.text("text", text, 2..=3, kind));
    for text in ["ab", "abc", "äöü", "日本語", "👩👩👩"] {
        assert!(check(text, Text::Line).is_empty(), "{text}");
    }
    for text in ["", "a", "日", "abcd", "日本語だ", "👩‍👩‍👦"] {
        assert_eq!(check(text, Text::Line), ["text"], "{text}");
    }
}

#[test]
fn control_characters_are_refused() {
    let check = |text: &str, kind| {
        wrong(|violations| violations.text("text", text, 1..=10, kind)).is_empty()
    };
    for text in ["a\nb", "a\r\nb", "\ta"] {
        assert!(
            check(text, Text::Body) && !check(text, Text::Line),
            "{text:?}"
        );
    }
    for text in ["\0", "a\u{1b}[m", "\u{7f}", "\u{85}", "\u{9f}"] {
        assert!(
            !check(text, Text::Body) && !check(text, Text::Line),
            "{text:?}"
        );
    }
    // Not Cc: joiners, marks of direction, private use.
    assert!(check("\u{200d}\u{200e}\u{e000}", Text::Line));
}

#[test]
fn a_page_size_has_a_default_and_a_bound() {
    let mut violations = Violations::new();
    assert_eq!(violations.page_size("page_size", 0, 50, 200), 50);
    assert_eq!(violations.page_size("page_size", 1, 50, 200), 1);
    assert_eq!(violations.page_size("page_size", 200, 50, 200), 200);
    assert!(violations.is_empty());
    for size in [-1, 201, i32::MIN, i32::MAX] {
        assert_eq!(
            wrong(|violations| _ = violations.page_size("page_size", size, 50, 200)),
            ["page_size"]
        );
    }
}

#[test]
fn an_enum_must_be_known_and_set() {
    let known = |value| wrong(|violations| _ = violations.specified::<Known>("kind", value));
    assert!(known(1).is_empty());
    assert_eq!(known(0), ["kind"]);
    assert_eq!(known(2), ["kind"]);
}

struct Known;

impl TryFrom<i32> for Known {
    type Error = ();

    fn try_from(value: i32) -> Result<Self, ()> {
        if value <= 1 { Ok(Self) } else { Err(()) }
    }
}

#[test]
fn the_number_of_violations_is_bounded() {
    let fields = wrong(|violations| {
        (0..100).for_each(|index| violations.add(format!("ids[{index}]"), "wrong"));
    });
    assert_eq!(fields.len(), VIOLATIONS_MAX);
}
