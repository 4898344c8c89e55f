-- Takes an exclusive lock on `users`, `sessions` and `refresh_tokens` for a moment: new columns without a default that needs a
-- rewrite, and one update of all accounts.

-- A proven address, a claimed one, and accounts without a password (sign-in by a provider alone) or without a person (deleted).
ALTER TABLE users
    ADD COLUMN pending_email text,
    ADD COLUMN deleted_at timestamptz,
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN email_folded DROP NOT NULL,
    ALTER COLUMN username DROP NOT NULL,
    ALTER COLUMN username_folded DROP NOT NULL,
    ALTER COLUMN display_name DROP NOT NULL,
    ALTER COLUMN password_hash DROP NOT NULL;
-- Until now nobody had to prove an address, so whoever typed it first could keep its owner out.
UPDATE users SET pending_email = email, email = NULL, email_folded = NULL;
ALTER TABLE users
    ADD CONSTRAINT users_email_folded_with_email CHECK ((email IS NULL) = (email_folded IS NULL)),
    ADD CONSTRAINT users_pending_email_length CHECK (char_length(pending_email) BETWEEN 3 AND 254),
    ADD CONSTRAINT users_named_unless_deleted CHECK (
        CASE WHEN deleted_at IS NULL
            THEN username IS NOT NULL AND username_folded IS NOT NULL AND display_name IS NOT NULL
            ELSE num_nonnulls(email, pending_email, username, username_folded, display_name, password_hash) = 0
        END
    );

-- Where and how somebody signed in. `last_used_at` is when the tokens were refreshed last.
ALTER TABLE sessions
    ADD COLUMN method text NOT NULL DEFAULT 'password',
    ADD COLUMN provider_id text,
    ADD COLUMN device text NOT NULL DEFAULT 'Unknown device',
    ADD COLUMN address text,
    ADD CONSTRAINT sessions_method CHECK (method IN ('password', 'provider')),
    ADD CONSTRAINT sessions_provider_with_method CHECK ((method = 'provider') = (provider_id IS NOT NULL)),
    ADD CONSTRAINT sessions_device_length CHECK (char_length(device) BETWEEN 1 AND 64);
ALTER TABLE sessions ALTER COLUMN method DROP DEFAULT, ALTER COLUMN device DROP DEFAULT;
-- What the deny list is made from: sessions that were ended while their access tokens may still be good.
CREATE INDEX sessions_revoked_lately ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- A token whose answer was lost gets one more successor, and the one before stays good: who asked twice may hold either.
DROP INDEX refresh_tokens_live;
CREATE INDEX refresh_tokens_of_parent ON refresh_tokens (parent_hash);

-- Keys that sign access tokens. The private half is sealed with a key that is not in this database.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    public_jwk text NOT NULL,
    sealed_private_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    -- The key that signs is the one with the latest `signs_from` that is not in the future.
    signs_from timestamptz NOT NULL
);

-- Accounts at OpenID providers that one can sign in with. Who somebody is there is (issuer, subject), never the address.
CREATE TABLE identities (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX identities_by_subject ON identities (issuer, subject);
CREATE INDEX identities_of_user ON identities (user_id, created_at);

-- Tokens of mailed links, as hashes. One row per link; it goes when the link is used.
CREATE TABLE email_tokens (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose text NOT NULL,
    -- The address that the link was sent to.
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT email_tokens_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT email_tokens_purpose CHECK (purpose IN ('verify_email', 'reset_password'))
);
CREATE INDEX email_tokens_of_user ON email_tokens (user_id, purpose);
CREATE INDEX email_tokens_to_forget ON email_tokens (expires_at);

-- Mails that are not sent yet. Sealed, because links are inside.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL
);
CREATE INDEX mails_due ON mails (next_attempt_at);

-- What happened around an account, for its owner.
CREATE TABLE security_events (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    session_id uuid,
    address text,
    device text,
    provider_id text
);
CREATE INDEX security_events_of_user ON security_events (user_id, occurred_at DESC, id DESC);
CREATE INDEX security_events_to_forget ON security_events (occurred_at);
