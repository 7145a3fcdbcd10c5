-- How many transactions have committed, counted by each. It begins so high that it always takes eight bytes: then the
-- row keeps its form and its place, and can be read in the file itself, without the write-ahead log.
CREATE TABLE commits (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    store BLOB NOT NULL,                          -- 16 random bytes: which database this is, and what was copied from it
    count INTEGER NOT NULL
) STRICT;
INSERT INTO commits (only, store, count) VALUES (1, randomblob(16), 281474976710656);
