//! The key that a mesh signs access tokens with, taken out of its database: for tokens that the user service would not sign.

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Version and key id before the nonce; see `services/user/src/sealing.rs`.
const HEAD_BYTES: usize = 5;

/// Signs as the newest key of this database does.
pub(super) async fn signer(database_url: &str, encryption_key: &str) -> Result<auth::Signer> {
    let (client, connection) = tokio_postgres::connect(database_url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let row = client
        .query_one(
            "SELECT kid, sealed_private_key FROM signing_keys ORDER BY signs_from DESC LIMIT 1",
            &[],
        )
        .await?;
    drop(client);
    connection.await??;
    let private = open(row.get(0), row.get(1), encryption_key)?;
    let auth::Config {
        issuer, audience, ..
    } = auth::Config::default();
    Ok(auth::Signer::from_pkcs8(&private, &issuer, &audience)?)
}

fn open(kid: &str, sealed: &[u8], encryption_key: &str) -> Result<Vec<u8>> {
    ensure!(sealed.len() > HEAD_BYTES, "a sealed key is longer");
    let (nonce, body) = sealed[HEAD_BYTES..]
        .split_first_chunk()
        .context("a sealed key has a nonce")?;
    let damaged = |_| anyhow!("the signing key {kid} does not open");
    let key = UnboundKey::new(&AES_256_GCM, &STANDARD.decode(encryption_key)?).map_err(damaged)?;
    let mut body = body.to_vec();
    let purpose = format!("signing_keys {kid}");
    let plain = LessSafeKey::new(key)
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(purpose.as_bytes()),
            &mut body,
        )
        .map_err(damaged)?;
    Ok(plain.to_vec())
}
