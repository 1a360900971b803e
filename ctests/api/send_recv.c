/* zmq_send, zmq_send_const, zmq_recv, the deprecated spellings and the vector
   calls: return values, truncation, flags. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://x"));
    OK (zmq_connect (b, "inproc://x"));
    char buf[64];

    /* the full size is returned, the rest is dropped */
    send_str (b, "0123456789", 0);
    memset (buf, '.', sizeof buf);
    CHECK_EQ (zmq_recv (a, buf, 4, 0), 10);
    CHECK (memcmp (buf, "0123....", 8) == 0);
    send_str (b, "next", 0);
    CHECK_EQ (zmq_recv (a, NULL, 0, 0), 4);
    CHECK_EQ (zmq_send (b, NULL, 0, 0), 0);
    CHECK_EQ (zmq_recv (a, buf, sizeof buf, 0), 0);
    CHECK_EQ (zmq_send_const (b, "constant text, longer than the inline limit", 43, 0), 43);
    expect (a, "constant text, longer than the inline limit");
    CHECK_EQ (zmq_send_const (b, "c", 1, ZMQ_SNDMORE), 1);
    CHECK_EQ (zmq_send_const (b, NULL, 0, 0), 0);
    expect (a, "c", "");
    CHECK_ERRNO (zmq_recv (a, buf, sizeof buf, ZMQ_DONTWAIT), EAGAIN);
    CHECK_ERRNO (zmq_recv (a, buf, sizeof buf, ZMQ_NOBLOCK), EAGAIN);

    /* RCVMORE follows the frames */
    CHECK_EQ (rcvmore (a), 0);
    send_parts (b, "1", "2", "3");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ (zmq_recv (a, buf, sizeof buf, 0), 1);
        SAY ("frame %d more %d", i, rcvmore (a));
    }
    /* a wide buffer for RCVMORE is filled with zeros */
    uint64_t wide = UINT64_MAX;
    size_t size = sizeof wide;
    OK (zmq_getsockopt (a, ZMQ_RCVMORE, &wide, &size));
    SAY ("wide RCVMORE %llu, size %zu", (unsigned long long) wide, size);

    /* the MORE flag of the message is replaced by the one of the call */
    zmq_msg_t m;
    send_parts (b, "x", "y");
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, a, 0));
    CHECK_EQ (zmq_msg_more (&m), 1);
    CHECK_EQ (zmq_msg_get (&m, ZMQ_MORE), 1);
    expect (a, "y");
    CHECK_EQ (zmq_msg_send (&m, a, 0), 1);
    CHECK_EQ (zmq_msg_more (&m), 0);
    expect (b, "x");
    /* after EAGAIN the message is a valid empty one */
    CHECK_ERRNO (zmq_msg_recv (&m, a, ZMQ_DONTWAIT), EAGAIN);
    CHECK_EQ (zmq_msg_size (&m), 0);
    /* deprecated order of arguments */
    OK (zmq_msg_close (&m));
    OK (zmq_msg_init_size (&m, 3));
    memcpy (zmq_msg_data (&m), "old", 3);
    CHECK_EQ (zmq_sendmsg (a, &m, 0), 3);
    CHECK_EQ (zmq_recvmsg (b, &m, 0), 3);
    CHECK (memcmp (zmq_msg_data (&m), "old", 3) == 0);
    OK (zmq_msg_close (&m));
    /* unknown flag bits are ignored */
    CHECK_EQ (zmq_send (a, "f", 1, 0x100), 1);
    CHECK_EQ (zmq_recv (b, buf, 1, 0x100), 1);

    /* vectors: without SNDMORE every element is a message of its own */
    struct iovec v[4] = {{"one", 3}, {"", 0}, {"three", 5}, {NULL, 0}};
    SHOW (zmq_sendiov (a, v, 3, ZMQ_SNDMORE));
    struct iovec r[4];
    memset (r, 0, sizeof r);
    size_t count = 4;
    SHOW (zmq_recviov (b, r, &count, 0));
    for (size_t i = 0; i < count; i++) {
        say_bytes ("  element", r[i].iov_base, r[i].iov_len);
        free (r[i].iov_base);
    }
    SHOW (zmq_sendiov (a, v, 3, 0));
    for (int i = 0; i < 3; i++) {
        count = 4;
        SHOW (zmq_recviov (b, r, &count, 0));
        SAY ("  count %zu, size %zu", count, r[0].iov_len);
        free (r[0].iov_base);
    }
    /* fewer elements than frames: the rest stays for the next call */
    SHOW (zmq_sendiov (a, v, 3, ZMQ_SNDMORE));
    count = 2;
    SHOW (zmq_recviov (b, r, &count, 0));
    SAY ("  count %zu, more %d", count, rcvmore (b));
    free (r[0].iov_base);
    free (r[1].iov_base);
    count = 2;
    SHOW (zmq_recviov (b, r, &count, 0));
    SAY ("  count %zu, more %d", count, rcvmore (b));
    free (r[0].iov_base);
    count = 1;
    SHOW (zmq_recviov (b, r, &count, ZMQ_DONTWAIT));
    SAY ("  count %zu", count);
    count = 0;
    SHOW (zmq_recviov (b, r, &count, 0));
    SHOW (zmq_recviov (b, r, NULL, 0));
    SHOW (zmq_sendiov (a, v, 0, 0));
    SHOW (zmq_sendiov (a, NULL, 1, 0));
    count = 1;
    SHOW (zmq_sendiov (NULL, v, 1, 0));
    SHOW (zmq_recviov (NULL, r, &count, 0));

    /* timeouts */
    OK (set_int (a, ZMQ_RCVTIMEO, 60));
    int64_t t = now_ms ();
    CHECK_ERRNO (zmq_recv (a, buf, 1, 0), EAGAIN);
    CHECK (now_ms () - t >= 50);
    void *lonely = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (lonely, ZMQ_SNDTIMEO, 60));
    t = now_ms ();
    CHECK_ERRNO (zmq_send (lonely, "x", 1, 0), EAGAIN);
    CHECK (now_ms () - t >= 50);
    OK (set_int (lonely, ZMQ_SNDTIMEO, 0));
    CHECK_ERRNO (zmq_send (lonely, "x", 1, 0), EAGAIN);
    close0 (lonely);

    /* wrong direction */
    static const int no_send[] = {ZMQ_SUB, ZMQ_PULL}, no_recv[] = {ZMQ_PUB, ZMQ_PUSH};
    for (int i = 0; i < 2; i++) {
        void *s = new_sock (ctx, no_send[i]), *q = new_sock (ctx, no_recv[i]);
        CHECK_ERRNO (zmq_send (s, "x", 1, 0), ENOTSUP);
        CHECK_ERRNO (zmq_recv (q, buf, 1, 0), ENOTSUP);
        close0 (s);
        close0 (q);
    }
    close0 (a);
    close0 (b);
    term (ctx);
    return 0;
}
