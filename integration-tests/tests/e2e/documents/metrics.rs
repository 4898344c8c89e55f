//! The metrics of the gateway are those that operators read about.

use std::collections::BTreeSet;

use super::read;

const PREFIX: &str = "gateway_";

/// Names that the gateway registers: the first text after each `registry.register(`.
fn registered() -> BTreeSet<String> {
    let source = read("gateway/src/metrics.rs");
    let calls = source.split("registry.register(").skip(1);
    calls
        .filter_map(|call| call.split('"').nth(1).map(str::to_owned))
        .collect()
}

#[test]
fn every_metric_of_the_gateway_is_listed_and_nothing_else() {
    let document = read("docs/OPERATIONS.md");
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| `gateway_"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let listed: BTreeSet<String> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter_map(|name| name.strip_prefix(PREFIX))
        .map(|name| name.trim_end_matches("_total").to_owned())
        .collect();
    assert_eq!(listed, registered());
}
