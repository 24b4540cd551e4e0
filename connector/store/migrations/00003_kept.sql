-- What others keep beside the loop's own state: logins, providers. Each kind is
-- its owner's; the store knows only names and documents.

-- +goose Up
CREATE TABLE kept (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    doc  TEXT NOT NULL,
    CONSTRAINT kept_once  PRIMARY KEY (kind, name),
    CONSTRAINT kept_named CHECK (kind <> '' AND name <> '')
);
