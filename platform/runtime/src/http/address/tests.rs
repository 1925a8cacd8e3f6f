use axum::http::{HeaderName, HeaderValue};

use super::*;

fn origin(
    trust: &str,
    header: ForwardedHeader,
    peer: &str,
    lines: &[(&'static str, &str)],
) -> Origin {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), line);
    }
    let proxies = Proxies { trust: trust.parse().unwrap(), header };
    proxies.resolve(Some(peer.parse().unwrap()), &headers)
}

#[test]
#[rustfmt::skip] // a table
fn only_the_word_of_our_own_proxies_is_believed() {
    for (case, trust, peer, lines, expected) in [
        ("no proxy",              "loopback",   "203.0.113.7",      &[][..],                           "203.0.113.7"),
        ("a stranger's word",     "loopback",   "203.0.113.7",      &["198.51.100.1"],                 "203.0.113.7"),
        ("our proxy",             "loopback",   "127.0.0.1",        &["198.51.100.1"],                 "198.51.100.1"),
        ("over v6",               "loopback",   "::1",              &["198.51.100.1"],                 "198.51.100.1"),
        ("in v6 clothes",         "loopback",   "::ffff:127.0.0.1", &["198.51.100.1"],                 "198.51.100.1"),
        ("a spoofed first entry", "loopback",   "127.0.0.1",        &["1.2.3.4, 198.51.100.1"],        "198.51.100.1"),
        ("a spoofed first line",  "loopback",   "127.0.0.1",        &["1.2.3.4", "198.51.100.1"],      "198.51.100.1"),
        ("spoofed loopback",      "loopback",   "127.0.0.1",        &["127.0.0.1, 198.51.100.1"],      "198.51.100.1"),
        ("with a port",           "loopback",   "127.0.0.1",        &["198.51.100.1:4711"],            "198.51.100.1"),
        ("v6",                    "loopback",   "127.0.0.1",        &["2001:db8::1"],                  "2001:db8::1"),
        ("v6 with a port",        "loopback",   "127.0.0.1",        &["[2001:db8::1]:4711"],           "2001:db8::1"),
        ("v6 in brackets",        "loopback",   "127.0.0.1",        &["[2001:db8::1]"],                "2001:db8::1"),
        ("v4 in v6 clothes",      "loopback",   "127.0.0.1",        &["::ffff:198.51.100.1"],          "198.51.100.1"),
        ("garbage",               "loopback",   "127.0.0.1",        &["unknown"],                      "127.0.0.1"),
        ("garbage at the end",    "loopback",   "127.0.0.1",        &["198.51.100.1, "],               "127.0.0.1"),
        ("not even text",         "loopback",   "127.0.0.1",        &["198.51.100.1\u{e9}"],           "127.0.0.1"),
        ("nothing",               "loopback",   "127.0.0.1",        &[],                               "127.0.0.1"),
        ("two proxies here",      "loopback",   "127.0.0.1",        &["198.51.100.1, 127.0.0.2"],      "198.51.100.1"),
        ("nobody is trusted",     "none",       "127.0.0.1",        &["198.51.100.1"],                 "127.0.0.1"),
        ("one hop",               "1",          "203.0.113.7",      &["1.2.3.4, 198.51.100.1"],        "198.51.100.1"),
        ("two hops",              "2",          "203.0.113.7",      &["1.2.3.4, 198.51.100.1, 10.0.0.1"], "198.51.100.1"),
        ("two hops, one came",    "2",          "203.0.113.7",      &["198.51.100.1"],                 "198.51.100.1"),
        ("two hops, none came",   "2",          "203.0.113.7",      &[],                               "203.0.113.7"),
        ("garbage between",       "2",          "203.0.113.7",      &["198.51.100.1, who, 10.0.0.1"],  "10.0.0.1"),
        ("a range",               "10.0.0.0/8", "10.0.0.9",         &["1.2.3.4, 198.51.100.1, 10.0.0.1"], "198.51.100.1"),
        ("out of the range",      "10.0.0.0/8", "11.0.0.9",         &["198.51.100.1"],                 "11.0.0.9"),
        ("all ours",              "10.0.0.0/8", "10.0.0.9",         &["10.0.0.1, 10.0.0.2"],           "10.0.0.1"),
    ] {
        let lines: Vec<_> = lines.iter().map(|it| ("x-forwarded-for", *it)).collect();
        let found = origin(trust, ForwardedHeader::XForwarded, peer, &lines);
        assert_eq!(found.address.unwrap().to_string(), expected, "{case}");
    }
}

#[test]
#[rustfmt::skip] // a table
fn the_standard_header_is_read_with_its_quotes() {
    for (case, lines, expected) in [
        ("bare",               &["for=198.51.100.1"][..],                               "198.51.100.1"),
        ("any case",           &["For=\"198.51.100.1\";Proto=https"],                   "198.51.100.1"),
        ("v6",                 &["for=\"[2001:db8::1]:4711\""],                         "2001:db8::1"),
        ("a spoofed first",    &["for=1.2.3.4, for=198.51.100.1;by=10.0.0.1"],          "198.51.100.1"),
        ("a comma in quotes",  &["for=\"1.2.3.4, for=9.9.9.9\", for=198.51.100.1"],     "198.51.100.1"),
        ("an open quote",      &["for=\"198.51.100.1, for=1.2.3.4"],                    "127.0.0.1"),
        ("unknown",            &["for=unknown"],                                        "127.0.0.1"),
        ("an obfuscated name", &["for=_gazonk"],                                        "127.0.0.1"),
        ("no for",             &["by=198.51.100.1"],                                    "127.0.0.1"),
    ] {
        let mut lines: Vec<_> = lines.iter().map(|it| ("forwarded", *it)).collect();
        // The other family is the client's own, whatever it says.
        lines.push(("x-forwarded-for", "6.6.6.6"));
        let found = origin("loopback", ForwardedHeader::Forwarded, "127.0.0.1", &lines);
        assert_eq!(found.address.unwrap().to_string(), expected, "{case}");
    }
}

#[test]
#[rustfmt::skip] // a table
fn tls_is_what_our_proxy_says() {
    for (case, peer, lines, expected) in [
        ("it says so",           "127.0.0.1",   &[("x-forwarded-proto", "https")][..],                  true),
        ("in capitals",          "127.0.0.1",   &[("x-forwarded-proto", "HTTPS")],                      true),
        ("it says no",           "127.0.0.1",   &[("x-forwarded-proto", "http")],                       false),
        ("it says nothing",      "127.0.0.1",   &[],                                                    false),
        ("a stranger says so",   "203.0.113.7", &[("x-forwarded-proto", "https")],                      false),
        ("the last word counts", "127.0.0.1",   &[("x-forwarded-proto", "https, http")],                false),
        ("the other family",     "127.0.0.1",   &[("forwarded", "for=198.51.100.1;proto=https")],       false),
    ] {
        let found = origin("loopback", ForwardedHeader::XForwarded, peer, lines);
        assert_eq!(found.is_tls, expected, "{case}");
    }
}

#[test]
fn a_chain_longer_than_any_is_believed_no_further() {
    let mut entries = vec!["10.0.0.1".to_owned(); 100];
    entries[0] = "198.51.100.1".to_owned();
    let lines = [("x-forwarded-for", entries.join(","))];
    let lines: Vec<_> = lines.iter().map(|it| (it.0, it.1.as_str())).collect();
    let found = origin("10.0.0.0/8", ForwardedHeader::XForwarded, "10.0.0.2", &lines);
    assert_eq!((found.address.unwrap().to_string().as_str(), found.proxies), ("10.0.0.1", 32));
}

#[test]
fn what_is_passed_on_is_read_as_it_was_meant_and_nothing_else_is() {
    for header in [ForwardedHeader::XForwarded, ForwardedHeader::Forwarded] {
        for client in ["198.51.100.1", "2001:db8::1"] {
            let mut headers = HeaderMap::new();
            for (name, line) in [
                ("x-forwarded-for", "6.6.6.6"),
                ("x-forwarded-proto", "http"),
                ("forwarded", "for=6.6.6.6"),
            ] {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(line));
            }
            let proxies = Proxies { trust: TrustProxy::loopback(), header };
            let client = client.parse().unwrap();
            let origin = Origin { address: Some(client), peer: None, proxies: 0, is_tls: true };
            proxies.pass_on(origin, &mut headers);
            let read = proxies.resolve(Some([127, 0, 0, 1].into()), &headers);
            assert_eq!((read.address, read.is_tls), (Some(client), true), "{headers:?}");
            assert!(!format!("{headers:?}").contains("6.6.6.6"), "{headers:?}");
        }
    }
}
