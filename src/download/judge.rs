//! Whether an answer continues, restarts or spoils a download.

use super::range::ContentRange;
use crate::transport::response::HttpResponse;

/// What is known when a request goes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// Bytes on the disk that the answer shall continue; 0 where the whole was asked for.
    pub(super) offset: u64,
    /// The size that the release names.
    pub(super) size: Option<u64>,
    /// The size that earlier answers named.
    pub(super) learned: Option<u64>,
    /// The most that a bundle may have.
    pub(super) limit: u64,
    /// The validator that came from this URL with the bytes on the disk.
    pub(super) etag: Option<&'a str>,
}

/// What matters of the head of an answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head<'a> {
    pub(super) status: u16,
    pub(super) content_range: Option<&'a str>,
    pub(super) content_length: Option<u64>,
    pub(super) content_type: Option<&'a str>,
    pub(super) etag: Option<&'a str>,
}

impl<'a> Head<'a> {
    pub(super) fn of(response: &'a HttpResponse) -> Self {
        Self {
            status: response.status(),
            content_range: response.header("content-range"),
            content_length: response.content_length(),
            content_type: response.header("content-type"),
            etag: response.header("etag"),
        }
    }

    /// The entity tag, if it is a strong one.
    ///
    /// RFC 9110, section 13.1.5: a weak one must not be sent in `If-Range`.
    pub(super) fn strong_etag(&self) -> Option<&'a str> {
        let is_opaque = |byte: u8| matches!(byte, 0x21 | 0x23..=0x7e);
        self.etag.map(str::trim).filter(|etag| {
            etag.strip_prefix('"')
                .and_then(|etag| etag.strip_suffix('"'))
                .is_some_and(|opaque| opaque.bytes().all(is_opaque))
        })
    }

    fn has_type(&self, prefix: &str) -> bool {
        self.content_type
            .and_then(|kind| kind.trim_start().get(..prefix.len()))
            .is_some_and(|kind| kind.eq_ignore_ascii_case(prefix))
    }
}

/// What to do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The body goes behind the bytes on the disk, up to `end` of `total`.
    Append { end: u64, total: u64 },
    /// The body takes the place of the bytes on the disk. Where it ends may be unknown.
    Restart {
        end: Option<u64>,
        total: Option<u64>,
    },
    /// There is nothing behind the bytes on the disk.
    Complete,
    /// The body is something else than what was asked for: drop it and ask for the whole.
    AskWhole,
    /// The body is not the bundle. The bytes on the disk stay as they are.
    Refuse(Refusal),
}

/// Why an answer isn't the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A page, as captive portals send it.
    Page,
    /// Nothing at all.
    Empty,
    /// Another length than the release names.
    Length { expected: u64, found: u64 },
    /// More than a bundle may have.
    TooLarge,
    /// A range that nobody asked for.
    Range,
    /// A success that says nothing here.
    Status(u16),
}

/// Judges the head of an answer. Other errors than 416 are told apart before.
pub(super) fn judge(head: &Head<'_>, question: &Question<'_>) -> Verdict {
    match head.status {
        200 => judge_whole(head, question),
        206 => judge_part(head, question),
        416 => judge_unsatisfied(head, question),
        status => Verdict::Refuse(Refusal::Status(status)),
    }
}

fn judge_whole(head: &Head<'_>, question: &Question<'_>) -> Verdict {
    if head.has_type("text/html") {
        return Verdict::Refuse(Refusal::Page);
    }
    if let (Some(expected), Some(found)) = (question.size, head.content_length)
        && expected != found
    {
        return Verdict::Refuse(Refusal::Length { expected, found });
    }
    if head.content_length == Some(0) {
        return Verdict::Refuse(Refusal::Empty);
    }
    let total = question.size.or(head.content_length);
    if total.is_some_and(|total| total > question.limit) {
        return Verdict::Refuse(Refusal::TooLarge);
    }
    Verdict::Restart {
        end: head.content_length,
        total,
    }
}

fn judge_part(head: &Head<'_>, question: &Question<'_>) -> Verdict {
    let wrong = if question.offset > 0 {
        Verdict::AskWhole
    } else {
        Verdict::Refuse(Refusal::Range)
    };
    let range = head.content_range.and_then(ContentRange::parse);
    // Where the total isn't told, nothing says that this is the object that was begun.
    let Some(ContentRange::Part {
        first,
        last,
        total: Some(total),
    }) = range
    else {
        return wrong;
    };
    let end = last + 1;
    let is_same_object = match (question.etag, head.strong_etag()) {
        (Some(stored), Some(sent)) => stored == sent,
        _ => true,
    };
    let is_what_was_asked = first == question.offset
        && question.size.or(question.learned).unwrap_or(total) == total
        && head
            .content_length
            .is_none_or(|length| length == end - first)
        && !head.has_type("multipart/")
        && is_same_object;
    if !is_what_was_asked {
        return wrong;
    }
    if total > question.limit {
        return Verdict::Refuse(Refusal::TooLarge);
    }
    if question.offset > 0 {
        Verdict::Append { end, total }
    } else {
        Verdict::Restart {
            end: Some(end),
            total: Some(total),
        }
    }
}

/// Of a known size, a complete part causes no request; so a 416 says something only where the
/// size is not known.
fn judge_unsatisfied(head: &Head<'_>, question: &Question<'_>) -> Verdict {
    if question.offset == 0 {
        return Verdict::Refuse(Refusal::Status(416));
    }
    let range = head.content_range.and_then(ContentRange::parse);
    let total = question.offset;
    if question.size.is_none() && range == Some(ContentRange::Unsatisfied { total }) {
        Verdict::Complete
    } else {
        Verdict::AskWhole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESUMED: Question<'static> = Question {
        offset: 40,
        size: Some(100),
        learned: None,
        limit: 1_000,
        etag: None,
    };
    const FRESH: Question<'static> = Question {
        offset: 0,
        ..RESUMED
    };
    const UNSIZED: Question<'static> = Question {
        size: None,
        ..RESUMED
    };

    fn partial(content_range: &str) -> Head<'_> {
        Head {
            status: 206,
            content_range: Some(content_range),
            ..Head::default()
        }
    }

    const WHOLE: Head<'static> = Head {
        status: 200,
        content_range: None,
        content_length: Some(100),
        content_type: Some("application/zip"),
        etag: None,
    };

    #[test]
    fn a_206_that_starts_where_we_stopped_is_appended() {
        let append = |end| Verdict::Append { end, total: 100 };
        assert_eq!(judge(&partial("bytes 40-99/100"), &RESUMED), append(100));
        assert_eq!(judge(&partial("BYTES 40-99/100"), &RESUMED), append(100));
        assert_eq!(judge(&partial("bytes 40-49/100"), &RESUMED), append(50));
    }

    #[test]
    fn a_206_with_anything_else_is_dropped_for_the_whole() {
        for range in [
            "bytes 0-99/100",
            "bytes 39-99/100",
            "bytes 41-99/100",
            "bytes 40-99/101",
            "bytes 40-98/99",
            "bytes 40-99/*",
            "bytes */100",
            "nonsense",
        ] {
            let verdict = judge(&partial(range), &RESUMED);
            assert_eq!(verdict, Verdict::AskWhole, "{range}");
        }
        let no_range = Head {
            content_range: None,
            ..partial("")
        };
        assert_eq!(judge(&no_range, &RESUMED), Verdict::AskWhole);
        let multipart = Head {
            content_type: Some("Multipart/byteranges; boundary=x"),
            ..partial("bytes 40-99/100")
        };
        assert_eq!(judge(&multipart, &RESUMED), Verdict::AskWhole);
        let other_length = Head {
            content_length: Some(61),
            ..partial("bytes 40-99/100")
        };
        assert_eq!(judge(&other_length, &RESUMED), Verdict::AskWhole);
    }

    #[test]
    fn a_206_that_nobody_asked_for_counts_only_from_the_start() {
        assert_eq!(
            judge(&partial("bytes 0-49/100"), &FRESH),
            Verdict::Restart {
                end: Some(50),
                total: Some(100)
            }
        );
        assert_eq!(
            judge(&partial("bytes 40-99/100"), &FRESH),
            Verdict::Refuse(Refusal::Range)
        );
    }

    #[test]
    fn another_strong_etag_means_another_object() {
        let question = Question {
            etag: Some("\"a\""),
            ..RESUMED
        };
        let judged = |etag| {
            let head = Head {
                etag: Some(etag),
                ..partial("bytes 40-99/100")
            };
            judge(&head, &question) == Verdict::AskWhole
        };
        assert!(judged("\"b\""));
        assert!(!judged("\"a\""));
        assert!(!judged("W/\"b\""), "a weak one says nothing about bytes");
    }

    #[test]
    fn only_strong_etags_are_kept() {
        let strong = |etag| {
            let head = Head {
                etag: Some(etag),
                ..WHOLE
            };
            head.strong_etag()
        };
        assert_eq!(strong("\"33a64df5\""), Some("\"33a64df5\""));
        assert_eq!(strong("\"\""), Some("\"\""));
        for other in [
            "W/\"33a64df5\"",
            "33a64df5",
            "\"",
            "",
            "\"a\"b\"",
            "\"a b\"",
        ] {
            assert_eq!(strong(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_200_restarts_if_it_has_the_right_length() {
        for question in [RESUMED, FRESH] {
            let restart = Verdict::Restart {
                end: Some(100),
                total: Some(100),
            };
            assert_eq!(judge(&WHOLE, &question), restart);
            let unannounced = Head {
                content_length: None,
                ..WHOLE
            };
            let restart = Verdict::Restart {
                end: None,
                total: Some(100),
            };
            assert_eq!(judge(&unannounced, &question), restart);
            let other = Head {
                content_length: Some(99),
                ..WHOLE
            };
            let refusal = Refusal::Length {
                expected: 100,
                found: 99,
            };
            assert_eq!(judge(&other, &question), Verdict::Refuse(refusal));
        }
    }

    #[test]
    fn a_page_is_not_a_bundle() {
        for kind in ["text/html", "Text/HTML; charset=utf-8"] {
            let page = Head {
                content_type: Some(kind),
                content_length: Some(5),
                ..WHOLE
            };
            assert_eq!(judge(&page, &RESUMED), Verdict::Refuse(Refusal::Page));
        }
    }

    #[test]
    fn a_416_is_resolved_by_what_is_on_the_disk() {
        let unsatisfied = |range| Head {
            status: 416,
            ..partial(range)
        };
        let same = unsatisfied("bytes */40");
        assert_eq!(judge(&same, &UNSIZED), Verdict::Complete);
        assert_eq!(
            judge(&unsatisfied("bytes */39"), &UNSIZED),
            Verdict::AskWhole
        );
        assert_eq!(judge(&unsatisfied("-"), &UNSIZED), Verdict::AskWhole);
        assert_eq!(judge(&same, &RESUMED), Verdict::AskWhole, "100 are known");
        assert_eq!(
            judge(&same, &FRESH),
            Verdict::Refuse(Refusal::Status(416)),
            "nothing is left to ask without"
        );
    }

    #[test]
    fn an_unknown_size_is_learned_and_then_held_to() {
        let range = partial("bytes 40-99/100");
        let append = Verdict::Append {
            end: 100,
            total: 100,
        };
        assert_eq!(judge(&range, &UNSIZED), append);
        let learned = |learned| Question {
            learned: Some(learned),
            ..UNSIZED
        };
        assert_eq!(judge(&range, &learned(100)), append);
        assert_eq!(judge(&range, &learned(99)), Verdict::AskWhole);
        let restart = Verdict::Restart {
            end: Some(100),
            total: Some(100),
        };
        assert_eq!(judge(&WHOLE, &learned(99)), restart);
    }

    #[test]
    fn an_unknown_size_has_a_limit() {
        let question = Question {
            limit: 99,
            ..UNSIZED
        };
        let too_large = Verdict::Refuse(Refusal::TooLarge);
        assert_eq!(judge(&WHOLE, &question), too_large);
        assert_eq!(judge(&partial("bytes 40-99/100"), &question), too_large);
    }

    #[test]
    fn nothing_is_not_a_bundle() {
        let nothing = Head {
            content_length: Some(0),
            ..WHOLE
        };
        assert_eq!(judge(&nothing, &UNSIZED), Verdict::Refuse(Refusal::Empty));
    }

    #[test]
    fn other_successes_mean_nothing() {
        for status in [201, 204, 304] {
            let head = Head { status, ..WHOLE };
            let refusal = Verdict::Refuse(Refusal::Status(status));
            assert_eq!(judge(&head, &RESUMED), refusal);
        }
    }
}
