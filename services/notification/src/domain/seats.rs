//! How many streams each person holds.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use uuid::Uuid;

/// Counts streams per person.
#[derive(Debug)]
pub struct Seats {
    per_user_max: usize,
    taken: Mutex<HashMap<Uuid, usize>>,
}

/// One person's place for one stream; free again when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    user: Uuid,
}

impl Seats {
    /// At most `per_user_max` for each person.
    pub fn new(per_user_max: usize) -> Arc<Self> {
        Arc::new(Self {
            per_user_max,
            taken: Mutex::default(),
        })
    }

    /// A seat, or none where the person has all of theirs.
    pub fn take(self: &Arc<Self>, user: Uuid) -> Option<Seat> {
        let mut taken = self.taken.lock();
        let count = taken.entry(user).or_default();
        if *count >= self.per_user_max {
            return None;
        }
        *count += 1;
        Some(Seat {
            seats: Arc::clone(self),
            user,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_its_stream_is_gone() {
        let seats = Seats::new(1);
        let (ada, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let seat = seats.take(ada);
        assert!(seat.is_some() && seats.take(ada).is_none() && seats.take(bob).is_some());
        drop(seat);
        assert!(seats.take(ada).is_some());
    }
}
