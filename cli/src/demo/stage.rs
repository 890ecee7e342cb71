//! What is told while the demo runs: a story for people, nothing for scripts.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Colours, where they are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    is_on: bool,
}

impl Paint {
    /// On a terminal, unless the person or the environment (no-color.org) doesn't want any.
    pub(super) fn new(no_color: bool) -> Self {
        let is_unwanted =
            no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            is_on: !is_unwanted && io::stdout().is_terminal(),
        }
    }

    pub(super) fn strong(self, text: impl fmt::Display) -> String {
        self.apply(Style::new().bold(), text)
    }

    pub(super) fn faint(self, text: impl fmt::Display) -> String {
        self.apply(Style::new().dimmed(), text)
    }

    pub(super) fn good(self, text: impl fmt::Display) -> String {
        self.apply(AnsiColor::Green.on_default(), text)
    }

    pub(super) fn bad(self, text: impl fmt::Display) -> String {
        self.apply(AnsiColor::Red.on_default().bold(), text)
    }

    fn apply(self, style: Style, text: impl fmt::Display) -> String {
        if self.is_on {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

/// Where the story is told.
#[derive(Debug)]
pub(super) struct Stage {
    is_silent: bool,
    paint: Paint,
    bar: ProgressBar,
}

impl Stage {
    pub(super) fn new(is_silent: bool, paint: Paint) -> Self {
        Self {
            is_silent,
            paint,
            bar: ProgressBar::hidden(),
        }
    }

    /// A line of its own.
    pub(super) fn title(&self, text: &str) {
        self.print(&self.paint.strong(text));
    }

    /// Begins a part of the story.
    pub(super) fn act(&self, title: &str, explanation: &[&str]) {
        self.print(&format!("\n{}", self.paint.strong(title)));
        for line in explanation {
            self.print(&self.paint.faint(line));
        }
    }

    /// Something happened.
    pub(super) fn say(&self, label: &str, text: impl fmt::Display) {
        self.line(&self.paint.good(Label(label)), text);
    }

    /// Something was made to go wrong, or was refused.
    pub(super) fn trouble(&self, label: &str, text: impl fmt::Display) {
        self.line(&self.paint.bad(Label(label)), text);
    }

    /// Shows a bar for so many bytes; nothing where stdout is no terminal.
    pub(super) fn begin_bar(&mut self, bytes: u64, received: u64) {
        if self.is_silent {
            return;
        }
        let target = ProgressDrawTarget::stdout();
        self.bar = ProgressBar::with_draw_target(Some(bytes), target).with_position(received);
        let template = "  {msg:9} {bar:46} {percent:>3} %  {bytes} of {total_bytes}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("━╸─"));
        }
        self.bar.set_message("download");
    }

    pub(super) fn move_bar(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    pub(super) fn end_bar(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
    }

    fn line(&self, label: &str, text: impl fmt::Display) {
        self.print(&format!("  {label} {text}"));
    }

    fn print(&self, line: &str) {
        if self.is_silent {
            return;
        }
        // Above the bar. A closed stream is nobody listening, and no reason to fail.
        self.bar.suspend(|| {
            let _ = writeln!(io::stdout(), "{line}");
        });
    }
}

/// The first word of a line, as wide as all of them.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:9}", self.0)
    }
}
