//! What a reader sees.

use super::*;

const ORIGIN: &str = "https://chat.example.org";

#[test]
fn both_forms_say_the_same_and_have_the_link() {
    let link = "https://chat.example.org/verify-email#token=abc-_";
    let letter = Letter::VerifyEmail {
        username: "ada",
        link,
    };
    let content = letter.compose(ORIGIN, "ada@example.org");
    for form in [&content.text, &content.html] {
        for part in [link, "@ada", "24 hours", "not your account", ORIGIN] {
            assert!(form.contains(part), "{part} is missing in {form}");
        }
    }
    assert!(content.html.contains(&format!("<a href=\"{link}\">")));
}

#[test]
fn a_reset_says_how_long_it_lasts_and_what_else_it_does() {
    let letter = Letter::ResetPassword {
        username: "ada",
        link: "https://chat.example.org/reset-password#token=abc",
    };
    let text = letter.compose(ORIGIN, "ada@example.org").text;
    assert!(text.contains("within 1 hour"), "{text}");
    assert!(text.contains("sign in again"), "{text}");
    assert!(text.contains("If it was not you"), "{text}");
}

#[test]
fn nothing_in_a_mail_can_become_markup() {
    let letter = Letter::PasswordChanged { username: "<b>\"&" };
    let html = letter.compose(ORIGIN, "ada@example.org").html;
    assert!(html.contains("@&lt;b&gt;&quot;&amp;"), "{html}");
}
