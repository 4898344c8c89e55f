-- Locks `refresh_tokens` against writes while the index is built: one read of the table.

-- Tokens that nobody has used: all of a session descend from the same token, see domain/refresh.rs.
CREATE INDEX refresh_tokens_live ON refresh_tokens (session_id, issued_at) WHERE spent_at IS NULL;
