-- What holds for a user of a group: that the user may not talk, or may while the whole group is muted.
CREATE TABLE mute (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    until bigint,                                 -- never, without
    put_at bigint NOT NULL,
    PRIMARY KEY (app, grp, user_id)
);

-- Words that an application's messages may not hold.
CREATE TABLE word (
    app text COLLATE "C" NOT NULL,
    text bytea NOT NULL,
    added_at bigint NOT NULL,
    PRIMARY KEY (app, text)
);
