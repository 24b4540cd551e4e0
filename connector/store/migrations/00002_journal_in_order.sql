-- The journal is kept in the order of its numbers, with no index of their own
-- beside it: a commit writes a quarter fewer pages. {sequence} is the type of a
-- key that counts, the one thing here that databases name differently.

-- +goose Up
DROP INDEX journal_interaction;

ALTER TABLE journal RENAME TO journal_before;

CREATE TABLE journal (
    seq         {sequence} NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    interaction TEXT   NOT NULL,
    what        TEXT   NOT NULL,
    offer       BIGINT NOT NULL,
    agent       TEXT   NOT NULL,
    why         TEXT   NOT NULL
);

INSERT INTO journal (seq, at, interaction, what, offer, agent, why)
    SELECT seq, at, interaction, what, offer, agent, why FROM journal_before ORDER BY seq;

DROP TABLE journal_before;

CREATE INDEX journal_interaction ON journal (interaction, seq);
