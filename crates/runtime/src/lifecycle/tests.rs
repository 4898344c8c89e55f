use std::{future::pending, time::Duration};

use super::{Drained, Lifecycle};

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_its_tasks() {
    let lifecycle = Lifecycle::new(GRACE);
    let draining = lifecycle.draining();
    lifecycle.spawn("finishes its work", async move {
        draining.cancelled().await;
        tokio::time::sleep(GRACE / 2).await;
        Ok(())
    });
    assert_eq!(lifecycle.finish(GRACE).await, Drained::Complete);
    assert!(!lifecycle.aborted().is_cancelled());
    assert!(lifecycle.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_outlives_the_grace_is_cut_off_and_named() {
    let lifecycle = Lifecycle::new(GRACE);
    lifecycle.spawn("stuck", pending());
    lifecycle.spawn("done", async { Ok(()) });
    assert_eq!(
        lifecycle.finish(GRACE).await,
        Drained::CutOff {
            tasks: vec!["stuck".into()]
        }
    );
    assert!(lifecycle.aborted().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn an_abort_does_not_wait_for_the_grace() {
    let lifecycle = Lifecycle::new(GRACE);
    lifecycle.spawn("stuck", pending());
    let started = tokio::time::Instant::now();
    lifecycle.abort();
    assert_eq!(
        lifecycle.finish(GRACE).await,
        Drained::CutOff {
            tasks: vec!["stuck".into()]
        }
    );
    assert!(started.elapsed() < GRACE);
}

#[tokio::test]
async fn a_failed_task_stops_the_process() {
    let lifecycle = Lifecycle::new(GRACE);
    lifecycle.spawn("tail", async { anyhow::bail!("the log is gone") });
    lifecycle.draining().cancelled().await;
    assert_eq!(
        lifecycle.failure().unwrap().to_string(),
        "task tail failed: the log is gone"
    );
}

#[tokio::test]
async fn a_panicking_task_stops_the_process() {
    let lifecycle = Lifecycle::new(GRACE);
    lifecycle.spawn("tail", async { panic!("a bug") });
    lifecycle.draining().cancelled().await;
    assert_eq!(lifecycle.failure().unwrap().reason, "panicked");
}

#[tokio::test(start_paused = true)]
async fn the_grace_counts_from_the_begin_of_the_drain() {
    let lifecycle = Lifecycle::new(GRACE);
    tokio::time::advance(GRACE).await;
    assert_eq!(lifecycle.grace_left(), GRACE);
    lifecycle.drain();
    tokio::time::advance(GRACE / 4).await;
    lifecycle.drain();
    assert_eq!(lifecycle.grace_left(), GRACE * 3 / 4);
    tokio::time::advance(GRACE).await;
    assert_eq!(lifecycle.grace_left(), Duration::ZERO);
}
