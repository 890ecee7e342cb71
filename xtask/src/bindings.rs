//! `cargo xtask bindings`: writes the Kotlin and Swift code in `bindings/`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::workspace::{Workspace, files_below};
use crate::{cargo, install, native};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Write the Kotlin and Swift code that UniFFI makes of the crate in uniffi/.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask bindings
  cargo xtask bindings --check")]
pub(crate) struct Arguments {
    /// Write nothing; fail where the files in bindings/ aren't what would be written
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let outdated = outdated(&workspace)?;
    for file in &outdated {
        if arguments.check {
            println!("outdated: {}", file.checked_in.display());
        } else {
            println!("writing {}", file.checked_in.display());
            file.check_in()?;
        }
    }
    if arguments.check && !outdated.is_empty() {
        return Err("bindings/ is outdated: cargo xtask bindings".into());
    }
    Ok(ExitCode::SUCCESS)
}

/// What the library's interface comes to in a language, and what `bindings/` says.
pub(crate) struct Generated {
    generated: PathBuf,
    pub(crate) checked_in: PathBuf,
}

impl Generated {
    fn is_outdated(&self) -> Result<bool> {
        let generated = fs::read(&self.generated)?;
        Ok(fs::read(&self.checked_in).ok() != Some(generated))
    }

    fn check_in(&self) -> Result<()> {
        let folder = self.checked_in.parent().ok_or("a file without a folder")?;
        fs::create_dir_all(folder)?;
        fs::copy(&self.generated, &self.checked_in)?;
        Ok(())
    }
}

/// Generates all bindings below the target folder; gives those files of `bindings/` that differ.
///
/// # Errors
///
/// The library or the generator can't be built, or the generator fails.
pub(crate) fn outdated(workspace: &Workspace) -> Result<Vec<Generated>> {
    let native = native::build()?;
    let scratch = workspace.target.join("bindings");
    let mut outdated = Vec::new();
    for language in ["kotlin", "swift"] {
        let folder = scratch.join(language);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let mut generate = Command::new(native.generator());
        generate
            .args(["generate", "--language", language, "--no-format"])
            .arg("--out-dir")
            .arg(&folder)
            .arg(native.library())
            // It asks cargo where the crate and its uniffi.toml lie.
            .current_dir(&workspace.root);
        cargo::forget_package(&mut generate);
        install::succeed(&mut generate)?;
        let checked_in = workspace.root.join("bindings").join(language);
        for generated in files_below(&folder)? {
            let relative = generated.strip_prefix(&folder)?;
            let file = Generated {
                checked_in: checked_in.join(relative),
                generated,
            };
            if file.is_outdated()? {
                outdated.push(file);
            }
        }
    }
    Ok(outdated)
}
