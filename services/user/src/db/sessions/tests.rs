//! That no statement about sessions and tokens reads a table from end to end: PostgreSQL counts its own scans.

use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};

use super::*;
use crate::{
    db::{MIGRATIONS, refresh_tokens as tokens},
    domain::refresh,
};

/// With few rows a sequential scan would be right. Each session has as many tokens as one that is refreshed for two days.
const SESSIONS: usize = 2_000;
const TOKENS_PER_SESSION: usize = 30;

#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    relname: String,
    #[diesel(sql_type = BigInt)]
    seq_scan: i64,
}

async fn database() -> String {
    let name = parts::unique("user_sessions");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    store::postgres::migrate(&url.as_str().into(), MIGRATIONS)
        .await
        .unwrap();
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    connection
        .batch_execute(&format!(
            "INSERT INTO users (id, username, username_folded, display_name, created_at, updated_at)
               SELECT gen_random_uuid(), 'user' || n, 'user' || n, 'Name', now(), now() FROM generate_series(1, {SESSIONS}) AS n;
             INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, method, device)
               SELECT gen_random_uuid(), id, now() - interval '1 day', now() - random() * interval '1 day',
                 now() + random() * interval '80 days', 'password', 'x' FROM users;
             UPDATE sessions SET revoked_at = last_used_at, revoked_reason = 'revoked' WHERE random() < 0.3;
             INSERT INTO refresh_tokens (token_hash, session_id, parent_hash, issued_at, expires_at, spent_at)
               SELECT sha256((id || ' ' || n)::bytea), id, sha256((id || ' ' || (n - 1))::bytea), now() - interval '1 hour',
                 expires_at, CASE WHEN n < {TOKENS_PER_SESSION} THEN now() - interval '1 hour' END
               FROM sessions, generate_series(1, {TOKENS_PER_SESSION}) AS n;
             ANALYZE users; ANALYZE sessions; ANALYZE refresh_tokens;"
        ))
        .await
        .unwrap();
    url
}

/// Scans of whole tables since this transaction began.
async fn whole_tables_read(connection: &mut AsyncPgConnection) -> Vec<String> {
    let scans: Vec<Scans> = diesel::sql_query(
        "SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0",
    )
    .load(connection)
    .await
    .unwrap();
    let text = |scans: &Scans| format!("{} {} times", scans.relname, scans.seq_scan);
    scans.iter().map(text).collect()
}

/// Everything that signing in, listing, refreshing and ending asks of the database.
async fn everyday(connection: &mut AsyncPgConnection, some: Ended, token: &refresh::Hash) {
    let Ended { id, user_id, .. } = some;
    let now = some.revoked_at;
    let idle_lifetime = Duration::days(14);
    let open = Open {
        user_id,
        now,
        idle_lifetime,
    };
    assert!(hold_account(connection, user_id).await.unwrap());
    Session::list(connection, open, 100).await.unwrap();
    surplus(connection, open, Uuid::nil(), 0).await.unwrap();
    let all = others(connection, open, None).await.unwrap();
    revoke_each(connection, &all, RevokedReason::TooMany, now)
        .await
        .unwrap();
    touch(connection, id, Some("203.0.113.7"), now)
        .await
        .unwrap();
    assert!(is_of(connection, id, user_id).await.unwrap());
    assert!(of_token(connection, token).await.unwrap().is_some());
    let shown = tokens::lock_shown(connection, token, Duration::MINUTE);
    assert!(shown.await.unwrap().unwrap().spent_at.is_some());
    tokens::spend(connection, token, now).await.unwrap();
    tokens::spend_all(connection, id, now).await.unwrap();
    ended_since(connection, now).await.unwrap();
    forget(connection, now - Duration::DAY, 10).await.unwrap();
    tokens::forget(connection, now - Duration::DAY, 10)
        .await
        .unwrap();
    erase(connection, user_id).await.unwrap();
}

#[tokio::test]
async fn sessions_and_tokens_among_many_are_found_without_reading_a_table_from_end_to_end() {
    let url = database().await;
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    let (id, user_id, now): (Uuid, Uuid, OffsetDateTime) = sessions::table
        .select((sessions::id, sessions::user_id, sessions::last_used_at))
        .order(sessions::last_used_at.desc())
        .first(&mut connection)
        .await
        .unwrap();
    let spent = spent_token(&mut connection, id).await;
    let some = Ended {
        id,
        user_id,
        revoked_at: now,
    };
    // What another connection has read is not counted here.
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    connection.begin_test_transaction().await.unwrap();
    everyday(&mut connection, some, &spent).await;
    let read = whole_tables_read(&mut connection).await;
    assert!(read.is_empty(), "{read:?}");
}

async fn spent_token(connection: &mut AsyncPgConnection, id: Uuid) -> refresh::Hash {
    refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(id))
        .filter(refresh_tokens::spent_at.is_not_null())
        .select(refresh_tokens::token_hash)
        .first(connection)
        .await
        .unwrap()
}
