//! Public keys as a JSON Web Key Set (RFC 7517) has them.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{
        AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse,
    },
};
use serde_json::json;

use crate::KeysError;

/// Public keys by their id.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: HashMap<String, Key>,
    jwks_json: Arc<str>,
}

/// One public key with the only algorithm that it may be used with (RFC 8725 section 3.1).
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of another use or algorithm than `EdDSA` (Ed25519) and ES256, and those without an
    /// id, are passed over; a set without any usable one is an error.
    pub fn from_jwks_json(text: &str) -> Result<Self, KeysError> {
        let set: JwkSet =
            serde_json::from_str(text).map_err(|error| KeysError::BadKeySet(error.to_string()))?;
        let (mut keys, mut usable_ones) = (HashMap::new(), Vec::new());
        for jwk in set.keys {
            if let Some((kid, key)) = usable(&jwk) {
                keys.insert(kid, key);
                usable_ones.push(jwk);
            }
        }
        if keys.is_empty() {
            return Err(KeysError::BadKeySet(
                "no EdDSA or ES256 key with a `kid`".to_owned(),
            ));
        }
        Ok(Self {
            keys,
            jwks_json: json!({ "keys": usable_ones }).to_string().into(),
        })
    }

    /// The usable keys as a JSON Web Key Set; `None` where there is none.
    pub fn jwks_json(&self) -> Option<Arc<str>> {
        (!self.is_empty()).then(|| Arc::clone(&self.jwks_json))
    }

    /// Whether there is no key in it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys are in it.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&Key> {
        self.keys.get(kid)
    }

    pub(crate) fn lacks_one_of(&self, other: &Self) -> bool {
        other.keys.keys().any(|kid| !self.keys.contains_key(kid))
    }
}

fn usable(jwk: &Jwk) -> Option<(String, Key)> {
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let common = &jwk.common;
    let usage = common.public_key_use.as_ref();
    let operations = common.key_operations.as_ref();
    let may_verify = usage.is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|given| given == name);
    if !may_verify {
        return None;
    }
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    let key = Key {
        algorithm,
        decoding,
    };
    Some((common.key_id.clone()?, key))
}
