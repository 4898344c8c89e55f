//! Finding others.

use std::collections::BTreeSet;

use quicksync::user::v1::{
    GetUsersRequest, RegisterRequest, SearchUsersRequest, SearchUsersResponse, UpdateProfileRequest,
};

use crate::fixture::{Account, Fixture, assert_violations, registration};

async fn search(
    user: &Fixture,
    caller: &Account,
    query: &str,
    page_size: i32,
    page_token: &str,
) -> SearchUsersResponse {
    let request = SearchUsersRequest {
        query: query.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    };
    user.users
        .clone()
        .search_users(caller.request(request))
        .await
        .unwrap()
        .into_inner()
}

fn usernames(answer: &SearchUsersResponse) -> Vec<&str> {
    answer
        .users
        .iter()
        .map(|user| user.username.as_str())
        .collect()
}

#[tokio::test]
async fn a_search_finds_usernames_and_words_but_not_the_caller() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    let grace = user
        .register_as(RegisterRequest {
            display_name: "Grace Adams".to_owned(),
            ..registration("grace")
        })
        .await
        .unwrap();
    user.register("Adam").await;
    assert_eq!(
        usernames(&search(&user, &ada, "AD", 0, "").await),
        ["Adam", "grace"]
    );
    assert_eq!(
        usernames(&search(&user, &grace, "ad", 0, "").await),
        ["ada", "Adam"]
    );

    let rename = UpdateProfileRequest {
        display_name: Some("Grace Hopper".to_owned()),
    };
    user.users
        .update_profile(grace.request(rename))
        .await
        .unwrap();
    assert_eq!(usernames(&search(&user, &ada, "ad", 0, "").await), ["Adam"]);
    assert_eq!(
        usernames(&search(&user, &ada, "grace hop", 0, "").await),
        ["grace"]
    );
}

#[tokio::test]
async fn pages_cover_everybody_once() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    for number in 0..7 {
        user.register(&format!("user{number}")).await;
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = search(&user, &ada, "user", 3, &token).await;
        seen.extend(page.users.into_iter().map(|user| user.username));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        let other = SearchUsersRequest {
            query: "use".to_owned(),
            page_size: 3,
            page_token: token.clone(),
        };
        assert_violations(
            user.users.search_users(ada.request(other)).await,
            &["page_token"],
        );
    }
    assert_eq!(
        seen,
        (0..7)
            .map(|number| format!("user{number}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn people_are_found_by_id_each_once() {
    let mut user = Fixture::start().await;
    let (ada, bob) = (user.register("ada").await, user.register("bob").await);
    let nobody = "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned();
    let user_ids = vec![
        bob.user.user_id.clone(),
        nobody,
        ada.user.user_id.clone(),
        bob.user.user_id.clone(),
    ];
    let answer = user
        .users
        .get_users(ada.request(GetUsersRequest { user_ids }))
        .await
        .unwrap()
        .into_inner();
    let found: BTreeSet<_> = answer
        .users
        .iter()
        .map(|user| user.username.as_str())
        .collect();
    assert_eq!(
        (answer.users.len(), found),
        (2, BTreeSet::from(["ada", "bob"]))
    );
}
