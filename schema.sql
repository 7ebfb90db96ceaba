-- The record of contests, for SQLite and for PostgreSQL: the same text loads
-- into both. It is what a fresh database gets; an older one is brought here by
-- store/migrations. Keep both in step and raise the version below.
--
-- Times are unix milliseconds (0 = never), ids are text that we make, JSON is
-- text, hashes are lower-case hex. Numbers that must be dense come from the
-- table "counter", because sequences leave gaps. What belongs to a contest has its
-- code in the column "contest"; what belongs to one show, a session in one take,
-- has the show's id, "CODE/session" or "CODE/session~take", in the column "show".

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);
INSERT INTO schema_version (version) VALUES (10);

-- meta ----------------------------------------------------------------------

CREATE TABLE secret (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL -- base64
);

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL -- the last one given out
);

-- Who may act for what has one owner among several nodes: a show, the ballots. The
-- epoch grows each time that it changes hands, and every write of an owner carries
-- its own. SQLite has one node, and no rows here.
CREATE TABLE lease (
    name    TEXT PRIMARY KEY,
    epoch   BIGINT NOT NULL CHECK (epoch >= 1),
    holder  TEXT NOT NULL,  -- a node's one run, '' = given back
    address TEXT NOT NULL,  -- where the other nodes reach the holder
    until   BIGINT NOT NULL -- by the database's clock
);

-- What the back office did: a row for each act, in the transaction of what it did.
-- It tells other nodes what to look at, and people who did what. It holds no secret.
CREATE TABLE change (
    no      BIGINT PRIMARY KEY, -- dense from 1, in the order of commits
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,      -- name of the account
    contest TEXT NOT NULL,      -- its code
    verb    TEXT NOT NULL,      -- access.Verb
    id      TEXT NOT NULL,      -- of what was changed, '' = several
    before  TEXT NOT NULL,      -- JSON, '' = it was not there
    after   TEXT NOT NULL       -- JSON, '' = it is no more
);

-- contest -------------------------------------------------------------------

CREATE TABLE contest (
    code TEXT PRIMARY KEY,      -- of its plan
    no   BIGINT NOT NULL UNIQUE -- dense from 1; the first is at home: short names are its
);

CREATE TABLE plan (
    contest TEXT NOT NULL,
    version BIGINT NOT NULL, -- dense from 1; the highest is in force
    hash    TEXT NOT NULL,   -- SHA-256 of body
    body    TEXT NOT NULL,   -- JSON, see plan.Parse
    PRIMARY KEY (contest, version)
);

CREATE TABLE entry (
    contest   TEXT NOT NULL,
    id        TEXT NOT NULL,
    no        BIGINT NOT NULL CHECK (no >= 1), -- order of registration
    title     TEXT NOT NULL,
    track     TEXT NOT NULL,
    direction BIGINT NOT NULL,
    team      TEXT NOT NULL,
    lead      TEXT NOT NULL,
    partners  TEXT NOT NULL,     -- JSON list of names
    summary   TEXT NOT NULL,
    run_order BIGINT NOT NULL,   -- from the draw, never from a result
    state     TEXT NOT NULL CHECK (state IN ('qualified', 'withdrawn', 'disqualified')),
    sample    BOOLEAN NOT NULL,  -- made up, for rehearsals
    reason    TEXT NOT NULL DEFAULT '', -- why it is withdrawn or disqualified
    PRIMARY KEY (contest, id),
    UNIQUE (contest, no)
);

CREATE TABLE judge (
    contest TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    org     TEXT NOT NULL,
    sector  TEXT NOT NULL,
    sample  BOOLEAN NOT NULL,
    PRIMARY KEY (contest, id)
);

CREATE TABLE session (
    contest   TEXT NOT NULL,
    id        TEXT NOT NULL,
    title     TEXT NOT NULL,
    subtitle  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    run_order BIGINT NOT NULL,
    rundown   TEXT NOT NULL,    -- JSON of cue.Rundown, '' = none yet
    rev       BIGINT NOT NULL,  -- of the rundown, grows by one with each change
    day       TEXT NOT NULL DEFAULT '', -- "2024-10-18", '' = not set yet
    time      TEXT NOT NULL DEFAULT '', -- "09:30"
    place     TEXT NOT NULL DEFAULT '',
    reveals   TEXT NOT NULL DEFAULT '', -- the session whose result is revealed here, '' = its own
    joins     TEXT NOT NULL DEFAULT '', -- the sessions whose scores are in its result too, with a blank between
    PRIMARY KEY (contest, id)
);

CREATE TABLE session_entry (
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    entry   TEXT NOT NULL,
    pos     BIGINT NOT NULL, -- running order in this session, dense from 1
    PRIMARY KEY (contest, session, entry),
    FOREIGN KEY (contest, session) REFERENCES session (contest, id) ON DELETE CASCADE,
    FOREIGN KEY (contest, entry) REFERENCES entry (contest, id)
);

CREATE TABLE session_judge (
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    judge   TEXT NOT NULL,
    pos     BIGINT NOT NULL, -- seat, dense from 1
    PRIMARY KEY (contest, session, judge),
    FOREIGN KEY (contest, session) REFERENCES session (contest, id) ON DELETE CASCADE,
    FOREIGN KEY (contest, judge) REFERENCES judge (contest, id)
);

CREATE TABLE show (
    id      TEXT PRIMARY KEY,
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    take    BIGINT NOT NULL,     -- 0 = the show itself, from 1 its rehearsals
    name    TEXT NOT NULL UNIQUE -- that its facts are hashed with: the id, or what an older record called it
);

-- A rehearsal of a session: a show of its own, with its own cues, ballots, sheets,
-- messages, seal and facts. Its row stays when all of that is purged, and so does the
-- number: what was hashed with it is not hashed with it again.
CREATE TABLE take (
    show    TEXT PRIMARY KEY REFERENCES show (id),
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    no      BIGINT NOT NULL CHECK (no >= 1), -- dense within the contest
    began   BIGINT NOT NULL,
    ended   BIGINT NOT NULL, -- 0 = it is on; nothing is written to it any more
    purged  BIGINT NOT NULL, -- 0 = its rows are there; else nobody looks at them
    told    BIGINT NOT NULL, -- fact of the show itself that says it was purged, 0 = some rows may be there
    by_name TEXT NOT NULL,   -- account that began it
    UNIQUE (contest, session, no)
);
CREATE UNIQUE INDEX take_on ON take (contest, session) WHERE ended = 0;

CREATE TABLE camera (
    show  TEXT NOT NULL,
    name  TEXT NOT NULL,   -- of the slot that a broadcaster's link publishes to
    label TEXT NOT NULL,   -- for people
    pos   BIGINT NOT NULL, -- in the director's row, dense from 1
    PRIMARY KEY (show, name)
);

-- vote ----------------------------------------------------------------------

CREATE TABLE ballot (
    no         BIGINT PRIMARY KEY CHECK (no >= 1), -- for keys, never given again
    id         TEXT NOT NULL UNIQUE, -- "CODE/ballot", "CODE/ballot~take"
    show       TEXT NOT NULL,   -- '' = not tied to one
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
    weight     BIGINT NOT NULL,
    note       TEXT NOT NULL DEFAULT '', -- public: why a round after the first is held
    log_name   TEXT NOT NULL DEFAULT ''  -- what its log calls it; '' = its id
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

-- What a round's log says besides votes: its opening, its close, the signed
-- checkpoint. Written once.
CREATE TABLE ledger_note (
    round BIGINT NOT NULL REFERENCES tally (no),
    kind  TEXT NOT NULL CHECK (kind IN ('open', 'close', 'checkpoint')),
    at    BIGINT NOT NULL,
    body  TEXT NOT NULL, -- the record's text
    PRIMARY KEY (round, kind)
);

-- Every accepted paper, for ever; nothing here is ever changed, or removed but with
-- a rehearsal that is purged. The key is what a retry repeats, so a vote cannot be in
-- twice. The slot packs the round and the voter: with one number that grows there is
-- only one way to look a voter up, which no planner misses, and no second index.
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
    changes     BIGINT NOT NULL DEFAULT 0, -- vote.Paper.Changes
    PRIMARY KEY (slot, rev)
);

-- judging -------------------------------------------------------------------

CREATE TABLE sheet (
    show       TEXT NOT NULL,
    entry      TEXT NOT NULL,
    judge      TEXT NOT NULL,
    marks      TEXT NOT NULL,  -- JSON, criterion id to hundredths of a point
    comment    TEXT NOT NULL,
    rev        BIGINT NOT NULL CHECK (rev >= 1),
    state      TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'locked', 'recused')),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (show, entry, judge)
);

-- An entry whose sheets take no more changes; entry '*' = the whole session.
CREATE TABLE sheet_lock (
    show  TEXT NOT NULL,
    entry TEXT NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (show, entry)
);

-- stage ---------------------------------------------------------------------

-- What happened on stage, in order, one chain a show: hash covers prev and
-- every field, so no fact can be changed or taken out unnoticed.
CREATE TABLE fact (
    show    TEXT NOT NULL,
    seq     BIGINT NOT NULL CHECK (seq >= 1), -- dense from 1
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL, -- JSON
    prev    TEXT NOT NULL, -- hash of seq - 1, '' for the first
    hash    TEXT NOT NULL,
    PRIMARY KEY (show, seq)
);

-- Sealed results. They are never changed; a new version stands beside the old.
CREATE TABLE seal (
    show    TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1), -- dense from 1
    root    TEXT NOT NULL,
    body    TEXT NOT NULL, -- JSON
    PRIMARY KEY (show, version)
);

CREATE TABLE message (
    no       BIGINT PRIMARY KEY, -- dense, order of arrival
    id       TEXT NOT NULL UNIQUE,
    show     TEXT NOT NULL,
    voter_no BIGINT NOT NULL,    -- 0 = not an audience device
    name     TEXT NOT NULL,
    body     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'retracted'))
);
CREATE INDEX message_by_state ON message (show, state, no);

-- access --------------------------------------------------------------------

CREATE TABLE staff (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    hash    TEXT NOT NULL,                 -- argon2id, PHC form; '' = no password
    founder BOOLEAN NOT NULL DEFAULT FALSE -- may make contests
);

-- What an account may in a contest; in one that is not here it may nothing.
CREATE TABLE staff_role (
    staff    TEXT NOT NULL REFERENCES staff (id),
    contest  TEXT NOT NULL,
    roles    TEXT NOT NULL, -- JSON list
    disabled BOOLEAN NOT NULL,
    PRIMARY KEY (staff, contest)
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
    show       TEXT NOT NULL,
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
    created BIGINT NOT NULL
);

-- The identity level that a device has proven in a contest; none is 0.
CREATE TABLE voter_level (
    voter   BIGINT NOT NULL REFERENCES voter (no),
    contest TEXT NOT NULL,
    level   BIGINT NOT NULL,
    PRIMARY KEY (voter, contest)
);

CREATE TABLE ticket (
    hash    TEXT PRIMARY KEY,
    level   BIGINT NOT NULL,
    used_by BIGINT REFERENCES voter (no), -- null = not yet
    used_at BIGINT NOT NULL,
    contest TEXT NOT NULL DEFAULT '' -- whose ballots it opens
);
