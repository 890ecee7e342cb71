//! Whether the connection is one that devices trust, and for how long it will be.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::findings::{Area, Findings};
use super::target::Target;

const DAY: u64 = 24 * 60 * 60;
/// Certificates live for less.
const MOST_DAYS: u64 = 4_000;
/// Whoever renews by hand needs some time.
const SOON: u64 = 14;
const PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no certificate to look at, or none that is trusted.
enum Failed {
    /// Nobody listens.
    NoConnection,
    /// Somebody listens who doesn't speak TLS.
    NoTls,
    Refused(String),
}

impl From<String> for Failed {
    fn from(problem: String) -> Self {
        Self::Refused(problem)
    }
}

/// Looks at the connection. False where there is nobody to connect to.
pub(super) fn examine(target: &Target, findings: &mut Findings) -> bool {
    let mut area = findings.area("https");
    match target.base.scheme() {
        "https" => match days_left(target) {
            Ok(days) => judge(days, &mut area),
            Err(Failed::NoConnection) => return false,
            Err(Failed::NoTls) => area.problem(
                "no_https",
                "the server answers, and doesn't speak HTTPS: devices don't connect",
                "serve HTTPS on this port: `live-updater serve --tls-cert --tls-key`, or a proxy in front; or ask another port",
            ),
            Err(Failed::Refused(problem)) => area.problem(
                "certificate",
                format!("devices don't connect: {problem}"),
                "serve a certificate for this name, with the certificates between it and its root; a private root goes into `rootCertificates` (--ca)",
            ),
        },
        "http" if target.is_here() => {
            let (host, port) = address(target);
            if connect(host, port).is_err() {
                return false;
            }
            area.ok(
                "loopback",
                "no HTTPS, which devices take from their own machine alone",
            );
        }
        scheme => area.problem(
            "no_https",
            format!("{scheme} isn't HTTPS: devices refuse it"),
            "serve HTTPS: `live-updater serve --tls-cert --tls-key`, or a proxy in front",
        ),
    }
    true
}

fn address(target: &Target) -> (&str, u16) {
    let host = target.base.host_str().unwrap_or_default();
    let port = target.base.port_or_known_default().unwrap_or(443);
    (host.trim_matches(['[', ']']), port)
}

/// An error of the handshake.
fn broken(error: &io::Error) -> Failed {
    let cause = error.get_ref();
    let cause = cause.and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidMessage(_)) => Failed::NoTls,
        _ => Failed::Refused(error.to_string()),
    }
}

fn judge(days: u64, area: &mut Area<'_>) {
    match days {
        0..=SOON => area.warning(
            "certificate_expires",
            format!("the certificate, or one that vouches for it, expires in {days} days"),
            "renew it now, and have that done by itself from here on",
        ),
        MOST_DAYS.. => area.ok("certificate", "the certificate is trusted"),
        days => area.ok(
            "certificate",
            format!("the certificate is trusted, for {days} days"),
        ),
    }
}

/// How many days the path of certificates will still be one that is trusted.
fn days_left(target: &Target) -> Result<u64, Failed> {
    let (host, port) = address(target);
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let verifier = Arc::new(Recorder::new(target)?);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        // It asks the usual one, and takes no other's word.
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let mut stream = connect(host, port).map_err(|_| Failed::NoConnection)?;
    let mut connection =
        ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut stream)
            .map_err(|error| broken(&error))?;
    }
    Ok(verifier.days_left()?)
}

fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| error.to_string())?;
    let mut last = format!("{host} has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                let limits = [
                    stream.set_read_timeout(Some(PATIENCE)),
                    stream.set_write_timeout(Some(PATIENCE)),
                ];
                limits
                    .into_iter()
                    .collect::<Result<(), _>>()
                    .map_err(|error| error.to_string())?;
                return Ok(stream);
            }
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// Verifies as always, and remembers what was shown, so that it can be asked about later days.
#[derive(Debug)]
struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    shown: Mutex<Option<Shown>>,
}

#[derive(Debug)]
struct Shown {
    certificate: CertificateDer<'static>,
    others: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
}

impl Recorder {
    fn new(target: &Target) -> Result<Self, String> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in &target.certificates {
            let added = roots.add(certificate.clone());
            added.map_err(|error| error.to_string())?;
        }
        let provider = Arc::new(ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self {
            verifier: verifier.map_err(|error| error.to_string())?,
            shown: Mutex::default(),
        })
    }

    /// The last day on which it would be trusted, found by halving.
    fn days_left(&self) -> Result<u64, String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = shown.as_ref().ok_or("it showed no certificate")?;
        let now = UnixTime::now().as_secs();
        let holds_in = |days: u64| {
            let then = UnixTime::since_unix_epoch(Duration::from_secs(now + days * DAY));
            let verified = self.verifier.verify_server_cert(
                &shown.certificate,
                &shown.others,
                &shown.name,
                &[],
                then,
            );
            verified.is_ok()
        };
        let (mut holds, mut fails) = (0, MOST_DAYS + 1);
        while fails - holds > 1 {
            let middle = holds.midpoint(fails);
            match holds_in(middle) {
                true => holds = middle,
                false => fails = middle,
            }
        }
        Ok(holds)
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self
            .verifier
            .verify_server_cert(certificate, others, name, ocsp, now)?;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(Shown {
            certificate: certificate.clone().into_owned(),
            others: others
                .iter()
                .map(|other| other.clone().into_owned())
                .collect(),
            name: name.to_owned(),
        });
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
