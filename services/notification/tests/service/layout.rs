//! A log that is not what the configuration says.

use notification::App;
use runtime::{App as _, Context};

use crate::world::{World, eventually};

#[tokio::test]
async fn another_number_of_partitions_ends_the_process() {
    let world = World::new().await;
    let mut config = world.config.clone();
    config.kafka.conversations.partitions += 1;
    let context = Context::for_tests();
    let app = App::build(config, context.clone()).await.unwrap();
    let run = tokio::spawn(app.run());
    let failure = eventually("the process gives up", || async {
        context.lifecycle.failure()
    })
    .await;
    let told = failure.to_string();
    assert!(told.contains(world.topic.kafka_name()), "{told}");
    assert!(told.contains("has 4 partitions"), "{told}");
    run.await.unwrap().unwrap();
}
