//! Two replicas with clocks of their own, a table, and every order of what may happen.

use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const BEGIN: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const SCHEDULE: Schedule = Schedule {
    interval: Duration::days(1),
    publish_lead: Duration::minutes(5),
    token_lifetime: Duration::minutes(10),
    leeway: Duration::seconds(5),
};

fn at(minutes: i64) -> OffsetDateTime {
    BEGIN + Duration::minutes(minutes)
}

#[test]
fn the_first_key_signs_at_once() {
    let due = SCHEDULE.due(&[], BEGIN);
    assert_eq!((due.make, due.delete), (Some(BEGIN), 0));
    assert_eq!(signing(&[], BEGIN), None);
    assert_eq!(signing(&[BEGIN], BEGIN), Some(0));
    assert_eq!(signing(&[at(1)], BEGIN), Some(0), "there is no other");
}

#[test]
fn the_next_key_is_made_one_lead_before_it_signs() {
    let day = 24 * 60;
    assert_eq!(SCHEDULE.due(&[BEGIN], at(day - 6)), Due::default());
    let due = SCHEDULE.due(&[BEGIN], at(day - 5));
    assert_eq!(due.make, Some(at(day)));
    assert_eq!(SCHEDULE.due(&[BEGIN, at(day)], at(day - 5)), Due::default());
    let late = SCHEDULE.due(&[BEGIN], at(2 * day));
    assert_eq!(late.make, Some(at(2 * day + 5)), "never without the lead");
}

#[test]
fn an_old_key_goes_when_its_last_token_is_over_everywhere() {
    let keys = [BEGIN, at(60), at(120)];
    let over = at(70) + Duration::seconds(10);
    assert_eq!(SCHEDULE.due(&keys, over - Duration::SECOND).delete, 0);
    assert_eq!(SCHEDULE.due(&keys, over).delete, 1);
    assert_eq!(SCHEDULE.due(&keys, at(600)).delete, 2, "the last one stays");
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Passes { seconds: i64 },
    Reads { replica: usize },
    Rotates { replica: usize },
    Signs { replica: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let replica = 0..2_usize;
    prop_oneof![
        4 => prop_oneof![0..20_i64, 0..400_i64, 0..200_000_i64].prop_map(|seconds| Step::Passes { seconds }),
        3 => replica.clone().prop_map(|replica| Step::Reads { replica }),
        1 => replica.clone().prop_map(|replica| Step::Rotates { replica }),
        4 => replica.prop_map(|replica| Step::Signs { replica }),
    ]
}

/// A key is named by its place among all that were ever made.
type Named = (usize, OffsetDateTime);

struct World {
    now: OffsetDateTime,
    made: usize,
    table: Vec<Named>,
    replicas: [Replica; 2],
    /// Key and end of each token.
    tokens: Vec<Named>,
}

#[derive(Default)]
struct Replica {
    clock_off: Duration,
    ring: Vec<Named>,
    read_at: Option<OffsetDateTime>,
}

fn times(keys: &[Named]) -> Vec<OffsetDateTime> {
    keys.iter().map(|(_, from)| *from).collect()
}

impl World {
    fn new(clocks_off_s: [i64; 2]) -> Self {
        let mut world = Self {
            now: BEGIN,
            made: 0,
            table: Vec::new(),
            replicas: clocks_off_s.map(|off| Replica {
                clock_off: Duration::seconds(off),
                ..Replica::default()
            }),
            tokens: Vec::new(),
        };
        world.read(0);
        world.read(1);
        world
    }

    fn clock(&self, replica: usize) -> OffsetDateTime {
        self.now + self.replicas[replica].clock_off
    }

    fn make(&mut self, from: OffsetDateTime) {
        self.table.push((self.made, from));
        self.table.sort_by_key(|(name, from)| (*from, *name));
        self.made += 1;
    }

    fn read(&mut self, replica: usize) {
        let due = SCHEDULE.due(&times(&self.table), self.clock(replica));
        if let Some(from) = due.make {
            self.make(from);
        }
        self.table.drain(..due.delete);
        self.replicas[replica].ring.clone_from(&self.table);
        self.replicas[replica].read_at = Some(self.now);
    }

    fn rotate(&mut self, replica: usize) {
        let now = self.clock(replica);
        if self.table.last().is_some_and(|(_, from)| *from <= now) {
            self.make(now + SCHEDULE.publish_lead);
        }
    }

    /// Replicas read every few seconds; one that could not for half the lead signs nothing.
    fn sign(&mut self, replica: usize) {
        let now = self.clock(replica);
        let Replica { ring, read_at, .. } = &self.replicas[replica];
        let is_fresh = read_at.is_some_and(|at| self.now - at < SCHEDULE.publish_lead / 2);
        if let (true, Some(place)) = (is_fresh, signing(&times(ring), now)) {
            self.tokens
                .push((ring[place].0, now + SCHEDULE.token_lifetime));
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.now += Duration::seconds(seconds);
        for replica in 0..2 {
            let Replica { read_at, .. } = self.replicas[replica];
            if read_at.is_none_or(|at| self.now - at >= SCHEDULE.publish_lead / 2) {
                self.read(replica);
            }
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Passes { seconds } => self.pass(seconds),
            Step::Reads { replica } => self.read(replica),
            Step::Rotates { replica } => self.rotate(replica),
            Step::Signs { replica } => self.sign(replica),
        }
    }

    /// Every token that a verifier would not call expired names a key that each replica publishes.
    fn check(&mut self) -> Result<(), TestCaseError> {
        self.tokens.retain(|(_, end)| self.now < *end);
        for (key, end) in &self.tokens {
            for (number, replica) in self.replicas.iter().enumerate() {
                prop_assert!(
                    replica.ring.iter().any(|(name, _)| name == key),
                    "replica {number} does not publish key {key} of a token that ends at {end}; now {}",
                    self.now
                );
            }
        }
        prop_assert!(self.table.len() <= self.made);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn every_good_token_names_a_key_that_every_replica_publishes(
        clocks_off_s in [-2..=2_i64, -2..=2_i64],
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut world = World::new(clocks_off_s);
        for step in steps {
            world.step(step);
            world.check()?;
        }
    }
}
