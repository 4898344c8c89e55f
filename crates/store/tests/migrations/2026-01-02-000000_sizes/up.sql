ALTER TABLE things ADD COLUMN size integer NOT NULL CHECK (size > 0);
