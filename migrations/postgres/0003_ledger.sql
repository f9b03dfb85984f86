-- A team's version for what is reserved of it: counts every change of its holds. A pool of one
-- owner is a team too; owner_user_id says whose.
ALTER TABLE team ADD COLUMN hold_revision BIGINT NOT NULL DEFAULT 0;

ALTER TABLE team ADD COLUMN owner_user_id BIGINT;

-- When an app was taken out of use; calls of it are denied. None: it is in use.
ALTER TABLE app ADD COLUMN archived_at BIGINT;

-- Whose an app is from an instant on (none: nobody's). A fact, never updated; of several lines of
-- one from_at the newest recorded counts.
CREATE TABLE app_owner (
  org_id BIGINT NOT NULL,
  app_id BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  user_id BIGINT,
  CONSTRAINT app_owner_pk PRIMARY KEY (org_id, app_id, from_at, recorded_at),
  CONSTRAINT app_owner_app_fk FOREIGN KEY (org_id, app_id) REFERENCES app (org_id, app_id),
  CONSTRAINT app_owner_user_fk FOREIGN KEY (org_id, user_id)
    REFERENCES usage_user (org_id, user_id)
);

-- Who pays for apps from an instant on: their teams or their owners' own pools. A fact, never
-- updated; of several lines of one from_at the newest recorded counts.
CREATE TABLE payer_line (
  org_id BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  payer TEXT NOT NULL,
  CONSTRAINT payer_line_pk PRIMARY KEY (org_id, from_at, recorded_at),
  CONSTRAINT payer_line_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id),
  CONSTRAINT payer_line_payer_ck CHECK (payer IN ('app_team', 'owner_pool'))
);

-- Whether a user may use a daily product from an instant on. A fact, never updated; of several
-- lines of one from_at the newest recorded counts.
CREATE TABLE product_assignment (
  org_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  api_id BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  assigned BIGINT NOT NULL,
  CONSTRAINT product_assignment_pk PRIMARY KEY (org_id, user_id, api_id, from_at, recorded_at),
  CONSTRAINT product_assignment_user_fk FOREIGN KEY (org_id, user_id)
    REFERENCES usage_user (org_id, user_id),
  CONSTRAINT product_assignment_api_fk FOREIGN KEY (org_id, api_id)
    REFERENCES api (org_id, api_id),
  CONSTRAINT product_assignment_assigned_ck CHECK (assigned IN (0, 1))
);

-- The books are closed: nothing before until_at changes through facts that are recorded later. A
-- fact, written by admins. A fact about closed books is booked at the first open instant; the
-- columns belongs_to say what it is about.
CREATE TABLE books_close (
  org_id BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  CONSTRAINT books_close_pk PRIMARY KEY (org_id, recorded_at),
  CONSTRAINT books_close_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
);

ALTER TABLE lot ADD COLUMN belongs_to BIGINT;

ALTER TABLE lot_void ADD COLUMN belongs_to BIGINT;

ALTER TABLE lot_transfer ADD COLUMN belongs_to BIGINT;

ALTER TABLE unblock ADD COLUMN belongs_to BIGINT;

ALTER TABLE policy_line ADD COLUMN belongs_to BIGINT;

-- From when on a trial line is seen: the first open instant when it was recorded.
ALTER TABLE trial_line ADD COLUMN seen_at BIGINT;

-- That the program saw a run of debt of a team: of_at is an instant of the run, at when it was
-- seen. A fact, written by the program; grace never ends before `at` plus its days.
CREATE TABLE debt_notice (
  org_id BIGINT NOT NULL,
  team_id BIGINT NOT NULL,
  of_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  CONSTRAINT debt_notice_pk PRIMARY KEY (org_id, team_id, of_at, at),
  CONSTRAINT debt_notice_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id)
);

-- Which revision of an event counts, from 0; and the instant it is booked at, where the books were
-- closed when it came (none: its own).
ALTER TABLE usage_event ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

ALTER TABLE usage_event ADD COLUMN booked_at BIGINT;

-- The time of the event as it is now, which finds its row; none once the event is void.
ALTER TABLE event_key ADD COLUMN at BIGINT;

UPDATE event_key SET at = e.at FROM usage_event e
  WHERE e.org_id = event_key.org_id AND e.digest = event_key.digest;

-- Finds sessions of daily products that run for more than a day.
CREATE INDEX usage_event_long_ix ON usage_event (org_id, user_id, at)
  WHERE quantity > 86400000000;

-- A revision of an event that was corrected, as it was; and its correction: when it was recorded,
-- a fingerprint of what stands in its place (none: nothing, the event is void). kept = 1 where the
-- books that count it were closed before. Written by corrections, never updated.
CREATE TABLE event_past (
  org_id BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  revision BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  replacement BIGINT,
  kept BIGINT NOT NULL,
  at BIGINT NOT NULL,
  booked_at BIGINT,
  source_id BIGINT NOT NULL,
  external_id TEXT NOT NULL,
  app_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  api_id BIGINT NOT NULL,
  variant_id BIGINT NOT NULL,
  quantity BIGINT,
  failed BIGINT NOT NULL,
  own_tokens BIGINT,
  attributes TEXT,
  received_at BIGINT NOT NULL,
  CONSTRAINT event_past_pk PRIMARY KEY (org_id, digest, revision),
  CONSTRAINT event_past_kept_ck CHECK (kept IN (0, 1))
);

-- Of which revision of its event a charge is; what instant it is about, where it is booked later;
-- and the job that prepared it (0: none). A prepared row counts once its job has switched.
ALTER TABLE charge ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

ALTER TABLE charge ADD COLUMN belongs_to BIGINT;

ALTER TABLE charge ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- Finds what was recorded after an instant: a past answer is the present one without it.
CREATE INDEX charge_recorded_ix ON charge (org_id, team_id, recorded_at);

-- A charge of closed books that is no more: it stays, and its tokens come back as the lot lot_key
-- of kind `returned`, effective at effective_at. Where the charge is due again before the next
-- close, the return is taken back: taken_back_at says when. Written by corrections and re-rating.
CREATE TABLE charge_return (
  org_id BIGINT NOT NULL,
  team_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  n BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  class TEXT NOT NULL,
  amount BIGINT NOT NULL,
  lot_key TEXT NOT NULL,
  reference TEXT NOT NULL,
  taken_back_at BIGINT,
  CONSTRAINT charge_return_pk PRIMARY KEY (org_id, team_id, at, digest, n, recorded_at),
  CONSTRAINT charge_return_team_fk FOREIGN KEY (org_id, team_id)
    REFERENCES team (org_id, team_id),
  CONSTRAINT charge_return_class_ck CHECK (class IN ('api', 'product'))
);

CREATE INDEX charge_return_event_ix ON charge_return (org_id, digest);

-- Work that goes on beside the program's other work and survives a restart. content says what is
-- to be done (JSON), done and total how far it is. A re-rating that switched counts from
-- switched_at on. Written by services and the job itself.
CREATE TABLE job (
  org_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  content TEXT NOT NULL,
  position TEXT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  claimed_until BIGINT NOT NULL,
  switched_at BIGINT,
  finished_at BIGINT,
  failure TEXT,
  CONSTRAINT job_pk PRIMARY KEY (org_id, job_id),
  CONSTRAINT job_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id),
  CONSTRAINT job_state_ck CHECK (state IN ('waiting', 'running', 'done', 'failed'))
);

-- What a job that prepares charges adds to the sums per team, class and hour, until it switches
-- and afterwards. Written by the job.
CREATE TABLE job_sum (
  org_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  team_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  class TEXT NOT NULL,
  amount BIGINT NOT NULL,
  CONSTRAINT job_sum_pk PRIMARY KEY (org_id, job_id, team_id, at, class)
);

-- What a job adds to the usage rollups when it switches; grain is that of the rollup. Written by
-- the job, deleted when it has switched.
CREATE TABLE job_usage (
  org_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  grain TEXT NOT NULL,
  at BIGINT NOT NULL,
  app_id BIGINT NOT NULL,
  api_id BIGINT NOT NULL,
  variant_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  quantity_micro BIGINT NOT NULL,
  tokens BIGINT NOT NULL,
  CONSTRAINT job_usage_pk
    PRIMARY KEY (org_id, job_id, grain, at, app_id, api_id, variant_id, user_id),
  CONSTRAINT job_usage_grain_ck CHECK (grain IN ('hour', 'day', 'month'))
);

-- An event that came or changed while a job prepared charges, to be prepared (again) before it
-- switches. Written by ingest and corrections, deleted by the job.
CREATE TABLE job_event (
  org_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  CONSTRAINT job_event_pk PRIMARY KEY (org_id, job_id, digest)
);

-- Tokens of a team reserved for a call, in micro-tokens, in [from_at, until_at) or until it was
-- settled or released. Written by checks under the team's lock; the same key is the same hold.
CREATE TABLE hold (
  org_id BIGINT NOT NULL,
  hold_key TEXT NOT NULL,
  hold_id BYTEA NOT NULL,
  team_id BIGINT NOT NULL,
  class TEXT NOT NULL,
  amount BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_how TEXT,
  call_print BIGINT NOT NULL,
  decision_id BYTEA NOT NULL,
  CONSTRAINT hold_pk PRIMARY KEY (org_id, hold_key),
  CONSTRAINT hold_id_uq UNIQUE (org_id, hold_id),
  CONSTRAINT hold_team_fk FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, team_id),
  CONSTRAINT hold_class_ck CHECK (class IN ('api', 'product')),
  CONSTRAINT hold_amount_ck CHECK (amount >= 0),
  CONSTRAINT hold_ended_ck CHECK (ended_how IN ('settled', 'released'))
);

CREATE INDEX hold_team_ix ON hold (org_id, team_id, until_at);

-- An answer to a call, with all that it came from (JSON), to be explained. Its id begins with the
-- time. Written by checks, deleted by the program after 30 days.
CREATE TABLE decision (
  org_id BIGINT NOT NULL,
  decision_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  team_id BIGINT,
  app_id BIGINT,
  content TEXT NOT NULL,
  CONSTRAINT decision_pk PRIMARY KEY (org_id, decision_id)
);

-- What was done in the books and by whom, in order; content is JSON. hash is the SHA-256 of the row
-- and of previous_hash, the hash of the row before: a changed or missing row breaks the chain.
-- People and keys stand as numbers. Written in the transaction of what it tells.
CREATE TABLE audit_log (
  org_id BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id BIGINT,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  content TEXT NOT NULL,
  previous_hash BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  CONSTRAINT audit_log_pk PRIMARY KEY (org_id, entry),
  CONSTRAINT audit_log_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id),
  CONSTRAINT audit_log_actor_ck CHECK (actor_kind IN ('person', 'key', 'program'))
);

-- A request that changed something, under the key its sender gave it, with the answer: the same
-- key again gets the same answer. Written with what it changed, deleted by the program after 30
-- days.
CREATE TABLE idempotency_key (
  org_id BIGINT NOT NULL,
  idem_key TEXT NOT NULL,
  fingerprint BIGINT NOT NULL,
  status BIGINT NOT NULL,
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT idempotency_key_pk PRIMARY KEY (org_id, idem_key),
  CONSTRAINT idempotency_key_org_fk FOREIGN KEY (org_id) REFERENCES org (org_id)
);
