-- Callbacks that applications are owed, and those that nobody took.
CREATE TABLE owed_call (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    app TEXT NOT NULL,
    lane TEXT NOT NULL,
    event TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    fault TEXT NOT NULL
) STRICT;
-- What is due, and the first of each lane.
CREATE INDEX owed_call_due ON owed_call (dead, next_at);
CREATE INDEX owed_call_lane ON owed_call (app, lane, number) WHERE dead = 0;
CREATE INDEX owed_call_app ON owed_call (app, dead, number);
