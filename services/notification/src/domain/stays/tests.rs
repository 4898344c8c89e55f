use super::*;

fn stay(joined: (i64, i64), left: (i64, i64)) -> Stay {
    Stay {
        joined_revision: joined.0,
        joined_sequence: joined.1,
        left_revision: left.0,
        left_sequence: left.1,
    }
}

#[test]
fn a_stay_covers_its_first_and_its_last_event_and_nothing_past_it() {
    let mut stays = Stays::default();
    stays.join(1, 10);
    stays.leave(2, 20);
    assert!(!stays.cover(9));
    assert!(stays.cover(10));
    assert!(stays.cover(20));
    assert!(!stays.cover(21));
}

#[test]
fn a_late_repetition_resurrects_nobody() {
    let mut stays = Stays::default();
    stays.join(1, 10);
    stays.leave(2, 20);
    stays.join(1, 30);
    assert!(!stays.cover(30));
    stays.join(3, 40);
    stays.leave(2, 50);
    assert!(stays.cover(60));
}

#[test]
fn the_first_record_of_a_change_counts() {
    let mut stays = Stays::default();
    stays.insert(stay((1, 15), (2, 25)));
    stays.join(1, 10);
    stays.leave(2, 20);
    assert!(stays.cover(10));
    assert!(!stays.cover(21));
}

#[test]
fn a_snapshot_that_is_newer_than_the_log_stands() {
    let mut stays = Stays::default();
    stays.insert(stay((5, 50), (0, 0)));
    stays.insert(stay((1, 10), (3, 30)));
    stays.leave(3, 30);
    assert!(stays.cover(30) && !stays.cover(40) && stays.cover(50));
    stays.join(5, 50);
    assert!(stays.cover(60));
}
