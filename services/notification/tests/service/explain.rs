//! Which index PostgreSQL picks for each query, with rows enough and statistics of them.

use std::collections::BTreeMap;

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use notification::{
    db::{digest, notifications, recent_messages, stays},
    domain::digest::{Item, What, fold},
};
use store::postgres::{Statement, progress};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::world::World;

/// 2,000 conversations with 3 members and 40 recent messages each, 100 of the 80,000 messages old; 200 people with 300 entries
/// each, every tenth unread. Ids are numbers.
const ROWS: &str = "
    CREATE FUNCTION id(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(to_hex(number), 32, '0')::uuid $$;
    INSERT INTO conversations SELECT id(n), 2, 1 FROM generate_series(1, 2000) AS n;
    INSERT INTO stays SELECT id(n), id(n + m), 1, n * 40, 0, 0 FROM generate_series(1, 2000) AS n, generate_series(0, 2) AS m;
    INSERT INTO recent_messages
        SELECT id(n), id(n / 40), n, id(n / 40 + n % 3), now() - CASE WHEN n < 180 THEN interval '30 days' ELSE interval '0' END
        FROM generate_series(80, 80079) AS n;
    INSERT INTO notifications (notification_id, user_id, conversation_id, kind, actor_user_id, message_count, sequence, occurred_at, read)
        SELECT id(n * 1000 + m), id(n), id(m), 1, id(1), 3, m * 40, now() - m * 7919 % 300 * interval '1 minute', m % 10 > 0
        FROM generate_series(1, 200) AS n, generate_series(1, 300) AS m;
    INSERT INTO mutes SELECT id(n), id(m) FROM generate_series(1, 2000) AS n, generate_series(1, 5) AS m;
    INSERT INTO consumer_progress SELECT 'topic' || n, m, 1 FROM generate_series(1, 100) AS n, generate_series(0, 11) AS m;
    ANALYZE";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    text: String,
}

async fn assert_by_index(
    connection: &mut AsyncPgConnection,
    query: Statement<'_>,
    indexes: &[&str],
) {
    let name = format!("{query:?}");
    let lines: Vec<Line> = query.explain().load(connection).await.unwrap();
    let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    let plan = lines.join("\n");
    assert!(
        !plan.contains("Seq Scan"),
        "{name} reads a whole table:\n{plan}"
    );
    for index in indexes {
        assert!(plan.contains(index), "{name} does not use {index}:\n{plan}");
    }
}

async fn database(world: &World) -> AsyncPgConnection {
    let url = world.config.postgres.url.expose();
    let mut connection = AsyncPgConnection::establish(url).await.unwrap();
    connection.batch_execute(ROWS).await.unwrap();
    connection
}

fn message(number: u128) -> Item {
    Item {
        conversation: Uuid::from_u128(number),
        sequence: i64::MAX,
        occurred_at: OffsetDateTime::UNIX_EPOCH,
        what: What::Message {
            id: Uuid::nil(),
            sender: Uuid::from_u128(number),
            preview: String::new(),
        },
    }
}

#[tokio::test]
async fn what_people_ask_for_is_found_by_index() {
    let world = World::new().await;
    let connection = &mut database(&world).await;
    let user = Uuid::from_u128(100);
    let list = &["notifications_list"];
    assert_by_index(connection, notifications::list_query(user, None, 51), list).await;
    let after = Some((
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(365 * 500),
        Uuid::max(),
    ));
    assert_by_index(connection, notifications::list_query(user, after, 51), list).await;
    let unread = &["notifications_count_unread"];
    assert_by_index(connection, notifications::count_unread_query(user), unread).await;
    let ids: Vec<Uuid> = (100_001..100_010).map(Uuid::from_u128).collect();
    let mark_read = notifications::mark_read_query(user, &ids);
    assert_by_index(connection, mark_read, &["notifications_pkey"]).await;
    assert_by_index(
        connection,
        stays::is_member_query(user, user),
        &["stays_is_member"],
    )
    .await;
    assert_by_index(
        connection,
        recent_messages::prune_query(24),
        &["recent_messages_prune"],
    )
    .await;
}

#[tokio::test]
async fn a_batch_is_stored_by_index() {
    let world = World::new().await;
    let connection = &mut database(&world).await;
    let read = |number| Item {
        what: What::Read {
            user: Uuid::from_u128(number),
            upto: 1,
        },
        ..message(number)
    };
    let items = (100..110)
        .flat_map(|number| [message(number), read(number)])
        .collect();
    let digest = fold(items, BTreeMap::new());
    let positions = progress::positions_query("topic7", &[3, 4]);
    assert_by_index(connection, positions, &["consumer_progress_pkey"]).await;
    // As a batch runs it.
    connection
        .batch_execute("SET enable_seqscan = off")
        .await
        .unwrap();
    let indexes = &["stays_pkey", "mutes_pkey"];
    assert_by_index(
        connection,
        digest::messages_query(&digest.segments),
        indexes,
    )
    .await;
    let indexes = &["recent_messages_count_unread", "notifications_"];
    assert_by_index(connection, digest::markers_query(&digest.markers), indexes).await;
}
