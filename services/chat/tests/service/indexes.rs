//! Every query finds its rows by an index: counted by PostgreSQL while the very functions run that the service calls.

use std::collections::BTreeMap;

use chat::db::{conversation, outbox, stay};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::World;

/// 20,000 conversations with 3 members; person N is in conversations N, N + 1 and N + 2, and every fourth stay has ended.
/// Person 30,000 is in 2,000 of them, conversation 30,000 has 5,000 members. 20,000 changes wait. Ids are numbers.
const ROWS: &str = "
    create function id(number bigint) returns uuid language sql immutable as $$ select lpad(to_hex(number), 32, '0')::uuid $$;
    insert into conversations
        select id(n), 2, 'title', false, id(n), now(), id(n), 9, 9, id(n) from generate_series(1, 30000) as n
        where n <= 20000 or n = 30000;
    insert into stays
        select id(n), id(n + m), 1, m, n * 40, case when n % 4 = 0 then 2 end, case when n % 4 = 0 then n * 40 + 9 end,
               case when n % 4 = 0 then now() - interval '30 days' end
        from generate_series(1, 20000) as n, generate_series(0, 2) as m;
    insert into stays select id(n * 10), id(30000), 3, 1, n * 40 + 9 from generate_series(1, 2000) as n;
    insert into stays select id(30000), id(40000 + n), 1, n, 7 from generate_series(1, 5000) as n;
    insert into stays select id(n), id(50000), 4, 1, null from generate_series(1, 20) as n;
    insert into outbox select id(n), 10, '', now() - n * interval '1 second' from generate_series(1, 20000) as n;
    analyze";

/// What PostgreSQL counted of tables (read from end to end) and indexes.
const SCANS: &str = "
    select relname::text as name, relkind = 'i' as is_index, pg_stat_get_xact_numscans(oid) as scans
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_index: bool,
    #[diesel(sql_type = BigInt)]
    scans: i64,
}

async fn scans(conn: &mut AsyncPgConnection) -> BTreeMap<(bool, String), i64> {
    let counted: Vec<Counted> = diesel::sql_query(SCANS).load(conn).await.unwrap();
    counted
        .into_iter()
        .map(|counted| ((counted.is_index, counted.name), counted.scans))
        .collect()
}

/// Runs `query`, undoes it, and tells what is wrong: tables read from end to end, and `indexes` where none of them was used.
/// The planner looks into indexes too, so it runs twice: the second time by the plan of the first, where that is generic.
async fn faults(
    conn: &mut AsyncPgConnection,
    name: &str,
    indexes: &[&str],
    query: impl AsyncFn(&mut AsyncPgConnection),
) -> Vec<String> {
    conn.batch_execute("begin").await.unwrap();
    query(conn).await;
    conn.batch_execute("rollback; begin").await.unwrap();
    let before = scans(conn).await;
    query(conn).await;
    let mut used = scans(conn).await;
    used.retain(|relation, count| *count > before.get(relation).copied().unwrap_or(0));
    conn.batch_execute("rollback").await.unwrap();
    let mut faults: Vec<String> = used
        .keys()
        .filter(|(is_index, _)| !is_index)
        .map(|(_, table)| format!("{name} reads all of {table}"))
        .collect();
    if !indexes
        .iter()
        .any(|index| used.contains_key(&(true, (*index).to_owned())))
    {
        let used: Vec<_> = used.keys().map(|(_, name)| name).collect();
        faults.push(format!("{name} uses none of {indexes:?} but {used:?}"));
    }
    faults
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

macro_rules! by {
    ($found:ident, $conn:ident, $($index:literal)|+, $name:literal, $call:expr) => {
        $found.extend(faults($conn, $name, &[$($index),+], $call).await);
    };
}

/// Every query of `db/`, with the index that is there for it.
async fn all_faults(conn: &mut AsyncPgConnection) -> Vec<String> {
    let now = runtime::Clock::system().now();
    let mut found = faults_of_conversations(conn, now).await;
    found.extend(faults_of_stays(conn, now).await);
    found.extend(faults_of_people(conn, now).await);
    found.extend(faults_of_outbox(conn, now).await);
    found
}

async fn faults_of_conversations(conn: &mut AsyncPgConnection, now: OffsetDateTime) -> Vec<String> {
    let mut found = Vec::new();
    by!(found, conn, "conversations_pkey", "find", async |conn| {
        conversation::Row::find(conn, id(7)).await.unwrap().unwrap();
    });
    by!(found, conn, "conversations_pkey", "insert", async |conn| {
        let mut row = conversation::Row::find(conn, id(7)).await.unwrap().unwrap();
        row.conversation_id = id(90_000);
        row.insert(conn).await.unwrap();
        let waiting = outbox::Row {
            conversation_id: row.conversation_id,
            revision: 1,
            event: Vec::new(),
            created_at: now,
        };
        waiting.insert(conn).await.unwrap();
    });
    by!(found, conn, "conversations_pkey", "lock", async |conn| {
        conversation::Row::lock(conn, id(7)).await.unwrap().unwrap();
    });
    by!(
        found,
        conn,
        "conversations_pkey",
        "lock if free",
        async |conn| {
            let row = conversation::Row::lock_if_free(conn, id(7)).await;
            row.unwrap().unwrap();
        }
    );
    by!(found, conn, "conversations_pkey", "advance", async |conn| {
        let advanced = conversation::advance(conn, id(7), 10, None).await;
        assert_eq!(advanced.unwrap(), 1);
    });
    by!(
        found,
        conn,
        "conversations_pkey",
        "publish a conversation",
        async |conn| {
            let published = conversation::publish(conn, id(7), 9, None).await;
            assert_eq!(published.unwrap(), 1);
        }
    );
    found
}

async fn faults_of_stays(conn: &mut AsyncPgConnection, now: OffsetDateTime) -> Vec<String> {
    let mut found = Vec::new();
    for (conversation, user) in [(7, 8), (30_000, 41_000)] {
        by!(
            found,
            conn,
            "stays_published_members",
            "to member",
            async |conn| {
                let seen =
                    conversation::Published::to_member(conn, id(conversation), id(user), 100);
                seen.await.unwrap().unwrap();
            }
        );
        by!(
            found,
            conn,
            "stays_published_members",
            "present members",
            async |conn| {
                let members = stay::present_members(conn, id(conversation), 1_000).await;
                assert!(members.unwrap().len() >= 3);
            }
        );
        by!(
            found,
            conn,
            "stays_one_open_per_member",
            "is joining",
            async |conn| {
                let joining = stay::is_joining(conn, id(conversation), id(user)).await;
                assert!(!joining.unwrap());
            }
        );
        by!(
            found,
            conn,
            "stays_one_open_per_member",
            "open members",
            async |conn| {
                let members = stay::open_members(conn, id(conversation)).await;
                assert!(members.unwrap().len() >= 3);
            }
        );
        by!(
            found,
            conn,
            "stays_pkey" | "stays_of_user",
            "present",
            async |conn| {
                let stay = stay::present(conn, id(conversation), id(user)).await;
                stay.unwrap().unwrap();
            }
        );
        by!(
            found,
            conn,
            "stays_one_open_per_member",
            "end a stay",
            async |conn| {
                let ended = stay::end(conn, id(conversation), 9, id(user)).await;
                assert_eq!(ended.unwrap(), 1);
            }
        );
        by!(
            found,
            conn,
            "stays_ending",
            "publish a change",
            async |conn| {
                stay::end(conn, id(conversation), 9, id(user))
                    .await
                    .unwrap();
                let published = stay::publish(conn, id(conversation), 9, 2_000_000, now).await;
                published.unwrap();
            }
        );
        by!(
            found,
            conn,
            "conversations_pkey",
            "begin stays",
            async |conn| {
                let begun = stay::begin(conn, id(conversation), 9, &[id(90_001), id(90_002)]).await;
                assert_eq!(begun.unwrap(), 2);
            }
        );
    }
    found
}

async fn faults_of_people(conn: &mut AsyncPgConnection, now: OffsetDateTime) -> Vec<String> {
    let week_ago = now - time::Duration::days(7);
    let mut found = Vec::new();
    for (user, after, limit) in [
        (8, None, 1_000),
        (30_000, None, 100),
        (30_000, None, 1_000),
        (30_000, Some((id(10_000), 3)), 1_000),
    ] {
        by!(found, conn, "stays_of_user", "of user", async |conn| {
            let stays = stay::of_user(conn, id(user), week_ago, after, limit).await;
            assert!(!stays.unwrap().is_empty());
        });
    }
    for (user, count) in [(8, 0), (30_000, 0), (50_000, 20)] {
        by!(
            found,
            conn,
            "stays_of_user",
            "unpublished of user",
            async |conn| {
                let waiting = stay::unpublished_of_user(conn, id(user), 64).await;
                assert_eq!(waiting.unwrap().len(), count);
            }
        );
    }
    found
}

async fn faults_of_outbox(conn: &mut AsyncPgConnection, now: OffsetDateTime) -> Vec<String> {
    let mut found = Vec::new();
    by!(
        found,
        conn,
        "outbox_pkey",
        "of conversation",
        async |conn| {
            let rows = outbox::Row::of_conversation(conn, id(7)).await.unwrap();
            assert_eq!(rows[0].delete(conn).await.unwrap(), 1);
        }
    );
    by!(found, conn, "outbox_by_age", "leftovers", async |conn| {
        assert_eq!(outbox::leftovers(conn, now, 64).await.unwrap().len(), 64);
    });
    by!(found, conn, "outbox_by_age", "backlog", async |conn| {
        assert_eq!(outbox::backlog(conn).await.unwrap().0, 10_000);
    });
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reads_a_whole_table() {
    let world = World::new().await;
    let url = world.config.postgres.url.expose();
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute(ROWS).await.unwrap();
    let mut found = all_faults(&mut conn).await;
    // The plan that PostgreSQL goes over to once a statement has run a few times on a connection.
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    conn.batch_execute("set plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    for fault in all_faults(&mut conn).await {
        found.push(format!("by a generic plan, {fault}"));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
