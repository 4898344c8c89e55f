//! Every query finds its rows by an index.

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use messaging::db::{conversations, messages, stays};
use messaging::domain::batch::MessageColumns;
use store::postgres::{Statement, progress};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::world::Database;

/// 2,000 conversations with 3 members and 40 messages each; person N is in conversations N, N + 1 and N + 2. Ids are numbers.
const ROWS: &str = "
    CREATE FUNCTION id(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(to_hex(number), 32, '0')::uuid $$;
    INSERT INTO conversations
        SELECT id(n), 2, 'title', false, now(), 1, 3, n * 40 + 39, now() FROM generate_series(1, 2000) AS n;
    INSERT INTO stays
        SELECT id(n), id(n + m), 1, n * 40, 0, 0, 0, 1, m FROM generate_series(1, 2000) AS n, generate_series(0, 2) AS m;
    INSERT INTO messages
        SELECT id(n), n * 40 + m, id(n * 40 + m), id(n + m % 3), id(n * 40 + m), now(), 'text'
        FROM generate_series(1, 2000) AS n, generate_series(0, 39) AS m;
    INSERT INTO read_markers
        SELECT id(n + m), id(n), n * 40 + 10 FROM generate_series(1, 2000) AS n, generate_series(0, 2) AS m;
    INSERT INTO consumer_progress SELECT 'topic' || n, m, 1 FROM generate_series(1, 100) AS n, generate_series(0, 11) AS m;
    ANALYZE";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    text: String,
}

async fn assert_by_index(
    conn: &mut AsyncPgConnection,
    name: &str,
    query: Statement<'_>,
    indexes: &[&str],
) {
    let lines: Vec<Line> = query.explain().load(conn).await.unwrap();
    let plan = lines
        .iter()
        .map(|line| line.text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        !plan.contains("Seq Scan"),
        "{name} reads a whole table:\n{plan}"
    );
    for index in indexes {
        assert!(plan.contains(index), "{name} does not use {index}:\n{plan}");
    }
}

fn ten_messages() -> MessageColumns {
    MessageColumns {
        conversation_ids: (100..110).map(Uuid::from_u128).collect(),
        sequences: (200_000..200_010).collect(),
        message_ids: (200_000..200_010).map(Uuid::from_u128).collect(),
        sender_user_ids: vec![Uuid::nil(); 10],
        client_message_ids: vec![Uuid::nil(); 10],
        sent_ats: vec![OffsetDateTime::UNIX_EPOCH; 10],
        texts: vec![String::new(); 10],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reads_a_whole_table() {
    let database = Database::create().await;
    database.run(ROWS).await;
    let mut conn = database.connect().await;
    let conn = &mut conn;
    let id = Uuid::from_u128;
    let page: Vec<Uuid> = (100..150).map(id).collect();
    let sequences: Vec<i64> = (100..150).map(|number| number * 40 + 39).collect();
    let top = (
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(365 * 500),
        Uuid::max(),
    );

    let list = "messages_list_messages";
    assert_by_index(
        conn,
        "older",
        messages::older_query(id(100), 0, 4_030, 51),
        &[list],
    )
    .await;
    assert_by_index(
        conn,
        "newer",
        messages::newer_query(id(100), 4_010, 51),
        &[list],
    )
    .await;
    assert_by_index(conn, "at", messages::at_query(&page, &sequences), &[list]).await;
    assert_by_index(
        conn,
        "unread",
        messages::unread_query(id(100), &page, &sequences),
        &[list],
    )
    .await;
    let ids: Vec<Uuid> = (4_000..4_005).map(id).collect();
    assert_by_index(
        conn,
        "places",
        messages::places_query(id(100), &ids),
        &["messages_drop_repetitions"],
    )
    .await;
    assert_by_index(
        conn,
        "list",
        conversations::list_query(id(100), top, 51),
        &["stays_list_conversations"],
    )
    .await;
    assert_by_index(
        conn,
        "known",
        conversations::known_query(&page),
        &["conversations_pkey"],
    )
    .await;
    let access = stays::access_query(id(100), id(101), "topic7", 3);
    assert_by_index(
        conn,
        "access",
        access,
        &[
            "stays_find_stay",
            "read_markers_pkey",
            "consumer_progress_pkey",
        ],
    )
    .await;
    assert_by_index(
        conn,
        "first members",
        stays::first_members_query(&page),
        &["stays_first_members"],
    )
    .await;
    assert_by_index(
        conn,
        "positions",
        progress::positions_query("topic7", &[3]),
        &["consumer_progress_pkey"],
    )
    .await;
    // As a batch runs it.
    conn.batch_execute("SET enable_seqscan = off")
        .await
        .unwrap();
    assert_by_index(
        conn,
        "insert",
        messages::insert_query(&ten_messages()),
        &["conversations_pkey"],
    )
    .await;
}
