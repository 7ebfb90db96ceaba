-- Whose result a session reveals.
ALTER TABLE session ADD COLUMN reveals TEXT NOT NULL DEFAULT '';
