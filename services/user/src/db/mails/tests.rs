//! That looking for what is due stays cheap while a mail server is away.

use diesel_async::{AsyncConnection, SimpleAsyncConnection};

use super::*;
use crate::db::{MIGRATIONS, explain::Explain};

#[tokio::test]
async fn what_is_due_is_found_among_many_that_are_not() {
    let name = parts::unique("user_mails");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    store::postgres::migrate(&url.as_str().into(), MIGRATIONS)
        .await
        .unwrap();
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    connection
        .batch_execute(
            "INSERT INTO mails (id, sealed, created_at, expires_at, next_attempt_at)
             SELECT gen_random_uuid(), 'x', to_timestamp(0), to_timestamp(100000), to_timestamp(n)
               FROM generate_series(1, 20000) AS n;
             ANALYZE mails",
        )
        .await
        .unwrap();
    let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(10);
    let plan = Explain(due_query(now, 8)).plan(&mut connection).await;
    assert!(
        plan.contains("mails_due") && !plan.contains("Seq Scan"),
        "{plan}"
    );

    let until = now + time::Duration::minutes(1);
    let taken = Mail::take(&mut connection, now, until, 8).await.unwrap();
    let rest = Mail::take(&mut connection, now, until, 8).await.unwrap();
    assert_eq!((taken.len(), rest.len()), (8, 2), "each is taken once");
}
