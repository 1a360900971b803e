/*
 * The sizes and offsets that are part of the binary interface, and the alignment of a message.
 * Compiles or does not; C89, so the assertions are array sizes.
 */
#include <stddef.h>
#include <zmq.h>

#define ASSERT_THAT(name, condition) typedef char name[(condition) ? 1 : -1]

struct after_a_byte
{
    char byte;
    zmq_msg_t message;
};

ASSERT_THAT (message_size, sizeof (zmq_msg_t) == 64);
ASSERT_THAT (message_alignment, offsetof (struct after_a_byte, message) == sizeof (void *));
ASSERT_THAT (fd_size, sizeof (zmq_fd_t) == sizeof (int));
ASSERT_THAT (pollitem_size, sizeof (zmq_pollitem_t) == sizeof (void *) + 8);
ASSERT_THAT (pollitem_socket, offsetof (zmq_pollitem_t, socket) == 0);
ASSERT_THAT (pollitem_fd, offsetof (zmq_pollitem_t, fd) == sizeof (void *));
ASSERT_THAT (pollitem_events, offsetof (zmq_pollitem_t, events) == sizeof (void *) + 4);
ASSERT_THAT (pollitem_revents, offsetof (zmq_pollitem_t, revents) == sizeof (void *) + 6);

#ifdef ZMQ_BUILD_DRAFT_API
ASSERT_THAT (event_size, sizeof (zmq_poller_event_t) == 4 * sizeof (void *));
ASSERT_THAT (event_fd, offsetof (zmq_poller_event_t, fd) == sizeof (void *));
ASSERT_THAT (event_user_data, offsetof (zmq_poller_event_t, user_data) == 2 * sizeof (void *));
ASSERT_THAT (event_events, offsetof (zmq_poller_event_t, events) == 3 * sizeof (void *));
#endif

/* The callbacks are function types, not pointers: programs declare functions with them. */
zmq_free_fn on_free;
zmq_timer_fn on_timer;
zmq_thread_fn on_thread;
