//! Whether a password is easily guessed, as zxcvbn estimates it: by leaked and common passwords, names, words, dates, keyboard
//! patterns and repetitions, and by what is known of the person.

/// Of a password, what is judged. The time grows faster than the length where many letters could stand for others: on one core
/// 20 ms for 16 such characters, 85 ms for 32, 480 ms for 100. What is good in its first 32 characters is good.
const JUDGED_CHARS_MAX: usize = 32;
/// What a hint is worth beyond this many characters is nothing, and looking for it takes time.
const HINT_CHARS_MAX: usize = 64;
const HINTS_MAX: usize = 64;
/// Hints of fewer characters would make every password a bad one.
const HINT_CHARS_MIN: usize = 3;
/// What people put between the parts of a name.
const JOINTS: [&str; 5] = ["", " ", ".", "-", "_"];
/// Guesses below which a password is refused: what zxcvbn calls safe from an attack that no throttle slows. Its score 3 begins
/// five guesses later, which would refuse eight random characters.
const GUESSES_MIN: u64 = 100_000_000;
/// What people of this system would try first.
const OWN_NAME: &str = "quicksync";

/// Why a password is refused, for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Guessable(String);

/// What is known of a person: parts of it make a password easy to guess.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hints(Vec<String>);

impl Hints {
    /// From names and addresses: whole, in parts, and the parts put together again.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hints = vec![OWN_NAME.to_owned()];
        for text in texts {
            let parts = text.split(|c: char| !c.is_alphanumeric());
            let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            hints.push(text.to_owned());
            hints.extend(parts.iter().map(|part| (*part).to_owned()));
            hints.extend(JOINTS.map(|joint| parts.join(joint)));
        }
        hints.retain(|hint| hint.chars().count() >= HINT_CHARS_MIN);
        hints.truncate(HINTS_MAX);
        for hint in &mut hints {
            *hint = hint.chars().take(HINT_CHARS_MAX).collect();
        }
        Self(hints)
    }
}

/// Refuses what is easily guessed. Takes up to a tenth of a second of a CPU.
pub(crate) fn check(password: &str, hints: &Hints) -> Result<(), Guessable> {
    let hints: Vec<&str> = hints.0.iter().map(String::as_str).collect();
    let judged: String = password.chars().take(JUDGED_CHARS_MAX).collect();
    let estimate = zxcvbn::zxcvbn(&judged, &hints);
    if estimate.guesses() >= GUESSES_MIN {
        return Ok(());
    }
    let mut text = "is too easy to guess.".to_owned();
    if let Some(feedback) = estimate.feedback() {
        let warning = feedback.warning().map(|warning| warning.to_string());
        let suggestions = feedback.suggestions().iter().map(ToString::to_string);
        for sentence in warning.into_iter().chain(suggestions) {
            text.push(' ');
            text.push_str(&sentence);
        }
    }
    Err(Guessable(text))
}

#[cfg(test)]
mod tests;
