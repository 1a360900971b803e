/* TIPC: the meaning of texts to the system, the names of an endpoint, traffic.
   (The errno of a malformed text is not compared: the original leaves an old one.) */
#include "families.h"

static void
say_address (const char *what, const struct sockaddr_storage *given)
{
    const struct sockaddr_tipc *a = (const void *) given;
    SAY ("  %s: kind %d, scope %d, %u %u %u", what, a->addrtype, a->scope, a->addr.nameseq.type,
         a->addr.nameseq.lower, a->addr.nameseq.upper);
}

/* Shows what bind and connect make of a text, and what they ask the system for. */
static void
text (void *ctx, const char *ep)
{
    char last[EP_MAX];
    unsigned z, c, n, ref;
    SAY ("%s", ep);
    int count = binds;
    void *s = new_sock (ctx, ZMQ_DEALER);
    int rc = zmq_bind (s, ep);
    SAY ("  bind %d", rc);
    if (binds > count)
        say_address ("bound", &bound_to);
    if (rc == 0) {
        last_endpoint (s, last);
        CHECK_EQ (sscanf (last, "tipc://<%u.%u.%u:%u>", &z, &c, &n, &ref), 4);
        SHOW (zmq_unbind (s, ep));
    }
    close0 (s);
    s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    count = connects;
    rc = zmq_connect (s, ep);
    SAY ("  connect %d", rc);
    if (rc == 0) {
        last_endpoint (s, last);
        SAY ("  shown as %s", last);
        AWAIT (__atomic_load_n (&connects, __ATOMIC_SEQ_CST) > count);
        say_address ("connected", &connected_to);
    }
    close0 (s);
}

static void
refused (void *ctx)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    CHECK_ERRNO (zmq_bind (s, "tipc://<1.2.3:4>"), EINVAL);
    CHECK_ERRNO (zmq_connect (s, "tipc://<*>"), EINVAL);
    close0 (s);
}

static void
say_event (const char *side, void *m)
{
    char shown[EP_MAX];
    unsigned ref;
    mon_event e = mon_next (m, LONG_WAIT);
    snprintf (shown, sizeof shown, "%s", e.address);
    char *end = strrchr (shown, ':');
    if (end && sscanf (end, ":%u>", &ref) == 1)
        strcpy (end, ":some>");
    SAY ("  %s: %s at %s", side, event_name (e.event), shown);
}

/* Bound, connected (to what LAST_ENDPOINT says, without a text), and used. */
static void
traffic (void *ctx, const char *bound, const char *connected)
{
    static char big[300000];
    char last[EP_MAX];
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    void *mb = mon_open (ctx, b, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
    void *mc = mon_open (ctx, c, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
    SAY ("%s", bound);
    OK (zmq_bind (b, bound));
    last_endpoint (b, last);
    OK (zmq_connect (c, connected ? connected : last));
    say_event ("bound", mb);
    say_event ("bound", mb);
    say_event ("bound", mb);
    say_event ("connected", mc);
    say_event ("connected", mc);
    send_parts (c, "some", "", "parts");
    expect (b, "some", "", "parts");
    zmq_msg_t msg;
    CHECK_EQ (zmq_send (b, big, sizeof big, 0), sizeof big);
    OK (zmq_msg_init (&msg));
    CHECK_EQ (zmq_msg_recv (&msg, c, 0), sizeof big);
    SHOW (zmq_msg_gets (&msg, "Peer-Address") != NULL);
    OK (zmq_msg_close (&msg));
    SHOW_AS ("unbind, what the system calls it", zmq_unbind (b, last));
    SHOW_AS ("unbind, what was bound", zmq_unbind (b, bound));
    say_event ("bound", mb);
    mon_close (c, mc);
    mon_close (b, mb);
    close0 (c);
    close0 (b);
}

/* Connected first, without anybody there. */
static void
late (void *ctx)
{
    void *b = new_sock (ctx, ZMQ_PUSH), *c = new_sock (ctx, ZMQ_PULL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    void *m = mon_open (ctx, c, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
    OK (zmq_connect (c, "tipc://{5566,4}"));
    say_event ("connected", m);
    say_event ("connected", m);
    OK (zmq_bind (b, "tipc://{5566,0,10}"));
    send_str (b, "late", 0);
    expect (c, "late");
    SHOW (zmq_disconnect (c, "tipc://{5566, 4, 16777216}"));
    SHOW (zmq_disconnect (c, "tipc://{5566,4}"));
    mon_close (c, m);
    close0 (c);
    close0 (b);
}

int
main (void)
{
    static const char *const texts[] = {
      "{5560,0,0}", "{5560,5,9}", "{5560, 0, 0}", "{ 5560,0,0}", "{5560,0,0}x", "{5560,0,0", "{64,0,0}",
      "{5560,0,5}@1.2.3", "{-1,0,0}", "{5560,0}", "{65,0}", "{5560,5}@0.0.0", "{5560,0}@1.2.3",
      "{5560,0}@ 1.2.3", "{5560,0} @1.2.3", "{5560,0@1.2.3", "{5560,0}@256.5000.5000", "{5560,0}x",
      "{5560,-1}", "{+5560,0}", "{99999999999999999999,0}", "<1.2.3:4>", "<1.2.3:4", "<1.2.3:4>x",
      "<300.2.3:4>", "<1.5000.5000:4>", "<*>", "<*>x", "<*>@bad", "x", "*", "{}", "{1}", "<>", "<a>", "<*",
      "<1.2.3>", "5560,0", " {5560,0,0}", "{5560 ,0}", "{0x15b8,0}", "{5560,3,1}", "{63,0,0}", "{63,0}",
      "{64,0}", "{4294967297,0,0}", "{5560,0}@1.2", "{5560,0}@1.2.3.4", "{5560,0}@1.2.3@4.5.6",
      "{5560,0,5}@bad", "{5560,0,5}@1.2.3.4", "<1.2.3:4>@bad", NULL};
    char ep[EP_MAX];
    void *ctx = new_ctx ();
    SHOW (zmq_has ("tipc"));
    for (int i = 0; texts[i]; i++) {
        snprintf (ep, sizeof ep, "tipc://%s", texts[i]);
        text (ctx, ep);
    }
    refused (ctx);
    traffic (ctx, "tipc://{5561,0,9}", "tipc://{5561,4}");
    traffic (ctx, "tipc://{5562,0,0}", "tipc://{5562,0}@0.0.0");
    traffic (ctx, "tipc://<*>", NULL);
    late (ctx);
    term (ctx);
    return 0;
}
