-- The record of a contest, for SQLite and for PostgreSQL: the same text loads
-- into both. It is what a fresh database gets; an older one is brought here by
-- store/migrations. Keep both in step and raise the version below.
--
-- Times are unix milliseconds (0 = never), ids are text that we make, JSON is
-- text, hashes are lower-case hex. Numbers that must be dense come from the
-- table "counter", because sequences leave gaps.

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);
INSERT INTO schema_version (version) VALUES (1);

-- meta ----------------------------------------------------------------------

CREATE TABLE secret (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL -- base64
);

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL -- the last one given out
);

-- contest -------------------------------------------------------------------

CREATE TABLE plan (
    version BIGINT PRIMARY KEY, -- dense from 1; the highest is in force
    hash    TEXT NOT NULL,      -- SHA-256 of body
    body    TEXT NOT NULL       -- JSON, see contest.ParsePlan
);

CREATE TABLE entry (
    id        TEXT PRIMARY KEY,
    no        BIGINT NOT NULL UNIQUE CHECK (no >= 1), -- order of registration
    title     TEXT NOT NULL,
    track     TEXT NOT NULL,
    direction BIGINT NOT NULL,
    team      TEXT NOT NULL,
    lead      TEXT NOT NULL,
    partners  TEXT NOT NULL,     -- JSON list of names
    summary   TEXT NOT NULL,
    run_order BIGINT NOT NULL,   -- from the draw, never from a result
    state     TEXT NOT NULL CHECK (state IN ('qualified', 'withdrawn', 'disqualified')),
    sample    BOOLEAN NOT NULL   -- made up, for rehearsals
);

CREATE TABLE judge (
    id     TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    org    TEXT NOT NULL,
    sector TEXT NOT NULL,
    sample BOOLEAN NOT NULL
);

CREATE TABLE session (
    id        TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    subtitle  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    mode      TEXT NOT NULL CHECK (mode IN ('live', 'rehearsal')),
    run_order BIGINT NOT NULL,
    rundown   TEXT NOT NULL,    -- JSON of cue.Rundown, '' = none yet
    rev       BIGINT NOT NULL   -- of the rundown, grows by one with each change
);

CREATE TABLE session_entry (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    entry   TEXT NOT NULL REFERENCES entry (id),
    pos     BIGINT NOT NULL, -- running order in this session, dense from 1
    PRIMARY KEY (session, entry)
);

CREATE TABLE session_judge (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    judge   TEXT NOT NULL REFERENCES judge (id),
    pos     BIGINT NOT NULL, -- seat, dense from 1
    PRIMARY KEY (session, judge)
);

CREATE TABLE camera (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,  -- of the slot that a broadcaster's link publishes to
    label   TEXT NOT NULL,  -- for people
    pos     BIGINT NOT NULL, -- in the director's row, dense from 1
    PRIMARY KEY (session, name)
);

-- vote ----------------------------------------------------------------------

CREATE TABLE ballot (
    no         BIGINT PRIMARY KEY CHECK (no >= 1), -- dense, for keys
    id         TEXT NOT NULL UNIQUE,
    session    TEXT NOT NULL,   -- '' = not tied to one
    title      TEXT NOT NULL,
    options    TEXT NOT NULL,   -- JSON list of vote.Option
    quota      TEXT NOT NULL,   -- JSON of vote.Quota
    visibility TEXT NOT NULL CHECK (visibility IN ('hidden', 'count', 'live')),
    level      BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('draft', 'armed', 'open', 'closed', 'revealed')),
    round      BIGINT NOT NULL CHECK (round >= 0),
    opens_at   BIGINT NOT NULL,
    closes_at  BIGINT NOT NULL,
    opened_at  BIGINT NOT NULL,
    deadline   BIGINT NOT NULL,
    weight     BIGINT NOT NULL
);

-- A round of a ballot and its count. The count moves in the transaction of the
-- votes that it counts, and a recount of vote_event must give the same.
CREATE TABLE tally (
    no        BIGINT PRIMARY KEY CHECK (no >= 1), -- of the round, dense among all ballots
    ballot_no BIGINT NOT NULL REFERENCES ballot (no),
    round     BIGINT NOT NULL CHECK (round >= 1),
    votes     TEXT NOT NULL,   -- JSON list by option number - 1
    voters    BIGINT NOT NULL, -- people with at least one paper
    papers    BIGINT NOT NULL, -- papers that count now
    events    BIGINT NOT NULL, -- rows of vote_event, superseded ones too
    UNIQUE (ballot_no, round)
);

-- Every accepted paper, for ever; nothing here is ever changed or removed. The
-- key is what a retry repeats, so a vote cannot be in twice. The slot packs the
-- round and the voter: with one number that is dense and grows there is only one
-- way to look a voter up, which no planner misses, and no second index.
CREATE TABLE vote_event (
    slot        BIGINT NOT NULL, -- tally.no << 40 | voter.no
    rev         BIGINT NOT NULL CHECK (rev >= 1),
    pos         BIGINT NOT NULL, -- place in the round's ledger, dense from 0
    at          BIGINT NOT NULL, -- server arrival
    quota_key   TEXT NOT NULL,   -- vote.Paper.Window: '' or a date
    choice      TEXT NOT NULL,   -- option numbers, ascending, "1,5,9"
    client_salt TEXT NOT NULL,
    salt        TEXT NOT NULL,
    leaf        TEXT NOT NULL,
    promise     TEXT NOT NULL,
    PRIMARY KEY (slot, rev)
);

-- judging -------------------------------------------------------------------

CREATE TABLE sheet (
    session    TEXT NOT NULL,
    entry      TEXT NOT NULL,
    judge      TEXT NOT NULL,
    marks      TEXT NOT NULL,  -- JSON, criterion id to hundredths of a point
    comment    TEXT NOT NULL,
    rev        BIGINT NOT NULL CHECK (rev >= 1),
    state      TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'locked', 'recused')),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (session, entry, judge)
);

-- An entry whose sheets take no more changes; entry '*' = the whole session.
CREATE TABLE sheet_lock (
    session TEXT NOT NULL,
    entry   TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (session, entry)
);

-- stage ---------------------------------------------------------------------

-- What happened on stage, in order, one chain a session: hash covers prev and
-- every field, so no fact can be changed or taken out unnoticed.
CREATE TABLE fact (
    session TEXT NOT NULL,
    seq     BIGINT NOT NULL CHECK (seq >= 1), -- dense from 1
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL, -- JSON
    prev    TEXT NOT NULL, -- hash of seq - 1, '' for the first
    hash    TEXT NOT NULL,
    PRIMARY KEY (session, seq)
);

-- Sealed results. They are never changed; a new version stands beside the old.
CREATE TABLE seal (
    session TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1), -- dense from 1
    root    TEXT NOT NULL,
    body    TEXT NOT NULL, -- JSON
    PRIMARY KEY (session, version)
);

CREATE TABLE message (
    no       BIGINT PRIMARY KEY, -- dense, order of arrival
    id       TEXT NOT NULL UNIQUE,
    session  TEXT NOT NULL,
    voter_no BIGINT NOT NULL,    -- 0 = not an audience device
    name     TEXT NOT NULL,
    body     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'retracted'))
);
CREATE INDEX message_by_state ON message (session, state, no);

-- access --------------------------------------------------------------------

CREATE TABLE staff (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    roles    TEXT NOT NULL,    -- JSON list
    hash     TEXT NOT NULL,    -- argon2id, PHC form; '' = no password
    disabled BOOLEAN NOT NULL
);

CREATE TABLE staff_session (
    token_hash TEXT PRIMARY KEY,
    staff      TEXT NOT NULL REFERENCES staff (id),
    created    BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    revoked    BOOLEAN NOT NULL
);
CREATE INDEX staff_session_by_staff ON staff_session (staff);

CREATE TABLE link (
    id         TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    session    TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created    BIGINT NOT NULL,
    revoked    BOOLEAN NOT NULL,
    last_used  BIGINT NOT NULL
);

CREATE TABLE one_time (
    token_hash TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    expires    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);

CREATE TABLE voter (
    no      BIGINT PRIMARY KEY,   -- dense, never shown to anyone
    uid     TEXT NOT NULL UNIQUE, -- keyed hash
    level   BIGINT NOT NULL,      -- proven identity level
    created BIGINT NOT NULL
);

CREATE TABLE ticket (
    hash    TEXT PRIMARY KEY,
    level   BIGINT NOT NULL,
    used_by BIGINT REFERENCES voter (no), -- null = not yet
    used_at BIGINT NOT NULL
);
