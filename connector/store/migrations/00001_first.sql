-- The first schema. Written for SQLite and PostgreSQL alike: TEXT, BIGINT,
-- named checks and partial unique indexes, and no function of either of them.
-- Each "doc" is the whole row as JSON; the columns beside it are what
-- constraints and queries need. A time is in microseconds since 1970 (UTC).

-- +goose Up
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE chain (
    interaction TEXT   NOT NULL PRIMARY KEY,
    state       TEXT   NOT NULL,
    psr         TEXT   NOT NULL,
    serial      BIGINT NOT NULL,
    offer       BIGINT NOT NULL,
    agent       TEXT   NOT NULL,
    doc         TEXT   NOT NULL,
    CONSTRAINT chain_named  CHECK (interaction <> ''),
    CONSTRAINT chain_state  CHECK (state IN ('sighted', 'held', 'announced', 'pushing', 'alerting', 'retracting', 'opened', 'closing', 'requeueing', 'gone')),
    CONSTRAINT chain_serial CHECK (serial >= 0),
    CONSTRAINT chain_offer  CHECK (offer >= 0)
);

-- At most one push per PSR is ever outstanding.
CREATE UNIQUE INDEX chain_one_push ON chain (psr)
    WHERE psr <> '' AND state IN ('pushing', 'alerting', 'retracting');

CREATE TABLE interaction (
    id     TEXT   NOT NULL PRIMARY KEY,
    state  TEXT   NOT NULL,
    offers BIGINT NOT NULL,
    doc    TEXT   NOT NULL,
    CONSTRAINT interaction_named  CHECK (id <> ''),
    CONSTRAINT interaction_state  CHECK (state IN ('waiting', 'offered', 'alerting', 'connected', 'wrap-up', 'closed')),
    CONSTRAINT interaction_offers CHECK (offers >= 0)
);

CREATE TABLE leg (
    interaction TEXT   NOT NULL,
    offer       BIGINT NOT NULL,
    agent       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    size        BIGINT NOT NULL,
    CONSTRAINT leg_once  PRIMARY KEY (interaction, offer),
    CONSTRAINT leg_of    FOREIGN KEY (interaction) REFERENCES interaction (id) ON DELETE CASCADE,
    CONSTRAINT leg_agent CHECK (agent <> ''),
    CONSTRAINT leg_offer CHECK (offer >= 1),
    CONSTRAINT leg_state CHECK (state IN ('offered', 'alerting', 'connected', 'wrap-up')),
    CONSTRAINT leg_size  CHECK (size BETWEEN 1 AND 100)
);

-- At most one live offer per interaction.
CREATE UNIQUE INDEX leg_one_live ON leg (interaction)
    WHERE state IN ('offered', 'alerting', 'connected');

CREATE TABLE agent (
    id  TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL,
    CONSTRAINT agent_named CHECK (id <> '')
);

CREATE TABLE cursor (
    channel TEXT   NOT NULL PRIMARY KEY,
    replay  BIGINT NOT NULL,
    CONSTRAINT cursor_named CHECK (channel <> '')
);

CREATE TABLE outbox (
    id          TEXT   NOT NULL PRIMARY KEY,
    seq         BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    interaction TEXT   NOT NULL,
    doc         TEXT   NOT NULL,
    CONSTRAINT outbox_named CHECK (id <> '')
);

-- The order in which effects were decided.
CREATE UNIQUE INDEX outbox_order ON outbox (seq);

CREATE TABLE journal (
    seq         BIGINT NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    interaction TEXT   NOT NULL,
    what        TEXT   NOT NULL,
    offer       BIGINT NOT NULL,
    agent       TEXT   NOT NULL,
    why         TEXT   NOT NULL
);

CREATE INDEX journal_interaction ON journal (interaction, seq);
