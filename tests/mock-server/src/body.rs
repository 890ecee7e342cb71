//! Bodies that are made while they are sent.

use std::{io, path::Path};

use axum::{
    body::{Body, HttpBody},
    http::{Response, header},
};
use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use futures_util::{Stream, StreamExt, stream};
use std::io::Write as _;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Files are read and sent in pieces of this size.
const PIECE: usize = 64 * 1024;

/// The bytes of a file from `start` to before `end`.
pub(crate) async fn file_part(path: &Path, start: u64, end: u64) -> io::Result<Body> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(io::SeekFrom::Start(start)).await?;
    let rest = file.take(end - start);
    Ok(Body::from_stream(stream::try_unfold(
        rest,
        |mut rest| async {
            let mut piece = BytesMut::with_capacity(PIECE);
            match rest.read_buf(&mut piece).await? {
                0 if rest.limit() > 0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                0 => Ok(None),
                _ => Ok(Some((piece.freeze(), rest))),
            }
        },
    )))
}

/// The same answer with one byte flipped: the one at `offset` of an object of which the body
/// begins at `start`.
pub(crate) fn corrupted(mut response: Response<Body>, start: u64, offset: u64) -> Response<Body> {
    if let Some(length) = response.body().size_hint().exact() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    response.map(|body| {
        let mut position = start;
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let piece = piece?;
            let index = offset.checked_sub(position).map(|index| index as usize);
            position += piece.len() as u64;
            match index {
                Some(index) if index < piece.len() => Ok(flipped(&piece, index)),
                _ => Ok::<_, axum::Error>(piece),
            }
        }))
    })
}

/// The same answer, gzip-encoded.
pub(crate) fn gzipped(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_ENCODING,
        header::HeaderValue::from_static("gzip"),
    );
    response.map(|body| {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        Body::from_stream(stream::try_unfold(
            (body.into_data_stream(), Some(encoder)),
            |(mut pieces, encoder)| async move {
                let Some(mut encoder) = encoder else {
                    return Ok(None);
                };
                while let Some(piece) = pieces.next().await {
                    encoder.write_all(&piece.map_err(io::Error::other)?)?;
                    if !encoder.get_ref().is_empty() {
                        let encoded = std::mem::take(encoder.get_mut());
                        return Ok(Some((Bytes::from(encoded), (pieces, Some(encoder)))));
                    }
                }
                let rest = encoder.finish()?;
                Ok::<_, io::Error>(Some((Bytes::from(rest), (pieces, None))))
            },
        ))
    })
}

/// The same answer, followed by spaces without an end.
pub(crate) fn endless(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|body| Body::from_stream(body.into_data_stream().chain(spaces())))
}

fn spaces() -> impl Stream<Item = Result<Bytes, axum::Error>> {
    stream::repeat(Bytes::from(vec![b' '; PIECE])).map(Ok)
}

fn flipped(piece: &Bytes, index: usize) -> Bytes {
    piece
        .iter()
        .enumerate()
        .map(|(at, byte)| if at == index { !byte } else { *byte })
        .collect()
}
