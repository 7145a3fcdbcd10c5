-- What holds for a user of a group: that the user may not talk, or may while the whole group is muted.
CREATE TABLE mute (
    app TEXT NOT NULL,
    grp TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    until INTEGER,                                -- never, without
    put_at INTEGER NOT NULL,
    PRIMARY KEY (app, grp, user_id)
) STRICT, WITHOUT ROWID;

-- Words that an application's messages may not hold.
CREATE TABLE word (
    app TEXT NOT NULL,
    text TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (app, text)
) STRICT, WITHOUT ROWID;
