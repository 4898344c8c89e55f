//! The rules that the tests of signing in rely on.

use super::*;

const HERE: &str = "http://localhost:8080/";

fn uri(text: &str) -> Uri {
    text.parse().expect("a URL")
}

fn jar() -> Jar {
    let mut jar = Jar::default();
    for text in [
        "strict=1; Path=/; HttpOnly; SameSite=Strict",
        "lax=2; Path=/; SameSite=Lax",
    ] {
        jar.set("localhost", text).expect("a cookie");
    }
    jar
}

#[test]
fn a_strict_cookie_comes_along_only_from_its_own_site() {
    let get = |way| jar().header("localhost", "/", way, &Method::GET);
    let to = uri(HERE);
    assert_eq!(get(Way::navigation(None, &to)), "strict=1; lax=2");
    let neighbour = uri("http://localhost:1/");
    assert_eq!(
        get(Way::navigation(Some(&neighbour), &to)),
        "strict=1; lax=2"
    );
    let elsewhere = uri("http://127.0.0.1:8101/");
    assert_eq!(get(Way::navigation(Some(&elsewhere), &to)), "lax=2");
    assert_eq!(get(Way::script(&elsewhere, &to)), "");
}

#[test]
fn a_way_over_another_site_stays_a_foreign_one() {
    let (here, there) = (uri(HERE), uri("http://127.0.0.1:8101/"));
    let way = Way::navigation(None, &here).redirected(&here, &there);
    let back = way.redirected(&there, &here);
    assert_eq!(jar().header("localhost", "/", back, &Method::GET), "lax=2");
    assert_eq!(jar().header("localhost", "/", back, &Method::POST), "");
    assert_eq!(back.site(), "none", "the person typed the first address");
    let followed = Way::navigation(Some(&here), &here).redirected(&here, &there);
    assert_eq!(followed.site(), "cross-site");
}

#[test]
fn cookies_stay_with_their_host_until_they_are_taken_back() {
    let mut jar = jar();
    let way = Way::navigation(None, &uri(HERE));
    assert_eq!(jar.header("127.0.0.1", "/", way, &Method::GET), "");
    jar.set("localhost", "lax=; Path=/; Max-Age=0")
        .expect("a cookie");
    assert_eq!(jar.header("localhost", "/", way, &Method::GET), "strict=1");
}

#[test]
fn plain_http_sets_nothing_secure() {
    for text in ["a=1; Secure", "__Host-a=1; Path=/", "a=1; Domain=localhost"] {
        jar().set("localhost", text).expect_err(text);
    }
}
