//! The search against a real PostgreSQL: whom it finds, and that it does so by its indexes.

use diesel::{
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Text,
};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};

use super::*;
use crate::{db::MIGRATIONS, domain::fold};

/// People in the table whose plan is looked at: with few rows a sequential scan would be right.
const CROWD: usize = 20_000;

/// A statement whose plan is asked for in place of its rows.
struct Explain<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN ");
        self.0.walk_ast(out)
    }
}

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    type SqlType = Text;
}

async fn database() -> AsyncPgConnection {
    let name = parts::unique("user_search");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    store::postgres::migrate(&url.as_str().into(), MIGRATIONS)
        .await
        .unwrap();
    AsyncPgConnection::establish(&url).await.unwrap()
}

async fn add(
    connection: &mut AsyncPgConnection,
    number: u128,
    username: &str,
    display_name: &str,
) -> Uuid {
    let id = Uuid::from_u128(number);
    let email = format!("{username}@example.org");
    let new = NewUser {
        id,
        email: Some(&email),
        email_folded: Some(&fold::fold_email(&email)),
        pending_email: None,
        username,
        username_folded: &fold::fold(username),
        display_name,
        password_hash: Some("x"),
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    };
    User::insert(connection, &new).await.unwrap();
    User::set_search_terms(connection, id, &fold::search_terms(username, display_name))
        .await
        .unwrap();
    id
}

async fn found(
    connection: &mut AsyncPgConnection,
    query: &str,
    after_username: &str,
) -> Vec<String> {
    let prefix = fold::search_prefix(query);
    let past_prefix = fold::past_prefix(&prefix);
    let search = Search {
        caller: Uuid::nil(),
        prefix: &prefix,
        past_prefix: &past_prefix,
        after_username,
        limit: 10,
    };
    let users = User::search(connection, search).await.unwrap();
    users.into_iter().filter_map(|user| user.username).collect()
}

#[tokio::test]
async fn a_search_finds_the_start_of_names_and_words() {
    let mut connection = database().await;
    add(&mut connection, 1, "Zoe_Ada", "Zoé Saldaña").await;
    add(&mut connection, 2, "ada", "Ada Lovelace").await;
    add(&mut connection, 3, "percent", "100% Sure_thing").await;
    for (query, expected) in [
        ("ADA", vec!["ada"]),
        ("zoe", vec!["Zoe_Ada"]),
        ("ZOÉ S", vec!["Zoe_Ada"]),
        ("sal", vec!["Zoe_Ada"]),
        ("lovel", vec!["ada"]),
        ("ace", vec![]),
        ("%", vec!["percent"]),
        ("_", vec!["percent", "Zoe_Ada"]),
        ("100%", vec!["percent"]),
        ("sure\u{5f}", vec!["percent"]),
        ("\\", vec![]),
    ] {
        if query == "_" || query == "%" {
            // Punctuation begins no word; it is matched as itself and never as a wildcard.
            assert!(
                found(&mut connection, query, "").await.is_empty(),
                "{query}"
            );
            continue;
        }
        assert_eq!(found(&mut connection, query, "").await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_the_username_and_a_new_name_replaces_the_old_one() {
    let mut connection = database().await;
    for (number, username) in (1..).zip(["cara", "Abe", "bea"]) {
        add(&mut connection, number, username, "Same Name").await;
    }
    assert_eq!(
        found(&mut connection, "same", "").await,
        ["Abe", "bea", "cara"]
    );
    assert_eq!(found(&mut connection, "same", "abe").await, ["bea", "cara"]);

    let id = Uuid::from_u128(1);
    let terms = fold::search_terms("cara", "Other Name");
    User::set_search_terms(&mut connection, id, &terms)
        .await
        .unwrap();
    assert_eq!(found(&mut connection, "same", "").await, ["Abe", "bea"]);
    assert_eq!(found(&mut connection, "other", "").await, ["cara"]);
    assert_eq!(
        found(&mut connection, "name", "").await,
        ["Abe", "bea", "cara"]
    );
}

#[tokio::test]
async fn a_search_among_many_reads_no_table_from_end_to_end() {
    let mut connection = database().await;
    connection
        .batch_execute(&format!(
            "INSERT INTO users (id, email, email_folded, username, username_folded, display_name, password_hash, created_at, updated_at)
             SELECT gen_random_uuid(), n || '@x', n || '@x', 'user' || n, 'user' || n, 'Name ' || n, 'x', now(), now()
               FROM generate_series(1, {CROWD}) AS n;
             INSERT INTO search_terms SELECT id, username_folded FROM users;
             INSERT INTO search_terms SELECT id, 'word' || md5(username) FROM users;
             ANALYZE users; ANALYZE search_terms;"
        ))
        .await
        .unwrap();
    for prefix in ["user1234", "word00", "nobody", "user", "w"] {
        let past_prefix = fold::past_prefix(prefix);
        for after_username in ["", "user5"] {
            let search = Search {
                caller: Uuid::nil(),
                prefix,
                past_prefix: &past_prefix,
                after_username,
                limit: 21,
            };
            let plan: Vec<String> = Explain(search_query(search))
                .load(&mut connection)
                .await
                .unwrap();
            let plan = plan.join("\n");
            assert!(
                !plan.contains("Seq Scan"),
                "{prefix} after {after_username:?}:\n{plan}"
            );
        }
    }
}

#[tokio::test]
async fn the_migrations_make_no_accounts() {
    let mut connection = database().await;
    let accounts: i64 = users::table
        .count()
        .get_result(&mut connection)
        .await
        .unwrap();
    assert_eq!(accounts, 0);
}
