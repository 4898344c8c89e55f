//! The bounds of a password.

use super::*;

fn choose(text: &str) -> Result<Password, tonic::Status> {
    let mut violations = Violations::new();
    let password = Password::choose(&mut violations, "password", text);
    violations.finish().map(|()| password)
}

#[test]
fn length_counts_characters_of_any_script() {
    for good in ["12345abc", "пароль🔑🔑", &"字".repeat(128)] {
        assert!(choose(good).is_ok(), "{good}");
    }
    for bad in ["", "1234567", &"a".repeat(129), &"e\u{301}".repeat(129)] {
        assert!(choose(bad).is_err(), "{bad}");
    }
}

#[test]
fn composition_makes_no_difference() {
    assert_eq!(
        choose("caf\u{e9}-caf\u{e9}").unwrap().as_bytes(),
        choose("cafe\u{301}-cafe\u{301}").unwrap().as_bytes()
    );
    assert!(choose(&"e\u{301}".repeat(128)).is_ok());
}

#[test]
fn a_password_is_judged_when_it_is_chosen_and_never_when_it_is_claimed() {
    let mut violations = Violations::new();
    let password = Password::claim(&mut violations, "password", "password123");
    assert!(violations.finish().is_ok());
    assert!(password.judge(&Hints::default()).is_err());
}

#[test]
fn it_is_never_shown() {
    assert_eq!(
        format!("{:?}", choose("secret secret").unwrap()),
        "Password"
    );
}
