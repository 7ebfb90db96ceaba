-- What the back office did, a row for each act.
CREATE TABLE change (
    no      BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    contest TEXT NOT NULL,
    verb    TEXT NOT NULL,
    id      TEXT NOT NULL,
    before  TEXT NOT NULL,
    after   TEXT NOT NULL
);
