//! Salsa20, eight blocks at a time: each word of the state is eight numbers, one for each block.
//!
//! Pure functions; any thread. No branch and no address depends on the key.

/// Blocks that are made together.
pub(super) const LANES: usize = 8;
/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// One word of the state in each of the blocks.
pub(super) type Word = [u32; LANES];
/// Eight blocks, one behind the other.
pub(super) type Blocks = [[u8; BLOCK]; LANES];

/// The input of the blocks: a key and, for each block, the words of nonce and number.
pub(super) struct Input<'a> {
    pub key: &'a [u32; 8],
    pub position: [Word; 4],
}

/// Adds the key stream to the data, as far as both go.
#[inline]
pub(super) fn xor(data: &mut [u8], stream: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function was compiled for.
        unsafe { avx2::xor(data, stream) };
        return;
    }
    portable::xor(data, stream);
}

/// Salsa20's constant, "expand 32-byte k".
const SIGMA: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// The state in the beginning; `$all(word)` has this word in each lane, `$each(words)` has these.
macro_rules! state {
    ($input:expr, $all:path, $each:path) => {{
        let [s0, s1, s2, s3] = SIGMA.map(|word| $all(word));
        let [k0, k1, k2, k3, k4, k5, k6, k7] = $input.key.map(|word| $all(word));
        let [p0, p1, p2, p3] = $input.position.map(|words| $each(words));
        [s0, k0, k1, k2, k3, s1, p0, p1, p2, p3, s2, k4, k5, k6, k7, s3]
    }};
}

/// The blocks that belong to these inputs: the core function of Salsa20 with 20 rounds.
pub(super) fn blocks(input: &Input<'_>, out: &mut Blocks) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("avx512f") && has!("avx512vl") {
            // SAFETY: the processor has what the function was compiled for.
            unsafe { avx2::blocks_with_vl(input, out) };
            return;
        }
        if has!("avx2") {
            // SAFETY: the processor has what the function was compiled for.
            unsafe { avx2::blocks(input, out) };
            return;
        }
    }
    portable::blocks(input, out);
}

/// A round on these words: the four quarters advance side by side, which keeps the processor busier
/// than one after the other. `$mixed(to, a, b)` is `to ^ ((a + b) <<< by)`.
macro_rules! round {
    ($mixed:ident: $($w:ident $x:ident $y:ident $z:ident),*) => {
        $($x = $mixed::<7, 25>($x, $w, $z);)*
        $($y = $mixed::<9, 23>($y, $x, $w);)*
        $($z = $mixed::<13, 19>($z, $y, $x);)*
        $($w = $mixed::<18, 14>($w, $z, $y);)*
    };
}

/// The rounds, on any kind of word. Variables and not elements of an array, so that each can stay
/// in a register.
macro_rules! rounds {
    ($state:expr, $mixed:ident) => {{
        let state = $state;
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h, ..] = state;
        let [.., mut i, mut j, mut k, mut l, mut m, mut n, mut o, mut p] = state;
        for _ in 0..10 {
            round!($mixed: a e i m, f j n b, k o c g, p d h l);
            round!($mixed: a b c d, f g h e, k l i j, p m n o);
        }
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }};
}

mod portable {
    use super::{Blocks, Input, LANES, SIGMA, Word};

    /// Goes in pieces that a processor takes as a whole; the rest byte by byte.
    #[inline(always)]
    pub(super) fn xor(data: &mut [u8], stream: &[u8]) {
        let (pieces, rest) = data.as_chunks_mut::<32>();
        let (keys, _) = stream.as_chunks::<32>();
        let done = pieces.len() * 32;
        for (piece, key) in pieces.iter_mut().zip(keys) {
            for (byte, key) in piece.iter_mut().zip(key) {
                *byte ^= key;
            }
        }
        for (byte, key) in rest.iter_mut().zip(stream.get(done..).unwrap_or_default()) {
            *byte ^= key;
        }
    }

    fn all(word: u32) -> Word {
        [word; LANES]
    }

    fn sum(mut a: Word, b: Word) -> Word {
        for (a, b) in a.iter_mut().zip(b) {
            *a = a.wrapping_add(b);
        }
        a
    }

    fn mixed<const LEFT: u32, const RIGHT: u32>(mut to: Word, a: Word, b: Word) -> Word {
        for (to, sum) in to.iter_mut().zip(sum(a, b)) {
            *to ^= (sum << LEFT) | (sum >> RIGHT);
        }
        to
    }

    pub(super) fn blocks(input: &Input<'_>, out: &mut Blocks) {
        let state = state!(input, all, core::convert::identity);
        let mut words = rounds!(state, mixed);
        for (word, before) in words.iter_mut().zip(state) {
            *word = sum(*word, before);
        }
        write(&words, out);
    }

    /// Turns the layout around. In `words` one word of all blocks lies together; on the wire the
    /// words of one block do.
    fn write(words: &[Word; 16], out: &mut Blocks) {
        for (lane, block) in out.iter_mut().enumerate() {
            for (place, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
                *place = word.get(lane).copied().unwrap_or_default().to_le_bytes();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_permute2x128_si256, _mm256_rol_epi32, _mm256_set1_epi32,
        _mm256_setr_epi32, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_storeu_si256,
        _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
        _mm256_xor_si256,
    };

    use super::{Blocks, Input, SIGMA, Word};

    #[target_feature(enable = "avx2")]
    #[inline]
    fn mixed<const LEFT: i32, const RIGHT: i32>(to: __m256i, a: __m256i, b: __m256i) -> __m256i {
        let sum = _mm256_add_epi32(a, b);
        let to = _mm256_xor_si256(to, _mm256_slli_epi32::<LEFT>(sum));
        _mm256_xor_si256(to, _mm256_srli_epi32::<RIGHT>(sum))
    }

    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    #[inline]
    fn mixed_with_vl<const LEFT: i32, const RIGHT: i32>(
        to: __m256i,
        a: __m256i,
        b: __m256i,
    ) -> __m256i {
        _mm256_xor_si256(to, _mm256_rol_epi32::<LEFT>(_mm256_add_epi32(a, b)))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn all(word: u32) -> __m256i {
        _mm256_set1_epi32(word.cast_signed())
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn each(words: Word) -> __m256i {
        let [a, b, c, d, e, f, g, h] = words.map(u32::cast_signed);
        _mm256_setr_epi32(a, b, c, d, e, f, g, h)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn xor(data: &mut [u8], stream: &[u8]) {
        super::portable::xor(data, stream);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn blocks(input: &Input<'_>, out: &mut Blocks) {
        let state = state!(input, all, each);
        finish(state, rounds!(state, mixed), out);
    }

    /// Makes the blocks on processors that turn bits in one step and have registers for all words.
    #[target_feature(enable = "avx2,avx512f,avx512vl")]
    pub(super) fn blocks_with_vl(input: &Input<'_>, out: &mut Blocks) {
        let state = state!(input, all, each);
        finish(state, rounds!(state, mixed_with_vl), out);
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn finish(state: [__m256i; 16], mut mixed: [__m256i; 16], out: &mut Blocks) {
        for (mixed, before) in mixed.iter_mut().zip(state) {
            *mixed = _mm256_add_epi32(*mixed, before);
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = mixed;
        let left = turned([a, b, c, d, e, f, g, h]);
        let right = turned([i, j, k, l, m, n, o, p]);
        for ((block, left), right) in out.iter_mut().zip(left).zip(right) {
            if let [first, second] = block.as_chunks_mut().0 {
                store(first, left);
                store(second, right);
            }
        }
    }

    /// Rows become columns. `rows` holds eight words, each for all blocks side by side. In the
    /// result the eight words of a block lie together, block after block.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn turned(rows: [__m256i; 8]) -> [__m256i; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        let (ab, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        let (ef, ef_high) = (_mm256_unpacklo_epi32(e, f), _mm256_unpackhi_epi32(e, f));
        let (gh, gh_high) = (_mm256_unpacklo_epi32(g, h), _mm256_unpackhi_epi32(g, h));
        // Four words of two blocks each: of this one and of the one that is four further.
        let first = [
            _mm256_unpacklo_epi64(ab, cd),
            _mm256_unpackhi_epi64(ab, cd),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ];
        let second = [
            _mm256_unpacklo_epi64(ef, gh),
            _mm256_unpackhi_epi64(ef, gh),
            _mm256_unpacklo_epi64(ef_high, gh_high),
            _mm256_unpackhi_epi64(ef_high, gh_high),
        ];
        let [a, b, c, d] = first;
        let [e, f, g, h] = second;
        [
            _mm256_permute2x128_si256::<0x20>(a, e),
            _mm256_permute2x128_si256::<0x20>(b, f),
            _mm256_permute2x128_si256::<0x20>(c, g),
            _mm256_permute2x128_si256::<0x20>(d, h),
            _mm256_permute2x128_si256::<0x31>(a, e),
            _mm256_permute2x128_si256::<0x31>(b, f),
            _mm256_permute2x128_si256::<0x31>(c, g),
            _mm256_permute2x128_si256::<0x31>(d, h),
        ]
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn store(place: &mut [u8; 32], words: __m256i) {
        // SAFETY: there is room for 32 bytes; this store needs no alignment.
        unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), words) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(input: &Input<'_>) -> Blocks {
        let (mut plain, mut fast) = ([[0; BLOCK]; LANES], [[1; BLOCK]; LANES]);
        portable::blocks(input, &mut plain);
        blocks(input, &mut fast);
        assert_eq!(plain, fast);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            fast.as_flattened_mut().fill(2);
            // SAFETY: the processor has what the function was compiled for.
            unsafe { avx2::blocks(input, &mut fast) };
            assert_eq!(plain, fast);
        }
        plain
    }

    /// Words of bytes that count from here.
    fn words<const N: usize>(first: u8) -> [u32; N] {
        let byte = |at: usize| first + at as u8;
        std::array::from_fn(|at| u32::from_le_bytes(std::array::from_fn(|b| byte(at * 4 + b))))
    }

    /// The first example of the expansion function in the specification of Salsa20.
    #[test]
    fn known_block() {
        let ([a, b, c, d], [e, f, g, h]) = (words(1), words(201));
        let position = words(101).map(|word| [word; LANES]);
        let output: [u8; 64] = [
            69, 37, 68, 39, 41, 15, 107, 193, 255, 139, 122, 6, 170, 233, 217, 98, 89, 144, 182,
            106, 21, 51, 200, 65, 239, 49, 222, 34, 215, 114, 40, 126, 104, 197, 7, 225, 197, 153,
            31, 2, 102, 78, 76, 176, 84, 245, 246, 184, 177, 160, 133, 130, 6, 72, 149, 119, 192,
            195, 132, 236, 234, 103, 246, 74,
        ];
        let input = Input { key: &[a, b, c, d, e, f, g, h], position };
        assert_eq!(both(&input), [output; LANES]);
    }

    #[test]
    fn lanes_do_not_mix() {
        let key = words(9);
        let position: [Word; 4] = std::array::from_fn(|word| {
            std::array::from_fn(|lane| (word as u32 + 77).wrapping_mul(lane as u32 + 1))
        });
        let all = both(&Input { key: &key, position });
        for (lane, block) in all.iter().enumerate() {
            let position = position.map(|word| [word[lane]; LANES]);
            assert_eq!(both(&Input { key: &key, position }), [*block; LANES]);
        }
    }
}
