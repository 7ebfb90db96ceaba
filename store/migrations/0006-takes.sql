-- Rehearsals of a session. There were none in what older programs wrote.
CREATE TABLE take (
    show    TEXT PRIMARY KEY REFERENCES show (id),
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    no      BIGINT NOT NULL CHECK (no >= 1),
    began   BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    purged  BIGINT NOT NULL,
    told    BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    UNIQUE (contest, session, no)
);
CREATE UNIQUE INDEX take_on ON take (contest, session) WHERE ended = 0;
