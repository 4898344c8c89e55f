//! The methods of the real protos, and protos that no gateway could serve.

use prost::Message;
use prost_reflect::DescriptorPool;
use quicksync::user::v1::{
    LoginResponse, LogoutRequest, RefreshRequest, RefreshResponse, Tokens, User,
};

use super::*;

fn of(pool: &DescriptorPool, method: &str) -> Result<Option<Credentials>, CredentialsError> {
    let (service, method) = method.rsplit_once('.').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    let method = service.methods().find(|known| known.name() == method);
    Credentials::of(&method.unwrap(), &option_in(pool).unwrap())
}

fn ours(method: &str) -> Option<Credentials> {
    let pool = DescriptorPool::decode(quicksync::FILE_DESCRIPTOR_SET).unwrap();
    of(&pool, &format!("quicksync.user.v1.{method}")).unwrap()
}

/// The only method of a service whose messages are as `messages` say.
fn made_up(streamed: &str, messages: &str) -> Result<Option<Credentials>, CredentialsError> {
    let folder = tempfile::tempdir().unwrap();
    let source = format!(
        "syntax = \"proto3\"; package test; import \"quicksync/options/v1/credential.proto\";
         service Test {{ rpc Call(Request) returns ({streamed} Answer); }} {messages}"
    );
    std::fs::write(folder.path().join("test.proto"), source).unwrap();
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
    let mut compiler = protox::Compiler::new([protos.as_ref(), folder.path()]).unwrap();
    compiler
        .include_imports(true)
        .open_file("test.proto")
        .unwrap();
    let pool = DescriptorPool::decode(&*compiler.encode_file_descriptor_set()).unwrap();
    of(&pool, "test.Test.Call")
}

fn tokens(refresh_token: &str) -> Tokens {
    Tokens {
        access_token: "access".to_owned(),
        refresh_token: refresh_token.to_owned(),
        refresh_token_expires_at: Some(prost_types::Timestamp {
            seconds: 1_900_000_000,
            nanos: 0,
        }),
        ..Tokens::default()
    }
}

#[test]
fn the_option_alone_decides_which_methods_have_tokens() {
    for (method, is_in_request, is_in_answer) in [
        ("AuthService.Register", false, true),
        ("AuthService.Login", false, true),
        ("AuthService.Refresh", true, true),
        ("AuthService.Logout", true, false),
        ("AuthService.RedeemSignIn", false, true),
    ] {
        let credentials = ours(method).unwrap();
        assert_eq!(credentials.is_in_request(), is_in_request, "{method}");
        assert_eq!(credentials.is_in_answer(), is_in_answer, "{method}");
    }
    for method in [
        "AuthService.GetJwks",
        "UserService.GetMe",
        "SessionService.ListSessions",
    ] {
        assert!(ours(method).is_none(), "{method}");
    }
}

#[test]
fn the_token_of_an_answer_is_taken_out_and_nothing_else() {
    let answer = LoginResponse {
        user: Some(User {
            username: "ada".to_owned(),
            ..User::default()
        }),
        tokens: Some(tokens("secret")),
    };
    let credentials = ours("AuthService.Login").unwrap();
    let (message, token) = credentials.take(&answer.encode_to_vec()).unwrap();
    let token = token.unwrap();
    assert_eq!(token.value, "secret");
    assert_eq!(token.expires_at.unwrap().unix_timestamp(), 1_900_000_000);
    let mut expected = answer;
    expected.tokens.as_mut().unwrap().refresh_token.clear();
    assert_eq!(LoginResponse::decode(message.as_slice()).unwrap(), expected);
}

#[test]
fn fields_of_a_later_build_stay() {
    let mut message = RefreshResponse {
        tokens: Some(tokens("secret")),
    }
    .encode_to_vec();
    let later = [0xa2, 0x06, 1, b'x'];
    message.extend(later);
    let (message, token) = ours("AuthService.Refresh").unwrap().take(&message).unwrap();
    assert!(token.is_some());
    assert!(message.ends_with(&later));
}

#[test]
fn answers_without_a_token_have_none() {
    let credentials = ours("AuthService.Refresh").unwrap();
    for answer in [
        RefreshResponse::default(),
        RefreshResponse {
            tokens: Some(tokens("")),
        },
    ] {
        let (message, token) = credentials.take(&answer.encode_to_vec()).unwrap();
        assert!(token.is_none());
        assert_eq!(RefreshResponse::decode(message.as_slice()).unwrap(), answer);
    }
}

#[test]
fn the_cookies_token_replaces_what_a_page_sent() {
    let credentials = ours("AuthService.Refresh").unwrap();
    for sent in ["", "from the page"] {
        let request = RefreshRequest {
            refresh_token: sent.to_owned(),
        };
        let filled = credentials
            .fill(&request.encode_to_vec(), Some("kept".to_owned()))
            .unwrap();
        let filled = RefreshRequest::decode(filled.unwrap().as_slice()).unwrap();
        assert_eq!(filled.refresh_token, "kept");
    }
}

#[test]
fn without_a_cookie_a_request_passes_with_its_own_token_or_not_at_all() {
    let credentials = ours("AuthService.Logout").unwrap();
    let request = LogoutRequest {
        refresh_token: "own".to_owned(),
    }
    .encode_to_vec();
    assert_eq!(credentials.fill(&request, None).unwrap().unwrap(), request);
    assert_eq!(credentials.fill(&[], None).unwrap(), None);
    assert!(credentials.fill(&[0xff], None).is_err());
}

const TOKEN: &str =
    "string token = 1 [(quicksync.options.v1.credential) = CREDENTIAL_REFRESH_TOKEN];";

#[test]
fn tokens_that_could_not_be_kept_are_refused_at_start() {
    type Expected = fn(&CredentialsError) -> bool;
    let several: Expected = |error| matches!(error, CredentialsError::Several { .. });
    let stream: Expected = |error| matches!(error, CredentialsError::Stream { .. });
    let no_string: Expected = |error| matches!(error, CredentialsError::NoString { .. });
    let bytes = TOKEN.replace("string", "bytes");
    let repeated = TOKEN.replace("string", "repeated string");
    let second = TOKEN.replace("token = 1", "other = 2");
    for (streamed, messages, expected) in [
        (
            "stream",
            format!("message Request {{}} message Answer {{ {TOKEN} }}"),
            stream,
        ),
        (
            "stream",
            format!("message Request {{ {TOKEN} }} message Answer {{}}"),
            stream,
        ),
        (
            "",
            format!("message Request {{}} message Answer {{ {bytes} }}"),
            no_string,
        ),
        (
            "",
            format!("message Request {{}} message Answer {{ {repeated} }}"),
            several,
        ),
        (
            "",
            format!("message Request {{}} message Answer {{ {TOKEN} {second} }}"),
            several,
        ),
        (
            "",
            format!(
                "message Request {{}} message Answer {{ repeated Part parts = 1; }} message Part {{ {TOKEN} }}"
            ),
            several,
        ),
        (
            "",
            format!(
                "message Request {{}} message Answer {{ map<string, Part> parts = 1; }} message Part {{ {TOKEN} }}"
            ),
            several,
        ),
        (
            "",
            format!("message Request {{}} message Answer {{ {TOKEN} Answer answer = 2; }}"),
            several,
        ),
    ] {
        let error = made_up(streamed, &messages).unwrap_err();
        assert!(expected(&error), "{messages}: {error}");
    }
}

#[test]
fn a_token_may_lie_deep_and_in_a_oneof() {
    let credentials = made_up(
        "",
        &format!(
            "message Request {{ Part part = 1; }}
             message Answer {{ oneof outcome {{ Part part = 1; string other = 2; }} }}
             message Part {{ Inner inner = 3; }} message Inner {{ {TOKEN} }}"
        ),
    )
    .unwrap()
    .unwrap();
    let filled = credentials
        .fill(&[], Some("kept".to_owned()))
        .unwrap()
        .unwrap();
    let (rest, token) = credentials.take(&filled).unwrap();
    assert_eq!(token.unwrap().value, "kept");
    assert!(rest.len() < filled.len());
    assert!(credentials.fill(&[], None).unwrap().is_none());
}
