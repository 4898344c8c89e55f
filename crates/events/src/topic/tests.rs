use super::*;

fn topic(epoch: u32, partitions: i32) -> Topic {
    Topic::new(&TopicConfig {
        name: "t".to_owned(),
        epoch,
        partitions,
    })
}

#[test]
fn murmur2_equals_the_java_client() {
    // org.apache.kafka.common.utils.UtilsTest.testMurmur2
    for (key, hash) in [
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        (
            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            -58_897_971,
        ),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
    }
}

#[test]
fn a_sequence_gives_its_offset_back_in_its_own_epoch_only() {
    let topic = topic(3, 4);
    for offset in [0, 1, 77, (1 << 40) - 2] {
        let sequence = topic.sequence(offset);
        assert_eq!(topic.offset_of(sequence), Some(offset));
        assert_eq!(self::topic(2, 4).offset_of(sequence), None);
    }
    for none in [0, -1, i64::MIN, 3 << 40] {
        assert_eq!(topic.offset_of(none), None);
    }
}

#[test]
fn sequences_grow_over_epochs_and_fit_a_double() {
    let last = topic(EPOCH_MAX, 1).sequence((1 << 40) - 2);
    assert!(last < 1 << 53);
    assert!(topic(0, 1).sequence((1 << 40) - 2) < topic(1, 1).sequence(0));
    assert_eq!(topic(0, 1).sequence(0), 1);
}

#[test]
fn every_key_has_a_partition() {
    let topic = topic(0, 12);
    for key in 0..1_000_u32 {
        let partition = topic.partition_of(&key.to_be_bytes());
        assert!((0..12).contains(&partition));
    }
}
