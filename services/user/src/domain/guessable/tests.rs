//! Which passwords are refused, and what the person is told.

use std::time::{Duration, Instant};

use super::*;

/// Twenty times what a quiet machine takes.
const LONGEST: Duration = Duration::from_secs(2);

fn refused(password: &str, hints: &[&str]) -> Option<String> {
    check(password, &Hints::of(hints.iter().copied()))
        .err()
        .map(|guessable| guessable.to_string())
}

#[test]
fn common_passwords_and_patterns_are_refused_with_advice() {
    for password in [
        "password",
        "PassWord123",
        "p@ssw0rd1",
        "12345678",
        "123456789012",
        "qwertyuiop",
        "iloveyou2",
        "aaaaaaaaaaaaaaaa",
        "abcdefghijkl",
        "19841984",
        "quicksync1",
        "qwer1234",
        "1qaz2wsx",
        "football",
        "trustno1",
    ] {
        let text = refused(password, &[]).unwrap_or_else(|| panic!("{password} was taken"));
        assert!(text.starts_with("is too easy to guess. "), "{text}");
        assert!(text.len() > "is too easy to guess. ".len(), "{text}");
    }
}

#[test]
fn what_is_known_of_the_person_is_no_secret() {
    let hints = [
        "grzegorz77",
        "Grzegorz Brzęczyszczykiewicz",
        "g.brz@chrząszczyżewoszyce.example",
    ];
    for password in [
        "grzegorz77",
        "Grzegorz77!",
        "brzęczyszczykiewicz",
        "chrząszczyżewoszyce1",
    ] {
        assert!(refused(password, &hints).is_some(), "{password}");
        assert!(
            password.to_lowercase().starts_with("grzegorz") || refused(password, &[]).is_none(),
            "{password} is good for others"
        );
    }
}

#[test]
fn good_passwords_of_any_script_are_taken() {
    for password in [
        "correct horse battery",
        "xK9#mQ2$",
        "v7rTz0pq",
        "пароль🔑🔑",
        "秘密の合言葉です",
        "seven-green-bicycles-42",
    ] {
        assert_eq!(
            refused(password, &["ada", "Ada Lovelace", "ada@example.org"]),
            None
        );
    }
}

#[test]
fn the_longest_and_most_tangled_take_bounded_time() {
    let long: String = "p4ssw0rdQwerty1984abcabc!"
        .chars()
        .cycle()
        .take(128)
        .collect();
    let substituted: String = "@4({[<1!|0$5+7%2".chars().cycle().take(128).collect();
    let hints: Vec<String> = (0..HINTS_MAX).map(|n| format!("{n}").repeat(99)).collect();
    let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
    for password in [long, substituted, "a".repeat(128), "字".repeat(128)] {
        let began = Instant::now();
        let _ = refused(&password, &hints);
        let took = began.elapsed();
        println!("{took:?} for {password}");
        assert!(took < LONGEST, "{took:?} for {password}");
    }
}
