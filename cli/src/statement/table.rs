//! A statement, as people read it.

use std::fmt;
use std::time::SystemTime;

use live_updater_signing::Payload;

use crate::output::human;

/// What a statement binds, a line each.
pub(crate) struct Table<'a>(pub(crate) &'a Payload);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = self.0;
        let mut row = |name: &str, value: &dyn fmt::Display| writeln!(f, "{name:<13}{value}");
        row("action", &payload.action.name())?;
        row("app", &payload.app_id)?;
        row("channel", &payload.channel)?;
        row("platforms", &payload.platforms.join(", "))?;
        if let Some(version) = &payload.version {
            row("version", version)?;
        }
        row("sequence", &payload.sequence)?;
        row("issued", &payload.issued_at)?;
        let expires = payload.expires_at;
        let distance = expires.distance_from(SystemTime::now());
        row("expires", &format!("{expires} ({distance})"))?;
        row("native app", &native_range(payload))?;
        if let Some(bundle) = &payload.bundle {
            row("size", &format!("{} ({})", bundle.size, human(bundle.size)))?;
            row("sha256", &bundle.sha256)?;
            row("filesSha256", &bundle.files_sha256)?;
            if let Some(size) = bundle.unpacked_size {
                row("unpacked", &format!("{size} ({})", human(size)))?;
            }
        }
        for key_id in payload.revoked.iter().flatten() {
            row("revokes key", key_id)?;
        }
        Ok(())
    }
}

fn native_range(payload: &Payload) -> String {
    match (&payload.min_app_version, &payload.max_app_version) {
        (None, None) => "any version".to_owned(),
        (Some(min), None) => format!("{min} or later"),
        (None, Some(max)) => format!("{max} or earlier"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
    }
}
