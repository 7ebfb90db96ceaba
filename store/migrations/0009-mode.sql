-- Whether a show is a rehearsal is told by its being a take. What stored rundowns still
-- say of it is read over.
ALTER TABLE session DROP COLUMN mode;
