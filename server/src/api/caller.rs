//! Who calls, and what they may do.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::catalogue::apps::AppRecord;
use crate::catalogue::keys::{self, KeyRecord, Permission};
use crate::error::ApiError;
use crate::service::Shared;

/// Somebody with an API key.
#[derive(Debug, Clone)]
pub(crate) struct Caller(KeyRecord);

impl Caller {
    /// The key, where it allows this.
    pub(crate) fn may(
        self,
        permission: Permission,
        what: &'static str,
    ) -> Result<KeyRecord, ApiError> {
        match self.0.permission >= permission {
            true => Ok(self.0),
            false => Err(ApiError::Forbidden(what)),
        }
    }
}

impl Caller {
    /// As [`may`](Self::may), for what isn't of one app.
    pub(crate) fn may_in_organisation(
        self,
        permission: Permission,
        what: &'static str,
    ) -> Result<KeyRecord, ApiError> {
        match self.0.app {
            None => self.may(permission, what),
            Some(_) => Err(ApiError::Forbidden(what)),
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        let secret = secret(&parts.headers)
            .ok_or(ApiError::Unauthorized)?
            .to_owned();
        let found = shared
            .database
            .read(move |sql| keys::find(sql, &secret))
            .await?;
        let Some(key) = found else {
            let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            let address = peer.map_or_else(String::new, |peer| peer.ip().to_string());
            shared.limits.wrong_key(&address)?;
            return Err(ApiError::Unauthorized);
        };
        shared.limits.key(&key.id)?;
        Ok(Self(key))
    }
}

/// Fails where the app's devices need a token and this isn't it.
pub(crate) fn must_be_device(app: &AppRecord, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(expected) = &app.device_token else {
        return Ok(());
    };
    let is_it = secret(headers).is_some_and(|secret| keys::digest(secret) == *expected);
    if is_it {
        Ok(())
    } else {
        Err(ApiError::Unauthorized)
    }
}

/// As Capgo's documents have it: `authorization` with the key alone, or `capgkey`; and with
/// `Bearer`, as everybody else has it.
fn secret(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(header::AUTHORIZATION.as_str())
        .or_else(|| text("capgkey"))?
        .trim();
    let secret = match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => value,
    };
    (!secret.is_empty()).then_some(secret)
}
