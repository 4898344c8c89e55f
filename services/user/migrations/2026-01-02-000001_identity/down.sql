DROP TABLE security_events;
DROP TABLE mails;
DROP TABLE email_tokens;
DROP TABLE identities;
DROP TABLE signing_keys;
DROP INDEX refresh_tokens_of_parent;
-- One good token per session: of several unused successors the newest stays.
DELETE FROM refresh_tokens older USING refresh_tokens newer
    WHERE older.session_id = newer.session_id AND older.spent_at IS NULL AND newer.spent_at IS NULL
        AND (older.issued_at, older.token_hash) < (newer.issued_at, newer.token_hash);
CREATE UNIQUE INDEX refresh_tokens_live ON refresh_tokens (session_id) WHERE spent_at IS NULL;
DROP INDEX sessions_revoked_lately;
ALTER TABLE sessions DROP COLUMN method, DROP COLUMN provider_id, DROP COLUMN device, DROP COLUMN address;
-- Accounts that this schema cannot hold.
DELETE FROM users WHERE deleted_at IS NOT NULL OR password_hash IS NULL OR COALESCE(email, pending_email) IS NULL;
ALTER TABLE users
    DROP CONSTRAINT users_named_unless_deleted,
    DROP CONSTRAINT users_email_folded_with_email;
-- Of several claims of one address the oldest stays.
DELETE FROM users claimed USING users other
    WHERE claimed.email IS NULL AND claimed.id <> other.id
        AND lower(claimed.pending_email) = lower(COALESCE(other.email, other.pending_email))
        AND (other.email IS NOT NULL OR (other.created_at, other.id) < (claimed.created_at, claimed.id));
UPDATE users SET email = pending_email, email_folded = lower(pending_email) WHERE email IS NULL;
ALTER TABLE users
    DROP COLUMN pending_email,
    DROP COLUMN deleted_at,
    ALTER COLUMN email SET NOT NULL,
    ALTER COLUMN email_folded SET NOT NULL,
    ALTER COLUMN username SET NOT NULL,
    ALTER COLUMN username_folded SET NOT NULL,
    ALTER COLUMN display_name SET NOT NULL,
    ALTER COLUMN password_hash SET NOT NULL;
