//! Compiles Kotlin and Java, and runs them on a JVM: the compiler of npm, the machine's JDK, and
//! Debian's JNA.

use std::collections::hash_map::DefaultHasher;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use crate::install::{self, NpmPackages, Tool};
use crate::workspace::{Workspace, files_below};

/// What a suite on the JVM needs beside [`NpmPackages::TOOLS`].
pub(crate) const TOOLS: &[Tool] = &[
    Tool::new("npm", "npm"),
    Tool::new("java", "openjdk-17-jdk-headless"),
    Tool::new("javac", "openjdk-17-jdk-headless"),
    Tool::new(JNA, "libjna-java"),
    Tool::new(JUNIT, "junit4"),
    Tool::new(HAMCREST, "libhamcrest-java"),
];

pub(crate) const JNA: &str = "/usr/share/java/jna.jar";
const JUNIT: &str = "/usr/share/java/junit4.jar";
const HAMCREST: &str = "/usr/share/java/hamcrest.jar";

/// The level that JDK 17, the oldest that is of use, can run.
const JVM_TARGET: &str = "17";

/// A Kotlin compiler and a JVM.
pub(crate) struct Jvm {
    /// The compiler's own jars, and the libraries that come with it.
    kotlin: PathBuf,
    /// Where jars are built.
    target: PathBuf,
}

impl Jvm {
    pub(crate) fn new(workspace: &Workspace) -> Self {
        Self {
            kotlin: NpmPackages::TOOLS
                .path(workspace)
                .join("node_modules/kotlin-compiler/lib"),
            target: workspace.target.join("kotlin"),
        }
    }

    /// What the generated Kotlin needs: Kotlin's library, coroutines, and JNA.
    pub(crate) fn libraries(&self) -> Vec<PathBuf> {
        vec![
            self.kotlin.join("kotlin-stdlib.jar"),
            self.kotlin.join("kotlinx-coroutines-core-jvm.jar"),
            JNA.into(),
        ]
    }

    /// JUnit 4 and Kotlin's assertions.
    pub(crate) fn test_libraries(&self) -> Vec<PathBuf> {
        vec![
            self.kotlin.join("kotlin-test.jar"),
            self.kotlin.join("kotlin-test-junit.jar"),
            JUNIT.into(),
            HAMCREST.into(),
        ]
    }

    /// `bindings/kotlin`, compiled.
    ///
    /// # Errors
    ///
    /// The compiler's.
    pub(crate) fn bindings(&self, workspace: &Workspace) -> Result<PathBuf> {
        let sources = sources(&workspace.root.join("bindings/kotlin"))?;
        self.compile("bindings", &sources, &self.libraries())
    }

    /// Compiles Kotlin into `target/kotlin/NAME.jar`, unless it was made of the same sources and
    /// libraries; gives its path.
    ///
    /// # Errors
    ///
    /// A source that can't be read, or the compiler's errors, which it has printed.
    pub(crate) fn compile(
        &self,
        name: &str,
        sources: &[PathBuf],
        classpath: &[PathBuf],
    ) -> Result<PathBuf> {
        self.make(name, sources, classpath, |jar| {
            let mut compiler = Command::new("java");
            compiler
                .args(["-Xmx1g", "-XX:+UseSerialGC", "-cp"])
                .arg(self.kotlin.join("*"))
                .arg("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler")
                .args(["-no-stdlib", "-no-reflect", "-Werror"])
                .args(["-jvm-target", JVM_TARGET, "-classpath"])
                .arg(joined(classpath)?)
                .arg("-d")
                .arg(jar)
                .args(sources)
                .env("LC_ALL", "C.UTF-8");
            install::succeed(&mut compiler)
        })
    }

    /// Compiles Java into `target/kotlin/NAME.jar`, as [`compile`](Self::compile) does Kotlin.
    /// Warnings are left out: the sources may be another project's.
    ///
    /// # Errors
    ///
    /// As for Kotlin.
    pub(crate) fn compile_java(
        &self,
        name: &str,
        sources: &[PathBuf],
        classpath: &[PathBuf],
    ) -> Result<PathBuf> {
        self.make(name, sources, classpath, |jar| {
            let classes = self.target.join(name);
            if classes.exists() {
                fs::remove_dir_all(&classes)?;
            }
            let mut compiler = Command::new("javac");
            compiler
                .args([
                    "-nowarn",
                    "-Xlint:none",
                    "-XDignore.symbol.file",
                    "-proc:none",
                ])
                .args(["--release", JVM_TARGET, "-encoding", "UTF-8", "-classpath"])
                .arg(joined(classpath)?)
                .arg("-d")
                .arg(&classes)
                .args(sources);
            install::succeed(&mut compiler)?;
            let mut archive = Command::new("jar");
            archive.args(["--create", "--file"]).arg(jar);
            install::succeed(archive.arg("-C").arg(&classes).arg("."))
        })
    }

    fn make(
        &self,
        name: &str,
        sources: &[PathBuf],
        classpath: &[PathBuf],
        make: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let jar = self.target.join(format!("{name}.jar"));
        let stamp = self.target.join(format!("{name}.inputs"));
        let inputs = fingerprint(sources, classpath)?;
        if jar.is_file() && fs::read_to_string(&stamp).is_ok_and(|text| text == inputs) {
            return Ok(jar);
        }
        println!("compiling {}", jar.display());
        fs::create_dir_all(&self.target)?;
        make(&jar)?;
        fs::write(stamp, inputs)?;
        Ok(jar)
    }

    /// `java` with this class path; it finds the library in `native`, and JNA's own part where
    /// Debian has it. What follows is a main class and its arguments.
    ///
    /// # Errors
    ///
    /// A path that can't stand in a class path.
    pub(crate) fn java(&self, classpath: &[PathBuf], native: &Path) -> Result<Command> {
        let mut java = Command::new("java");
        let mut library = OsString::from("-Djna.library.path=");
        library.push(native);
        java.arg("-Dfile.encoding=UTF-8")
            .arg(library)
            .arg("-cp")
            .arg(joined(classpath)?)
            .env("LC_ALL", "C.UTF-8");
        Ok(java)
    }
}

/// The Kotlin files below a folder.
///
/// # Errors
///
/// A folder that can't be read.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    files_with("kt", folder)
}

/// The Java files below a folder.
///
/// # Errors
///
/// A folder that can't be read.
pub(crate) fn java_sources(folder: &Path) -> Result<Vec<PathBuf>> {
    files_with("java", folder)
}

fn files_with(extension: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_below(folder)?;
    files.retain(|path| path.extension() == Some(OsStr::new(extension)));
    Ok(files)
}

fn joined(classpath: &[PathBuf]) -> Result<OsString> {
    Ok(std::env::join_paths(classpath)?)
}

/// Differs where a file of either list does, or where one more or less is in it.
fn fingerprint(sources: &[PathBuf], classpath: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for (kind, paths) in [("source", sources), ("classpath", classpath)] {
        for path in paths {
            let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            (kind, path, bytes).hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}
