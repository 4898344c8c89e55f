use super::Cursor;

#[test]
fn what_comes_twice_is_kept_out() {
    let mut cursor = Cursor::new(&[5, 0], vec![5, 0]);
    assert!(!cursor.accept(0, 4));
    assert!(cursor.accept(0, 5));
    assert!(!cursor.accept(0, 5));
    assert!(
        cursor.accept(0, 8),
        "an offset may be left out by the broker"
    );
    assert_eq!(cursor.positions, [9, 0]);
    assert!(!cursor.accept(2, 0));
    assert!(!cursor.accept(-1, 0));
}

#[test]
fn it_is_seeded_once_every_partition_has_reached_its_goal() {
    let mut cursor = Cursor::new(&[0, 3, 2], vec![2, 3, 4]);
    assert_eq!(cursor.unseeded, 2);
    cursor.accept(0, 0);
    cursor.accept(2, 2);
    assert_eq!(cursor.unseeded, 2);
    cursor.accept(0, 1);
    assert_eq!(cursor.unseeded, 1);
    cursor.accept(0, 2);
    cursor.accept(2, 3);
    assert_eq!(cursor.unseeded, 0);
}
