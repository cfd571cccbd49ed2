//! `SplitMix64`: all the randomness of a schedule. (The kernel's own IDs and salts are random as ever; nothing in a
//! schedule depends on their bytes.)

/// A stream of numbers from a seed.
pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// An independent stream: the `index`th of `seed`.
    pub const fn stream(seed: u64, index: u64) -> Self {
        let mut stream = Self(seed ^ index.wrapping_mul(0xd605_1bd5_7a04_9cd3));
        Self(stream.next())
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of 0 … `bound` − 1; 0 where there is none.
    pub const fn below(&mut self, bound: u64) -> u64 {
        let next = self.next();
        if bound == 0 { 0 } else { next % bound }
    }

    /// One of 0 … `most`.
    pub const fn up_to(&mut self, most: u64) -> u64 {
        self.below(most.saturating_add(1))
    }

    /// True once in `times`; never where that is 0.
    pub const fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0 && times > 0
    }

    /// An index into a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// One of these, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            match left.checked_sub(*weight) {
                Some(less) => left = less,
                None => return *choice,
            }
        }
        unreachable!("weights sum up to more than what is below their sum")
    }
}
