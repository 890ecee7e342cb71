//! Commands, to be shown or to be run.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One command, at the project's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invocation {
    variables: Vec<(String, String)>,
    program: String,
    arguments: Vec<String>,
}

impl Invocation {
    pub(super) fn new<S: Into<String>>(
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            variables: Vec::new(),
            program: program.to_owned(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        }
    }

    /// Words between spaces: none of them may have one.
    pub(super) fn of(words: &str) -> Self {
        let mut words = words.split_whitespace();
        Self::new(words.next().unwrap_or_default(), words)
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self, root: &Path) -> Result<()> {
        let mut command = if self.program == "cargo" {
            crate::cargo::command()
        } else {
            Command::new(&self.program)
        };
        let status = command
            .args(&self.arguments)
            .envs(self.variables.iter().cloned())
            .current_dir(root)
            .stdin(Stdio::null())
            .status()
            .map_err(|error| format!("{}: {error}", self.program))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("`{self}` failed ({status})").into())
    }
}

/// As a shell takes it.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&quoted(&self.program))?;
        for argument in &self.arguments {
            write!(f, " {}", quoted(argument))?;
        }
        Ok(())
    }
}

/// Commands, one after the other.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan(Vec<Invocation>);

impl Plan {
    pub(super) fn step(&mut self, invocation: Invocation) {
        self.0.push(invocation);
    }

    /// Stops at the first command that fails.
    pub(super) fn run(&self, root: &Path) -> Result<()> {
        for invocation in &self.0 {
            println!("+ {invocation}");
            invocation.run(root)?;
        }
        Ok(())
    }
}

/// A line each.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for invocation in &self.0 {
            writeln!(f, "{invocation}")?;
        }
        Ok(())
    }
}

fn quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./=:,+@%".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let command = Invocation::new("a", ["b c", "", "it's", "d=e"]).variable("F", "g h");
        assert_eq!(command.to_string(), r"F='g h' a 'b c' '' 'it'\''s' d=e");
    }

    #[test]
    fn a_plan_ends_at_what_fails_and_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = Plan::default();
        for words in ["touch first", "false with arguments", "touch last"] {
            plan.step(Invocation::of(words));
        }
        let error = plan.run(folder.path()).unwrap_err().to_string();
        assert!(error.contains("`false with arguments`"), "{error}");
        assert!(folder.path().join("first").exists());
        assert!(!folder.path().join("last").exists());
    }
}
