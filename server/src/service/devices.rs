//! Devices in channels of their own.

use super::Shared;
use super::bundles::own_app;
use super::channels::{ChannelName, find_channel};
use crate::catalogue::keys::KeyRecord;
use crate::catalogue::{audit, devices};
use crate::error::ApiError;

impl Shared {
    /// Puts a device into a channel that isn't for all.
    pub(crate) async fn override_channel(
        &self,
        key: KeyRecord,
        app: &str,
        device: &str,
        channel: &str,
    ) -> Result<(), ApiError> {
        let (id, device) = (app.to_owned(), device.to_owned());
        let channel = ChannelName::Name(channel.to_owned());
        let put = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            let channel = find_channel(sql, &id, &channel)?;
            if channel.is_public {
                let message = "A public channel is every device's: take the device out instead";
                return Err(ApiError::invalid("public_channel_override", message));
            }
            devices::set_channel(sql, &id, &device, channel.id)?;
            let detail = format!("{device} in {}", channel.name);
            audit::record(sql, &key, Some(&id), "device.channel", &detail)?;
            Ok(())
        });
        put.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }

    /// Has a device follow the channels that are for all; it may have done so before.
    pub(crate) async fn end_override(
        &self,
        key: KeyRecord,
        app: &str,
        device: &str,
    ) -> Result<(), ApiError> {
        let (id, device) = (app.to_owned(), device.to_owned());
        let ended = self.database.write(move |sql| {
            own_app(sql, &key, &id)?;
            devices::unset_channel(sql, &id, &device)?;
            audit::record(sql, &key, Some(&id), "device.channel", &device)?;
            Ok::<_, ApiError>(())
        });
        ended.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }

    /// Keeps the channel that a device chose itself; none takes it out of the one that it chose.
    pub(crate) async fn choose_channel(
        &self,
        app: &str,
        device: &str,
        channel: Option<i64>,
    ) -> Result<(), ApiError> {
        let (id, device) = (app.to_owned(), device.to_owned());
        let chosen = self.database.write(move |sql| {
            match channel {
                // It may have gone since it was looked at.
                Some(channel) => {
                    find_channel(sql, &id, &ChannelName::Id(channel))?;
                    devices::set_channel(sql, &id, &device, channel)?;
                }
                None => {
                    devices::unset_channel(sql, &id, &device)?;
                }
            }
            Ok::<_, ApiError>(())
        });
        chosen.await?;
        Ok(self.offers.refresh(&self.database, app).await?)
    }
}
