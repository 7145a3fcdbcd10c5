-- What ids of groups and users are unique in: an application, or a channel of customer groups.
-- Keys of other tables are these small integers, never the ids: an index entry stays short.
CREATE TABLE space (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,                          -- of the streams of its users
    existing_groups INTEGER NOT NULL DEFAULT 0,
    deleted_groups INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE app (
    key INTEGER PRIMARY KEY REFERENCES space (key),
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
CREATE INDEX app_by_account ON app (account, generation, key, data_center);

-- AUTOINCREMENT: the key is also the group's number, a cursor of lists, and is never given twice.
CREATE TABLE "group" (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    space_key INTEGER NOT NULL REFERENCES space (key),
    id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    creator TEXT,
    admins TEXT NOT NULL,                         -- JSON
    name TEXT,
    info TEXT,
    extension TEXT NOT NULL,                      -- JSON
    created_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER,
    deleted_by TEXT
) STRICT;
CREATE UNIQUE INDEX group_by_id ON "group" (space_key, id);
CREATE INDEX group_by_space ON "group" (space_key, key);
CREATE INDEX group_by_state ON "group" (space_key, deleted, key);
CREATE INDEX group_to_purge ON "group" (deleted_at) WHERE deleted = 1;

-- A group's figures: apart from its record, because they change with every batch of joins or messages.
CREATE TABLE figures (
    group_key INTEGER PRIMARY KEY REFERENCES "group" (key),
    next_join INTEGER NOT NULL,                   -- no join number from here on was ever given
    views INTEGER NOT NULL,
    super_group INTEGER NOT NULL,
    sequence INTEGER NOT NULL                     -- of the last entry of its stream
) STRICT;

CREATE TABLE message_count (
    group_key INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (group_key, kind)
) STRICT, WITHOUT ROWID;

-- Durable members. The clustered key makes 64 neighbours of a roster one read; the index is both the rule that a user
-- is a member once and the list of a user's groups.
CREATE TABLE member (
    group_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    space_key INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    info TEXT,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (group_key, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX member_by_user ON member (space_key, user_id, group_key);

-- Deleted groups whose rows in `member` are still to be removed.
CREATE TABLE abandoned_roster (
    group_key INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE user_stream (
    key INTEGER PRIMARY KEY,
    space_key INTEGER NOT NULL REFERENCES space (key),
    user_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    UNIQUE (space_key, user_id)
) STRICT;

-- Stored events of all streams, appended. `stream` is a group's key, or minus a user stream's key. A message has its
-- columns, any other event its JSON.
CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    space_key INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,                          -- when the message was taken, or the event stored
    kind INTEGER,
    message_id TEXT,
    sender TEXT,
    sender_info TEXT,
    body TEXT,
    weight INTEGER,
    level INTEGER,
    repeat INTEGER,
    total INTEGER,
    cached INTEGER,
    stored_at INTEGER,                            -- of a message, when it differs from `at`
    event TEXT                                    -- JSON
) STRICT;
CREATE UNIQUE INDEX entry_by_sequence ON entry (stream, sequence);
CREATE INDEX entry_by_kind ON entry (stream, kind, sequence, at) WHERE kind IS NOT NULL;
CREATE INDEX entry_by_age ON entry (space_key, at);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ram_user (
    account TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_key (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    user_name TEXT,                               -- none: the account's own key
    secret BLOB NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account, user_name) REFERENCES ram_user (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (
    account TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    account TEXT NOT NULL,
    user_name TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (account, user_name, policy),
    FOREIGN KEY (account, user_name) REFERENCES ram_user (account, name),
    FOREIGN KEY (account, policy) REFERENCES policy (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
    key INTEGER PRIMARY KEY REFERENCES space (key),
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX channel_by_account ON channel (account, key);

CREATE TABLE business_number (
    key INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    channel_key INTEGER NOT NULL REFERENCES channel (key),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX business_number_by_channel ON business_number (channel_key, key);

-- A customer group; its roster and stream belong to the group of the same key.
CREATE TABLE chat_group (
    key INTEGER PRIMARY KEY REFERENCES "group" (key),
    channel_key INTEGER NOT NULL REFERENCES channel (key),
    number TEXT NOT NULL,
    subject TEXT NOT NULL,
    description TEXT,
    picture TEXT,
    status TEXT NOT NULL,
    status_since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;
CREATE INDEX chat_group_by_number ON chat_group (channel_key, number, key, status, subject);
CREATE INDEX chat_group_by_status ON chat_group (status, status_since);

CREATE TABLE invite (
    code TEXT PRIMARY KEY,
    group_key INTEGER NOT NULL REFERENCES chat_group (key),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invite_in_force ON invite (group_key) WHERE revoked_at IS NULL;
CREATE INDEX invite_by_group ON invite (group_key);
