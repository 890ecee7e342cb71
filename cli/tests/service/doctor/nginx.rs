//! nginx as a host for static files, with hardly a setting of its own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Workshop;

/// nginx, which ends with this.
pub(super) struct Nginx {
    port: u16,
    process: Child,
}

impl Nginx {
    /// Serves `files` of the workshop; `None` where there is no nginx.
    pub(super) fn start(workshop: &Workshop) -> Option<Self> {
        workshop.other("nginx", &["-v"])?;
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let root = workshop.path("");

        let configuration = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr;\n\
             events {{}}\n\
             http {{\n\
               access_log off; types {{ application/zip zip; }} default_type application/json;\n\
               server {{ listen 127.0.0.1:{port}; root files; }}\n\
             }}\n"
        );
        workshop.write("nginx.conf", configuration.as_bytes());
        let process = Command::new("nginx")
            .arg("-p")
            .arg(&root)
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { port, process };
        nginx.wait();
        Some(nginx)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait(&mut self) {
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "nginx doesn't listen");
            assert!(self.process.try_wait().unwrap().is_none(), "nginx ended");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
