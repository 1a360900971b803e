/* ipc: paths, abstract names, wildcards, files left and removed, rebinding,
   peer filters. */
#include "check.h"

static int
exists (const char *path)
{
    struct stat st;
    return lstat (path, &st) == 0 && S_ISSOCK (st.st_mode);
}

static void
talk (void *ctx, void *bound, const char *ep)
{
    void *c = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_connect (c, ep));
    send_str (c, "to", 0);
    expect (bound, "to");
    send_str (bound, "fro", 0);
    expect (c, "fro");
    close0 (c);
}

static int
admitted (void *ctx, int option, int value)
{
    char ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_setsockopt (b, option, &value, sizeof value));
    bind_to (b, "ipc://*", ep);
    OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
    void *m = mon_open (ctx, c, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (c, ep));
    mon_event e = mon_next (m, LONG_WAIT);
    CHECK (e.event != -1);
    mon_close (c, m);
    close0 (c);
    close0 (b);
    return e.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
}

int
main (void)
{
    void *ctx = new_ctx ();
    char dir[EP_MAX], path[EP_MAX + 8], ep[EP_MAX + 16], got[EP_MAX];
    make_dir (dir);
    snprintf (path, sizeof path, "%s/sock", dir);
    snprintf (ep, sizeof ep, "ipc://%s", path);

    /* a path: the file appears, is replaced by a bind, is left by a close */
    void *s = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (s, ep));
    last_endpoint (s, got);
    CHECK_STR (got, ep);
    CHECK (exists (path));
    talk (ctx, s, ep);
    OK (zmq_unbind (s, ep));
    close0 (s);
    SAY ("file after unbind and close: %d", exists (path));
    s = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (s, ep));
    talk (ctx, s, ep);
    /* somebody else takes the name: later connects go there */
    void *thief = new_sock (ctx, ZMQ_PAIR);
    SHOW_AS ("bind to a name in use", zmq_bind (thief, ep));
    talk (ctx, thief, ep);
    close0 (s);
    /* the first one's late close does not remove the second one's file */
    void *c = new_sock (ctx, ZMQ_PAIR);
    pause_ms (50);
    SAY ("file still there: %d", exists (path));
    close0 (c);
    close0 (thief);
    /* a plain file of that name is removed too */
    unlink (path);
    FILE *f = fopen (path, "w");
    CHECK (f != NULL);
    fclose (f);
    s = new_sock (ctx, ZMQ_PAIR);
    SHOW_AS ("bind over a plain file", zmq_bind (s, ep));
    SAY ("now a socket %d", exists (path));
    close0 (s);

    /* relative to the current directory */
    CHECK_EQ (chdir (dir), 0);
    s = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (s, "ipc://relative"));
    SAY ("relative file %d", exists ("relative"));
    talk (ctx, s, "ipc://relative");
    close0 (s);

    /* wildcard: a directory of its own, removed at the end */
    OK (setenv ("TMPDIR", dir, 1));
    s = new_sock (ctx, ZMQ_PAIR);
    bind_to (s, "ipc://*", got);
    CHECK (strncmp (got + 6, dir, strlen (dir)) == 0);
    SAY ("wildcard made %s, a socket %d", strcmp (strrchr (got, '/'), "/socket") ? "?" : "DIR/socket", exists (got + 6));
    talk (ctx, s, got);
    OK (zmq_unbind (s, got));
    AWAIT (!exists (got + 6));
    *strrchr (got, '/') = 0;
    AWAIT (access (got + 6, F_OK) == -1);
    bind_to (s, "ipc://*", got);
    close0 (s);
    AWAIT (!exists (got + 6));
    unsetenv ("TMPDIR");

    /* abstract names: exact length, gone with the socket, no stealing */
    snprintf (ep, sizeof ep, "ipc://@zct-%d", getpid ());
    s = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (s, ep));
    last_endpoint (s, got);
    CHECK_STR (got, ep);
    talk (ctx, s, ep);
    struct sockaddr_un a;
    memset (&a, 0, sizeof a);
    a.sun_family = AF_UNIX;
    strcpy (a.sun_path + 1, ep + 7);
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    OK (connect (fd, (struct sockaddr *) &a, (socklen_t) (sizeof (sa_family_t) + 1 + strlen (ep + 7))));
    close (fd);
    thief = new_sock (ctx, ZMQ_PAIR);
    SHOW_AS ("bind to an abstract name in use", zmq_bind (thief, ep));
    close0 (s);
    AWAIT (zmq_bind (thief, ep) == 0);
    close0 (thief);

    /* connect first; the message waits for the binder */
    snprintf (ep, sizeof ep, "ipc://%s/later", dir);
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    OK (zmq_connect (push, ep));
    send_str (push, "patience", 0);
    OK (zmq_bind (pull, ep));
    expect (pull, "patience");
    /* the name is bound anew at once by another socket */
    close0 (pull);
    pull = new_sock (ctx, ZMQ_PULL);
    OK (zmq_bind (pull, ep));
    send_str (push, "second", 0);
    AWAIT (zmq_send (push, "x", 1, ZMQ_DONTWAIT) == 1 && wait_for (pull, ZMQ_POLLIN, 5));
    close0 (pull);
    close0 (push);

    /* filters */
    SAY ("own uid %d", admitted (ctx, ZMQ_IPC_FILTER_UID, (int) getuid ()));
    SAY ("other uid %d", admitted (ctx, ZMQ_IPC_FILTER_UID, (int) getuid () + 12345));
    SAY ("own gid %d", admitted (ctx, ZMQ_IPC_FILTER_GID, (int) getgid ()));
    SAY ("own pid %d", admitted (ctx, ZMQ_IPC_FILTER_PID, getpid ()));
    SAY ("other pid %d", admitted (ctx, ZMQ_IPC_FILTER_PID, 1 + getpid ()));
    term (ctx);
    CHECK_EQ (chdir ("/"), 0);
    remove_dir (dir);
    return 0;
}
