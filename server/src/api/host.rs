//! Which host is asked for: links in answers lead there.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Host;

use crate::error::ApiError;

/// RFC 9112, section 3.2: a `Host` that is no host, and more than one, are refused with 400.
pub(super) async fn must_be_host(request: Request, next: Next) -> Result<Response, ApiError> {
    if !is_valid(request.headers()) {
        let message = "The header Host names no host, or several";
        return Err(ApiError::invalid("invalid_host", message));
    }
    Ok(next.run(request).await)
}

fn is_valid(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    // HTTP/1.0 needs none.
    hosts.next().is_none_or(is_host) && hosts.next().is_none()
}

/// A host, and maybe a port.
fn is_host(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let Ok(authority) = text.parse::<Authority>() else {
        return false;
    };
    // Where a user is named before it, the rest is no port.
    let rest = text.strip_prefix(authority.host());
    let is_port = rest.is_some_and(|rest| rest.is_empty() || authority.port().is_some());
    is_port && !text.contains('@') && Host::parse(authority.host()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_have_a_port_and_nothing_else() {
        let hosts = [
            "localhost",
            "a.example",
            "a.example:8443",
            "[::1]:80",
            "192.0.2.1",
            "a_b",
        ];
        for host in hosts {
            assert!(is_host(&HeaderValue::from_static(host)), "{host}");
        }
        for other in [
            "",
            " ",
            "a b",
            "a.example/x?",
            "a.example?x",
            "a.example#x",
            "user@a.example",
            "a@a",
            "a.example:x",
            "a.example:99999",
            "\"><script>",
            "%3Cscript%3E",
            "[::1",
            ":80",
        ] {
            assert!(!is_host(&HeaderValue::from_static(other)), "{other}");
        }
    }
}
