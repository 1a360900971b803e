/* All functions of the stable API are exported, and loading the library at
   run time works as the loaders of language bindings do it. */
#include "check.h"

static const char *const names[] = {
  "zmq_errno", "zmq_strerror", "zmq_version", "zmq_ctx_new", "zmq_ctx_term",
  "zmq_ctx_shutdown", "zmq_ctx_set", "zmq_ctx_get", "zmq_init", "zmq_term",
  "zmq_ctx_destroy", "zmq_msg_init", "zmq_msg_init_size", "zmq_msg_init_data",
  "zmq_msg_send", "zmq_msg_recv", "zmq_msg_close", "zmq_msg_move",
  "zmq_msg_copy", "zmq_msg_data", "zmq_msg_size", "zmq_msg_more",
  "zmq_msg_get", "zmq_msg_set", "zmq_msg_gets", "zmq_socket", "zmq_close",
  "zmq_setsockopt", "zmq_getsockopt", "zmq_bind", "zmq_connect", "zmq_unbind",
  "zmq_disconnect", "zmq_send", "zmq_send_const", "zmq_recv",
  "zmq_socket_monitor", "zmq_sendmsg", "zmq_recvmsg", "zmq_sendiov",
  "zmq_recviov", "zmq_poll", "zmq_proxy", "zmq_proxy_steerable", "zmq_device",
  "zmq_has", "zmq_timers_new", "zmq_timers_destroy", "zmq_timers_add",
  "zmq_timers_cancel", "zmq_timers_set_interval", "zmq_timers_reset",
  "zmq_timers_timeout", "zmq_timers_execute", "zmq_z85_encode",
  "zmq_z85_decode", "zmq_curve_keypair", "zmq_curve_public",
  "zmq_atomic_counter_new", "zmq_atomic_counter_set", "zmq_atomic_counter_inc",
  "zmq_atomic_counter_dec", "zmq_atomic_counter_value",
  "zmq_atomic_counter_destroy", "zmq_stopwatch_start",
  "zmq_stopwatch_intermediate", "zmq_stopwatch_stop", "zmq_sleep",
  "zmq_threadstart", "zmq_threadclose"};

int
main (void)
{
    size_t count = sizeof names / sizeof *names;
    CHECK_EQ (count, 70);
    void *lib = dlopen ("libzmq.so.5", RTLD_NOW | RTLD_LOCAL);
    CHECK (lib != NULL);
    for (size_t i = 0; i < count; i++)
        SAY ("%s %s", names[i], dlsym (lib, names[i]) ? "yes" : "no");

    void *(*ctx_new) (void);
    int (*ctx_term) (void *);
    *(void **) &ctx_new = dlsym (lib, "zmq_ctx_new");
    *(void **) &ctx_term = dlsym (lib, "zmq_ctx_term");
    void *ctx = ctx_new ();
    CHECK (ctx != NULL);
    CHECK_EQ (ctx_term (ctx), 0);
    /* the symbols carry no version */
    CHECK (dlvsym (lib, "zmq_ctx_new", "ZMQ_5") == NULL);
    dlclose (lib);
    return 0;
}
