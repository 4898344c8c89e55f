//! The state machine among clients, a bad network and thieves: many random stories on a session that is a list in memory.

use std::collections::VecDeque;

use proptest::{collection::vec, prelude::*, sample::Index};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const MOMENT: Duration = Duration::seconds(10);
/// A request, or an answer, arrives within this time or never.
const UNDER_WAY_S: i64 = 4;
/// Longer than a moment, as between two uses of a token by one client.
const PAUSE_S: i64 = 600;
/// Requests that a client has under way: its tabs.
const TABS_MAX: usize = 6;

/// A session in memory. Tokens are named by their number.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    tokens: Vec<Row>,
    is_revoked: bool,
}

#[derive(Clone, Debug)]
struct Row {
    parent: Option<usize>,
    issued_at: OffsetDateTime,
    spent_at: Option<OffsetDateTime>,
}

/// What comes of showing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Token(usize),
    Refused,
    Wait,
}

fn hash_of(number: usize) -> Hash {
    number.to_be_bytes().to_vec()
}

fn number_of(hash: &Hash) -> usize {
    usize::from_be_bytes(hash.as_slice().try_into().unwrap())
}

impl Family {
    /// Token 0 was given just now.
    pub(crate) fn new(now: OffsetDateTime) -> Self {
        let first = Row {
            parent: None,
            issued_at: now,
            spent_at: None,
        };
        Self {
            tokens: vec![first],
            is_revoked: false,
        }
    }

    /// Shows a token at `now`.
    pub(crate) fn show(&mut self, number: usize, now: OffsetDateTime) -> Answer {
        let parent = match self.shown(number).verdict(now, MOMENT) {
            Verdict::Refuse => return Answer::Refused,
            Verdict::Wait => return Answer::Wait,
            Verdict::Revoke => {
                self.is_revoked = true;
                return Answer::Refused;
            }
            Verdict::Rotate => {
                for live in self.tokens.iter_mut().filter(|row| row.spent_at.is_none()) {
                    live.spent_at = Some(now);
                }
                number
            }
            Verdict::Join { parent, spend } => {
                if let Some(oldest) = spend {
                    self.tokens[number_of(&oldest)].spent_at = Some(now);
                }
                number_of(&parent)
            }
        };
        self.tokens.push(Row {
            parent: Some(parent),
            issued_at: now,
            spent_at: None,
        });
        Answer::Token(self.tokens.len() - 1)
    }

    /// Whether it was taken for stolen.
    pub(crate) fn is_revoked(&self) -> bool {
        self.is_revoked
    }

    fn shown(&self, number: usize) -> Shown {
        let row = &self.tokens[number];
        Shown {
            session_id: Uuid::nil(),
            user_id: Uuid::nil(),
            session_expires_at: NOW + Duration::days(365),
            session_revoked: self.is_revoked,
            expires_at: NOW + Duration::days(365),
            spent_at: row.spent_at,
            children: self.children(number),
            live: self.live(),
        }
    }

    fn live(&self) -> Vec<Live> {
        let live = self.tokens.iter().enumerate();
        live.filter(|(_, row)| row.spent_at.is_none())
            .map(|(number, row)| Live {
                hash: hash_of(number),
                parent: row.parent.map(hash_of),
                issued_at: row.issued_at,
            })
            .take(LIVE_MAX)
            .collect()
    }

    fn children(&self, number: usize) -> Children {
        let row = &self.tokens[number];
        let is_twin = |other: usize| {
            let twin = &self.tokens[other];
            other == number
                || row.parent.is_some()
                    && twin.parent == row.parent
                    && (twin.issued_at - row.issued_at).abs() < MOMENT
        };
        let children = self
            .tokens
            .iter()
            .filter(|row| row.parent.is_some_and(is_twin));
        let spent: Vec<_> = children.map(|child| child.spent_at).collect();
        match spent.iter().max() {
            None => Children::None,
            Some(_) if spent.contains(&None) => Children::Live,
            Some(last) => Children::SpentAt(last.unwrap()),
        }
    }

    fn nothing_works(&self, now: OffsetDateTime) -> bool {
        (0..self.tokens.len()).all(|number| self.works(number, now).is_none())
    }

    /// What the token would bring, without showing it.
    fn works(&self, number: usize, now: OffsetDateTime) -> Option<usize> {
        match self.clone().show(number, now) {
            Answer::Token(next) => Some(next),
            Answer::Refused | Answer::Wait => None,
        }
    }
}

/// What happens to a client with several tabs that share one cookie.
#[derive(Clone, Debug)]
enum Step {
    /// A tab asks with what is in the cookie.
    Ask,
    /// A request arrives, whichever was sent first.
    Arrive(Index),
    /// It does, and will once more.
    ArriveTwice(Index),
    LoseRequest(Index),
    /// The answer that was given first arrives.
    Answer,
    LoseAnswer(Index),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Ask),
        4 => any::<Index>().prop_map(Step::Arrive),
        1 => any::<Index>().prop_map(Step::ArriveTwice),
        1 => any::<Index>().prop_map(Step::LoseRequest),
        4 => Just(Step::Answer),
        1 => any::<Index>().prop_map(Step::LoseAnswer),
        2 => (0..=3_i64).prop_map(Step::Pass),
        1 => Just(Step::Pass(PAUSE_S)),
    ]
}

/// A browser: one cookie, several tabs, and a network that delays, loses and repeats.
struct Browser {
    family: Family,
    cookie: usize,
    now: OffsetDateTime,
    requests: Vec<(usize, OffsetDateTime)>,
    answers: VecDeque<(usize, OffsetDateTime)>,
}

impl Browser {
    fn new() -> Self {
        Self {
            family: Family::new(NOW),
            cookie: 0,
            now: NOW,
            requests: Vec::new(),
            answers: VecDeque::new(),
        }
    }

    /// False where the server refuses what this client shows.
    fn take(&mut self, step: &Step) -> bool {
        match step {
            Step::Ask if self.requests.len() < TABS_MAX => {
                self.requests.push((self.cookie, self.now));
            }
            Step::Arrive(which) if !self.requests.is_empty() => {
                let (token, _) = self.requests.remove(which.index(self.requests.len()));
                return self.arrive(token);
            }
            Step::ArriveTwice(which) if !self.requests.is_empty() => {
                let (token, _) = self.requests[which.index(self.requests.len())];
                return self.arrive(token);
            }
            Step::LoseRequest(which) if !self.requests.is_empty() => {
                self.requests.remove(which.index(self.requests.len()));
            }
            Step::Answer => {
                if let Some((token, _)) = self.answers.pop_front() {
                    self.cookie = token;
                }
            }
            Step::LoseAnswer(which) if !self.answers.is_empty() => {
                self.answers.remove(which.index(self.answers.len()));
            }
            Step::Pass(seconds) => self.pass(*seconds),
            Step::Ask
            | Step::Arrive(_)
            | Step::ArriveTwice(_)
            | Step::LoseRequest(_)
            | Step::LoseAnswer(_) => {}
        }
        true
    }

    fn arrive(&mut self, token: usize) -> bool {
        match self.family.show(token, self.now) {
            Answer::Token(next) => self.answers.push_back((next, self.now)),
            Answer::Wait => {}
            Answer::Refused => return false,
        }
        true
    }

    fn pass(&mut self, seconds: i64) {
        self.now += Duration::seconds(seconds);
        let oldest = self.now - Duration::seconds(UNDER_WAY_S);
        self.requests.retain(|(_, sent_at)| *sent_at >= oldest);
        self.answers.retain(|(_, given_at)| *given_at >= oldest);
    }
}

/// Owner and thief, each with the token that they were given last, and everything that the thief ever had.
struct Theft {
    family: Family,
    now: OffsetDateTime,
    owners: usize,
    loot: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Move {
    Owner,
    /// The answer to the owner is lost.
    OwnerInVain,
    Copy,
    Thief(Index),
    Pass(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => Just(Move::Owner),
        1 => Just(Move::OwnerInVain),
        2 => Just(Move::Copy),
        3 => any::<Index>().prop_map(Move::Thief),
        2 => (0..=20_i64).prop_map(Move::Pass),
        1 => Just(Move::Pass(PAUSE_S)),
    ];
    vec(one, 0..30)
}

impl Theft {
    fn after(moves: &[Move]) -> Self {
        let mut theft = Self {
            family: Family::new(NOW),
            now: NOW,
            owners: 0,
            loot: vec![],
        };
        for one in moves {
            match one {
                Move::Owner => drop(theft.owner()),
                Move::OwnerInVain => drop(theft.family.show(theft.owners, theft.now)),
                Move::Copy => theft.loot.push(theft.owners),
                Move::Thief(which) if !theft.loot.is_empty() => {
                    let token = theft.loot[which.index(theft.loot.len())];
                    theft.thief(token);
                }
                Move::Thief(_) => {}
                Move::Pass(seconds) => theft.now += Duration::seconds(*seconds),
            }
        }
        theft.pause();
        theft
    }

    fn owner(&mut self) -> Answer {
        let answer = self.family.show(self.owners, self.now);
        if let Answer::Token(next) = answer {
            self.owners = next;
        }
        answer
    }

    fn thief(&mut self, token: usize) -> Option<usize> {
        let Answer::Token(next) = self.family.show(token, self.now) else {
            return None;
        };
        self.loot.push(next);
        Some(next)
    }

    fn pause(&mut self) {
        self.now += Duration::seconds(PAUSE_S);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_client_is_never_signed_out_by_lost_repeated_or_late_messages(steps in vec(step(), 0..120)) {
        let mut browser = Browser::new();
        for step in &steps {
            prop_assert!(browser.take(step), "refused at {step:?}");
        }
        browser.pass(PAUSE_S);
        prop_assert!(browser.family.works(browser.cookie, browser.now).is_some());
    }

    #[test]
    fn a_thief_who_waits_while_the_owner_goes_on_has_nothing_that_works(moves in moves()) {
        let mut theft = Theft::after(&moves);
        for _ in 0..2 {
            theft.owner();
            theft.pause();
        }
        for &token in &theft.loot {
            prop_assert_eq!(theft.family.works(token, theft.now), None);
        }
    }

    #[test]
    fn an_owner_who_comes_back_to_what_a_thief_went_on_with_ends_everything(moves in moves(), which: Index) {
        let mut theft = Theft::after(&moves);
        theft.loot.push(theft.owners);
        let stolen = theft.loot[which.index(theft.loot.len())];
        if let Some(next) = theft.thief(stolen) {
            theft.pause();
            theft.thief(next);
            theft.pause();
            prop_assert_eq!(theft.owner(), Answer::Refused);
        }
        if theft.family.is_revoked {
            prop_assert!(theft.family.nothing_works(theft.now));
        }
    }

    #[test]
    fn owner_and_thief_cannot_both_use_their_tokens_twice(moves in moves(), turns in vec(any::<bool>(), 2..40)) {
        let mut theft = Theft::after(&moves);
        let mut thiefs = theft.owners;
        let (mut owner, mut thief) = (0, 0);
        for is_owner in turns {
            if is_owner {
                owner += 1;
                theft.owner();
            } else {
                thief += 1;
                thiefs = theft.thief(thiefs).unwrap_or(thiefs);
            }
            theft.pause();
        }
        if owner >= 2 && thief >= 2 {
            prop_assert!(theft.family.is_revoked);
            prop_assert!(theft.family.nothing_works(theft.now));
        }
    }
}
