//! Reads PEM as people paste it: with any line ends and widths, or in a single line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::KeyError;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The most characters that a public key of a size that is accepted can have.
const MAX_CHARACTERS: usize = 16 * 1024;

/// One PEM block (RFC 7468): its label and the bytes in it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    pub(super) bytes: Vec<u8>,
}

/// Reads a text that is one PEM block. No part of the text is repeated in an error, since it
/// may be a secret that was put in the wrong place.
pub(super) fn decode(text: &str) -> Result<Block<'_>, KeyError> {
    if text.len() > MAX_CHARACTERS {
        return Err(not_pem("the text is too long for a key"));
    }
    let (label, rest) = text
        .trim()
        .strip_prefix(BEGIN)
        .ok_or(not_pem("it does not start with `-----BEGIN `"))?
        .split_once(DASHES)
        .ok_or(not_pem("its first line has no end"))?;
    if label.ends_with("PRIVATE KEY") {
        return Err(KeyError::PrivateKey);
    }
    let (body, end) = rest
        .split_once(END)
        .ok_or(not_pem("it has no `-----END ` line"))?;
    // RFC 7468, section 2: the labels of both lines are the same.
    if end.strip_prefix(label) != Some(DASHES) {
        return Err(not_pem(
            "it does not end with its own `-----END ` line: give one key at a time",
        ));
    }
    let digits: String = body.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(digits)
        .map_err(|_| not_pem("what stands between its first and last line is not base64"))?;
    Ok(Block { label, bytes })
}

fn not_pem(problem: &'static str) -> KeyError {
    KeyError::NotPem { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_widths_and_surrounding_space_do_not_matter() {
        for text in [
            "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\r\nAA\r\nEC\r\n-----END PUBLIC KEY-----\r\n",
            "\n\t -----BEGIN PUBLIC KEY-----AAEC-----END PUBLIC KEY-----  \n\n",
            "-----BEGIN PUBLIC KEY-----\n  AAEC\n  -----END PUBLIC KEY-----",
        ] {
            let block = decode(text).unwrap();
            assert_eq!((block.label, &*block.bytes), ("PUBLIC KEY", &[0, 1, 2][..]));
        }
    }

    #[test]
    fn anything_but_one_whole_block_is_refused() {
        for text in [
            "",
            "AAEC",
            "-----BEGIN PUBLIC KEY",
            "-----BEGIN PUBLIC KEY-----\nAAEC",
            "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END RSA PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nA?EC\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\nmore",
            "-----BEGIN A-----\nAAEC\n-----END A-----\n-----BEGIN A-----\nAAEC\n-----END A-----",
            &"A".repeat(MAX_CHARACTERS + 1),
        ] {
            assert!(
                matches!(decode(text), Err(KeyError::NotPem { .. })),
                "{text:.80}"
            );
        }
    }

    #[test]
    fn a_private_key_is_recognised_and_not_repeated() {
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
        ] {
            let text = format!("-----BEGIN {label}-----\nc2VjcmV0\n-----END {label}-----\n");
            let error = decode(&text).unwrap_err();
            assert_eq!(error, KeyError::PrivateKey);
            assert!(!format!("{error} {error:?}").contains("c2VjcmV0"));
        }
    }
}
