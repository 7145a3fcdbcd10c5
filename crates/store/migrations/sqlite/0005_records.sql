-- Applications, channels and what hangs on them are keyed by their ids, as accounts are: the same tables as on PostgreSQL.

CREATE TABLE app_new (
    number INTEGER PRIMARY KEY,                   -- the order of creation
    app TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    generation INTEGER NOT NULL,                  -- 1 or 2
    data_center TEXT NOT NULL,
    name TEXT,
    sealed_key BLOB NOT NULL,
    retention_days INTEGER NOT NULL,
    audit TEXT NOT NULL,                          -- JSON
    callback_url TEXT,
    disabled INTEGER NOT NULL,
    config TEXT NOT NULL,                         -- JSON
    extension TEXT NOT NULL,                      -- JSON
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;
INSERT INTO app_new
    SELECT a.key, s.id, a.account, a.generation, a.data_center, a.name, a.sealed_key, a.retention_days, a.audit,
        a.callback_url, a.disabled, a.config, a.extension, a.created_at, a.modified_at
    FROM app a JOIN space s ON s.key = a.key;

CREATE TABLE channel_new (
    number INTEGER PRIMARY KEY,                   -- the order of creation
    app TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO channel_new
    SELECT c.key, s.id, c.account, c.name, c.created_at FROM channel c JOIN space s ON s.key = c.key;

-- Business numbers. A number is bound once, whatever the channel.
CREATE TABLE number (
    place INTEGER PRIMARY KEY,                    -- the order of binding
    number TEXT NOT NULL UNIQUE,
    app TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO number
    SELECT n.key, n.number, s.id, n.created_at FROM business_number n JOIN space s ON s.key = n.channel_key;

-- A customer group; its roster and stream belong to the group of the same id.
CREATE TABLE chat_group_new (
    place INTEGER PRIMARY KEY,                    -- the group's number: the order of creation
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    subject TEXT NOT NULL,
    description TEXT,
    picture TEXT,
    status TEXT NOT NULL,
    status_since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (app, id)
) STRICT;
INSERT INTO chat_group_new
    SELECT c.key, s.id, g.id, c.number, c.subject, c.description, c.picture, c.status, c.status_since, c.created_at,
        c.modified_at
    FROM chat_group c JOIN "group" g ON g.key = c.key JOIN space s ON s.key = g.space_key;

-- Invite codes. A code stands for one group, whatever the channel.
CREATE TABLE invite_new (
    code TEXT PRIMARY KEY,
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO invite_new
    SELECT i.code, s.id, g.id, i.created_at, i.revoked_at
    FROM invite i JOIN "group" g ON g.key = i.group_key JOIN space s ON s.key = g.space_key;

DROP TABLE invite;
DROP TABLE chat_group;
DROP TABLE business_number;
DROP TABLE channel;
DROP TABLE app;
ALTER TABLE invite_new RENAME TO invite;
ALTER TABLE chat_group_new RENAME TO chat_group;
ALTER TABLE channel_new RENAME TO channel;
ALTER TABLE app_new RENAME TO app;

CREATE INDEX app_by_account ON app (account, generation, number, data_center);
CREATE INDEX channel_by_account ON channel (account, number);
CREATE INDEX number_by_channel ON number (app, place);
CREATE INDEX chat_group_by_number ON chat_group (app, number, place, status, subject);
CREATE INDEX chat_group_by_status ON chat_group (status, status_since);
CREATE UNIQUE INDEX invite_in_force ON invite (app, id) WHERE revoked_at IS NULL;
CREATE INDEX invite_by_group ON invite (app, id);
