-- What is said through business numbers: in customer groups, and to single people.
CREATE TABLE chat_message (
    place INTEGER PRIMARY KEY AUTOINCREMENT,      -- never given twice: readers go on behind the last that they have seen
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    grp TEXT,                                     -- the group in whose conversation it stands, if it is one's
    person TEXT,                                  -- who wrote it, or whom alone it was written to
    name TEXT,                                    -- what whoever wrote it calls themselves
    direction TEXT NOT NULL,
    content TEXT NOT NULL,                        -- JSON: see chat_message/form.rs
    reply_to TEXT,
    task TEXT,
    status TEXT NOT NULL,
    fault TEXT,
    provider_id TEXT,
    at INTEGER NOT NULL,
    UNIQUE (app, id)
) STRICT;
CREATE INDEX chat_message_number ON chat_message (app, number, place);
CREATE INDEX chat_message_group ON chat_message (app, grp, place) WHERE grp IS NOT NULL;
CREATE INDEX chat_message_person ON chat_message (app, person, place) WHERE person IS NOT NULL;
CREATE INDEX chat_message_provider ON chat_message (app, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX chat_message_at ON chat_message (at);
