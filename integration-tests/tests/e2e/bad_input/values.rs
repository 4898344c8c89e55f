//! What is bad for each field.

use integration_tests::client::new_id;
use prost_reflect::Value;

use super::world::World;
use crate::calls::Method;

const SEQUENCE_END: i64 = 1 << 53;
/// Far past anything that the log of a test reaches.
const FAR: i64 = 1 << 30;

/// Bad values of one field; none where each value is good.
pub async fn of(world: &World, method: &Method, field: &str) -> Option<Vec<Value>> {
    let (_, name) = method.path.rsplit_once('/').unwrap();
    let person = world.subject.user_id.as_str();
    let me = world.ada.user.user_id.as_str();
    Some(match (name, field) {
        ("RemoveMember", "user_id") => [ids(), strings(&[me])].concat(),
        (
            _,
            "conversation_id"
            | "client_conversation_id"
            | "client_message_id"
            | "session_id"
            | "identity_id",
        ) => ids(),
        ("CreateConversation", "member_user_ids") => {
            let mut lists = id_lists(person, 1_000);
            lists.retain(|list| list.as_list() != Some(&[]));
            [lists, vec![list([person, person]), list([me]), unknown()]].concat()
        }
        ("AddMembers", "user_ids") => [
            id_lists(person, 1_000),
            vec![list([person, person]), unknown()],
        ]
        .concat(),
        // An id that is there twice, or that nobody has, is no fault here.
        ("GetUsers", "user_ids") => id_lists(person, 200),
        ("MarkNotificationsRead", "notification_ids") => {
            [id_lists(person, 200), vec![list([person, person])]].concat()
        }
        (_, "kind") => [0, 3, 99, -1, i32::MIN, i32::MAX]
            .map(Value::EnumNumber)
            .to_vec(),
        ("SendMessage", "text") => [texts(8_000), strings(&BAD_IN_TEXT)].concat(),
        (_, "title" | "refresh_token") => [texts(128), strings(&BAD_IN_LINE)].concat(),
        ("SearchUsers", "query") => [texts(64), strings(&BAD_IN_LINE), strings(&["  "])].concat(),
        ("UpdateProfile", "display_name") => {
            [texts(64), strings(&BAD_IN_LINE), strings(&["\u{3000}"])].concat()
        }
        // Empty takes the username.
        ("Register", "display_name") => [too_long(64), strings(&BAD_IN_LINE)].concat(),
        ("Register", "username") => [texts(32), strings(&BAD_IN_LINE), usernames()].concat(),
        ("Register" | "ChangeEmail" | "RequestPasswordReset", "email") => {
            [texts(254), strings(&BAD_IN_LINE), addresses()].concat()
        }
        ("Register", "password") => {
            [texts(128), strings(&["seven77", "password", "PassWord123"])].concat()
        }
        ("ChangePassword" | "ResetPassword", "new_password") => {
            [texts(128), strings(&["seven77"])].concat()
        }
        // Empty where the account has none.
        ("ChangePassword", "old_password") | ("ChangeEmail" | "DeleteAccount", "password") => {
            too_long(128)
        }
        ("VerifyEmail" | "ResetPassword", "token")
        | ("RedeemSignIn", "code")
        | ("Login", "password") => texts(128),
        ("RedeemSignIn", "code_verifier") => {
            [texts(128), strings(&[&"v".repeat(42), "v"])].concat()
        }
        ("Login", "login") => [texts(254), strings(&BAD_IN_LINE)].concat(),
        ("SearchUsers", "page_size") => page_sizes(50),
        ("ListRecentMessages" | "ListMessages", "page_size") => page_sizes(200),
        ("ListConversations" | "ListNotifications" | "ListSecurityEvents", "page_size") => {
            page_sizes(100)
        }
        (_, "page_token") => page_tokens(world, method).await,
        ("ListMessages", "before_sequence") => sequences(&[0]),
        ("ListMessages", "after_sequence") => sequences(&[world.subject.sequence + FAR]),
        ("MarkRead", "sequence") => sequences(&[0, world.subject.sequence + FAR]),
        ("Subscribe", "resume_token") => resume_tokens(world).await,
        ("CreateConversation", "hides_history_from_new_members")
        | ("SetConversationMuted", "muted") => Vec::new(),
        _ => return None,
    })
}

const BAD_IN_TEXT: [&str; 6] = [
    "\0",
    "before\0after",
    "\u{7}",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
];
const BAD_IN_LINE: [&str; 5] = ["na\0me", "two\nlines", "a\ttab", "\u{1b}[31m", "\u{9f}end"];

fn strings(texts: &[&str]) -> Vec<Value> {
    let texts = texts.iter().map(|text| (*text).to_owned());
    texts.map(Value::String).collect()
}

fn texts(length_max: usize) -> Vec<Value> {
    [strings(&[""]), too_long(length_max)].concat()
}

fn too_long(length_max: usize) -> Vec<Value> {
    let texts = ["x", "\u{e9}", "\u{1d11e}"].map(|letter| letter.repeat(length_max + 1));
    texts.map(Value::String).to_vec()
}

fn usernames() -> Vec<Value> {
    strings(&[
        "ab",
        "_name",
        "-name",
        "na me",
        "n\u{e4}me",
        "na@me",
        "\u{430}da",
    ])
}

fn addresses() -> Vec<Value> {
    strings(&[
        "ab",
        "nobody",
        "@example.org",
        "nobody@",
        "a@b@c",
        "no body@example.org",
    ])
}

fn ids() -> Vec<Value> {
    let good = new_id().to_string();
    let long = good.repeat(1_000);
    strings(&[
        "",
        "x",
        &good[..35],
        &good.replace('-', ""),
        &format!("{{{good}}}"),
        &format!("{good} "),
        &good.replace('-', "_"),
        &format!("g{}", &good[1..]),
        &format!("\0{}", &good[1..]),
        "../../../../../../../etc/passwd00000",
        &long,
    ])
}

fn list<const N: usize>(ids: [&str; N]) -> Value {
    Value::List(strings(&ids))
}

fn unknown() -> Value {
    Value::List(vec![Value::String(new_id().to_string())])
}

fn id_lists(good: &str, count_max: usize) -> Vec<Value> {
    let many = (0..=count_max).map(|_| Value::String(new_id().to_string()));
    let mut lists = vec![list([]), Value::List(many.collect())];
    for bad in ids() {
        lists.push(Value::List(vec![Value::String(good.to_owned()), bad]));
    }
    lists
}

fn page_sizes(max: i32) -> Vec<Value> {
    [-1, i32::MIN, max + 1, i32::MAX].map(Value::I32).to_vec()
}

fn sequences(more: &[i64]) -> Vec<Value> {
    let always = [-1, i64::MIN, SEQUENCE_END, i64::MAX];
    always.iter().chain(more).copied().map(Value::I64).collect()
}

async fn page_tokens(world: &World, method: &Method) -> Vec<Value> {
    let (own, foreign) = world.tokens_for(method).await;
    let mut bad = strings(&["!", "AAAA", "\0", "null", "../..", &"A".repeat(10_000)]);
    bad.extend(
        damaged(own.as_bytes())
            .map(|bytes| Value::String(String::from_utf8(bytes).expect("tokens are ASCII"))),
    );
    bad.extend(foreign.into_iter().map(Value::String));
    bad
}

async fn resume_tokens(world: &World) -> Vec<Value> {
    let own = integration_tests::client::live::LiveStream::open(&world.ada)
        .await
        .unwrap()
        .seen()
        .token;
    let mut bad = vec![b"x".to_vec(), vec![0; 512], vec![0xff; 4_096]];
    bad.extend(damaged(&own));
    bad.into_iter()
        .map(|bytes| Value::Bytes(bytes.into()))
        .collect()
}

/// Cut, grown, and with one letter changed here and there.
fn damaged(token: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let changed = [0, 1, token.len() / 2, token.len() - 2].map(|at| {
        let mut bytes = token.to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        bytes
    });
    let cut = token[..token.len() - 1].to_vec();
    let grown = [token, b"A"].concat();
    let twice = [token, token].concat();
    changed.into_iter().chain([cut, grown, twice])
}
