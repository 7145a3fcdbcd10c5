-- What is said through business numbers: in customer groups, and to single people.
CREATE TABLE chat_message (
    place bigint GENERATED ALWAYS AS IDENTITY,
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    grp text COLLATE "C",                         -- the group in whose conversation it stands, if it is one's
    person text COLLATE "C",                      -- who wrote it, or whom alone it was written to
    name bytea,                                   -- what whoever wrote it calls themselves
    direction text COLLATE "C" NOT NULL,
    content bytea NOT NULL,                       -- JSON: see chat_message/form.rs
    reply_to text COLLATE "C",
    task bytea,
    status text COLLATE "C" NOT NULL,
    fault bytea,
    provider_id text COLLATE "C",
    at bigint NOT NULL,
    PRIMARY KEY (app, place),
    UNIQUE (app, id)
);
CREATE INDEX chat_message_number ON chat_message (app, number, place);
CREATE INDEX chat_message_group ON chat_message (app, grp, place) WHERE grp IS NOT NULL;
CREATE INDEX chat_message_person ON chat_message (app, person, place) WHERE person IS NOT NULL;
CREATE INDEX chat_message_provider ON chat_message (app, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX chat_message_at ON chat_message (at);
