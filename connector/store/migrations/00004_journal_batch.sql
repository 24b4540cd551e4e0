-- Entries that were written many at once, as one row: of the rows and index
-- entries that they are otherwise, a commit would have more work than its disk.
-- "seq" is the number of the last of them; "doc" is all of them as JSON, in
-- order. Pruning turns them into rows of the journal, when there is time.

-- +goose Up
CREATE TABLE journal_batch (
    seq {sequence} NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
);
