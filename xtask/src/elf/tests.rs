use std::process::Command;

use super::*;

const HEADER: &str = "\
typedef void (*UniffiRustFutureContinuationCallback)(uint64_t, int8_t
    );
typedef struct UniffiVTable {
} UniffiVTable;
void* uniffi_live_updater_ffi_fn_constructor_updater_open(RustBuffer options, void* listener
);
RustBuffer ffi_live_updater_ffi_rustbuffer_alloc(uint64_t size, RustCallStatus *_Nonnull out_status
);
uint16_t uniffi_live_updater_ffi_checksum_method_updater_launch(void
    
);
";

/// A library with one function, made by the C compiler that Rust needs anyway.
fn library(options: &[&str]) -> Library {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("a.c"), folder.path().join("liba.so"));
    fs::write(&source, "int ffi_a(void) { return 1; } static int b;\n").unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-nostdlib", "-o"])
        .args([&library, &source])
        .args(options)
        .status()
        .unwrap();
    assert!(built.success());
    Library::read(&library).unwrap()
}

#[test]
fn a_library_with_pages_of_16_kb_is_good() {
    let library = library(&["-Wl,-z,max-page-size=16384"]);
    assert_eq!(library.alignment, PAGE);
    assert_eq!(library.problems(["ffi_a"]), [""; 0]);
}

#[test]
fn a_library_with_pages_of_4_kb_is_refused() {
    let problems = library(&["-Wl,-z,max-page-size=4096"]).problems([]);
    assert!(problems[0].contains("0x1000"), "{problems:?}");
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_library_that_needs_what_phones_do_not_have_is_refused() {
    let library = library(&["-Wl,-z,max-page-size=16384", "-Wl,--no-as-needed", "-lc"]);
    let problems = library.problems([]);
    assert!(problems[0].contains("libc.so.6"), "{problems:?}");
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_library_without_a_function_of_the_bindings_is_refused() {
    let library = library(&["-Wl,-z,max-page-size=16384"]);
    let problems = library.problems(["ffi_a", "ffi_b"]);
    assert!(problems[0].contains("1 functions"), "{problems:?}");
    assert!(problems[0].contains("ffi_b"), "{problems:?}");
}

#[test]
fn what_is_no_library_is_an_error() {
    for bytes in [&b""[..], b"!<arch>\n", b"\x7fELF", &[0; 4096]] {
        assert!(Library::parse(bytes).is_err());
    }
}

#[test]
fn the_functions_of_a_header_are_those_that_uniffi_declares() {
    assert_eq!(
        functions_in(HEADER).into_iter().collect::<Vec<_>>(),
        [
            "ffi_live_updater_ffi_rustbuffer_alloc",
            "uniffi_live_updater_ffi_checksum_method_updater_launch",
            "uniffi_live_updater_ffi_fn_constructor_updater_open",
        ]
    );
}
