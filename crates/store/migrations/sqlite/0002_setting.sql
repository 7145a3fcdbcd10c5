-- What holds for the whole database, by name: the check value of the master key that its secrets are sealed under.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
