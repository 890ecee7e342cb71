//! Channels come and go.

use super::Shared;
use super::bundles::own_app;
use crate::catalogue::audit;
use crate::catalogue::channels::{self, ChannelRecord, NewChannel};
use crate::catalogue::keys::KeyRecord;
use crate::database::Sql;
use crate::error::ApiError;

/// A channel of an app.
#[derive(Debug, Clone)]
pub(crate) enum ChannelName {
    Id(i64),
    Name(String),
}

impl Shared {
    /// Makes a channel, or changes the one with this name.
    pub(crate) async fn put_channel(
        &self,
        key: KeyRecord,
        app: &str,
        name: &str,
        change: impl FnOnce(&mut ChannelRecord) + Send + 'static,
    ) -> Result<ChannelRecord, ApiError> {
        if !channels::is_name(name) {
            let message = "A channel's name has up to 64 letters, digits, dots, lines and blanks";
            return Err(ApiError::invalid("invalid_channel", message));
        }
        let (id, name) = (app.to_owned(), name.to_owned());
        let put = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            if channels::find_name(sql, &id, &name)?.is_none() {
                let channel = NewChannel {
                    is_public: false,
                    ..NewChannel::public(&id, &name)
                };
                channels::insert(sql, &channel)?;
            }
            let found = channels::find_name(sql, &id, &name)?;
            let mut channel = found.ok_or(ApiError::NotFound("Channel"))?;
            change(&mut channel);
            channels::update(sql, &channel)?;
            audit::record(sql, &key, Some(&id), "channel.change", &name)?;
            Ok::<_, ApiError>(channel)
        });
        let put = put.await?;
        self.offers.refresh(&self.database, app).await?;
        Ok(put)
    }

    /// Takes a channel away.
    pub(crate) async fn delete_channel(
        &self,
        key: KeyRecord,
        app: &str,
        channel: ChannelName,
    ) -> Result<(), ApiError> {
        let id = app.to_owned();
        let deleted = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            channels::delete(sql, channel.id)?;
            audit::record(sql, &key, Some(&id), "channel.delete", &channel.name)?;
            Ok::<_, ApiError>(())
        });
        deleted.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }
}

pub(crate) fn find_channel(
    sql: &mut dyn Sql,
    app: &str,
    channel: &ChannelName,
) -> Result<ChannelRecord, ApiError> {
    let found = match channel {
        ChannelName::Id(id) => channels::find(sql, app, *id)?,
        ChannelName::Name(name) => channels::find_name(sql, app, name)?,
    };
    found.ok_or(ApiError::NotFound("Channel"))
}
