-- Whose scores are in a session's result too: ids, with a blank between.
ALTER TABLE session ADD COLUMN joins TEXT NOT NULL DEFAULT '';
