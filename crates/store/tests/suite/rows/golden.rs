//! The rows. Nothing but a migration of these tables changes them; the databases of before are kept by the tests of
//! upgrades.

use super::Table;

pub(super) const SQLITE: &[Table] = &[
    Table {
        name: "\"group\"",
        columns: "key, space_key, id, epoch, creator, admins, name, info, extension, created_at, deleted, deleted_at, deleted_by",
        rows: &[
            r#"[1,1,"g","epoch-g","boss","[\"x\",\"y\"]","hall 群",null,"{\"k\":\"v \\\"w\\\"\"}",2000,0,null,null]"#,
        ],
    },
    Table {
        name: "figures",
        columns: "group_key, next_join, views, super_group, sequence, visitors",
        rows: &[r#"[1,2,1,0,4,0]"#],
    },
    Table { name: "message_count", columns: "group_key, kind, total", rows: &[r#"[1,7,1]"#, r#"[1,8,5]"#] },
    Table {
        name: "member",
        columns: "group_key, number, space_key, user_id, info, joined_at",
        rows: &[r#"[1,1,1,"u","info 群",3000]"#],
    },
    Table { name: "user_stream", columns: "key, space_key, user_id, sequence", rows: &[r#"[1,1,"u",1]"#] },
    Table {
        name: "entry",
        columns: "space_key, stream, sequence, at, kind, message_id, sender, sender_info, body, weight, level, repeat, total, cached, stored_at, event, chosen",
        rows: &[
            r#"[1,-1,1,14,7,"m-1","sender","info","psst",1,0,1,0,1,15,null,null]"#,
            r#"[1,1,1,10,7,"m-1","sender","info","one 群",1,0,1,1,1,null,null,null]"#,
            r#"[1,1,2,11,8,"c-1","sender","info","two",-3,1,1,5,0,null,null,1]"#,
            r#"[1,1,3,12,null,null,null,null,null,null,null,null,null,null,null,"{\"Exit\":{\"group\":\"g\",\"reason\":\"Removed\"}}",null]"#,
            r#"[1,1,4,13,null,null,null,null,null,null,null,null,null,null,null,"{\"Muted\":{\"user\":\"u\",\"until\":18446744073709551615}}",null]"#,
        ],
    },
];

pub(super) const POSTGRES: &[Table] = &[
    Table {
        name: "grp",
        columns: "app text, id text, number bigint, epoch text, creator text, admins text, name bytea, info bytea, extension text, created_at bigint, deleted_at bigint, deleted_by text",
        rows: &[
            r#"["a", "g", 1, "epoch-g", "boss", "[\"x\",\"y\"]", "\\x68616c6c20e7bea4", null, "{\"k\":\"v \\\"w\\\"\"}", 2000, null, null]"#,
        ],
    },
    Table {
        name: "stream",
        columns: "app text, kind bigint, name text, number bigint, sequence bigint, closed boolean",
        rows: &[r#"["a", 1, "g", 1, 4, false]"#, r#"["a", 2, "u", 2, 1, false]"#],
    },
    Table {
        name: "roster",
        columns: "app text, grp text, next_join bigint, listed bigint, views bigint, super_group boolean, closed boolean, visitors bigint",
        rows: &[r#"["a", "g", 2, 1, 1, false, false, 0]"#],
    },
    Table {
        name: "member",
        columns: "app text, grp text, user_id text, number bigint, joined_at bigint, durable boolean, node text, session text, info bytea",
        rows: &[r#"["a", "g", "u", 1, 3000, true, null, null, "\\x696e666f20e7bea4"]"#],
    },
    Table {
        name: "member_block",
        columns: "app text, grp text, level smallint, block bigint, members bigint",
        rows: &[
            r#"["a", "g", 1, 0, 1]"#,
            r#"["a", "g", 2, 0, 1]"#,
            r#"["a", "g", 3, 0, 1]"#,
            r#"["a", "g", 4, 0, 1]"#,
        ],
    },
    Table {
        name: "message_count",
        columns: "app text, stream bigint, kind bigint, total bigint",
        rows: &[r#"["a", 1, 7, 1]"#, r#"["a", 1, 8, 5]"#],
    },
    Table {
        name: "entry",
        columns: "app text, stream bigint, sequence bigint, at bigint, kind bigint, message_id text, sender text, sender_info bytea, body bytea, weight bigint, level bigint, repeat bigint, total bigint, cached boolean, stored_at bigint, event text, chosen boolean",
        rows: &[
            r#"["a", 1, 1, 10, 7, "m-1", "sender", "\\x696e666f", "\\x6f6e6520e7bea4", 1, 0, 1, 1, true, null, null, null]"#,
            r#"["a", 1, 2, 11, 8, "c-1", "sender", "\\x696e666f", "\\x74776f", -3, 1, 1, 5, false, null, null, true]"#,
            r#"["a", 1, 3, 12, null, null, null, null, null, null, null, null, null, null, null, "{\"Exit\":{\"group\":\"g\",\"reason\":\"Removed\"}}", null]"#,
            r#"["a", 1, 4, 13, null, null, null, null, null, null, null, null, null, null, null, "{\"Muted\":{\"user\":\"u\",\"until\":18446744073709551615}}", null]"#,
            r#"["a", 2, 1, 14, 7, "m-1", "sender", "\\x696e666f", "\\x70737374", 1, 0, 1, 0, true, 15, null, null]"#,
        ],
    },
];
