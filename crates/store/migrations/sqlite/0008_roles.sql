-- Roles: what callers become for a time.
CREATE TABLE role (
    account TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    trust TEXT NOT NULL,                          -- JSON
    max_session_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE role_attachment (
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (account, role, policy),
    FOREIGN KEY (account, role) REFERENCES role (account, name),
    FOREIGN KEY (account, policy) REFERENCES policy (account, name)
) STRICT, WITHOUT ROWID;
