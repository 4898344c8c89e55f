//! A provider that says what a test wants: true things signed with keys made at run time, or lies.

use std::{convert::Infallible, sync::Arc, time::Duration};

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use openidconnect::url::Url;
use parking_lot::Mutex;
use runtime::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use user::Provider;

pub const CLIENT_ID: &str = "quicksync";
pub const SECRET: &str = "a secret that is no key";
const KID: &str = "1";

type Body = BoxBody<Bytes, Infallible>;

/// A key pair and what it signs as.
pub enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
    Ps256(RsaKeyPair),
}

impl Key {
    pub fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn ed_dsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    pub fn rs256() -> Self {
        Self::Rs256(Self::rsa())
    }

    pub fn ps256() -> Self {
        Self::Ps256(Self::rsa())
    }

    fn rsa() -> RsaKeyPair {
        let key = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let der = key.as_der().unwrap();
        RsaKeyPair::from_pkcs8(der.as_ref()).unwrap()
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
            Self::Rs256(_) => "RS256",
            Self::Ps256(_) => "PS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |key: &RsaKeyPair, padding| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        match self {
            Self::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => rsa(key, &RSA_PKCS1_SHA256),
            Self::Ps256(key) => rsa(key, &RSA_PSS_SHA256),
        }
    }

    fn jwk(&self) -> Value {
        let mut jwk = match self {
            Self::Es256(key) => {
                // An uncompressed point: 4, x, y.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Self::EdDsa(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key())})
            }
            Self::Rs256(key) | Self::Ps256(key) => {
                let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
                json!({
                    "kty": "RSA",
                    "n": encode(n.big_endian_without_leading_zero()),
                    "e": encode(e.big_endian_without_leading_zero()),
                })
            }
        };
        jwk["kid"] = KID.into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.alg().into();
        jwk
    }
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A JSON Web Token with this header, signed by `sign`.
pub fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    );
    format!("{message}.{}", encode(sign(message.as_bytes())))
}

/// What an endpoint answers with.
#[derive(Clone)]
pub enum Answer {
    Json(Value),
    Text(&'static str),
    Status(StatusCode),
    /// An error of the token endpoint (RFC 6749, section 5.2).
    Error(&'static str),
    Redirect(String),
    /// Nothing at all.
    Silence,
    /// More than anybody wants.
    Huge,
    /// The head, and then nothing.
    Stuck,
}

/// A provider on a port of its own, gone with its runtime.
pub struct Liar {
    pub issuer: String,
    pub key: Key,
    answers: Arc<Mutex<Answers>>,
}

struct Answers {
    discovery: Answer,
    keys: Answer,
    token: Answer,
}

impl Liar {
    pub async fn start(key: Key) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers {
            discovery: Answer::Json(itself(&issuer)),
            keys: Answer::Json(json!({"keys": [key.jwk()]})),
            token: Answer::Silence,
        }));
        tokio::spawn(serve(listener, Arc::clone(&answers)));
        Self {
            issuer,
            key,
            answers,
        }
    }

    pub fn config(&self) -> Provider {
        Provider {
            id: "liar".to_owned(),
            display_name: "Liar".to_owned(),
            issuer: self.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: SECRET.into(),
            trusted_for_email_linking: true,
            ..Provider::default()
        }
    }

    /// What it says of itself when it is honest.
    pub fn itself(&self) -> Value {
        itself(&self.issuer)
    }

    pub fn says_of_itself(&self, answer: Answer) {
        self.answers.lock().discovery = answer;
    }

    pub fn says_of_its_keys(&self, answer: Answer) {
        self.answers.lock().keys = answer;
    }

    pub fn says_of_the_code(&self, answer: Answer) {
        self.answers.lock().token = answer;
    }

    /// The claims of an honest token for the sign-in that `authorization_url` began.
    pub fn claims(&self, authorization_url: &str) -> Value {
        let url = Url::parse(authorization_url).unwrap();
        let nonce = url.query_pairs().find(|(name, _)| name == "nonce").unwrap();
        let now = Clock::system().now().unix_timestamp();
        json!({
            "iss": self.issuer,
            "sub": "somebody",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce.1,
            "email": "somebody@example.org",
            "email_verified": true,
            "name": "Some Body",
        })
    }

    pub fn header(&self) -> Value {
        json!({"alg": self.key.alg(), "kid": KID, "typ": "JWT"})
    }

    pub fn sign(&self, claims: &Value) -> Answer {
        id_token(&token(&self.header(), claims, |message| {
            self.key.sign(message)
        }))
    }

    /// Signed with the key of somebody else under the same name.
    pub fn forge(&self, claims: &Value, key: &Key) -> Answer {
        id_token(&token(&self.header(), claims, |message| key.sign(message)))
    }
}

/// The answer of a token endpoint.
pub fn id_token(token: &str) -> Answer {
    Answer::Json(json!({"access_token": "x", "token_type": "Bearer", "id_token": token}))
}

fn itself(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
    })
}

async fn serve(listener: TcpListener, answers: Arc<Mutex<Answers>>) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let answers = Arc::clone(&answers);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answers = answers.lock();
                let answer = match request.uri().path() {
                    "/token" => answers.token.clone(),
                    "/keys" => answers.keys.clone(),
                    _ => answers.discovery.clone(),
                };
                respond(answer)
            });
            // The other side hangs up as it likes.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service)
                .await;
        });
    }
}

async fn respond(answer: Answer) -> Result<Response<Body>, Infallible> {
    let full = |text: String| Full::new(Bytes::from(text)).boxed();
    let of_json = |body: Body| {
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
    };
    let response = match answer {
        Answer::Json(value) => of_json(full(value.to_string())),
        Answer::Text(text) => of_json(full(text.to_owned())),
        Answer::Error(error) => Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .header(header::CONTENT_TYPE, "application/json")
            .body(full(json!({"error": error}).to_string())),
        Answer::Status(status) => Response::builder().status(status).body(full(String::new())),
        Answer::Redirect(target) => Response::builder()
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header(header::LOCATION, target)
            .body(full(String::new())),
        Answer::Silence => std::future::pending().await,
        Answer::Huge => of_json(full(" ".repeat(2 << 20))),
        Answer::Stuck => of_json(Stuck.boxed()),
    };
    Ok(response.unwrap())
}

/// A body that never comes.
struct Stuck;

impl hyper::body::Body for Stuck {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        std::task::Poll::Pending
    }
}

/// How long a sign-in may take with the timeouts of these tests, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(5);
