//! Mail on its way: to a real SMTP server that is up, down, unwilling or somebody else.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use user::MailTls;

use crate::{
    fixture::{Fixture, registration},
    mailbox::{Mail, VERIFY, eventually},
    smtp::{Server, Settings, free_port, send_to},
};

const ADA: &str = "ada@example.org";
const NAME: &str = "quicksync";
const PASSWORD_OF_SERVER: &str = "of the mail server";
/// Longer than any pause between attempts.
const PAUSE_S: u64 = 301;

/// An authority, and a server certificate of its for `localhost`.
struct Certificates {
    authority: String,
    cert: String,
    key: String,
}

fn certificates() -> Certificates {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    Certificates {
        cert: params.signed_by(&key, &authority).unwrap().pem(),
        authority: authority.pem(),
        key: key.serialize_pem(),
    }
}

#[tokio::test]
async fn a_real_server_gets_the_mail_whole() {
    let mut server = Server::plain().await;
    let user = Fixture::with(|config| {
        send_to(config, server.port);
        config.mail.from = "QuickSync <no-reply@chat.example.org>".to_owned();
    })
    .await;
    user.register("ada").await;
    let taken = server.next().await;
    assert_eq!(
        (taken.from.as_str(), taken.to.as_slice()),
        ("no-reply@chat.example.org", [ADA.to_owned()].as_slice())
    );
    let mail = Mail::of(&format!("\r\n{}", taken.data));
    assert!(mail.is(ADA, VERIFY), "{mail:?}");
    for line in [
        "From: QuickSync <no-reply@chat.example.org>",
        "Date: Thu, 01 Jan 2026 12:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(
            taken.data.contains(&format!("{line}\r\n")),
            "{line}: {}",
            taken.data
        );
    }
    assert!(taken.data.contains("Content-Type: multipart/alternative;"));
    assert_eq!(
        mail.0.matches("#token=").count(),
        3,
        "once as text, twice in HTML"
    );
    eventually("the outbox is empty", async || {
        (user.count("mails").await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_was_down_gets_the_mail_once_it_is_up() {
    let port = free_port().await;
    let user = Fixture::with(|config| send_to(config, port)).await;
    // Nobody waits for the mail server to register.
    user.register("ada").await;
    eventually("an attempt has failed", async || {
        user.deferred().await.then_some(())
    })
    .await;

    let settings = Settings {
        port,
        tls: "none",
        ..Settings::default()
    };
    let mut server = Server::start(settings).await;
    server.nothing().await;
    user.advance(PAUSE_S);
    assert_eq!(server.next().await.to, [ADA]);
    server.nothing().await;
}

#[tokio::test]
async fn what_a_dead_replica_had_taken_is_sent_again_as_the_same_mail() {
    let mut server = Server::plain().await;
    let port = server.port;
    let user = Fixture::with(|config| send_to(config, port)).await;
    // What a replica leaves behind that dies after the server's yes: the mail is still there, taken.
    let trigger =
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                   CREATE TRIGGER keep BEFORE DELETE ON mails FOR EACH ROW EXECUTE FUNCTION keep()";
    user.execute(trigger).await;
    user.register("ada").await;
    let first = server.next().await;
    server.nothing().await;
    user.execute("DROP TRIGGER keep ON mails").await;
    user.advance(PAUSE_S);
    let second = server.next().await;
    let message_id = |data: &str| {
        let line = data.lines().find(|line| line.starts_with("Message-ID: "));
        line.unwrap().to_owned()
    };
    assert_eq!(message_id(&first.data), message_id(&second.data));
    user.advance(PAUSE_S);
    server.nothing().await;
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_given_up_and_a_busy_one_is_not() {
    let mut server = Server::plain().await;
    let port = server.port;
    let user = Fixture::with(|config| send_to(config, port)).await;
    for name in ["refused", "later"] {
        user.register(name).await;
    }
    eventually("one mail is left for later", async || {
        (user.count("mails").await == 1 && user.deferred().await).then_some(())
    })
    .await;
    user.advance(PAUSE_S);
    assert_eq!(server.next().await.to, ["later@example.org"]);
}

#[tokio::test]
async fn several_replicas_send_each_mail_once() {
    const PEOPLE: usize = 30;
    let mut server = Server::plain().await;
    let port = server.port;
    let user = Fixture::with(|config| {
        send_to(config, port);
        config.mail.sending_max = 3;
    })
    .await;
    let (_second, _third) = (user.again(|_| {}).await, user.again(|_| {}).await);
    for number in 0..PEOPLE {
        user.register(&format!("user{number}")).await;
    }
    let mut receivers = Vec::new();
    for _ in 0..PEOPLE {
        receivers.extend(server.next().await.to);
    }
    server.nothing().await;
    receivers.sort();
    receivers.dedup();
    assert_eq!(receivers.len(), PEOPLE);
}

#[tokio::test]
async fn mail_goes_over_tls_to_the_right_server_and_to_no_other() {
    let (own, strange) = (certificates(), certificates());
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &own.authority).unwrap();
    for (tls, mode) in [
        ("implicit", MailTls::Implicit),
        ("starttls", MailTls::Starttls),
    ] {
        let settings = |certificates: &Certificates| Settings {
            tls,
            key: Some(certificates.key.clone()),
            cert: Some(certificates.cert.clone()),
            username: Some(NAME.to_owned()),
            password: Some(PASSWORD_OF_SERVER.to_owned()),
            ..Settings::default()
        };
        let mut right = Server::start(settings(&own)).await;
        let mut wrong = Server::start(settings(&strange)).await;
        let mut plain = Server::plain().await;
        let at = |port: u16| {
            let ca_file = ca_file.clone();
            move |config: &mut user::Config| {
                send_to(config, port);
                let smtp = &mut config.mail.smtp;
                smtp.tls = mode;
                smtp.host = "localhost".to_owned();
                smtp.ca_file = ca_file;
                smtp.username = NAME.to_owned();
                smtp.password = PASSWORD_OF_SERVER.into();
            }
        };
        let user = Fixture::with(at(right.port)).await;
        user.register_as(registration("ada")).await.unwrap();
        let taken = right.next().await;
        assert!(taken.secure, "{tls}");
        assert_eq!(
            (taken.user.as_str(), taken.to.as_slice()),
            (NAME, [ADA.to_owned()].as_slice())
        );

        for server in [&mut wrong, &mut plain] {
            let user = Fixture::with(at(server.port)).await;
            user.register("ada").await;
            eventually("an attempt has failed", async || {
                user.deferred().await.then_some(())
            })
            .await;
            server.nothing().await;
        }
    }
}

#[tokio::test]
async fn a_wrong_password_of_ours_gives_no_mail_up() {
    let certificates = certificates();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &certificates.authority).unwrap();
    let server = Server::start(Settings {
        tls: "implicit",
        key: Some(certificates.key),
        cert: Some(certificates.cert),
        username: Some(NAME.to_owned()),
        password: Some(PASSWORD_OF_SERVER.to_owned()),
        ..Settings::default()
    })
    .await;
    let user = Fixture::with(|config| {
        send_to(config, server.port);
        config.mail.smtp.tls = MailTls::Implicit;
        config.mail.smtp.host = "localhost".to_owned();
        config.mail.smtp.ca_file = ca_file;
        config.mail.smtp.username = NAME.to_owned();
        config.mail.smtp.password = "forgotten".into();
    })
    .await;
    user.register("ada").await;
    eventually("an attempt has failed", async || {
        user.deferred().await.then_some(())
    })
    .await;
    assert_eq!(user.count("mails").await, 1);
}

#[tokio::test]
async fn who_reads_the_database_reads_no_mail() {
    let port = free_port().await;
    let user = Fixture::with(|config| send_to(config, port)).await;
    user.register("ada").await;
    assert_eq!(user.count("mails").await, 1);
    let unreadable =
        "SELECT count(*) AS n FROM mails WHERE position('example'::bytea in sealed) = 0
                      AND position('token'::bytea in sealed) = 0";
    assert_eq!(user.number(unreadable).await, 1);
}

#[tokio::test]
async fn the_spool_is_for_its_owner_alone_and_has_whole_files() {
    use std::os::unix::fs::PermissionsExt;
    let user = Fixture::start().await;
    user.register("ada").await;
    user.mail(ADA, VERIFY).await;
    let folder = &user.config.mail.spool_dir;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(path.extension().unwrap(), "eml", "no other file is left");
    }
}
