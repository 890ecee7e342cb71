use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use super::{find_program, is_there, run, wait_for};

/// nginx with a folder of its own, as a host for static files that gives them slowly.
///
/// It serves `files/` below its folder; `check.json` there answers update checks.
#[derive(Debug)]
pub(crate) struct Nginx {
    folder: TempDir,
    port: u16,
    tls: Option<ServerTls>,
    process: Option<Child>,
}

/// What nginx shows to those who come by HTTPS.
#[derive(Debug, Clone)]
pub(crate) struct ServerTls {
    /// PEM, the server's own certificate first.
    pub(crate) chain: PathBuf,
    /// PEM.
    pub(crate) key: PathBuf,
    /// In nginx's words: `TLSv1.2`, `TLSv1.3`.
    pub(crate) protocol: &'static str,
}

/// A request that nginx has answered, or that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) path: String,
    /// The request's `Range`, as it was.
    pub(crate) range: Option<String>,
    /// The request's `If-Range`, as it was.
    pub(crate) if_range: Option<String>,
    pub(crate) status: u16,
    /// Bytes of the body that nginx handed to the system.
    pub(crate) body_bytes: u64,
    /// The answer's `ETag`.
    pub(crate) etag: Option<String>,
}

impl Nginx {
    /// Starts nginx, each of whose bundles comes that slowly; `None` where it isn't installed.
    pub(crate) fn start(bytes_per_second: u64) -> Option<Self> {
        Self::start_with(bytes_per_second, None)
    }

    /// Starts nginx with HTTPS; `None` where it isn't installed.
    pub(crate) fn start_tls(tls: ServerTls) -> Option<Self> {
        Self::start_with(0, Some(tls))
    }

    fn start_with(bytes_per_second: u64, tls: Option<ServerTls>) -> Option<Self> {
        if !is_there("nginx") {
            return None;
        }
        let mut nginx = Self {
            folder: TempDir::new().unwrap(),
            port: free_port(),
            tls,
            process: None,
        };
        fs::create_dir(nginx.files()).unwrap();
        fs::create_dir(nginx.folder.path().join("logs")).unwrap();
        let configuration = nginx.configuration(bytes_per_second);
        fs::write(nginx.folder.path().join("nginx.conf"), configuration).unwrap();
        nginx.resume();
        Some(nginx)
    }

    /// The base of the update server's addresses.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The folder that is served.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Ends nginx, which cuts all connections.
    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        // Told to finish, it takes down what it has served, and cuts what takes too long.
        let told = Command::new("sh")
            .args(["-c", &format!("kill -QUIT {}", process.id())])
            .status();
        if !told.is_ok_and(|status| status.success()) {
            // Or it would be waited for in vain.
            let _ = process.kill();
        }
        let _ = process.wait();
    }

    /// Starts nginx again, at the same address.
    pub(crate) fn resume(&mut self) {
        let folder = self.folder.path();
        let mut process = Command::new(find_program("nginx").unwrap())
            .arg("-p")
            .arg(folder)
            .args(["-c", "nginx.conf", "-e", "logs/error.log"])
            .spawn()
            .unwrap();
        let address = (Ipv4Addr::LOCALHOST, self.port);
        wait_for("nginx to listen", || {
            let ended = process.try_wait().unwrap();
            assert_eq!(ended, None, "nginx ended: {}", read(folder, "error.log"));
            TcpStream::connect(address).ok()
        });
        self.process = Some(process);
    }

    /// The requests so far that are over and whose path begins so, in the order in which they
    /// ended. Update checks have the path `/check.json`.
    pub(crate) fn served(&self, path: &str) -> Vec<Served> {
        let log = read(self.folder.path(), "access.log");
        // A line that is being written has no end yet.
        let (lines, _) = log.rsplit_once('\n').unwrap_or_default();
        lines
            .lines()
            .map(Served::parse)
            .filter(|served| served.path.starts_with(path))
            .collect()
    }

    /// Waits until so many requests for bundles are over.
    pub(crate) fn wait_for_bundles(&self, count: usize) {
        wait_for("a request to end", || {
            (self.served("/bundles/").len() >= count).then_some(())
        });
    }

    fn configuration(&self, bytes_per_second: u64) -> String {
        let Self { port, .. } = self;
        // Only root may and has to say whose the workers are; files of a test are its user's own.
        let user = match run(Command::new("id").arg("-u")).trim() {
            "0" => "user root;",
            _ => "",
        };
        let (ssl, settings) = match &self.tls {
            None => ("", String::new()),
            Some(tls) => (" ssl", tls.settings()),
        };
        format!(
            r#"
{user}
daemon off;
worker_processes 1;
worker_shutdown_timeout 10ms;
pid logs/nginx.pid;
error_log logs/error.log warn;
events {{ worker_connections 64; }}
http {{
    log_format requests "$uri|$http_range|$http_if_range|$status|$body_bytes_sent|$sent_http_etag";
    access_log logs/access.log requests;
    client_body_temp_path logs/body;
    proxy_temp_path logs/proxy;
    fastcgi_temp_path logs/fastcgi;
    uwsgi_temp_path logs/uwsgi;
    scgi_temp_path logs/scgi;
    default_type application/octet-stream;
    sendfile on;
    server {{
        listen 127.0.0.1:{port}{ssl};
        {settings}
        root files;
        location /bundles/ {{ limit_rate {bytes_per_second}; }}
        location = /api/v1/updates/check {{
            default_type application/json;
            try_files /check.json =404;
        }}
        location = /api/v1/updates/confirm {{ return 204; }}
    }}
}}
"#
        )
    }
}

impl ServerTls {
    fn settings(&self) -> String {
        let (chain, key) = (self.chain.display(), self.key.display());
        format!(
            "ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols {};",
            self.protocol
        )
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Served {
    /// Where the range that was asked for begins: 0 without one.
    pub(crate) fn range_start(&self) -> u64 {
        let Some(range) = &self.range else {
            return 0;
        };
        let start = range.strip_prefix("bytes=").unwrap();
        start.strip_suffix('-').unwrap().parse().unwrap()
    }

    fn parse(line: &str) -> Self {
        // nginx writes quotes as \x22, and a dash where there is nothing.
        let line = line.replace("\\x22", "\"");
        let present = |text: &str| (text != "-").then(|| text.to_owned());
        let fields: Vec<&str> = line.split('|').collect();
        let [path, range, if_range, status, body_bytes, etag] = fields[..] else {
            panic!("not a line of the access log: {line}");
        };
        Self {
            path: path.to_owned(),
            range: present(range),
            if_range: present(if_range),
            status: status.parse().unwrap(),
            body_bytes: body_bytes.parse().unwrap(),
            etag: present(etag),
        }
    }
}

fn read(folder: &Path, log: &str) -> String {
    fs::read_to_string(folder.join("logs").join(log)).unwrap_or_default()
}

/// Another program may take it before nginx does, which nginx would tell.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
