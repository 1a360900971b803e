#include "store.h"

#include "lib.h"

#include <sqlite3.h>

/* With the write-ahead log a commit is one append, and FULL makes it wait until the disk has it. */
static const char *const setup = "PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL;"
                                 "CREATE TABLE IF NOT EXISTS request ("
                                 "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
                                 "  uuid TEXT NOT NULL UNIQUE,"
                                 "  service TEXT NOT NULL,"
                                 "  body BLOB NOT NULL,"
                                 "  reply BLOB);"
                                 "CREATE INDEX IF NOT EXISTS pending ON request (number) WHERE reply IS NULL;";

struct store {
    sqlite3 *db;
};

static void
die_of (sqlite3 *db, const char *file)
{
    fprintf (stderr, "%s: %s\n", file, db ? sqlite3_errmsg (db) : "no memory");
    exit (1);
}

store *
store_open (const char *file)
{
    store *s = allocate (sizeof *s);
    if (sqlite3_open (file, &s->db) != SQLITE_OK)
        die_of (s->db, file);
    sqlite3_busy_timeout (s->db, 10000); /* another thread is writing */
    if (sqlite3_exec (s->db, setup, NULL, NULL, NULL) != SQLITE_OK)
        die_of (s->db, file);
    return s;
}

void
store_close (store *s)
{
    sqlite3_close (s->db);
    free (s);
}

/* A message as bytes: each frame is its size (4 bytes, network order) and its body. */
static unsigned char *
pack (const message *m, size_t *size)
{
    *size = 0;
    for (const frame *f = m->first; f; f = f->next)
        *size += 4 + frame_size (f);
    unsigned char *bytes = allocate (*size), *at = bytes;
    for (const frame *f = m->first; f; f = f->next) {
        size_t length = frame_size (f);
        for (int i = 0; i < 4; i++)
            *at++ = (unsigned char) (length >> (24 - 8 * i));
        memcpy (at, frame_data (f), length);
        at += length;
    }
    return bytes;
}

static message *
unpack (const unsigned char *at, size_t size)
{
    message *m = message_new ();
    while (size >= 4) {
        size_t length = (size_t) at[0] << 24 | (size_t) at[1] << 16 | (size_t) at[2] << 8 | at[3];
        at += 4;
        size -= 4;
        if (length > size)
            break;
        message_add (m, frame_new (at, length));
        at += length;
        size -= length;
    }
    return m;
}

static sqlite3_stmt *
prepare (store *s, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2 (s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fprintf (stderr, "store: %s\n", sqlite3_errmsg (s->db));
    return statement; /* the functions of SQLite answer an error to NULL */
}

static void
bind_text (sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text (statement, place, text, -1, SQLITE_TRANSIENT);
}

static void
bind_message (sqlite3_stmt *statement, int place, const message *m)
{
    size_t size;
    unsigned char *bytes = pack (m, &size);
    sqlite3_bind_blob64 (statement, place, bytes, size, SQLITE_TRANSIENT);
    free (bytes);
}

static message *
column_message (sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob (statement, column);
    return unpack (bytes, (size_t) sqlite3_column_bytes (statement, column));
}

/* For statements without results. */
static bool
run (store *s, sqlite3_stmt *statement)
{
    bool done = statement && sqlite3_step (statement) == SQLITE_DONE;
    if (!done)
        fprintf (stderr, "store: %s\n", sqlite3_errmsg (s->db));
    sqlite3_finalize (statement);
    return done;
}

bool
store_add (store *s, const char *uuid, const char *service, const message *body)
{
    sqlite3_stmt *insert = prepare (s, "INSERT INTO request (uuid, service, body) VALUES (?, ?, ?)");
    bind_text (insert, 1, uuid);
    bind_text (insert, 2, service);
    bind_message (insert, 3, body);
    return run (s, insert);
}

enum lookup
store_find (store *s, const char *uuid, message **reply)
{
    sqlite3_stmt *query = prepare (s, "SELECT reply FROM request WHERE uuid = ?");
    bind_text (query, 1, uuid);
    enum lookup found = STORE_BROKEN;
    int step = query ? sqlite3_step (query) : SQLITE_ERROR;
    if (step == SQLITE_DONE) {
        found = STORE_UNKNOWN;
    } else if (step == SQLITE_ROW && sqlite3_column_type (query, 0) == SQLITE_NULL) {
        found = STORE_PENDING;
    } else if (step == SQLITE_ROW) {
        found = STORE_DONE;
        *reply = column_message (query, 0);
    }
    sqlite3_finalize (query);
    return found;
}

bool
store_set_reply (store *s, const char *uuid, const message *reply)
{
    sqlite3_stmt *update = prepare (s, "UPDATE request SET reply = ? WHERE uuid = ? AND reply IS NULL");
    bind_message (update, 1, reply);
    bind_text (update, 2, uuid);
    return run (s, update);
}

bool
store_delete (store *s, const char *uuid)
{
    sqlite3_stmt *removal = prepare (s, "DELETE FROM request WHERE uuid = ?");
    bind_text (removal, 1, uuid);
    return run (s, removal);
}

bool
store_next (store *s, int64_t after, int64_t *number, char **uuid, char **service, message **body)
{
    sqlite3_stmt *query = prepare (s, "SELECT number, uuid, service, body FROM request"
                                      " WHERE reply IS NULL AND number > ? ORDER BY number LIMIT 1");
    sqlite3_bind_int64 (query, 1, after);
    bool found = query && sqlite3_step (query) == SQLITE_ROW;
    if (found) {
        *number = sqlite3_column_int64 (query, 0);
        *uuid = copy_text ((const char *) sqlite3_column_text (query, 1));
        *service = copy_text ((const char *) sqlite3_column_text (query, 2));
        *body = column_message (query, 3);
    }
    sqlite3_finalize (query);
    return found;
}
