//! What a library's bytes are for, told from its symbols and sections.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Result;
use crate::elf;
use crate::page::grouped;

/// A part, and the crates that make it up. A function that std has for a crate's types is that
/// crate's.
const PARTS: [(&str, &[&str]); 13] = [
    (
        "the core",
        &["live_updater", "semver", "uuid", "time", "base64", "rustix"],
    ),
    (
        "bindings",
        &["live_updater_ffi", "uniffi", "uniffi_core", "anyhow"],
    ),
    (
        "HTTP/1.1",
        &[
            "hyper",
            "hyper_util",
            "http",
            "http_body",
            "http_body_util",
            "httparse",
            "want",
            "bytes",
        ],
    ),
    (
        "TLS",
        &[
            "rustls",
            "tokio_rustls",
            "webpki",
            "webpki_roots",
            "rustls_pki_types",
            "ring",
        ],
    ),
    (
        "tokio",
        &[
            "tokio",
            "mio",
            "socket2",
            "futures_core",
            "futures_util",
            "futures_channel",
        ],
    ),
    (
        "ECDSA P-256",
        &[
            "p256",
            "ecdsa",
            "primeorder",
            "primefield",
            "elliptic_curve",
            "crypto_bigint",
            "ff",
            "group",
            "wnaf",
            "sec1",
            "hkdf",
            "hmac",
            "rfc6979",
        ],
    ),
    (
        "RSA",
        &[
            "rsa",
            "num_bigint_dig",
            "num_traits",
            "num_integer",
            "pkcs1",
            "libm",
        ],
    ),
    ("Ed25519", &["ed25519", "ed25519_dalek", "curve25519_dalek"]),
    (
        "keys in PEM and DER",
        &[
            "der",
            "spki",
            "pkcs8",
            "pem_rfc7468",
            "base64ct",
            "const_oid",
        ],
    ),
    ("SHA-2, two versions", &["sha2", "digest", "block_buffer"]),
    ("inflate and CRC", &["zlib_rs", "flate2"]),
    (
        "JSON",
        &["serde_json", "serde_core", "serde", "itoa", "zmij"],
    ),
    (
        "URLs and Unicode",
        &[
            "url",
            "idna",
            "idna_adapter",
            "percent_encoding",
            "form_urlencoded",
            "icu_normalizer",
            "icu_properties",
            "icu_collections",
            "icu_provider",
            "utf8_iter",
            "zerovec",
        ],
    ),
];

const STANDARD_LIBRARY: &str = "Rust's standard library, most of it for the backtrace of a panic";
const OTHERS: &str = "others";

/// The crates of the standard library, and what it brings along.
const STANDARD: [&str; 10] = [
    "std",
    "core",
    "alloc",
    "gimli",
    "addr2line",
    "rustc_demangle",
    "miniz_oxide",
    "hashbrown",
    "std_detect",
    "object",
];

/// A table.
pub(super) fn describe(library: &Path) -> Result<String> {
    let mut parts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut named = 0;
    for symbol in elf::symbols(library)? {
        let name = format!("{:#}", rustc_demangle::demangle(&symbol.name));
        *parts.entry(part(&name)).or_default() += symbol.size;
        named += symbol.size;
    }
    let mut tables = 0;
    let mut code = 0;
    for section in elf::sections(library)? {
        match section.name.as_str() {
            ".text" | ".rodata" | ".data" | ".data.rel.ro" => code += section.size,
            ".eh_frame" | ".eh_frame_hdr" | ".gcc_except_table" => tables += section.size,
            _ => *parts.entry("relocations and symbols").or_default() += section.size,
        }
    }
    parts.insert("tables that let panics unwind", tables);
    let nameless = "constants without a name: texts, Unicode tables, root certificates, vtables";
    parts.insert(nameless, code.saturating_sub(named));
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_unstable_by_key(|&(_, size)| std::cmp::Reverse(size));

    let mut text = "What takes it, by symbols and sections. The linker merges functions that are \
        the same, so a part may cost a little less than it says.\n\n\
        | part | bytes |\n|---|---:|\n"
        .to_owned();
    for (part, size) in parts {
        writeln!(text, "| {part} | {} |", grouped(size))?;
    }
    Ok(text)
}

/// Which part a symbol belongs to.
fn part(name: &str) -> &'static str {
    if name.contains("ring_core") || name.contains("ecp_nistz") {
        return "TLS";
    }
    if name.starts_with("uniffi_") || name.starts_with("ffi_") {
        return "bindings";
    }
    let mut crates = crates(name).peekable();
    if crates.peek().is_none() {
        return OTHERS;
    }
    match crates.find(|name| !STANDARD.contains(name)) {
        Some(found) => PARTS
            .iter()
            .find(|(_, crates)| crates.contains(&found))
            .map_or(OTHERS, |(part, _)| part),
        None => STANDARD_LIBRARY,
    }
}

/// The first words of all paths in a symbol: `<a::B as c::D>::e` has `a` and `c`.
fn crates(name: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut rest = name;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(is_part)?;
            let is_inside = rest[..start].ends_with("::");
            let word = &rest[start..];
            let end = word
                .find(|character| !is_part(character))
                .unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            rest = after;
            if !is_inside && after.starts_with("::") {
                return Some(word);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_its_crates() {
        for (name, expected) in [
            ("live_updater::updater::Updater::launch", "the core"),
            (
                "<hyper::proto::Conn<I> as core::future::Future>::poll",
                "HTTP/1.1",
            ),
            ("core::ptr::drop_in_place<rustls::Error>", "TLS"),
            ("ring_core_0_17_14__chacha20_poly1305_open", "TLS"),
            (
                "uniffi_live_updater_ffi_fn_method_updater_launch",
                "bindings",
            ),
            ("<std::fs::File as core::fmt::Debug>::fmt", STANDARD_LIBRARY),
            ("gimli::read::dwarf::Unit::new", STANDARD_LIBRARY),
            ("who::knows", OTHERS),
            ("memcpy", OTHERS),
        ] {
            assert_eq!(part(name), expected, "{name}");
        }
    }

    #[test]
    fn paths_are_found_inside_of_types() {
        let name = "<alloc::vec::Vec<(&a::B, [c::D; 4])> as e::F<dyn g::H>>::i";
        assert_eq!(
            crates(name).collect::<Vec<_>>(),
            ["alloc", "a", "c", "e", "g"]
        );
    }
}
