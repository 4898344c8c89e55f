-- Creates empty tables only: no lock that anybody could wait for.
--
-- Folded columns hold what "without regard to case" compares (see domain/fold.rs). Their collation is "C", so that one
-- b-tree serves equality, order, and prefixes as ranges, whatever the collation of the database.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_folded text COLLATE "C" NOT NULL,
    username text NOT NULL,
    username_folded text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_username_form CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,31}$'),
    CONSTRAINT users_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 64)
);
CREATE UNIQUE INDEX users_by_email ON users (email_folded);
CREATE UNIQUE INDEX users_by_username ON users (username_folded);

-- What a search may find somebody by: the username, and the display name from the start of each of its words on, so that
-- "ada lov" finds Ada Lovelace and so does "lov".
CREATE TABLE search_terms (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    term text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, term)
);
CREATE INDEX search_terms_by_prefix ON search_terms (term, user_id);

-- One sign-in, and with it one family of refresh tokens. Its id is the `sid` of access tokens.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text,
    CONSTRAINT sessions_revoked_with_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_to_forget ON sessions (expires_at);

-- Only hashes: who reads this table cannot sign in. `parent_hash` names the token that this one was given for.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent_hash bytea,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at timestamptz,
    CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_to_forget ON refresh_tokens (expires_at);
-- At most one token of a family is good at any time.
CREATE UNIQUE INDEX refresh_tokens_live ON refresh_tokens (session_id) WHERE spent_at IS NULL;
