//! The rank index of a roster: which join numbers are present, and which is the k-th.
//!
//! Join numbers rise and are never reused, so presence is a bitmap that only grows at its end. The bitmap is
//! cut into blocks of [`BLOCK`] numbers; an empty block holds no memory. A Fenwick tree over the blocks' counts
//! finds the block of the k-th member in O(log blocks); within a block it is a walk over 64 words. Page 100,000
//! of a group of 5,000,000 therefore costs what page 1 costs, and a dense roster takes about one bit a member.

/// Join numbers in a block: 64 words of 64 bits, 512 bytes.
const BLOCK: u64 = 4096;
const WORDS: usize = 64;

type Block = [u64; WORDS];

/// The set of present join numbers, with rank and select.
#[derive(Debug, Clone, Default)]
pub struct RankIndex {
    blocks: Vec<Option<Box<Block>>>,
    /// Fenwick tree, one-based: `tree[i]` sums the counts of the `i & -i` blocks that end with block `i - 1`.
    tree: Vec<u32>,
    len: u64,
}

/// A number's block, its word in the block, and its bit in the word.
fn place(number: u64) -> (usize, usize, u32) {
    let inside = number % BLOCK;
    ((number / BLOCK) as usize, (inside / 64) as usize, (inside % 64) as u32)
}

fn number_at(block: usize, word: usize, bit: u32) -> u64 {
    block as u64 * BLOCK + word as u64 * 64 + u64::from(bit)
}

impl RankIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many numbers are present.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether no number is present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a number; `false` when it was there already. O(log n), amortised.
    pub fn insert(&mut self, number: u64) -> bool {
        let (block, word, bit) = place(number);
        while self.blocks.len() <= block {
            self.push_empty_block();
        }
        let words = self.blocks[block].get_or_insert_with(|| Box::new([0; WORDS]));
        if words[word] & (1 << bit) != 0 {
            return false;
        }
        words[word] |= 1 << bit;
        self.count(block, 1);
        true
    }

    /// Takes a number out; `false` when it was not there. O(log n).
    pub fn remove(&mut self, number: u64) -> bool {
        let (block, word, bit) = place(number);
        let Some(Some(words)) = self.blocks.get_mut(block) else { return false };
        if words[word] & (1 << bit) == 0 {
            return false;
        }
        words[word] &= !(1 << bit);
        if words.iter().all(|&word| word == 0) {
            self.blocks[block] = None;
        }
        self.count(block, -1);
        true
    }

    /// Whether a number is present. O(1).
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        let (block, word, bit) = place(number);
        matches!(self.blocks.get(block), Some(Some(words)) if words[word] & (1 << bit) != 0)
    }

    /// How many present numbers are below `number`. O(log n).
    #[must_use]
    pub fn rank(&self, number: u64) -> u64 {
        let (block, word, bit) = place(number);
        if block >= self.blocks.len() {
            return self.len;
        }
        let mut below = 0;
        let mut at = block;
        while at > 0 {
            below += u64::from(self.tree[at - 1]);
            at &= at - 1;
        }
        if let Some(words) = &self.blocks[block] {
            below += words[..word].iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
            below += u64::from((words[word] & ((1 << bit) - 1)).count_ones());
        }
        below
    }

    /// The present number with `rank` present numbers below it; `None` from [`len`](Self::len) on. O(log n).
    #[must_use]
    pub fn select(&self, rank: u64) -> Option<u64> {
        if rank >= self.len {
            return None;
        }
        let mut left = rank;
        let mut block = 0;
        let mut step = self.tree.len().checked_ilog2().map_or(0, |log| 1_usize << log);
        while step > 0 {
            if let Some(&count) = self.tree.get(block + step - 1)
                && u64::from(count) <= left
            {
                left -= u64::from(count);
                block += step;
            }
            step /= 2;
        }
        let words = self.blocks.get(block)?.as_deref()?;
        for (word, &bits) in words.iter().enumerate() {
            let count = u64::from(bits.count_ones());
            if left < count {
                return Some(number_at(block, word, nth_set_bit(bits, left)));
            }
            left -= count;
        }
        None
    }

    /// Present numbers from rank `rank` upwards, rising. Starting costs O(log n), each step O(1) amortised.
    pub fn ascending(&self, rank: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.select(rank);
        std::iter::successors(first, |&number| self.next_above(number))
    }

    /// Present numbers from rank `rank` downwards, falling.
    pub fn descending(&self, rank: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.select(rank);
        std::iter::successors(first, |&number| self.next_below(number))
    }

    fn next_above(&self, number: u64) -> Option<u64> {
        let (block, word, bit) = place(number);
        let words = self.blocks.get(block)?.as_deref()?;
        let rest = words[word] & (u64::MAX << bit << 1);
        if rest != 0 {
            return Some(number_at(block, word, rest.trailing_zeros()));
        }
        match (word + 1..WORDS).find(|&word| words[word] != 0) {
            Some(word) => Some(number_at(block, word, words[word].trailing_zeros())),
            None => self.select(self.rank(number) + 1),
        }
    }

    fn next_below(&self, number: u64) -> Option<u64> {
        let (block, word, bit) = place(number);
        let words = self.blocks.get(block)?.as_deref()?;
        let rest = words[word] & ((1 << bit) - 1);
        if rest != 0 {
            return Some(number_at(block, word, rest.ilog2()));
        }
        match (0..word).rev().find(|&word| words[word] != 0) {
            Some(word) => Some(number_at(block, word, words[word].ilog2())),
            None => self.select(self.rank(number).checked_sub(1)?),
        }
    }

    /// Appends a block. Its Fenwick node sums the nodes that it covers.
    fn push_empty_block(&mut self) {
        self.blocks.push(None);
        let index = self.blocks.len();
        let mut sum = 0;
        let mut covered = index - 1;
        let floor = index & (index - 1);
        while covered > floor {
            sum += self.tree[covered - 1];
            covered &= covered - 1;
        }
        self.tree.push(sum);
    }

    fn count(&mut self, block: usize, change: i32) {
        let mut at = block + 1;
        while at <= self.tree.len() {
            self.tree[at - 1] = self.tree[at - 1].wrapping_add_signed(change);
            at += at & at.wrapping_neg();
        }
        self.len = self.len.wrapping_add_signed(i64::from(change));
    }
}

impl FromIterator<u64> for RankIndex {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let mut index = Self::new();
        for number in numbers {
            index.insert(number);
        }
        index
    }
}

/// The place of the set bit with `rank` set bits below it. `rank` is less than the number of set bits.
fn nth_set_bit(mut bits: u64, rank: u64) -> u32 {
    for _ in 0..rank {
        bits &= bits - 1;
    }
    bits.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn agrees(index: &RankIndex, model: &BTreeSet<u64>) {
        assert_eq!(index.len(), model.len() as u64);
        for (rank, &number) in model.iter().enumerate() {
            assert_eq!(index.select(rank as u64), Some(number));
            assert_eq!(index.rank(number), rank as u64);
            assert!(index.contains(number));
        }
        assert_eq!(index.select(model.len() as u64), None);
        assert_eq!(index.ascending(0).collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
        let last = (model.len() as u64).saturating_sub(1);
        assert_eq!(
            index.descending(last).collect::<Vec<_>>(),
            model.iter().rev().copied().collect::<Vec<_>>()
        );
    }

    proptest! {
        #[test]
        fn it_answers_as_a_sorted_set_would(
            steps in prop::collection::vec((any::<bool>(), prop_oneof![0..200_u64, 0..40_000_u64]), 0..400)
        ) {
            let mut index = RankIndex::new();
            let mut model = BTreeSet::new();
            for (insert, number) in steps {
                if insert {
                    prop_assert_eq!(index.insert(number), model.insert(number));
                } else {
                    prop_assert_eq!(index.remove(number), model.remove(&number));
                }
            }
            agrees(&index, &model);
            for probe in [0, 1, 63, 64, 4095, 4096, 39_999, 1 << 40] {
                prop_assert_eq!(index.rank(probe), model.range(..probe).count() as u64);
                prop_assert_eq!(index.contains(probe), model.contains(&probe));
            }
        }
    }

    #[test]
    fn an_emptied_block_gives_its_memory_back() {
        let mut index: RankIndex = (0..3 * BLOCK).collect();
        for number in BLOCK..2 * BLOCK {
            assert!(index.remove(number));
        }
        assert!(index.blocks[1].is_none());
        assert_eq!(index.select(BLOCK), Some(2 * BLOCK));
        assert_eq!(index.ascending(BLOCK - 1).take(2).collect::<Vec<_>>(), [BLOCK - 1, 2 * BLOCK]);
        assert_eq!(index.descending(BLOCK).take(2).collect::<Vec<_>>(), [2 * BLOCK, BLOCK - 1]);
    }

    #[test]
    fn every_bit_of_a_word_is_found_from_its_neighbours() {
        let index: RankIndex = (0..130).collect();
        assert_eq!(index.ascending(62).take(3).collect::<Vec<_>>(), [62, 63, 64]);
        assert_eq!(index.descending(128).take(3).collect::<Vec<_>>(), [128, 127, 126]);
    }
}
