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

/// The blocks that belong to these inputs: the core function of Salsa20 with 20 rounds.
pub(super) fn blocks(input: &[Word; 16], out: &mut Blocks) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function was compiled for.
        let words = unsafe { avx2::mix(input) };
        return write(&words, out);
    }
    write(&portable::mix(input), out);
}

/// A word of each block lies beside the same word of the others; on the wire a block's words lie
/// beside each other.
fn write(words: &[Word; 16], out: &mut Blocks) {
    for (lane, block) in out.iter_mut().enumerate() {
        for (place, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
            *place = word.get(lane).copied().unwrap_or_default().to_le_bytes();
        }
    }
}

/// The rounds, on any kind of word; `$mixed(to, a, b)` is `to ^ ((a + b) <<< by)`. Variables and
/// not elements of an array, so that each can stay in a register.
macro_rules! rounds {
    ($input:expr, $mixed:ident) => {{
        let words = $input;
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h, ..] = words;
        let [.., mut i, mut j, mut k, mut l, mut m, mut n, mut o, mut p] = words;
        macro_rules! quarter {
            ($w:ident, $x:ident, $y:ident, $z:ident) => {
                $x = $mixed::<7, 25>($x, $w, $z);
                $y = $mixed::<9, 23>($y, $x, $w);
                $z = $mixed::<13, 19>($z, $y, $x);
                $w = $mixed::<18, 14>($w, $z, $y);
            };
        }
        for _ in 0..10 {
            quarter!(a, e, i, m);
            quarter!(f, j, n, b);
            quarter!(k, o, c, g);
            quarter!(p, d, h, l);
            quarter!(a, b, c, d);
            quarter!(f, g, h, e);
            quarter!(k, l, i, j);
            quarter!(p, m, n, o);
        }
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }};
}

mod portable {
    use super::Word;

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

    pub(super) fn mix(input: &[Word; 16]) -> [Word; 16] {
        let mut words = rounds!(*input, mixed);
        for (word, input) in words.iter_mut().zip(input) {
            *word = sum(*word, *input);
        }
        words
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_setr_epi32, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_storeu_si256, _mm256_xor_si256,
    };

    use super::Word;

    #[target_feature(enable = "avx2")]
    #[inline]
    fn mixed<const LEFT: i32, const RIGHT: i32>(to: __m256i, a: __m256i, b: __m256i) -> __m256i {
        let sum = _mm256_add_epi32(a, b);
        let to = _mm256_xor_si256(to, _mm256_slli_epi32::<LEFT>(sum));
        _mm256_xor_si256(to, _mm256_srli_epi32::<RIGHT>(sum))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(word: &Word) -> __m256i {
        let [a, b, c, d, e, f, g, h] = word.map(u32::cast_signed);
        _mm256_setr_epi32(a, b, c, d, e, f, g, h)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn mix(input: &[Word; 16]) -> [Word; 16] {
        let words = input.map(|word| load(&word));
        let mut out = [[0; super::LANES]; 16];
        for ((out, mixed), word) in out.iter_mut().zip(rounds!(words, mixed)).zip(words) {
            let sum = _mm256_add_epi32(mixed, word);
            // SAFETY: eight words have room for 32 bytes; this store needs no alignment.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), sum) };
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(input: &[Word; 16]) -> Blocks {
        let (mut plain, mut fast) = ([[0; BLOCK]; LANES], [[1; BLOCK]; LANES]);
        write(&portable::mix(input), &mut plain);
        blocks(input, &mut fast);
        assert_eq!(plain, fast);
        plain
    }

    /// The third example of the core function in the specification of Salsa20.
    #[test]
    fn known_block() {
        let input: [u8; 64] = [
            88, 118, 104, 54, 79, 201, 235, 79, 3, 81, 156, 47, 203, 26, 244, 243, 191, 187, 234,
            136, 211, 159, 13, 115, 76, 55, 82, 183, 3, 117, 222, 37, 86, 16, 179, 207, 49, 237,
            179, 48, 1, 106, 178, 219, 175, 199, 166, 48, 238, 55, 204, 36, 31, 240, 32, 63, 15,
            83, 93, 161, 116, 147, 48, 113,
        ];
        let output: [u8; 64] = [
            179, 19, 48, 202, 219, 236, 232, 135, 111, 155, 110, 18, 24, 232, 95, 158, 26, 110,
            170, 154, 109, 42, 178, 168, 156, 240, 248, 238, 168, 196, 190, 203, 69, 144, 51, 57,
            29, 29, 150, 26, 150, 30, 235, 249, 190, 163, 251, 48, 27, 111, 114, 114, 118, 40, 152,
            157, 180, 57, 27, 94, 107, 42, 236, 35,
        ];
        let word = |at: usize| u32::from_le_bytes(input[at * 4..at * 4 + 4].try_into().unwrap());
        let words: [Word; 16] = std::array::from_fn(|at| [word(at); LANES]);
        // The example's input is that of the hash, which is the core and the final sum.
        assert_eq!(both(&words), [output; LANES]);
    }

    #[test]
    fn lanes_do_not_mix() {
        let input: [Word; 16] = std::array::from_fn(|word| {
            std::array::from_fn(|lane| (word as u32 * 77).wrapping_mul(lane as u32 + 1))
        });
        let all = both(&input);
        for (lane, block) in all.iter().enumerate() {
            assert_eq!(both(&input.map(|word| [word[lane]; LANES])), [*block; LANES]);
        }
    }
}
