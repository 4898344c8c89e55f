use super::newest;

fn entries(sequences: &[i64]) -> Vec<(Vec<u8>, i64)> {
    sequences
        .iter()
        .map(|&sequence| (vec![b'm'], sequence))
        .collect()
}

#[test]
fn a_whole_conversation_is_complete_from_its_marker() {
    let mut all = entries(&[9, 7]);
    all.push((Vec::new(), 5));
    let newest = newest(1, 12, Some(5), all, 10);
    assert_eq!(
        newest
            .records
            .iter()
            .map(|record| record.0)
            .collect::<Vec<_>>(),
        [7, 9]
    );
    assert_eq!((newest.complete_from, newest.position), (5, 12));
}

#[test]
fn a_page_is_complete_from_its_oldest_message() {
    let newest = newest(1, 12, Some(2), entries(&[9, 7, 5]), 2);
    assert_eq!(
        newest
            .records
            .iter()
            .map(|record| record.0)
            .collect::<Vec<_>>(),
        [7, 9]
    );
    assert_eq!(newest.complete_from, 7);
}

#[test]
fn what_lies_below_the_base_is_not_complete() {
    assert_eq!(newest(8, 12, Some(2), entries(&[9]), 10).complete_from, 8);
}

#[test]
fn a_conversation_without_a_set_is_complete_from_the_end() {
    assert_eq!(newest(1, 12, None, Vec::new(), 10).complete_from, 12);
}

#[test]
fn after_the_log_lost_its_end_it_is_complete_from_the_end_that_is_left() {
    assert_eq!(newest(20, 12, Some(2), Vec::new(), 10).complete_from, 12);
    assert_eq!(newest(20, 12, Some(15), Vec::new(), 10).complete_from, 12);
}
