use prometheus_client::metrics::counter::Counter;

use super::Metrics;

#[test]
fn a_metric_is_shown_with_the_prefix_of_its_process() {
    let metrics = Metrics::new("chat");
    let sends = Counter::<u64>::default();
    metrics.register("sends", "Messages acked", sends.clone());
    let drops = Counter::<u64>::default();
    metrics.register("drops", "Messages dropped", drops);
    sends.inc_by(3);
    let text = metrics.encode();
    assert!(text.contains("chat_sends_total 3"), "{text}");
    assert!(text.contains("chat_drops_total 0"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn a_crate_brings_its_own_prefix() {
    let metrics = Metrics::new("chat");
    metrics.with(|registry| registry.register("mesh_calls", "Calls", Counter::<u64>::default()));
    assert!(metrics.encode().contains("\nmesh_calls_total 0"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_shows_its_cpu_time_and_memory() {
    let text = Metrics::new("chat").encode();
    assert!(text.contains("\nprocess_cpu_seconds_total "), "{text}");
    assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
}
