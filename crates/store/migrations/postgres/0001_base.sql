-- Everything but rosters and nodes. Whatever belongs to an application or a channel has its id, `app`, in front of its
-- key, so that the tables can be distributed by it; no foreign key leads from one application's rows to another's.
-- Times are milliseconds since 1970. What callers write freely is UTF-8 in `bytea`: `text` would not hold U+0000. Ids are compared by their bytes (COLLATE "C"): faster, and the same on every server.

CREATE TABLE setting (
    name text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
-- Its row is the lock under which accounts, users, keys and policies change.
INSERT INTO setting (name, value) VALUES ('directory', '');

CREATE TABLE account (
    id text COLLATE "C" PRIMARY KEY,
    created_at bigint NOT NULL
);

CREATE TABLE ram_user (
    account text COLLATE "C" NOT NULL REFERENCES account (id),
    name text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE access_key (
    id text COLLATE "C" PRIMARY KEY,
    account text COLLATE "C" NOT NULL REFERENCES account (id),
    user_name text COLLATE "C",                               -- none: the account's own key
    secret bytea NOT NULL,
    active boolean NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account, user_name) REFERENCES ram_user (account, name)
);

CREATE TABLE policy (
    account text COLLATE "C" NOT NULL REFERENCES account (id),
    name text COLLATE "C" NOT NULL,
    document text NOT NULL,
    modified_at bigint NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE attachment (
    account text COLLATE "C" NOT NULL,
    user_name text COLLATE "C" NOT NULL,
    policy text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, user_name, policy),
    FOREIGN KEY (account, user_name) REFERENCES ram_user (account, name),
    FOREIGN KEY (account, policy) REFERENCES policy (account, name)
);

-- What ids of groups and users are unique in: an application, or a channel of customer groups. Its row is the lock
-- under which groups of the application are made and deleted.
CREATE TABLE space (
    app text COLLATE "C" PRIMARY KEY,
    epoch text NOT NULL,                          -- of the streams of its users
    existing_groups bigint NOT NULL DEFAULT 0,
    deleted_groups bigint NOT NULL DEFAULT 0
);

-- How many applications of a generation an account has. Its row is the lock under which they are made.
CREATE TABLE app_count (
    account text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    total bigint NOT NULL,
    PRIMARY KEY (account, generation)
);

CREATE TABLE app (
    app text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,   -- the order of creation
    account text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,                   -- 1 or 2
    data_center text NOT NULL,
    name bytea,
    sealed_key bytea NOT NULL,
    retention_days bigint NOT NULL,
    audit text NOT NULL,                          -- JSON
    callback_url bytea,
    disabled boolean NOT NULL,
    config text NOT NULL,                         -- JSON
    extension text NOT NULL,                      -- JSON
    created_at bigint NOT NULL,
    modified_at bigint NOT NULL
);
CREATE INDEX app_by_account ON app (account, generation, number);

-- Numbers of groups and of users' streams: a number names one stream of its application, and is never given twice.
CREATE SEQUENCE stream_number;

-- A group's record. It does not change but for its end.
CREATE TABLE grp (
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,                       -- rises in the order of creation within the application
    epoch text NOT NULL,
    creator text,
    admins text NOT NULL,                         -- JSON
    name bytea,
    info bytea,
    extension text NOT NULL,                      -- JSON
    created_at bigint NOT NULL,
    deleted_at bigint,
    deleted_by text,
    PRIMARY KEY (app, id)
);
CREATE UNIQUE INDEX grp_by_number ON grp (app, number);
CREATE INDEX grp_existing ON grp (app, number) WHERE deleted_at IS NULL;
CREATE INDEX grp_deleted ON grp (app, number) WHERE deleted_at IS NOT NULL;
CREATE INDEX grp_to_purge ON grp (deleted_at) WHERE deleted_at IS NOT NULL;

-- The end of a stream. Its row is the lock under which entries and counts of the stream change.
CREATE TABLE stream (
    app text COLLATE "C" NOT NULL,
    kind bigint NOT NULL,                         -- 1: a group's, 2: a user's
    name text COLLATE "C" NOT NULL,                           -- the group or the user
    number bigint NOT NULL,                       -- of the group, for a group's
    sequence bigint NOT NULL DEFAULT 0,           -- of its last entry
    closed boolean NOT NULL DEFAULT false,        -- its group is deleted
    PRIMARY KEY (app, kind, name)
) WITH (fillfactor = 50);                         -- room for new versions of a row on its page: no index changes

-- Stored events. A message has its columns, any other event its JSON.
CREATE TABLE entry (
    app text COLLATE "C" NOT NULL,
    stream bigint NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,                           -- when the message was taken, or the event stored
    kind bigint,
    message_id text,
    sender text,
    sender_info bytea,
    body bytea,
    weight bigint,
    level bigint,
    repeat bigint,
    total bigint,
    cached boolean,
    stored_at bigint,                             -- of a message, when it differs from `at`
    event text,                                   -- JSON
    PRIMARY KEY (app, stream, sequence)
);
CREATE INDEX entry_by_kind ON entry (app, stream, kind, sequence) WHERE kind IS NOT NULL;
CREATE INDEX entry_by_age ON entry (app, at);

CREATE TABLE message_count (
    app text COLLATE "C" NOT NULL,
    stream bigint NOT NULL,
    kind bigint NOT NULL,
    total bigint NOT NULL,
    PRIMARY KEY (app, stream, kind)
) WITH (fillfactor = 50);

CREATE TABLE channel (
    app text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,   -- the order of creation
    account text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX channel_by_account ON channel (account, number);

-- Business numbers. A number is bound once, whatever the channel.
CREATE TABLE number (
    number text COLLATE "C" PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY,    -- the order of binding
    app text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX number_by_channel ON number (app, place);

-- A customer group; its roster and stream belong to the group of the same id.
CREATE TABLE chat_group (
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    place bigint NOT NULL,                        -- the group's number: the order of creation
    number text COLLATE "C" NOT NULL,
    subject bytea NOT NULL,
    description bytea,
    picture bytea,
    status text COLLATE "C" NOT NULL,
    status_since bigint NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint NOT NULL,
    PRIMARY KEY (app, id)
);
CREATE INDEX chat_group_by_number ON chat_group (app, number, place, status, subject);
CREATE INDEX chat_group_by_status ON chat_group (status, status_since);

-- Invite codes. A code stands for one group, whatever the channel.
CREATE TABLE invite (
    code text COLLATE "C" PRIMARY KEY,
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE UNIQUE INDEX invite_in_force ON invite (app, id) WHERE revoked_at IS NULL;
CREATE INDEX invite_by_group ON invite (app, id);

CREATE TABLE login (
    app text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    PRIMARY KEY (app, user_id)
);
CREATE INDEX login_by_node ON login (node);
