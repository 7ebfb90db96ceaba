-- Several contests in a record: what there was belongs to the one whose plan is in
-- force, $CODE. What is hashed keeps the name that it was hashed with: facts by
-- show.name, logs by ballot.log_name, and what stands in a text stays as it is.
-- Tables with another key are made again: children are dropped before their parents,
-- for SQLite takes the children's rows along.
ALTER TABLE session_entry RENAME TO old_session_entry;
ALTER TABLE session_judge RENAME TO old_session_judge;
ALTER TABLE camera RENAME TO old_camera;
ALTER TABLE session RENAME TO old_session;
ALTER TABLE entry RENAME TO old_entry;
ALTER TABLE judge RENAME TO old_judge;
ALTER TABLE plan RENAME TO old_plan;

CREATE TABLE contest (
    code TEXT PRIMARY KEY,
    no   BIGINT NOT NULL UNIQUE
);
INSERT INTO contest (code, no) SELECT '$CODE', 1 WHERE EXISTS (SELECT 1 FROM old_plan);

CREATE TABLE plan (
    contest TEXT NOT NULL,
    version BIGINT NOT NULL,
    hash    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (contest, version)
);
INSERT INTO plan (contest, version, hash, body) SELECT '$CODE', version, hash, body FROM old_plan;

CREATE TABLE entry (
    contest   TEXT NOT NULL,
    id        TEXT NOT NULL,
    no        BIGINT NOT NULL CHECK (no >= 1),
    title     TEXT NOT NULL,
    track     TEXT NOT NULL,
    direction BIGINT NOT NULL,
    team      TEXT NOT NULL,
    lead      TEXT NOT NULL,
    partners  TEXT NOT NULL,
    summary   TEXT NOT NULL,
    run_order BIGINT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('qualified', 'withdrawn', 'disqualified')),
    sample    BOOLEAN NOT NULL,
    reason    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (contest, id),
    UNIQUE (contest, no)
);
INSERT INTO entry (contest, id, no, title, track, direction, team, lead, partners, summary, run_order, state, sample, reason)
    SELECT '$CODE', id, no, title, track, direction, team, lead, partners, summary, run_order, state, sample, reason FROM old_entry;

CREATE TABLE judge (
    contest TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    org     TEXT NOT NULL,
    sector  TEXT NOT NULL,
    sample  BOOLEAN NOT NULL,
    PRIMARY KEY (contest, id)
);
INSERT INTO judge (contest, id, name, org, sector, sample) SELECT '$CODE', id, name, org, sector, sample FROM old_judge;

CREATE TABLE session (
    contest   TEXT NOT NULL,
    id        TEXT NOT NULL,
    title     TEXT NOT NULL,
    subtitle  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    mode      TEXT NOT NULL CHECK (mode IN ('live', 'rehearsal')),
    run_order BIGINT NOT NULL,
    rundown   TEXT NOT NULL,
    rev       BIGINT NOT NULL,
    PRIMARY KEY (contest, id)
);
INSERT INTO session (contest, id, title, subtitle, kind, mode, run_order, rundown, rev)
    SELECT '$CODE', id, title, subtitle, kind, mode, run_order, rundown, rev FROM old_session;

CREATE TABLE session_entry (
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    entry   TEXT NOT NULL,
    pos     BIGINT NOT NULL,
    PRIMARY KEY (contest, session, entry),
    FOREIGN KEY (contest, session) REFERENCES session (contest, id) ON DELETE CASCADE,
    FOREIGN KEY (contest, entry) REFERENCES entry (contest, id)
);
INSERT INTO session_entry (contest, session, entry, pos) SELECT '$CODE', session, entry, pos FROM old_session_entry;

CREATE TABLE session_judge (
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    judge   TEXT NOT NULL,
    pos     BIGINT NOT NULL,
    PRIMARY KEY (contest, session, judge),
    FOREIGN KEY (contest, session) REFERENCES session (contest, id) ON DELETE CASCADE,
    FOREIGN KEY (contest, judge) REFERENCES judge (contest, id)
);
INSERT INTO session_judge (contest, session, judge, pos) SELECT '$CODE', session, judge, pos FROM old_session_judge;

CREATE TABLE show (
    id      TEXT PRIMARY KEY,
    contest TEXT NOT NULL,
    session TEXT NOT NULL,
    take    BIGINT NOT NULL,
    name    TEXT NOT NULL UNIQUE
);
INSERT INTO show (id, contest, session, take, name)
    SELECT '$CODE/' || id, '$CODE', id, 0, id FROM old_session
    UNION SELECT '$CODE/' || session, '$CODE', session, 0, session FROM fact;

CREATE TABLE camera (
    show  TEXT NOT NULL,
    name  TEXT NOT NULL,
    label TEXT NOT NULL,
    pos   BIGINT NOT NULL,
    PRIMARY KEY (show, name)
);
INSERT INTO camera (show, name, label, pos) SELECT '$CODE/' || session, name, label, pos FROM old_camera;

DROP TABLE old_session_entry;
DROP TABLE old_session_judge;
DROP TABLE old_camera;
DROP TABLE old_session;
DROP TABLE old_entry;
DROP TABLE old_judge;
DROP TABLE old_plan;

ALTER TABLE ballot RENAME COLUMN session TO show;
ALTER TABLE ballot ADD COLUMN log_name TEXT NOT NULL DEFAULT '';
UPDATE ballot SET log_name = id, id = '$CODE/' || id;
UPDATE ballot SET show = '$CODE/' || show WHERE show <> '';

ALTER TABLE sheet RENAME COLUMN session TO show;
UPDATE sheet SET show = '$CODE/' || show;
ALTER TABLE sheet_lock RENAME COLUMN session TO show;
UPDATE sheet_lock SET show = '$CODE/' || show;
ALTER TABLE fact RENAME COLUMN session TO show;
UPDATE fact SET show = '$CODE/' || show;
ALTER TABLE seal RENAME COLUMN session TO show;
UPDATE seal SET show = '$CODE/' || show;
ALTER TABLE message RENAME COLUMN session TO show;
UPDATE message SET show = '$CODE/' || show;
ALTER TABLE link RENAME COLUMN session TO show;
UPDATE link SET show = '$CODE/' || show;

-- Whoever could do all in the only contest may make another.
CREATE TABLE staff_role (
    staff    TEXT NOT NULL REFERENCES staff (id),
    contest  TEXT NOT NULL,
    roles    TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    PRIMARY KEY (staff, contest)
);
INSERT INTO staff_role (staff, contest, roles, disabled) SELECT id, '$CODE', roles, disabled FROM staff;
ALTER TABLE staff ADD COLUMN founder BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE staff SET founder = (roles LIKE '%"organiser"%' AND NOT disabled);
ALTER TABLE staff DROP COLUMN roles;
ALTER TABLE staff DROP COLUMN disabled;

CREATE TABLE voter_level (
    voter   BIGINT NOT NULL REFERENCES voter (no),
    contest TEXT NOT NULL,
    level   BIGINT NOT NULL,
    PRIMARY KEY (voter, contest)
);
INSERT INTO voter_level (voter, contest, level) SELECT no, '$CODE', level FROM voter WHERE level > 0;
ALTER TABLE voter DROP COLUMN level;

ALTER TABLE ticket ADD COLUMN contest TEXT NOT NULL DEFAULT '';
UPDATE ticket SET contest = '$CODE';

UPDATE change SET contest = '$CODE';
