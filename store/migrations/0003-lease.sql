-- Who may act for what has one owner among several nodes.
CREATE TABLE lease (
    name    TEXT PRIMARY KEY,
    epoch   BIGINT NOT NULL CHECK (epoch >= 1),
    holder  TEXT NOT NULL,
    address TEXT NOT NULL,
    until   BIGINT NOT NULL
);
