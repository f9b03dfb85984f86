-- What a person chose for himself: language (none: as the browser asks), the zone in which single
-- instants are written for him (none: the organization's), colours. version counts the changes of
-- the row, so that two forms opened side by side do not overwrite each other. An empty
-- password_hash is an account that signs in elsewhere.
ALTER TABLE person ADD COLUMN language TEXT;

ALTER TABLE person ADD COLUMN zone TEXT;

ALTER TABLE person ADD COLUMN theme TEXT NOT NULL DEFAULT 'system';

ALTER TABLE person ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- 1 for somebody who came with demo data, and goes with it.
ALTER TABLE person ADD COLUMN demo BIGINT NOT NULL DEFAULT 0;

-- Whose session it is, for the list of sessions; none before the sign-in.
ALTER TABLE session ADD COLUMN person_id BIGINT;

ALTER TABLE session ADD COLUMN opened_at BIGINT;

ALTER TABLE session ADD COLUMN used_at BIGINT;

ALTER TABLE session ADD COLUMN agent TEXT;

ALTER TABLE session ADD COLUMN address TEXT;

CREATE INDEX session_person_ix ON session (person_id);

-- The second factor of a person (RFC 6238): the secret of his authenticator, when he confirmed it
-- with a first code (none: not yet, it counts for nothing), and the newest time step that was
-- used, so that no code works twice. Written by the person, deleted when he turns it off.
CREATE TABLE second_factor (
  person_id BIGINT NOT NULL,
  secret BYTEA NOT NULL,
  confirmed_at BIGINT,
  last_step BIGINT NOT NULL,
  CONSTRAINT second_factor_pk PRIMARY KEY (person_id)
);

-- A code that stands in for the second factor once, under its hash. Written with the second
-- factor.
CREATE TABLE recovery_code (
  person_id BIGINT NOT NULL,
  code_hash BYTEA NOT NULL,
  used_at BIGINT,
  CONSTRAINT recovery_code_pk PRIMARY KEY (person_id, code_hash)
);

-- A link to choose a new password, under the hash of its secret. Written when somebody asks for
-- it, deleted when it is used or over.
CREATE TABLE password_reset (
  token_hash BYTEA NOT NULL,
  person_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  CONSTRAINT password_reset_pk PRIMARY KEY (token_hash)
);

CREATE INDEX password_reset_person_ix ON password_reset (person_id);

-- A person as a sign-in service knows him (OpenID Connect). Written at his first sign-in there.
CREATE TABLE identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT identity_pk PRIMARY KEY (issuer, subject)
);

CREATE INDEX identity_person_ix ON identity (person_id);

-- When a key was last used, to the minute; written by the program now and then, not per request.
ALTER TABLE api_key ADD COLUMN last_used_at BIGINT;

-- After which a key is refused; none: never.
ALTER TABLE api_key ADD COLUMN expires_at BIGINT;

CREATE INDEX api_key_person_ix ON api_key (org_id, person_id);

-- That something arrived, for pages that follow it live: one row a transaction of ingest or of the
-- books, deleted by the program after an hour.
CREATE TABLE outbox (
  org_id BIGINT NOT NULL,
  arrived_at BIGINT NOT NULL,
  batch_id BIGINT NOT NULL,
  CONSTRAINT outbox_pk PRIMARY KEY (org_id, arrived_at, batch_id),
  CONSTRAINT outbox_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
);
