//! `live-updater publish`: a build goes to the update service, and from there to devices.

mod advice;
mod bundle;
mod report;
mod step;

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use live_updater::{NativeVersion, SignatureAlgorithm};
use live_updater_signing::{BundleContent, PrivateKey, Signer};
use semver::Version;
use serde_json::{Value, json};
use ureq::http::Method;

use super::answers::{Bundle, Channel, Release};
use super::channel;
use super::client::Client;
use super::connection::AppConnection;
use super::rollout;
use super::statement::{self, Installed, Source, Stated, StatementArguments};
use crate::output::{Failure, Output};
use bundle::Prepared;
use report::Report;
use step::{Step, Wish, next_step};

/// The longest notes: they travel in the address.
const LONGEST_NOTES: usize = 16 * 1024;

/// Publish a folder of web files, or a zip, to an update service, and release it to a channel.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater publish dist --version 1.2.0 --app-id com.example.app --data updates
  live-updater publish dist --version 1.2.1 --sign keys/live-updater.private.pem --rollout 10
  live-updater publish app-1.2.2.zip --version 1.2.2 --channel beta --notes @CHANGES.txt
  live-updater publish dist --version 1.2.3 --statement keys/live-updater.private.pem --dry-run

The same once more changes nothing, but for a statement: it is renewed where it is over, or half over,
or --expires-in asks for a longer life. Another bundle under a version that is there is refused. Beside
a zip, FILE.zip.sig is taken as its signature.")]
pub(crate) struct Arguments {
    /// The folder that has the index.html, or a bundle
    #[arg(value_name = "DIR|FILE.zip")]
    source: PathBuf,

    /// The bundle's version, as in semver: 1.2.3 or 1.2.3-beta.1, without a v
    #[arg(long = "version", value_name = "VERSION")]
    bundle_version: Version,

    /// The channel that gives it
    #[arg(long, value_name = "NAME", default_value = "production")]
    channel: String,

    /// How many percent of the channel's devices get it [default: all]
    #[arg(long, value_name = "PERCENT", value_parser = rollout::parse_percent)]
    rollout: Option<f64>,

    /// Upload it, and let no channel give it
    #[arg(long, conflicts_with_all = ["rollout", "statement_files"])]
    no_release: bool,

    /// Sign the zip with this private key
    #[arg(long, value_name = "PRIVATE.pem")]
    sign: Option<PathBuf>,

    /// Sign the zip with this algorithm
    #[arg(long, value_name = "NAME", requires = "sign")]
    algorithm: Option<SignatureAlgorithm>,

    /// Tell apps that users shouldn't go on without it
    #[arg(long)]
    mandatory: bool,

    /// What is new: text, or @FILE
    #[arg(long, value_name = "TEXT|@FILE")]
    notes: Option<String>,

    /// The lowest native version that it runs on
    #[arg(long, value_name = "VERSION")]
    min_app_version: Option<NativeVersion>,

    /// The highest native version that it runs on
    #[arg(long, value_name = "VERSION")]
    max_app_version: Option<NativeVersion>,

    /// Where more is to be read: a commit, a ticket
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// A note for people who publish
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    statement: StatementArguments,

    #[command(flatten)]
    connection: AppConnection,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    // What is wrong with the request is found before the work.
    let signer = signer(arguments)?;
    let source = arguments.statement.source()?;
    let notes = notes(arguments)?;
    let (client, app) = arguments.connection.open()?;
    let place = Place {
        client: &client,
        app: &app,
        arguments,
    };
    let channel = place.channel()?;

    let prepared = Prepared::of(&arguments.source, signer.as_ref(), output)?;
    place.refuse_other_statement(source.as_ref(), channel.as_ref(), &prepared)?;
    let mut warnings = prepared.warnings.clone();
    let (bundle, is_new) = match place.known(&prepared)? {
        Some(known) => {
            warnings.extend(step::differences(&known, arguments, notes.as_deref()));
            (Some(known), false)
        }
        None if arguments.dry_run => (None, true),
        None => (
            Some(place.upload(&prepared, notes.as_deref(), output)?),
            true,
        ),
    };
    let channel = match channel {
        // The upload has made the app, with its first channel.
        None if !arguments.dry_run => place.channel()?,
        channel => channel,
    };
    let version = arguments.bundle_version.to_string();
    let step = match arguments.no_release {
        true => Step::Nothing,
        false => place.step(channel.as_ref(), source.as_ref()),
    };
    let statement = match (&bundle, arguments.dry_run) {
        (Some(bundle), false) => place
            .take(&step, channel.as_ref(), &prepared, bundle, source.as_ref())
            .map_err(|failure| advice::unreleased(failure, &version, &arguments.channel, is_new))?,
        _ => None,
    };
    // What devices get is what the service says, not what was asked of it.
    let after = match arguments.dry_run {
        true => channel,
        false => place.channel()?,
    };
    warnings.extend(step::doubt(
        after.as_ref(),
        &version,
        step,
        arguments.rollout,
    ));
    for warning in &warnings {
        output.warn(warning);
    }
    output.result(&Report {
        app_id: app.clone(),
        server: client.place().to_owned(),
        version,
        channel: arguments.channel.clone(),
        size: prepared.size,
        sha256: prepared.sha256.to_string(),
        files: prepared.files,
        unpacked_size: prepared.unpacked_size,
        signature: bundle.map_or(prepared.signature.clone(), |bundle| bundle.signature),
        key_id: prepared.key_id.clone(),
        uploaded: is_new && !arguments.dry_run,
        is_new,
        step,
        statement,
        gives: after,
        dry_run: arguments.dry_run,
        warnings,
    })
}

fn signer(arguments: &Arguments) -> Result<Option<Signer>, Failure> {
    let key = arguments.sign.as_deref().map(PrivateKey::read);
    let key = key.transpose()?;
    let signer = key.map(|key| Signer::new(key, arguments.algorithm));
    Ok(signer.transpose()?)
}

fn notes(arguments: &Arguments) -> Result<Option<String>, Failure> {
    let notes = match arguments.notes.as_deref() {
        None => return Ok(None),
        Some(text) => match text.strip_prefix('@') {
            None => text.to_owned(),
            Some(path) => fs::read_to_string(path)
                .map_err(|error| Failure::unreadable(path.as_ref(), &error))?,
        },
    };
    if notes.len() > LONGEST_NOTES {
        let message = format!("the notes are longer than {LONGEST_NOTES} bytes");
        return Err(Failure::usage(message));
    }
    Ok(Some(notes.trim_end().to_owned()))
}

/// An app on a service.
struct Place<'a> {
    client: &'a Client,
    app: &'a str,
    arguments: &'a Arguments,
}

impl Place<'_> {
    /// The channel; none where the app, which the upload makes, isn't there yet.
    fn channel(&self) -> Result<Option<Channel>, Failure> {
        let name = &self.arguments.channel;
        let channels = match channel::list(self.client, self.app) {
            Ok(channels) => channels,
            Err(error) if error.is_not_found() && error.code == "not_found" => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let known: Vec<_> = channels.iter().map(|one| one.name.clone()).collect();
        match channels.into_iter().find(|one| one.name == *name) {
            None if !self.arguments.no_release => Err(channel::missing(self.app, name, &known)),
            found => Ok(found),
        }
    }

    /// The bundle, where it is there.
    fn known(&self, prepared: &Prepared) -> Result<Option<Bundle>, Failure> {
        let version = self.arguments.bundle_version.to_string();
        let path = ["api", "v1", "apps", self.app, "bundles", &version];
        let known: Bundle = match self.client.get(&path) {
            Ok(known) => known,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let sha256 = prepared.sha256.to_string();
        if !known.checksum.eq_ignore_ascii_case(&sha256) {
            return Err(Failure::new(
                "version_already_exists",
                format!(
                    "{version} is there with other bytes (SHA-256 {}, this one has {sha256}): publish this one as another version, or `live-updater bundles delete {version}` first, as long as no device has it",
                    known.checksum
                ),
            ));
        }
        if known.signature.is_none() && prepared.signature.is_some() {
            return Err(Failure::new("signature_missing", advice::unsigned(&known)));
        }
        Ok(Some(known))
    }

    fn upload(
        &self,
        prepared: &Prepared,
        notes: Option<&str>,
        output: &Output,
    ) -> Result<Bundle, Failure> {
        let arguments = self.arguments;
        let version = arguments.bundle_version.to_string();
        let sha256 = prepared.sha256.to_string();
        let text = |version: &Option<NativeVersion>| version.as_ref().map(ToString::to_string);
        let (min, max) = (
            text(&arguments.min_app_version),
            text(&arguments.max_app_version),
        );
        let mandatory = arguments.mandatory.then_some("true");
        let query = [
            ("checksum", Some(&*sha256)),
            ("signature", prepared.signature.as_deref()),
            ("minAppVersion", min.as_deref()),
            ("maxAppVersion", max.as_deref()),
            ("mandatory", mandatory),
            ("releaseNotes", notes),
            ("link", arguments.link.as_deref()),
            ("comment", arguments.comment.as_deref()),
        ];
        let query: Vec<_> = query
            .into_iter()
            .filter_map(|(key, value)| value.map(|value| (key, value)))
            .collect();
        let path = ["api", "v1", "apps", self.app, "bundles", &version];
        let bar = output.progress(prepared.size);
        let sent = self
            .client
            .upload::<Value>(&path, &query, &prepared.zip, &bar);
        bar.finish_and_clear();
        if let Err(error) = sent {
            // An answer that was lost on its way, or another machine that was faster.
            let is_there = error.status.is_none() || error.code == "version_already_exists";
            if error.is_not_found() {
                let app = self.app;
                let message = format!(
                    "there is no app {app}, or this key isn't for it: `live-updater apps create {app}` makes it, with a key that may"
                );
                return Err(Failure::new(error.code, message));
            }
            return match self.known(prepared) {
                Ok(Some(known)) if is_there => Ok(known),
                Err(failure) if is_there && error.status.is_some() => Err(failure),
                _ => Err(error.into()),
            };
        }
        Ok(self.client.get(&path)?)
    }

    /// What is to be done about the channel.
    fn step(&self, channel: Option<&Channel>, source: Option<&Source<'_>>) -> Step {
        let version = self.arguments.bundle_version.to_string();
        let step = next_step(channel, &version, self.arguments.rollout);
        let Some(source) = source else {
            return step;
        };
        let wish = Wish {
            sequence: source.sequence(),
            life: self.arguments.statement.wanted_life(),
        };
        step::with_statement(step, channel, &version, wish, SystemTime::now())
    }

    /// A statement that the service would refuse is found before anything is sent.
    fn refuse_other_statement(
        &self,
        source: Option<&Source<'_>>,
        channel: Option<&Channel>,
        prepared: &Prepared,
    ) -> Result<(), Failure> {
        let Some(source) = source else {
            return Ok(());
        };
        let stated = self.stated(channel);
        if let Some(ready) = source.ready() {
            ready.must_be_for(stated)?;
            let version = &self.arguments.bundle_version;
            ready.must_install(version, prepared.size, prepared.sha256)?;
        }
        match self.step(channel, Some(source)) {
            Step::Release(_) | Step::Renewal(_) => source.must_follow(stated),
            _ => Ok(()),
        }
    }

    fn stated(&self, channel: Option<&Channel>) -> statement::Place<'_> {
        statement::Place {
            app: self.app,
            channel: &self.arguments.channel,
            last: channel.map_or(0, |channel| channel.sequence),
        }
    }

    /// Has the channel give it; with the statement that was given out.
    fn take(
        &self,
        step: &Step,
        channel: Option<&Channel>,
        prepared: &Prepared,
        bundle: &Bundle,
        source: Option<&Source<'_>>,
    ) -> Result<Option<Stated>, Failure> {
        let (app, name) = (self.app, &self.arguments.channel);
        let change = match step {
            Step::Nothing => return Ok(None),
            Step::Share(percent) => json!({ "percent": percent }),
            Step::Promote => json!({ "action": "promote" }),
            Step::Release(percent) | Step::Renewal(percent) => {
                let statement = match source {
                    Some(source) => {
                        let it = self.installed(prepared, bundle)?;
                        Some(source.install(self.stated(channel), it)?)
                    }
                    None => None,
                };
                let body = json!({
                    "version": self.arguments.bundle_version.to_string(),
                    "rollout": percent,
                    "statement": statement.as_ref().map(Stated::envelope),
                });
                let path = ["api", "v1", "apps", app, "channels", name, "releases"];
                self.client.send::<Release>(Method::POST, &path, &body)?;
                return Ok(statement);
            }
        };
        rollout::change(self.client, app, name, &change)?;
        Ok(None)
    }

    /// What a statement says: the zip at hand, for the native versions that it was published for.
    fn installed(&self, prepared: &Prepared, bundle: &Bundle) -> Result<Installed, Failure> {
        Ok(Installed {
            version: self.arguments.bundle_version.clone(),
            content: BundleContent::read(&prepared.zip)?,
            range: bundle.native_range()?,
        })
    }
}
