//! Looks into shared libraries: what a phone's loader needs of them, and what their bytes are for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::read::elf::{Dyn, ElfFile, FileHeader, ProgramHeader};
use object::{Endianness, FileKind, Object, ObjectSection, ObjectSymbol, SymbolKind, elf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Devices with pages of 16 KB map a segment only where its alignment is a multiple of that.
pub(crate) const PAGE: u64 = 0x4000;

/// What every Android has.
const SYSTEM_LIBRARIES: [&str; 4] = ["libc.so", "libm.so", "libdl.so", "liblog.so"];

/// A shared library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    /// The least alignment of a segment that is loaded.
    pub(crate) alignment: u64,
    /// The libraries that are loaded along with it.
    pub(crate) needed: BTreeSet<String>,
    pub(crate) exported: BTreeSet<String>,
    /// Bytes of the file.
    pub(crate) size: u64,
}

/// Bytes that one symbol or section takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// As the compiler wrote it.
    pub(crate) name: String,
    pub(crate) size: u64,
}

impl Library {
    /// # Errors
    ///
    /// It can't be read, or is no shared library in ELF.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&bytes).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        match FileKind::parse(bytes)? {
            FileKind::Elf32 => Self::of(&ElfFile::<elf::FileHeader32<Endianness>>::parse(bytes)?),
            FileKind::Elf64 => Self::of(&ElfFile::<elf::FileHeader64<Endianness>>::parse(bytes)?),
            _ => Err("not an ELF file".into()),
        }
        .map(|library| Self {
            size: bytes.len() as u64,
            ..library
        })
    }

    fn of<Header: FileHeader<Endian = Endianness>>(file: &ElfFile<'_, Header>) -> Result<Self> {
        let endian = file.endian();
        let alignment = file
            .elf_program_headers()
            .iter()
            .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
            .map(|segment| segment.p_align(endian).into())
            .min()
            .ok_or("nothing of it is loaded")?;
        let mut needed = BTreeSet::new();
        let strings = file.elf_dynamic_symbol_table().strings();
        for segment in file.elf_program_headers() {
            for entry in segment.dynamic(endian, file.data())?.unwrap_or_default() {
                if entry.tag32(endian) == Some(elf::DT_NEEDED) {
                    let name = entry.string(endian, strings)?;
                    needed.insert(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
        let exported = file
            .dynamic_symbols()
            .filter(|symbol| symbol.is_definition() && symbol.is_global())
            .filter_map(|symbol| Some(symbol.name().ok()?.to_owned()))
            .collect();
        Ok(Self {
            alignment,
            needed,
            exported,
            size: 0,
        })
    }

    /// What keeps a phone from loading or using it. `functions` are those that the bindings call.
    pub(crate) fn problems<'a>(&self, functions: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut problems = Vec::new();
        if self.alignment < PAGE || !self.alignment.is_multiple_of(PAGE) {
            problems.push(format!(
                "its segments are aligned to {:#x}, and devices with 16 KB pages need {PAGE:#x}",
                self.alignment
            ));
        }
        for library in &self.needed {
            if !SYSTEM_LIBRARIES.contains(&library.as_str()) {
                problems.push(format!("it needs {library}, which not every Android has"));
            }
        }
        let missing: Vec<_> = functions
            .into_iter()
            .filter(|function| !self.exported.contains(*function))
            .collect();
        if let Some(first) = missing.first() {
            let count = missing.len();
            problems.push(format!(
                "{count} functions of the bindings are missing, {first} for one"
            ));
        }
        problems
    }
}

/// The functions that the bindings call, as UniFFI's C header declares them.
pub(crate) fn functions_in(header: &str) -> BTreeSet<&str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    header
        .lines()
        .filter(|line| !line.starts_with("typedef") && !line.starts_with("//"))
        .filter_map(|line| line.split_once('('))
        .filter_map(|(before, _)| before.rsplit(|character| !is_part(character)).next())
        .filter(|name| name.starts_with("uniffi_") || name.starts_with("ffi_"))
        .collect()
}

/// The symbols of a library that isn't stripped, with their sizes: code and constants.
pub(crate) fn symbols(path: &Path) -> Result<Vec<Piece>> {
    let bytes = fs::read(path)?;
    let file = object::File::parse(&*bytes)?;
    let is_stored = |symbol: &object::Symbol<'_, '_>| {
        let section = symbol.section_index();
        let section = section.and_then(|index| file.section_by_index(index).ok());
        section.is_some_and(|section| section.kind() != object::SectionKind::UninitializedData)
    };
    Ok(file
        .symbols()
        .filter(|symbol| matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data))
        .filter(|symbol| symbol.size() > 0 && is_stored(symbol))
        .filter_map(|symbol| {
            Some(Piece {
                name: symbol.name().ok()?.to_owned(),
                size: symbol.size(),
            })
        })
        .collect())
}

/// The sections that are loaded, with their sizes.
pub(crate) fn sections(path: &Path) -> Result<Vec<Piece>> {
    let bytes = fs::read(path)?;
    let file = object::File::parse(&*bytes)?;
    Ok(file
        .sections()
        .filter(|section| section.address() != 0 && section.file_range().is_some())
        .filter_map(|section| {
            Some(Piece {
                name: section.name().ok()?.to_owned(),
                size: section.size(),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests;
