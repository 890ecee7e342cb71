//! Files in a folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Files, is_key};

/// How much is read at once.
const PIECE: u64 = 64 * 1024;

/// A folder, with a folder in it for each first two digits of the keys.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Files in `root`, which is made where it isn't there.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&root)?;
        Ok(Self(root))
    }

    fn path(&self, key: &str) -> io::Result<PathBuf> {
        // Keys are ours; but what names a file must not lead out of the folder, whoever wrote it.
        let is_ours = key.len() > 2
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
            && !key.starts_with('.');
        let shelf = key
            .get(..2)
            .filter(|_| is_ours)
            .ok_or(ErrorKind::InvalidInput)?;
        Ok(self.0.join(shelf).join(key))
    }
}

impl Files for Folder {
    fn store<'a>(&'a self, key: &'a str, from: &'a Path) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let (to, from) = (self.path(key)?, from.to_owned());
            blocking(move || take_over(&from, &to)).await
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a str,
        start: u64,
        end: u64,
    ) -> BoxFuture<'a, io::Result<BoxStream<'static, io::Result<Bytes>>>> {
        Box::pin(async move {
            let mut file = tokio::fs::File::open(self.path(key)?).await?;
            file.set_max_buf_size(PIECE as usize);
            file.seek(SeekFrom::Start(start)).await?;
            let left = end.saturating_sub(start);
            let pieces = stream::try_unfold((file, left), |(mut file, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                let mut piece = BytesMut::with_capacity(left.min(PIECE) as usize);
                let read = (&mut file)
                    .take(left.min(PIECE))
                    .read_buf(&mut piece)
                    .await?;
                if read == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Ok(Some((piece.freeze(), (file, left - read as u64))))
            });
            let pieces: BoxStream<'static, io::Result<Bytes>> = Box::pin(pieces);
            Ok(pieces)
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match tokio::fs::remove_file(self.path(key)?).await {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async {
            let metadata = tokio::fs::metadata(&self.0).await?;
            match metadata.is_dir() && !metadata.permissions().readonly() {
                true => Ok(()),
                false => Err(ErrorKind::PermissionDenied.into()),
            }
        })
    }

    fn keys(&self) -> BoxFuture<'_, io::Result<Vec<String>>> {
        let root = self.0.clone();
        Box::pin(blocking(move || keys(&root)))
    }
}

fn take_over(from: &Path, to: &Path) -> io::Result<()> {
    if to.try_exists()? {
        return Ok(());
    }
    let shelf = to.parent().ok_or(ErrorKind::InvalidInput)?;
    let root = shelf.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(shelf)?;
    File::open(root)?.sync_all()?;
    // A name must never stand for bytes that a power cut could still take.
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    File::open(shelf)?.sync_all()
}

fn keys(root: &Path) -> io::Result<Vec<String>> {
    let mut keys = Vec::new();
    for shelf in fs::read_dir(root)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(shelf.path())? {
            let name = file?.file_name().into_string();
            keys.extend(name.ok().filter(|name| is_key(name)));
        }
    }
    Ok(keys)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
