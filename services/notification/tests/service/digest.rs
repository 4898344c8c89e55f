//! What a folded batch does to the database.

use std::collections::BTreeMap;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use notification::{
    db::{digest, stays},
    domain::digest::{Item, What, fold},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::world::World;

const GROUP: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(0xada);
const BOB: Uuid = Uuid::from_u128(0xb0b);

fn joined(revision: i64) -> What {
    What::Joined {
        revision,
        by: ADA,
        users: vec![BOB],
        is_group: true,
    }
}

fn left(revision: i64) -> What {
    What::Left {
        revision,
        by: ADA,
        user: BOB,
    }
}

async fn store(connection: &mut AsyncPgConnection, first_sequence: i64, events: Vec<What>) {
    let items = (first_sequence..).zip(events).map(|(sequence, what)| Item {
        conversation: GROUP,
        sequence,
        occurred_at: OffsetDateTime::UNIX_EPOCH,
        what,
    });
    let known = stays::revisions(connection, vec![GROUP]).await.unwrap();
    let digest = fold(items.collect(), known);
    digest::store(connection, &digest).await.unwrap();
}

#[tokio::test]
async fn who_goes_and_comes_back_within_a_batch_stays() {
    let world = World::new().await;
    let url = world.config.postgres.url.expose();
    let connection = &mut AsyncPgConnection::establish(url).await.unwrap();
    store(connection, 1, vec![joined(1)]).await;
    store(connection, 2, vec![left(2), joined(3)]).await;
    assert!(stays::is_member(connection, GROUP, BOB).await.unwrap());
    // The new stay is one that can end, also where both its ends are in the batch that ends the one before.
    store(connection, 4, vec![left(4), joined(5), left(6)]).await;
    assert!(!stays::is_member(connection, GROUP, BOB).await.unwrap());
    store(connection, 7, vec![joined(7), left(8), joined(9)]).await;
    assert!(stays::is_member(connection, GROUP, BOB).await.unwrap());
    let known = stays::revisions(connection, vec![GROUP]).await.unwrap();
    assert_eq!(known, BTreeMap::from([(GROUP, 9)]));
}
