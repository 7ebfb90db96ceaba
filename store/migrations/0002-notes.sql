-- A reason for each entry that is out and for each further round, and the
-- log's own records, and how often a paper was changed.
ALTER TABLE entry ADD COLUMN reason TEXT NOT NULL DEFAULT '';

ALTER TABLE ballot ADD COLUMN note TEXT NOT NULL DEFAULT '';

ALTER TABLE vote_event ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;

CREATE TABLE ledger_note (
    round BIGINT NOT NULL REFERENCES tally (no),
    kind  TEXT NOT NULL CHECK (kind IN ('open', 'close', 'checkpoint')),
    at    BIGINT NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (round, kind)
);
