-- What holds for a whole group: whether everybody is muted, and how often its mutes were changed.
CREATE TABLE group_mute (
    app TEXT NOT NULL,
    grp TEXT NOT NULL,
    everybody INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (app, grp)
) STRICT, WITHOUT ROWID;
