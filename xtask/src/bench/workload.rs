//! Bundles that are made up: the same bytes on every machine, part text and part noise, as web
//! apps are part code and part images.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Bench, Result, say};

/// What a made-up bundle consists of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Names the folder that it is kept in.
    pub(super) name: &'static str,
    /// Code and markup, which deflate makes much smaller.
    pub(super) text: Part,
    /// Images and fonts, which it doesn't.
    pub(super) noise: Part,
}

/// So many files with so many bytes together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// A bundle, packed.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    pub(super) zip: PathBuf,
    pub(super) size: u64,
    pub(super) files: u64,
    pub(super) unpacked_size: u64,
    pub(super) sha256: String,
}

impl Bundle {
    /// Packs the folder `www`, or takes the zip that was packed from it before.
    pub(super) fn pack(bench: &Bench, www: &Path, zip: PathBuf) -> Result<Self> {
        let told = zip.with_extension("json");
        let report: Value = if told.exists() {
            serde_json::from_slice(&fs::read(&told)?)?
        } else {
            let report = bench.program.call([
                "pack".as_ref(),
                www.as_os_str(),
                "--out".as_ref(),
                zip.as_os_str(),
            ])?;
            fs::write(&told, report.to_string())?;
            report
        };
        let number = |key: &str| report[key].as_u64().ok_or(format!("pack tells no {key}"));
        Ok(Self {
            size: number("size")?,
            files: number("files")?,
            unpacked_size: number("unpackedSize")?,
            sha256: report["sha256"].as_str().unwrap_or_default().to_owned(),
            zip,
        })
    }

    /// Makes a bundle up, or takes the one that was made up before.
    pub(super) fn make(bench: &Bench, shape: &Shape) -> Result<Self> {
        let folder = bench.workloads.join(shape.name);
        let www = folder.join("www");
        let zip = folder.join("bundle.zip");
        if !zip.with_extension("json").exists() {
            say(&format!("making the bundle {}", shape.name));
            fill(&www, shape)?;
        }
        Self::pack(bench, &www, zip)
    }

    /// Puts the bundle where a server offers it as `version`.
    pub(super) fn offer(&self, folder: &Path, version: &str) -> Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let offered = folder.join(format!("{version}.zip"));
        fs::hard_link(&self.zip, &offered)?;
        Ok(offered)
    }

    /// Its size and files in words.
    pub(super) fn describe(&self) -> String {
        format!(
            "{:.1} MB zip, {:.1} MB in {} files",
            self.size as f64 / 1e6,
            self.unpacked_size as f64 / 1e6,
            self.files
        )
    }
}

fn fill(www: &Path, shape: &Shape) -> Result<()> {
    fs::create_dir_all(www)?;
    let mut random = Random(shape.text.bytes + shape.noise.bytes);
    let words = words(&mut random);
    let head = format!("<!doctype html><title>{}</title>\n", shape.name);
    for (index, size) in sizes(shape.text, &mut random).into_iter().enumerate() {
        let text = text(size, &words, &mut random);
        if index == 0 {
            fs::write(www.join("index.html"), head.clone() + &text)?;
        } else {
            write(www, "assets", index, "js", text.as_bytes())?;
        }
    }
    for (index, size) in sizes(shape.noise, &mut random).into_iter().enumerate() {
        write(www, "media", index, "webp", &noise(size, &mut random))?;
    }
    Ok(())
}

fn write(www: &Path, folder: &str, index: usize, kind: &str, bytes: &[u8]) -> Result<()> {
    /// As many as a bundler puts into one folder, about.
    const FILES_A_FOLDER: usize = 200;
    let folder = www.join(format!("{folder}/{}", index / FILES_A_FOLDER));
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(format!("{index:05}.{kind}")), bytes)?)
}

/// Many small files and few large ones, from 1 to 64 parts.
fn sizes(part: Part, random: &mut Random) -> Vec<u64> {
    let parts: Vec<u64> = (0..part.files).map(|_| 1 << random.below(7)).collect();
    let sum: u64 = parts.iter().sum();
    parts
        .into_iter()
        .map(|share| part.bytes * share / sum.max(1))
        .collect()
}

fn words(random: &mut Random) -> Vec<String> {
    (0..4096)
        .map(|_| {
            let len = 2 + random.below(9);
            (0..len)
                .map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0)))
                .collect()
        })
        .collect()
}

/// Words of which some are much more frequent than others, as in code.
fn text(size: u64, words: &[String], random: &mut Random) -> String {
    const BETWEEN: [&str; 8] = [" ", ".", "(", ")", ",", ";\n", "=", " => "];
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut text = String::with_capacity(size);
    while text.len() < size {
        let bound = 1 << (1 + random.below(9));
        let word = usize::try_from(random.below(bound)).unwrap_or(0);
        let between = usize::try_from(random.below(8)).unwrap_or(0);
        text.push_str(words.get(word).map_or("", String::as_str));
        text.push_str(BETWEEN.get(between).copied().unwrap_or(" "));
    }
    text.truncate(size);
    text
}

fn noise(size: u64, random: &mut Random) -> Vec<u8> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = vec![0; size];
    for chunk in bytes.chunks_mut(8) {
        let fresh = random.next().to_le_bytes();
        chunk.copy_from_slice(fresh.get(..chunk.len()).unwrap_or_default());
    }
    bytes
}

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
