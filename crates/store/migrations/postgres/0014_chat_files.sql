-- Files of channels: pictures and documents that messages name.
CREATE TABLE chat_file (
    path text COLLATE "C" PRIMARY KEY,
    app text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    bytes bytea NOT NULL,
    put_at bigint NOT NULL
);

-- How much a channel holds, and what is old, are known without a look at any file.
CREATE INDEX chat_file_of_channel ON chat_file (app, path, size);
CREATE INDEX chat_file_by_age ON chat_file (put_at, path);
