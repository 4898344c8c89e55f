DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE search_terms;
DROP TABLE users;
