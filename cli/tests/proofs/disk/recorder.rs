//! A disk that writes down what it is told: a file of a FUSE file system, below a loop device.
//!
//! Layouts and numbers are those of Linux' `include/uapi/linux/fuse.h`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::image::{BLOCK, Image, Loss, Order};

/// A disk that is there until it's dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    record: Arc<Mutex<Record>>,
    server: Option<JoinHandle<()>>,
}

/// What a disk was told, and when.
#[derive(Debug)]
pub(crate) struct Record {
    before: Image,
    now: Image,
    orders: Vec<(SystemTime, Order)>,
}

impl Recorder {
    /// A disk with this on it, in the file at `path`.
    ///
    /// # Errors
    ///
    /// Why there is none: FUSE is missing, or not allowed.
    pub(crate) fn start(image: Image, path: PathBuf) -> Result<Self, String> {
        File::create(&path).map_err(|error| error.to_string())?;
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/fuse")
            .map_err(|error| format!("/dev/fuse: {error}"))?;
        let options = format!(
            "fd={},rootmode=100600,user_id=0,group_id=0",
            device.as_raw_fd()
        );
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(
            Some("recorder"),
            &path,
            Some("fuse"),
            flags,
            Some(&*options),
        )
        .map_err(|error| format!("FUSE: {error}"))?;
        let record = Arc::new(Mutex::new(Record {
            before: image.clone(),
            now: image,
            orders: Vec::new(),
        }));
        let server = thread::spawn({
            let record = Arc::clone(&record);
            move || serve(device, &record)
        });
        Ok(Self {
            path,
            record,
            server: Some(server),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it was told, once nobody uses it any more.
    pub(crate) fn finish(mut self) -> Record {
        self.end();
        let mut record = self.record.lock().unwrap();
        Record {
            before: std::mem::take(&mut record.before),
            now: std::mem::take(&mut record.now),
            orders: std::mem::take(&mut record.orders),
        }
    }

    fn end(&mut self) {
        if let Some(server) = self.server.take() {
            if let Err(error) = umount2(&self.path, MntFlags::MNT_DETACH) {
                println!("{} stays mounted: {error}", self.path.display());
                return;
            }
            let _ended = server.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

impl Record {
    /// How many times the power could go.
    pub(crate) fn len(&self) -> usize {
        self.orders.len()
    }

    /// How many orders there were by then.
    pub(crate) fn orders_until(&self, time: SystemTime) -> usize {
        self.orders.iter().filter(|(at, _)| *at <= time).count()
    }

    /// What is left where the power went after that many orders.
    pub(crate) fn cut(&self, orders: usize, loss: Loss) -> Image {
        let orders: Vec<_> = self.orders[..orders]
            .iter()
            .map(|(_, order)| order.clone())
            .collect();
        self.before.after(&orders, loss)
    }

    fn note(&mut self, order: Order) {
        self.orders.push((SystemTime::now(), order));
    }

    fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let mut done = 0;
        while done < len {
            let (number, start, count) = piece(offset + done as u64, len - done);
            if let Some(block) = self.now.block(number) {
                bytes[done..done + count].copy_from_slice(&block[start..start + count]);
            }
            done += count;
        }
        bytes
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let (number, start, count) = piece(offset + done as u64, bytes.len() - done);
            let before = self.now.block(number);
            let mut block = before.map_or_else(|| vec![0; BLOCK], <[u8]>::to_vec);
            block[start..start + count].copy_from_slice(&bytes[done..done + count]);
            self.now.set(number, block.clone());
            self.note(Order::Write(number, block));
            done += count;
        }
    }
}

/// The block at an offset, where in it that is, and how many of so many bytes lie in it.
fn piece(offset: u64, left: usize) -> (u64, usize, usize) {
    let start = (offset % BLOCK as u64) as usize;
    (offset / BLOCK as u64, start, left.min(BLOCK - start))
}

/// The most bytes that one request writes.
const MOST: usize = 128 << 10;
const HEADER: usize = 40;
/// For this many seconds the kernel needn't ask again.
const LONG: u64 = 1 << 20;

/// Answers the kernel's requests until the file system is unmounted.
fn serve(mut device: File, record: &Mutex<Record>) {
    let mut buffer = vec![0; MOST + 4096];
    loop {
        let len = match device.read(&mut buffer) {
            Ok(len) => len,
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ENOENT)) => {
                continue;
            }
            // It is unmounted.
            Err(_) => return,
        };
        let request = Request(&buffer[..len]);
        let Some(answer) = answer(&request, &mut record.lock().unwrap()) else {
            continue;
        };
        let (error, body) = match answer {
            Ok(body) => (0, body),
            Err(errno) => (-errno, Vec::new()),
        };
        let mut reply = Reply::default();
        reply.u32(16 + u32::try_from(body.len()).unwrap());
        reply.u32(error.cast_unsigned());
        reply.u64(request.u64(8));
        reply.0.extend(body);
        // Whoever asked may have gone.
        let _gone = device.write(&reply.0);
    }
}

/// A request's bytes, the header first.
struct Request<'a>(&'a [u8]);

impl Request<'_> {
    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }
}

#[derive(Default)]
struct Reply(Vec<u8>);

impl Reply {
    fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
}

/// The body of an answer, or an error's number; nothing where none is wanted.
fn answer(request: &Request<'_>, record: &mut Record) -> Option<Result<Vec<u8>, i32>> {
    const GETATTR: u32 = 3;
    const SETATTR: u32 = 4;
    const OPEN: u32 = 14;
    const READ: u32 = 15;
    const WRITE: u32 = 16;
    const RELEASE: u32 = 18;
    const FSYNC: u32 = 20;
    const FLUSH: u32 = 25;
    const INIT: u32 = 26;
    // FORGET, INTERRUPT and BATCH_FORGET.
    const WITHOUT_ANSWER: [u32; 3] = [2, 36, 42];

    let mut reply = Reply::default();
    match request.u32(4) {
        INIT => hello(&mut reply),
        GETATTR | SETATTR => {
            reply.u64(LONG);
            reply.u64(0);
            attributes(&mut reply);
        }
        OPEN => {
            reply.u64(0);
            reply.u64(0);
        }
        READ => {
            let (offset, len) = (request.u64(HEADER + 8), request.u32(HEADER + 16));
            let left = usize::try_from(Image::size().saturating_sub(offset)).unwrap();
            reply.0 = record.read(offset, left.min(len as usize));
        }
        WRITE => {
            let (offset, len) = (request.u64(HEADER + 8), request.u32(HEADER + 16));
            record.write(offset, &request.0[HEADER + 40..]);
            reply.u32(len);
            reply.u32(0);
        }
        FSYNC => record.note(Order::Flush),
        FLUSH | RELEASE => {}
        opcode if WITHOUT_ANSWER.contains(&opcode) => return None,
        _ => return Some(Err(libc::ENOSYS)),
    }
    Some(Ok(reply.0))
}

fn hello(reply: &mut Reply) {
    const BIG_WRITES: u32 = 1 << 5;
    const MAX_PAGES: u32 = 1 << 22;
    reply.u32(7);
    reply.u32(31);
    // How much may be read ahead, what is understood, and how many requests may wait.
    reply.u32(MOST as u32);
    reply.u32(BIG_WRITES | MAX_PAGES);
    reply.u16(16);
    reply.u16(12);
    reply.u32(MOST as u32);
    // Times in nanoseconds.
    reply.u32(1);
    reply.u16((MOST / 4096) as u16);
    reply.u16(0);
    for _ in 0..8 {
        reply.u32(0);
    }
}

fn attributes(reply: &mut Reply) {
    const REGULAR: u32 = 0o100_600;
    reply.u64(1);
    reply.u64(Image::size());
    reply.u64(Image::size() / 512);
    for _ in 0..3 {
        reply.u64(0);
    }
    for _ in 0..3 {
        reply.u32(0);
    }
    reply.u32(REGULAR);
    reply.u32(1);
    for _ in 0..3 {
        reply.u32(0);
    }
    reply.u32(BLOCK as u32);
    reply.u32(0);
}
