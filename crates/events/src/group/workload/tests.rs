use bytes::Bytes;

use super::*;

fn record(partition: i32, offset: i64) -> Record {
    Record {
        partition,
        offset,
        timestamp_ms: 0,
        key: Bytes::new(),
        payload: Bytes::new(),
    }
}

fn workload(records: &[(i32, i64)]) -> Workload {
    let mut workload = Workload::default();
    workload.assign(0, 5);
    workload.assign(1, 0);
    for (partition, offset) in records {
        assert_eq!(workload.accept(record(*partition, *offset)), Accepted::Yes);
    }
    workload
}

fn slices(batch: Option<&Batch>) -> Vec<(i32, i64, i64, usize)> {
    let of = |slice: &Slice| {
        (
            slice.partition,
            slice.from_offset,
            slice.next_offset,
            slice.records.len(),
        )
    };
    batch
        .map(|batch| batch.slices.iter().map(of).collect())
        .unwrap_or_default()
}

#[test]
fn a_batch_has_a_slice_for_each_partition_with_records() {
    let mut workload = workload(&[(0, 5), (0, 6), (1, 0)]);
    let batch = workload.batch(100);
    assert_eq!(slices(batch.as_ref()), [(0, 5, 7, 2), (1, 0, 1, 1)]);
    workload.stored(&batch.unwrap());
    assert!(workload.batch(100).is_none());
    assert_eq!(workload.expected(), [(0, 7), (1, 1)]);
}

#[test]
fn a_bounded_batch_takes_the_oldest_and_the_rest_follows() {
    let mut workload = workload(&[(0, 5), (0, 6), (1, 0), (1, 1)]);
    let batch = workload.batch(3);
    assert_eq!(slices(batch.as_ref()), [(0, 5, 7, 2), (1, 0, 1, 1)]);
    workload.stored(&batch.unwrap());
    assert_eq!(slices(workload.batch(3).as_ref()), [(1, 1, 2, 1)]);
}

#[test]
fn the_position_moves_over_what_was_left_out() {
    let mut workload = workload(&[(0, 5), (0, 6)]);
    workload.leave_out(0, 6);
    assert_eq!(slices(workload.batch(100).as_ref()), [(0, 5, 7, 1)]);
    workload.leave_out(0, 5);
    let batch = workload.batch(100);
    assert_eq!(slices(batch.as_ref()), [(0, 5, 7, 0)]);
    workload.stored(&batch.unwrap());
    assert!(workload.batch(100).is_none());
}

#[test]
fn a_gap_is_fetched_once_more_before_it_is_believed() {
    let mut workload = workload(&[(0, 5)]);
    assert_eq!(workload.accept(record(0, 8)), Accepted::Gap { expected: 6 });
    assert_eq!(workload.accept(record(0, 9)), Accepted::No);
    assert_eq!(workload.accept(record(0, 8)), Accepted::Yes);
    assert_eq!(workload.accept(record(0, 9)), Accepted::Yes);
    assert_eq!(slices(workload.batch(100).as_ref()), [(0, 5, 10, 3)]);
}

#[test]
fn a_gap_that_was_only_in_the_fetch_is_filled() {
    let mut workload = workload(&[(0, 5)]);
    assert_eq!(workload.accept(record(0, 8)), Accepted::Gap { expected: 6 });
    for offset in 6..9 {
        assert_eq!(workload.accept(record(0, offset)), Accepted::Yes);
    }
    assert_eq!(workload.accept(record(0, 7)), Accepted::No);
}

#[test]
fn records_of_a_revoked_partition_are_forgotten() {
    let mut workload = workload(&[(0, 5), (1, 0)]);
    workload.revoke(0);
    assert_eq!(workload.accept(record(0, 6)), Accepted::No);
    assert_eq!(slices(workload.batch(100).as_ref()), [(1, 0, 1, 1)]);
    assert_eq!(workload.partitions(), [1]);
}
