-- Directory family: people and their sign-ins. Keyed by their own number or hash; no foreign key
-- into tenant tables, so that a distributed database can hold these apart.

-- A person who can sign in. Written by sign-up, invitation and `user create`; the only place where
-- a person's name stands, so that erasing the row erases the person.
CREATE TABLE person (
  person_id INTEGER NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  org_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT person_pk PRIMARY KEY (person_id),
  CONSTRAINT person_email_uq UNIQUE (email)
) STRICT;

-- A browser session, under the hash of its secret id. Written at sign-in and when it is used,
-- deleted at sign-out and by the program once it is over.
CREATE TABLE session (
  session_hash BLOB NOT NULL,
  content TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  CONSTRAINT session_pk PRIMARY KEY (session_hash)
) STRICT;

CREATE INDEX session_expiry_ix ON session (expires_at);

-- Tenant family: the organization leads every key.

-- An organization. Its row is the lock under which numbers are given and facts are recorded:
-- last_number is the newest number given to any team, app, API, variant, user, source or key;
-- revision counts changes of what rating depends on; last_recorded_at is the newest recorded_at.
CREATE TABLE org (
  org_id INTEGER NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  token_name TEXT NOT NULL,
  zone TEXT NOT NULL,
  locale TEXT NOT NULL,
  accept_window_days INTEGER,
  demo INTEGER NOT NULL,
  last_number INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  last_recorded_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT org_pk PRIMARY KEY (org_id),
  CONSTRAINT org_demo_ck CHECK (demo IN (0, 1))
) STRICT;

-- A team: a pool of lots that is charged. Its row is the lock of its charges;
-- last_recorded_at is the newest recorded_at of a charge.
CREATE TABLE team (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  last_recorded_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT team_pk PRIMARY KEY (org_id, team_id),
  CONSTRAINT team_slug_uq UNIQUE (org_id, slug),
  CONSTRAINT team_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
) STRICT;

-- Somebody or something that used an API, as events name it (lower case). Written by ingest for
-- each new name; person_id links the account, where there is one.
CREATE TABLE usage_user (
  org_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  person_id INTEGER,
  created_at INTEGER NOT NULL,
  CONSTRAINT usage_user_pk PRIMARY KEY (org_id, user_id),
  CONSTRAINT usage_user_external_uq UNIQUE (org_id, external_id),
  CONSTRAINT usage_user_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
) STRICT;

-- A role of a person in the organization. Written by admins.
CREATE TABLE member (
  org_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  CONSTRAINT member_pk PRIMARY KEY (org_id, person_id, role),
  CONSTRAINT member_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id),
  CONSTRAINT member_role_ck CHECK (role IN ('developer', 'manager', 'admin'))
) STRICT;

-- The role of a person in a team. Written by admins.
CREATE TABLE team_member (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  CONSTRAINT team_member_pk PRIMARY KEY (org_id, team_id, person_id),
  CONSTRAINT team_member_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id),
  CONSTRAINT team_member_role_ck
    CHECK (role IN ('member', 'manager', 'secondary_admin', 'primary_admin'))
) STRICT;

-- An API key, by its number; the secret is stored hashed. Written by `key create`.
CREATE TABLE api_key (
  org_id INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  person_id INTEGER,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  CONSTRAINT api_key_pk PRIMARY KEY (org_id, key_id),
  CONSTRAINT api_key_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
) STRICT;

-- An app that sends events. Written by admins and developers, and by ingest for an unknown client
-- id (registered = 0). direct_team_id is set for the app that stands for a team's own events.
CREATE TABLE app (
  org_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  name TEXT NOT NULL,
  owner_user_id INTEGER,
  direct_team_id INTEGER,
  registered INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT app_pk PRIMARY KEY (org_id, app_id),
  CONSTRAINT app_client_uq UNIQUE (org_id, client_id),
  CONSTRAINT app_owner_fk FOREIGN KEY (org_id, owner_user_id)
    REFERENCES usage_user (org_id, user_id),
  CONSTRAINT app_direct_team_fk FOREIGN KEY (org_id, direct_team_id)
    REFERENCES team (org_id, team_id),
  CONSTRAINT app_registered_ck CHECK (registered IN (0, 1))
) STRICT;

-- From when on an app's usage is charged to which team (none: unassigned). A fact, never updated;
-- of several lines of one from_at the newest recorded counts.
CREATE TABLE app_assignment (
  org_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  team_id INTEGER,
  CONSTRAINT app_assignment_pk PRIMARY KEY (org_id, app_id, from_at, recorded_at),
  CONSTRAINT app_assignment_app_fk FOREIGN KEY (org_id, app_id) REFERENCES app (org_id, app_id),
  CONSTRAINT app_assignment_team_fk FOREIGN KEY (org_id, team_id)
    REFERENCES team (org_id, team_id)
) STRICT;

-- A metered API or product. Written by admins, and by ingest for an unknown code (listed = 0).
CREATE TABLE api (
  org_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  hue INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT api_pk PRIMARY KEY (org_id, api_id),
  CONSTRAINT api_code_uq UNIQUE (org_id, code),
  CONSTRAINT api_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id),
  CONSTRAINT api_listed_ck CHECK (listed IN (0, 1))
) STRICT;

-- A price class of an API. Written with rates and by ingest.
CREATE TABLE variant (
  org_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  code TEXT NOT NULL,
  CONSTRAINT variant_pk PRIMARY KEY (org_id, variant_id),
  CONSTRAINT variant_code_uq UNIQUE (org_id, api_id, code),
  CONSTRAINT variant_api_fk FOREIGN KEY (org_id, api_id) REFERENCES api (org_id, api_id)
) STRICT;

-- A sender of events. Written by ingest.
CREATE TABLE source (
  org_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT source_pk PRIMARY KEY (org_id, source_id),
  CONSTRAINT source_name_uq UNIQUE (org_id, name),
  CONSTRAINT source_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
) STRICT;

-- A price from an instant on; variant_id 0 = every variant without a line of its own. Amounts in
-- micro-tokens per block of `per` micro-units. A fact, written by admins.
CREATE TABLE rate (
  org_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  per INTEGER NOT NULL,
  rounding TEXT NOT NULL,
  charge_failed INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT rate_pk PRIMARY KEY (org_id, api_id, variant_id, from_at),
  CONSTRAINT rate_api_fk FOREIGN KEY (org_id, api_id) REFERENCES api (org_id, api_id),
  CONSTRAINT rate_per_ck CHECK (per > 0),
  CONSTRAINT rate_tokens_ck CHECK (tokens >= 0),
  CONSTRAINT rate_rounding_ck CHECK (rounding IN ('exact', 'up', 'user_day'))
) STRICT;

-- A policy from an instant on, of a team or (team_id 0) of the organization. A fact.
CREATE TABLE policy_line (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  policy TEXT NOT NULL,
  CONSTRAINT policy_line_pk PRIMARY KEY (org_id, team_id, from_at, recorded_at),
  CONSTRAINT policy_line_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
) STRICT;

-- The end of a team's trial. A fact; the newest recorded counts.
CREATE TABLE trial_line (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  CONSTRAINT trial_line_pk PRIMARY KEY (org_id, team_id, recorded_at),
  CONSTRAINT trial_line_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id)
) STRICT;

-- Tokens granted to a team, in micro-tokens, usable in [effective_at, expires_at). A fact, written
-- by purchases and transfers.
CREATE TABLE lot (
  org_id INTEGER NOT NULL,
  lot_key TEXT NOT NULL,
  team_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  pays_for TEXT NOT NULL,
  priority INTEGER NOT NULL,
  granted INTEGER NOT NULL,
  effective_at INTEGER NOT NULL,
  expires_at INTEGER,
  unit_cost INTEGER,
  currency TEXT,
  reference TEXT,
  channel TEXT,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT lot_pk PRIMARY KEY (org_id, lot_key),
  CONSTRAINT lot_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id),
  CONSTRAINT lot_granted_ck CHECK (granted > 0),
  CONSTRAINT lot_kind_ck CHECK (kind IN ('cloud_credit', 'promo', 'contract', 'flex')),
  CONSTRAINT lot_pays_for_ck CHECK (pays_for IN ('api', 'product', 'all'))
) STRICT;

CREATE INDEX lot_team_ix ON lot (org_id, team_id);

-- The remainder of a lot is taken away at an instant. A fact, written by admins.
CREATE TABLE lot_void (
  org_id INTEGER NOT NULL,
  lot_key TEXT NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT lot_void_pk PRIMARY KEY (org_id, lot_key),
  CONSTRAINT lot_void_lot_fk FOREIGN KEY (org_id, lot_key) REFERENCES lot (org_id, lot_key)
) STRICT;

-- A part of a lot went to another team as the lot `lot_key`. A fact, written by admins.
CREATE TABLE lot_transfer (
  org_id INTEGER NOT NULL,
  lot_key TEXT NOT NULL,
  from_lot_key TEXT NOT NULL,
  from_team_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT lot_transfer_pk PRIMARY KEY (org_id, lot_key),
  CONSTRAINT lot_transfer_lot_fk FOREIGN KEY (org_id, lot_key) REFERENCES lot (org_id, lot_key),
  CONSTRAINT lot_transfer_from_fk FOREIGN KEY (org_id, from_lot_key)
    REFERENCES lot (org_id, lot_key),
  CONSTRAINT lot_transfer_amount_ck CHECK (amount > 0)
) STRICT;

CREATE INDEX lot_transfer_team_ix ON lot_transfer (org_id, from_team_id);

-- A restriction that waited for an unblock is lifted. A fact, written by admins.
CREATE TABLE unblock (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  CONSTRAINT unblock_pk PRIMARY KEY (org_id, team_id, at),
  CONSTRAINT unblock_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id)
) STRICT;

-- That an event is known: the digest of its source and id, beside a fingerprint of what was sent.
-- Written by ingest, never deleted: a key is used up for ever.
CREATE TABLE event_key (
  org_id INTEGER NOT NULL,
  digest BLOB NOT NULL,
  fingerprint INTEGER NOT NULL,
  CONSTRAINT event_key_pk PRIMARY KEY (org_id, digest)
) STRICT, WITHOUT ROWID;

-- One usage event as it was sent, in the order of time. A fact, written by ingest. Quantity in
-- micro-units, own_tokens (rated elsewhere) in micro-tokens.
CREATE TABLE usage_event (
  org_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  digest BLOB NOT NULL,
  source_id INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  app_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  quantity INTEGER,
  failed INTEGER NOT NULL,
  own_tokens INTEGER,
  attributes TEXT,
  received_at INTEGER NOT NULL,
  CONSTRAINT usage_event_pk PRIMARY KEY (org_id, at, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_event_app_ix ON usage_event (org_id, app_id, at);

CREATE INDEX usage_event_user_ix ON usage_event (org_id, user_id, at);

-- Journal of the tokens due for events, in micro-tokens: the n-th charge of an event for a team at
-- the charge's own time (event_at is the event's). Written by ingest and re-rating, never updated:
-- a change adds the reverse row and the new row.
CREATE TABLE charge (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  digest BLOB NOT NULL,
  n INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  event_at INTEGER NOT NULL,
  class TEXT NOT NULL,
  amount INTEGER NOT NULL,
  CONSTRAINT charge_pk PRIMARY KEY (org_id, team_id, at, digest, n, recorded_at),
  CONSTRAINT charge_class_ck CHECK (class IN ('api', 'product'))
) STRICT, WITHOUT ROWID;

CREATE INDEX charge_event_ix ON charge (org_id, digest);

-- Sums of a team's charges per class and hour of the organization's zone (UTC start). A cache of
-- the journal, written in its transaction.
CREATE TABLE charge_by_hour (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  class TEXT NOT NULL,
  amount INTEGER NOT NULL,
  CONSTRAINT charge_by_hour_pk PRIMARY KEY (org_id, team_id, at, class)
) STRICT, WITHOUT ROWID;

-- The same per day of the organization's zone.
CREATE TABLE charge_by_day (
  org_id INTEGER NOT NULL,
  team_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  class TEXT NOT NULL,
  amount INTEGER NOT NULL,
  CONSTRAINT charge_by_day_pk PRIMARY KEY (org_id, team_id, at, class)
) STRICT, WITHOUT ROWID;

-- Usage per hour of the organization's zone (UTC start), app, API and variant: events and quantity
-- at the event's time, tokens at the charge's. Quantity is kept in whole units and micro-units
-- apart, since a few events of the largest quantity would overflow one number. A cache of events
-- and charges, written in their transaction.
CREATE TABLE usage_by_hour (
  org_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  quantity_micro INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  CONSTRAINT usage_by_hour_pk PRIMARY KEY (org_id, at, app_id, api_id, variant_id)
) STRICT, WITHOUT ROWID;

-- The same per day, and per user.
CREATE TABLE usage_by_day (
  org_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  quantity_micro INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  CONSTRAINT usage_by_day_pk PRIMARY KEY (org_id, at, app_id, api_id, variant_id, user_id)
) STRICT, WITHOUT ROWID;

-- The same per month, and per user.
CREATE TABLE usage_by_month (
  org_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  api_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  quantity_micro INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  CONSTRAINT usage_by_month_pk PRIMARY KEY (org_id, at, app_id, api_id, variant_id, user_id)
) STRICT, WITHOUT ROWID;
