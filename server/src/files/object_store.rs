//! Files in a bucket of S3, or of what speaks as S3 does.

mod http;
mod settings;

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, FuturesUnordered};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3;
use object_store::path::Path as Location;
use object_store::{
    Error, GetOptions, GetRange, MultipartUpload, ObjectStore as _, ObjectStoreExt as _,
};
use rustls::ClientConfig;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::{Files, is_key};
use http::Connector;
pub use settings::{S3Settings, S3SettingsError};

/// How much of a large file is sent with a request, and how many of them at the same time. The
/// store takes no parts under 5 MiB, but for the last.
const PART: u64 = 8 << 20;
const PARTS: usize = 3;
/// How long a file may take to be sent.
const SENDING: Duration = Duration::from_secs(3_600);
/// How long a store that could be used is believed to be one that can.
const FRESH: Duration = Duration::from_secs(2);
/// A name that no file has.
const NOBODY: &str = ".ready";

/// A bucket, or what is below a prefix of it.
pub(crate) struct ObjectStore {
    store: AmazonS3,
    prefix: Location,
    /// When it answered last.
    checked: Mutex<Option<Instant>>,
}

impl ObjectStore {
    /// Files in a bucket. Nothing is asked yet.
    pub(crate) fn open(settings: &S3Settings, tls: Arc<ClientConfig>) -> io::Result<Self> {
        let store = settings.connect(Connector(tls));
        Ok(Self {
            store: store.map_err(|error| failed(&error))?,
            prefix: settings.prefix.clone(),
            checked: Mutex::default(),
        })
    }

    fn location(&self, key: &str) -> io::Result<Location> {
        match is_key(key) {
            true => Ok(self.prefix.clone().join(key)),
            false => Err(ErrorKind::InvalidInput.into()),
        }
    }
}

impl Files for ObjectStore {
    fn store<'a>(&'a self, key: &'a str, from: &'a Path) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let to = self.location(key)?;
            let file = File::open(from).await?;
            let size = file.metadata().await?.len();
            match self.store.head(&to).await {
                Ok(found) if found.size == size => return Ok(()),
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&error)),
            }
            // It comes to an end where nobody waits for it any more: parts that are left half way
            // would stay, and cost.
            let sent = tokio::spawn(send(self.store.clone(), to, file, size));
            sent.await.map_err(io::Error::other)?
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        start: u64,
        end: u64,
    ) -> BoxFuture<'a, io::Result<BoxStream<'static, io::Result<Bytes>>>> {
        Box::pin(async move {
            let from = self.location(key)?;
            if start >= end {
                return Ok(stream::empty().boxed());
            }
            let range = Some(GetRange::Bounded(start..end));
            let options = GetOptions {
                range,
                ..GetOptions::default()
            };
            let found = self.store.get_opts(&from, options).await;
            let found = found.map_err(|error| failed(&error))?;
            if found.range != (start..end) {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let pieces = found.into_stream().map_err(|error| failed(&error));
            Ok(whole(pieces.boxed(), end - start))
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match self.store.delete(&self.location(key)?).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(failed(&error)),
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let checked = || self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            // Anybody may ask, and the store costs something each time.
            if checked().is_some_and(|at| at.elapsed() < FRESH) {
                return Ok(());
            }
            let nothing = self.prefix.clone().join(NOBODY);
            let listed = self.store.list(Some(&nothing)).try_next().await;
            listed.map_err(|error| failed(&error))?;
            *checked() = Some(Instant::now());
            Ok(())
        })
    }

    fn keys(&self) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(async move {
            let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
            let found = self.store.list(prefix).try_filter_map(|object| async move {
                let names = object.location.prefix_match(&self.prefix);
                let names: Vec<_> = names.map_or_else(Vec::new, Iterator::collect);
                Ok(match &*names {
                    [name] if is_key(name.as_ref()) => Some(name.as_ref().to_owned()),
                    // Others may keep something in the bucket too.
                    _ => None,
                })
            });
            let found: Result<_, Error> = found.try_collect().await;
            found.map_err(|error| failed(&error))
        })
    }
}

async fn send(store: AmazonS3, to: Location, mut file: File, size: u64) -> io::Result<()> {
    if size <= PART {
        let Some(bytes) = read_part(&mut file).await? else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        let put = timeout(SENDING, store.put(&to, bytes.into())).await?;
        put.map_err(|error| failed(&error))?;
    } else {
        let upload = store.put_multipart(&to).await;
        let mut upload = upload.map_err(|error| failed(&error))?;
        let sent = timeout(SENDING, send_parts(&mut *upload, &mut file)).await;
        if let Err(error) = sent.unwrap_or_else(|ran_out| Err(ran_out.into())) {
            if let Err(error) = upload.abort().await {
                tracing::warn!(error = %failed(&error), "parts of an upload stay in the store");
            }
            return Err(error);
        }
    }
    let kept = store.head(&to).await.map_err(|error| failed(&error))?;
    match kept.size == size {
        true => Ok(()),
        false => Err(io::Error::other("the store has kept something else")),
    }
}

async fn send_parts(upload: &mut dyn MultipartUpload, file: &mut File) -> io::Result<()> {
    let mut under_way = FuturesUnordered::new();
    while let Some(part) = read_part(file).await? {
        if under_way.len() >= PARTS {
            under_way.try_next().await.map_err(|error| failed(&error))?;
        }
        under_way.push(upload.put_part(part.into()));
    }
    while let Some(sent) = under_way.next().await {
        sent.map_err(|error| failed(&error))?;
    }
    let complete = upload.complete().await;
    complete.map(|_| ()).map_err(|error| failed(&error))
}

async fn read_part(file: &mut File) -> io::Result<Option<Bytes>> {
    let mut part = BytesMut::with_capacity(PART as usize);
    let mut rest = file.take(PART);
    while rest.read_buf(&mut part).await? > 0 {}
    Ok((!part.is_empty()).then(|| part.freeze()))
}

/// Pieces that end with an error where they are fewer bytes than there should be.
fn whole(
    pieces: BoxStream<'static, io::Result<Bytes>>,
    length: u64,
) -> BoxStream<'static, io::Result<Bytes>> {
    stream::try_unfold((pieces, length), |(mut pieces, left)| async move {
        match pieces.try_next().await? {
            Some(piece) => {
                let left = left.checked_sub(piece.len() as u64);
                let left = left.ok_or(ErrorKind::InvalidData)?;
                Ok(Some((piece, (pieces, left))))
            }
            None if left > 0 => Err(ErrorKind::UnexpectedEof.into()),
            None => Ok(None),
        }
    })
    .boxed()
}

/// What there is to know of an error. What a store answers may repeat a request with its tokens:
/// its code alone is told.
fn failed(error: &Error) -> io::Error {
    let text = error.to_string();
    let told = match text.split_once('<') {
        Some((begin, answer)) => {
            let code = answer
                .split_once("<Code>")
                .and_then(|(_, rest)| rest.split('<').next());
            format!("{}{}", begin, code.unwrap_or_default())
        }
        None => text,
    };
    let kind = match error {
        Error::NotFound { .. } => ErrorKind::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            ErrorKind::PermissionDenied
        }
        Error::Generic { .. } => ErrorKind::NotConnected,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_store_answers_only_the_code_is_told() {
        let answer = "Server returned non-2xx status code: 403 Forbidden: \
                      <?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
                      <CanonicalRequest>x-amz-security-token:hunter2</CanonicalRequest></Error>";
        let error = Error::Generic {
            store: "S3",
            source: answer.into(),
        };
        let told = failed(&error).to_string();
        assert!(
            told.ends_with("403 Forbidden: SignatureDoesNotMatch"),
            "{told}"
        );
    }
}
