-- Files of channels: pictures and documents that messages name.
CREATE TABLE chat_file (
    path TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    put_at INTEGER NOT NULL
) STRICT;

-- How much a channel holds, and what is old, are known without a look at any file.
CREATE INDEX chat_file_of_channel ON chat_file (app, path, size);
CREATE INDEX chat_file_by_age ON chat_file (put_at, path);
