use super::back;

#[test]
fn the_nearer_bound_decides() {
    // beginning, first young one, end, records_max
    assert_eq!(back(0, 0, 100, 10), 90);
    assert_eq!(back(0, 95, 100, 10), 95);
    assert_eq!(back(0, 0, 5, 10), 0);
    assert_eq!(back(40, 30, 100, 1_000), 40);
}

#[test]
fn a_partition_without_young_records_begins_at_its_end() {
    assert_eq!(back(0, -1, 100, 10), 100);
    assert_eq!(back(0, -1, 0, 10), 0);
    assert_eq!(back(7, -1, 7, 10), 7);
}
