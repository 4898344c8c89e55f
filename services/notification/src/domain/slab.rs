//! A table with small, reused indexes whose keys never mean a later occupant.

/// Key of an occupant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) index: u32,
    generation: u32,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    occupant: Option<T>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(super) fn insert(&mut self, occupant: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                generation: 0,
                occupant: None,
            });
            u32::try_from(self.places.len() - 1)
                .expect("streams are bounded far below 2^32 by memory")
        });
        let place = &mut self.places[index as usize];
        place.occupant = Some(occupant);
        Key {
            index,
            generation: place.generation,
        }
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.index as usize)?;
        if place.generation != key.generation {
            return None;
        }
        let occupant = place.occupant.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(occupant)
    }

    pub(super) fn at(&self, index: u32) -> Option<&T> {
        self.places.get(index as usize)?.occupant.as_ref()
    }

    pub(super) fn at_mut(&mut self, index: u32) -> Option<&mut T> {
        self.places.get_mut(index as usize)?.occupant.as_mut()
    }

    pub(super) fn key(&self, index: u32) -> Option<Key> {
        let place = self.places.get(index as usize)?;
        place.occupant.as_ref().map(|_| Key {
            index,
            generation: place.generation,
        })
    }

    /// Keys of each `step`-th place, beginning with `first`.
    pub(super) fn keys(&self, first: usize, step: usize) -> impl Iterator<Item = Key> {
        (first..self.places.len())
            .step_by(step)
            .filter_map(|index| self.key(u32::try_from(index).ok()?))
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}
