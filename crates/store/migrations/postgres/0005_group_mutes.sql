-- What holds for a whole group: whether everybody is muted, and how often its mutes were changed.
CREATE TABLE group_mute (
    app text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    everybody boolean NOT NULL,
    revision bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (app, grp)
);
