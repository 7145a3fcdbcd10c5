-- Callbacks that applications are owed, and those that nobody took.
CREATE TABLE owed_call (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL,
    lane text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    made_at bigint NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint NOT NULL,
    dead bigint NOT NULL,
    fault bytea NOT NULL
);
-- What is due, and the first of each lane.
CREATE INDEX owed_call_due ON owed_call (dead, next_at);
CREATE INDEX owed_call_lane ON owed_call (app, lane, number) WHERE dead = 0;
CREATE INDEX owed_call_app ON owed_call (app, dead, number);
