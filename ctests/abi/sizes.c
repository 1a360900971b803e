/* Sizes, alignments and offsets of the structs that cross the ABI. */
#include "check.h"
#include <stddef.h>

int
main (void)
{
    SAY ("zmq_msg_t %zu %zu", sizeof (zmq_msg_t), _Alignof(zmq_msg_t));
    SAY ("zmq_pollitem_t %zu %zu", sizeof (zmq_pollitem_t),
         _Alignof(zmq_pollitem_t));
    SAY ("socket %zu fd %zu events %zu revents %zu",
         offsetof (zmq_pollitem_t, socket), offsetof (zmq_pollitem_t, fd),
         offsetof (zmq_pollitem_t, events), offsetof (zmq_pollitem_t, revents));
    CHECK_EQ (sizeof (zmq_msg_t), 64);
    CHECK_EQ (sizeof (zmq_pollitem_t), 16);
    void *ctx = new_ctx ();
    CHECK_EQ (zmq_ctx_get (ctx, ZMQ_MSG_T_SIZE), sizeof (zmq_msg_t));
    term (ctx);
    return 0;
}
