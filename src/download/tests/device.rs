use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::store::storage::{LockOutcome, Metadata, ReadAt, StoredFile};

/// A disk of which the free space is told, and that takes no more of a part than `room`.
#[derive(Debug)]
struct SmallDisk {
    disk: DiskStorage,
    free: u64,
    room: Arc<AtomicU64>,
}

struct SmallFile {
    file: Box<dyn StoredFile>,
    room: Arc<AtomicU64>,
}

impl io::Write for SmallFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed);
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let fits = buffer.len().min(room as usize);
        let written = self.file.write(&buffer[..fits])?;
        self.room.fetch_sub(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StoredFile for SmallFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
}

impl SmallDisk {
    fn limited(&self, file: Box<dyn StoredFile>) -> Box<dyn StoredFile> {
        let room = Arc::clone(&self.room);
        Box::new(SmallFile { file, room })
    }
}

impl Storage for SmallDisk {
    fn root(&self) -> &Path {
        self.disk.root()
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir_all(path)
    }
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.disk.metadata(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.disk.list(path)
    }
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.disk.read(path, limit)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        self.disk.open(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        Ok(self.limited(self.disk.create(path)?))
    }
    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        Ok(self.limited(self.disk.append(path)?))
    }
    fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.overwrite(path, bytes)
    }
    fn commit(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.commit(path, bytes)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_file(path)
    }
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.remove_dir_all(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_dir(path)
    }
    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_tree(path)
    }
    fn free_space(&self) -> io::Result<u64> {
        Ok(self.free)
    }
    fn lock(&self, path: &Path) -> io::Result<LockOutcome> {
        self.disk.lock(path)
    }
}

/// Gives the device another disk.
fn on_small_disk(mut stage: Stage, free: u64, room: u64) -> Stage {
    let disk = SmallDisk {
        disk: DiskStorage::new(stage.root.path()),
        free,
        room: Arc::new(AtomicU64::new(room)),
    };
    stage.downloader = downloader(&stage.clock, &stage.transport, Arc::new(disk));
    stage
}

const SPARE: u64 = 16 * 1024 * 1024;

#[tokio::test]
async fn there_must_be_room_before_the_first_byte() {
    let content = content(5_000);
    let release = release_of(&content);
    let needed = 4 * 5_000 + SPARE;
    let stage = on_small_disk(Stage::new([]), needed - 1, u64::MAX);
    let error = stage.fetch_error(&release).await;
    assert!(
        matches!(error, Error::InsufficientStorage { needed: asked, available }
            if asked == needed && available == needed - 1),
        "{error:?}"
    );
    let stage = Stage::new([whole(&content, None, None)]);
    let stage = on_small_disk(stage, needed, u64::MAX);
    stage.fetch(&release).await.unwrap();
}

#[tokio::test]
async fn what_is_there_already_needs_no_room() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([rest(&content, 2_000, None)]);
    let stage = on_small_disk(stage, 3_000 + 3 * 5_000 + SPARE, u64::MAX);
    stage.fetch(&release).await.unwrap();
}

#[tokio::test]
async fn an_unknown_size_is_weighed_once_the_head_is_there() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.size = None;
    let needed = 4 * 5_000 + SPARE;
    let stage = on_small_disk(
        Stage::new([whole(&content, None, None)]),
        needed - 1,
        u64::MAX,
    );
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "insufficient_storage");
    assert!(stage.part(&release).is_empty());
}

#[tokio::test]
async fn a_disk_that_runs_full_ends_it_and_the_part_stays() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.urls.push(url("https://mirror.example/bundle.zip"));
    let stage = Stage::new([whole(&content, Some("\"a\""), None)]);
    let stage = on_small_disk(stage, u64::MAX, 1_234);
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "insufficient_storage");
    assert_eq!(stage.part(&release), &content[..1_234]);
    let stage = stage.again([rest(&content, 1_234, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn cancelling_ends_it_at_once_and_the_part_stays() {
    let content = content(5_000);
    let release = release_of(&content);
    let token = Arc::new(Mutex::new(None::<CancelToken>));
    let canceller = Arc::clone(&token);
    let cancel = Step::Call(Box::new(move || {
        canceller.lock().unwrap().take().unwrap().cancel();
    }));
    let answer = Answer::new(200).header("content-length", 5_000);
    let answer = answer.chunks(&content[..2_000], 500).step(cancel);
    let stage = Stage::new([answer.step(Step::Stall).into()]);
    *token.lock().unwrap() = Some(stage.cancel.clone());
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "cancelled");
    assert_eq!(stage.part(&release), &content[..2_000]);
}

#[tokio::test]
async fn what_is_cancelled_before_it_begins_asks_nobody() {
    let stage = Stage::new([]);
    stage.cancel.cancel();
    let error = stage.fetch_error(&release_of(b"hello")).await;
    assert_eq!(error.code(), "cancelled");
}

#[tokio::test]
async fn another_release_deletes_the_part_of_the_last() {
    let (old, new) = (content(5_000), content(6_000));
    let stage = Stage::begun(&release_of(&old), &old, 2_000).await;
    let stage = stage.again([whole(&new, None, None)]);
    stage.fetch(&release_of(&new)).await.unwrap();
    assert!(stage.part(&release_of(&old)).is_empty());
    assert_eq!(stage.names().len(), 2);
}

#[tokio::test]
async fn a_part_is_discarded_or_swept_when_it_is_old() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    stage.downloader.sweep().unwrap();
    assert_eq!(stage.names().len(), 2);
    let month = Duration::from_secs(31 * 24 * 60 * 60);
    stage.clock.set_now(stage.clock.now() + month);
    stage.downloader.sweep().unwrap();
    assert!(stage.names().is_empty());
    let stage = Stage::begun(&release, &content, 2_000).await;
    stage.downloader.discard(&PartKey::of(&release)).unwrap();
    assert!(stage.names().is_empty());
}
