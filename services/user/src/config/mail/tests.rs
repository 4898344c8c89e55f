//! Good settings and bad ones.

use super::*;

fn faults(mail: &Mail) -> bool {
    let mut problems = Problems::default();
    mail.validate(&mut problems);
    !problems.is_empty()
}

fn smtp(adjust: impl FnOnce(&mut Smtp)) -> Mail {
    let mut mail = Mail {
        transport: MailTransport::Smtp,
        ..Mail::default()
    };
    mail.smtp.host = "mail.example.org".to_owned();
    adjust(&mut mail.smtp);
    mail
}

#[test]
fn links_lead_to_an_origin_that_nobody_on_the_way_can_change() {
    for (base_url, good) in [
        ("https://chat.example.org", true),
        ("https://chat.example.org:8443", true),
        ("http://localhost:8080", true),
        ("http://127.0.0.1:8080", true),
        ("http://[::1]:8080", true),
        ("http://chat.example.org", false),
        ("https://chat.example.org/", false),
        ("https://chat.example.org/app", false),
        ("https://chat.example.org?a=b", false),
        ("ftp://chat.example.org", false),
        ("chat.example.org", false),
        ("/chat", false),
        ("", false),
    ] {
        let mut problems = Problems::default();
        let links = Links {
            base_url: base_url.to_owned(),
        };
        links.validate(&mut problems);
        assert_eq!(problems.is_empty(), good, "{base_url}");
    }
}

#[test]
fn mail_crosses_no_network_in_the_clear() {
    assert!(!faults(&Mail::default()));
    assert!(!faults(&smtp(|_| {})));
    assert!(faults(&smtp(|smtp| smtp.tls = MailTls::None)));
    assert!(!faults(&smtp(|smtp| {
        smtp.tls = MailTls::None;
        smtp.host = "127.0.0.1".to_owned();
    })));
}

#[test]
fn half_a_setting_is_none() {
    assert!(faults(&smtp(|smtp| smtp.host.clear())));
    assert!(faults(&smtp(|smtp| smtp.username = "quicksync".to_owned())));
    assert!(faults(&smtp(|smtp| smtp.timeout_ms = 0)));
    let nameless = Mail {
        from: "QuickSync".to_owned(),
        ..Mail::default()
    };
    assert!(faults(&nameless));
}

#[test]
fn the_port_follows_from_the_protection() {
    for (tls, port) in [
        (MailTls::Implicit, 465),
        (MailTls::Starttls, 587),
        (MailTls::None, 25),
    ] {
        let mut server = Smtp {
            tls,
            ..Smtp::default()
        };
        assert_eq!(server.port(), port);
        server.port = 2525;
        assert_eq!(server.port(), 2525);
    }
}
