//! Pictures that look like something, and compress as badly as photos do.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;
/// How much the grain of the film changes a colour.
const GRAIN: u64 = 64;

/// A hilly evening as a PNG; another one for each number.
pub(super) fn png(number: u64) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    // PNG, section 11.2.2: eight bits a sample, colour type 2 is RGB, and the only methods.
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &deflated(&scanlines(number)));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn scanlines(number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_mul(2).wrapping_add(1));
    let sky: [u64; 3] = std::array::from_fn(|_| 60 + random.below(130));
    let hills: [u64; 3] = std::array::from_fn(|_| 20 + random.below(60));
    let wave = 60 + u32::try_from(random.below(100)).unwrap_or_default();
    let ridge: Vec<u32> = (0..WIDTH)
        .map(|x| 120 + (x % wave).abs_diff(wave / 2))
        .collect();
    let mut lines = Vec::with_capacity((HEIGHT * (WIDTH * 3 + 1)) as usize);
    for y in 0..HEIGHT {
        // Every line begins with its filter: none.
        lines.push(0);
        for top in &ridge {
            let ground = if y > *top { &hills } else { &sky };
            let grain = random.next();
            for (sample, shift) in ground.iter().zip([0, 16, 32]) {
                let value = sample + ((grain >> shift) % GRAIN);
                lines.push(u8::try_from(value).unwrap_or(u8::MAX));
            }
        }
    }
    lines
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing to a Vec can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    file.extend(crc.sum().to_be_bytes());
}

/// Splitmix64: not secret, only always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_same_every_time_and_no_other() {
        assert_eq!(png(1), png(1));
        assert_ne!(png(1), png(2));
    }

    #[test]
    fn a_picture_is_as_large_as_a_photo_and_does_not_shrink() {
        let picture = png(7);
        assert!(picture.len() > 100_000, "{}", picture.len());
        assert!(deflated(&picture).len() * 100 > picture.len() * 97);
    }
}
