use super::*;

#[test]
fn every_fault_is_read_back_as_it_was_written() {
    for text in [
        "none",
        "delay=10",
        "cut=100000",
        "reset=1000",
        "stall,after=0",
        "stall=5000,after=7",
        "drip=2000",
        "corrupt=12345",
        "ignore-range",
        "wrong-start",
        "wrong-start=3",
        "wrong-total",
        "wrong-total=9",
        "short=1000",
        "416",
        "new-etag",
        "endless",
        "content-length=123",
        "gzip",
        "redirect=https://a.test/b,c?d=e",
        "redirect-https=a.test:1",
        "redirect-http=a.test",
        "redirect-loop",
        "status=404",
        "status=503,retry-after=2",
        "status=429,retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
        "captive-portal",
        "malformed-json",
        "oversized-json=5000000",
        "no-statement",
        "old-statement",
        "other-statement",
        "broken-statement",
        "expired-statement",
        "statement=1.2.3.beta.statement.json",
    ] {
        let fault: Fault = text.parse().unwrap();
        assert_eq!(fault.to_string(), text);
    }
}

#[test]
fn short_forms_stand_for_the_long_ones() {
    for (short, long) in [
        ("429,retry-after=1", "status=429,retry-after=1"),
        ("503", "status=503"),
        ("stall", "stall,after=0"),
        ("stall=forever,after=3", "stall,after=3"),
        ("redirect-https=https://a.test/", "redirect-https=a.test"),
        ("oversized-json", "oversized-json=4194304"),
    ] {
        assert_eq!(short.parse::<Fault>(), long.parse::<Fault>(), "{short}");
    }
}

#[test]
fn a_text_that_names_no_fault_is_refused_with_a_reason() {
    for text in [
        "",
        "cut",
        "cut=",
        "cut=-1",
        "cut=1,after=2",
        "drip=0",
        "short=0",
        "99",
        "status=1000",
        "gzip,retry-after=1",
        "gzip=1",
        "redirect",
        "nonsense",
        "nonsense=1",
        "statement",
        "no-statement=1",
    ] {
        let refused = text.parse::<Fault>().unwrap_err();
        assert_eq!(refused.text, text);
    }
}
