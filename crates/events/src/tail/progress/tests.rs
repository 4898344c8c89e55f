use super::*;
use crate::{Config, Topic};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_probe_that_died_is_told() {
    let config = Config::default();
    let heads = Heads::new(&config, &Topic::new(&config.conversations)).unwrap();
    // There is no such interval: tokio panics.
    let mut recorder = Recorder::start(&[0], Some((Duration::ZERO, heads)));
    let reason = tokio::time::timeout(PATIENCE, recorder.probe_lost()).await;
    assert!(reason.unwrap().contains("panicked"));
}
