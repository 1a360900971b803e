//! Behaviour that programs rely on without being told: a short title, and the tests that show it.
//! A title without a test is for what cannot happen here, or promises nothing.

pub const TRAPS: &[(&str, &[&str])] = &[
    // The interface.
    (
        "Exactly the 70 stable names, without versions; optional names are not found",
        &[
            "ctests/abi/symbols.c",
            "tests/exports.rs: the_shared_library_exports_the_stable_functions_and_nothing_else",
            "tests/exports.rs: exports_are_functions_without_versions",
        ],
    ),
    (
        "The version at run time fits the header",
        &["ctests/abi/version.c", "tests/header.rs: macros_have_the_values_of_the_original"],
    ),
    (
        "`zmq_msg_t` has 64 bytes and may be moved bitwise",
        &["ctests/abi/msg_moved.c", "ctests/abi/sizes.c"],
    ),
    (
        "Small bodies live inside of `zmq_msg_t`",
        &["ctests/abi/msg_moved.c", "ctests/api/msg_inline.c"],
    ),
    (
        "`errno` of the C library is what `zmq_errno` tells",
        &["ctests/api/utilities.c", "ctests/api/errors.c"],
    ),
    ("A call that succeeds promises nothing about `errno`", &[]),
    (
        "Texts of errors: five of its own, those of the C library for all others",
        &["ctests/api/utilities.c"],
    ),
    (
        "Receiving into a short buffer tells the full size; the rest is lost",
        &["ctests/api/send_recv.c"],
    ),
    (
        "`zmq_sendiov` tells the size of the last frame, `zmq_recviov` their number",
        &["ctests/api/send_recv.c"],
    ),
    ("Sizes above `INT_MAX` are told as `INT_MAX`", &["ctests/api/habits.c"]),
    (
        "A message may be received into without being closed; what it had is released",
        &["ctests/api/msg_free_fn.c"],
    ),
    (
        "`zmq_getsockopt` tells the real size and fills larger buffers with zeros",
        &["ctests/api/opt_defaults.c", "ctests/api/send_recv.c"],
    ),
    (
        "Texts of options count their NUL; a buffer that is one byte short is refused",
        &["ctests/api/opt_sizes.c", "ctests/api/errors.c"],
    ),
    (
        "A property (`ZMQ_METADATA`) of four bytes is refused",
        &[
            "ctests/api/opt_effects.c",
            "src/options/lists.rs: metadata_refuses_what_is_not_a_property",
        ],
    ),
    ("`ZMQ_HEARTBEAT_TTL` is checked after it was divided by 100", &["ctests/api/opt_ranges.c"]),
    (
        "`ZMQ_HANDSHAKE_IVL` 0 is no limit, `ZMQ_CONNECT_TIMEOUT` 0 the system's",
        &["ctests/api/habits.c", "ctests/api/opt_effects.c"],
    ),
    (
        "`ZMQ_BUSY_POLL` can be set in a draft build, and read in none",
        &["src/options/tests/mod.rs: draft_numbers_wait_for_a_draft_build"],
    ),
    (
        "PLAIN has no empty name or password; NULL takes the mechanism back",
        &[
            "ctests/api/plain.c",
            "src/options/security.rs: null_takes_plain_back_but_keeps_the_name",
        ],
    ),
    (
        "The last option that names a mechanism decides",
        &[
            "ctests/api/plain.c",
            "ctests/api/curve.c",
            "src/options/security.rs: the_last_option_decides",
        ],
    ),
    (
        "Context option 3 is the limit of sockets to read and the priority to set",
        &["ctests/api/ctx_options.c", "src/options/context.rs: accepted_values"],
    ),
    ("`ZMQ_MAX_MSGSZ` limits nothing", &["ctests/api/habits.c"]),
    (
        "Options that shape threads succeed after the first socket, without effect",
        &["ctests/api/ctx_options.c"],
    ),
    (
        "Where the original ends the process, there is an error",
        &[
            "ctests/bad/null_endpoint.c",
            "ctests/bad/duplicate_connect_id.c",
            "ctests/bad/zap_handler_type.c",
            "ctests/bad/closed_message.c",
            "ctests/bad/emfile_bind.c",
        ],
    ),
    ("Draft socket types are refused when they are made", &["ctests/bad/missing_parts.c"]),
    (
        "`zmq_has` wants `WS` and `WSS` in capitals, the others in small letters",
        &[
            "ctests/api/utilities.c",
            "ctests/api/ws.c",
            "src/endpoint/scheme.rs: capabilities_are_the_transports_that_need_asking_for",
        ],
    ),
    ("`zmq_unbind` and `zmq_disconnect` are one function", &["ctests/api/endpoints.c"]),
    (
        "`zmq_poll` without items is a way to sleep",
        &["ctests/api/poll.c", "src/poll/mod.rs: no_items_sleep"],
    ),
    (
        "`zmq_poll` without an array, or with a negative number, is an error",
        &["ctests/api/errors.c"],
    ),
    (
        "A timer of interval 0, and one that was cancelled",
        &[
            "src/timers.rs: interval_zero_runs_once_in_a_pass",
            "src/timers.rs: cancelled_timers_are_unknown",
        ],
    ),
    (
        "`zmq_term` and `zmq_ctx_destroy` are `zmq_ctx_term`; `zmq_init (0)` has no I/O threads",
        &["ctests/api/ctx_lifetime.c", "ctests/api/errors.c"],
    ),
    (
        "A handle that was closed is refused",
        &["ctests/bad/handles.c", "ctests/bad/stale_handles.c"],
    ),
    // Patterns.
    (
        "PAIR: the second peer over a network is connected, swallowed, and never promoted",
        &[
            "ctests/api/pair.c",
            "src/pattern/pair.rs: the_second_peer_is_swallowed_and_never_promoted",
        ],
    ),
    (
        "ROUTER: the second peer of a name is connected and mute",
        &["ctests/api/router.c", "src/pattern/tests/router.rs: a_second_peer_of_a_name_is_mute"],
    ),
    ("ROUTER: a name without more frames is sent, and nothing happens", &["ctests/api/router.c"]),
    (
        "ROUTER drops what it cannot deliver, also for full peers, unless told otherwise",
        &[
            "ctests/api/router.c",
            "src/pattern/tests/router.rs: undeliverable_messages_vanish_whole",
            "src/pattern/tests/router.rs: mandatory_tells_at_the_name",
        ],
    ),
    (
        "Names that are made up: a zero byte and a counter that always starts alike",
        &[
            "ctests/api/router.c",
            "src/pattern/policy/routing_table.rs: automatic_ids_count_up_from_the_known_start",
        ],
    ),
    ("A name may begin with a zero byte", &["ctests/api/habits.c"]),
    (
        "REQ without its peer waits for ever, and polls as neither",
        &["ctests/api/habits.c", "ctests/api/req_rep.c"],
    ),
    (
        "REQ and REP want the empty frame; without it the connection ends",
        &[
            "ctests/wire/hostile.c",
            "ctests/api/req_rep.c",
            "src/proto/zmtp/req_filter.rs: violations",
        ],
    ),
    (
        "Connecting twice to one endpoint: one connection for some types",
        &["ctests/api/endpoints.c"],
    ),
    (
        "PUB drops for slow and for absent subscribers without a sign",
        &[
            "ctests/api/pub_sub.c",
            "src/pattern/publish.rs: a_full_subscriber_misses_whole_messages",
        ],
    ),
    (
        "SUB and XSUB do not linger unless told to",
        &["ctests/api/ctx_lifetime.c", "ctests/api/opt_defaults.c"],
    ),
    (
        "`ZMQ_CONFLATE`: each frame is a message",
        &["ctests/api/push_pull.c", "src/queue/tests.rs: conflation_keeps_the_last_frame"],
    ),
    (
        "Subscriptions are counted; taking back what was never there succeeds",
        &["ctests/api/pub_sub.c", "src/pattern/subscribe.rs: subscriptions_are_counted"],
    ),
    (
        "XPUB reads one frame, however the subscription came",
        &["ctests/api/xpub.c", "ctests/wire/subscriptions.c", "ctests/wire/curve_relay.c"],
    ),
    ("A welcome passes the subscriber's own filter, or not", &["ctests/api/xpub_manual.c"]),
    (
        "`ZMQ_XPUB_VERBOSE` takes the other half of `ZMQ_XPUB_VERBOSER` back",
        &["ctests/api/xpub.c", "src/options/lists.rs: verbose_and_verboser"],
    ),
    ("STREAM: notifications, hanging up, and a name that stays", &["ctests/api/stream.c"]),
    (
        "STREAM: each connection that ends is a failed handshake to the monitor",
        &["ctests/api/stream_monitor.c"],
    ),
    (
        "Order is kept for each peer; turns start with the first",
        &[
            "ctests/api/push_pull.c",
            "src/pattern/push.rs: takes_turns_by_whole_messages_and_skips_full_pipes",
        ],
    ),
    (
        "A message arrives whole or not at all",
        &["ctests/api/push_pull.c", "ctests/wire/last_words.c", "ctests/wire/frames.c"],
    ),
    (
        "High-water marks: both sides' together on inproc; room comes back by halves",
        &[
            "ctests/api/inproc.c",
            "ctests/api/hwm_linger.c",
            "src/queue/tests.rs: credit_comes_back_every_half_mark",
        ],
    ),
    ("High-water marks count messages; 0 is no limit", &["ctests/api/hwm_linger.c"]),
    (
        "Nobody there: a bound PUSH blocks, a connected one fills its queue",
        &["ctests/api/push_pull.c", "ctests/api/hwm_linger.c"],
    ),
    (
        "What waits survives on the side that connected, and is lost on the one that bound",
        &["ctests/api/hwm_linger.c", "ctests/api/habits.c"],
    ),
    // Transports and connections.
    (
        "`zmq_connect` tells mistakes of syntax only",
        &[
            "ctests/api/endpoints.c",
            "ctests/api/monitor.c",
            "src/endpoint/tcp/tests.rs: names_need_a_lookup",
        ],
    ),
    (
        "Ports are read by `atoi` and cut to 16 bits",
        &[
            "ctests/api/endpoints.c",
            "src/endpoint/port.rs: ports_are_read_like_the_original_reads_them",
        ],
    ),
    (
        "`ZMQ_LAST_ENDPOINT`: as given after a connect, as understood after a bind",
        &["ctests/api/endpoints.c", "ctests/api/tcp.c"],
    ),
    ("udp is for draft types only", &["ctests/api/errors.c", "ctests/api/endpoints.c"]),
    ("Unbinding by the wildcard finds nothing", &["ctests/api/endpoints.c"]),
    (
        "`zmq_unbind` ends connections, and leaves what came readable",
        &["ctests/api/tcp.c", "ctests/api/monitor.c"],
    ),
    (
        "A port is free a moment after it was given up; here at once",
        &["ctests/api/tcp.c", "src/transport/tests.rs: the_port_is_free_on_return"],
    ),
    (
        "ipc: an existing file is replaced, and the own one left behind",
        &["ctests/api/ipc.c", "src/transport/tests.rs: a_named_file_is_taken_over_and_left_behind"],
    ),
    ("inproc: connect first is fine; no second binder is found", &["ctests/api/inproc.c"]),
    ("inproc compares no types and asks nobody", &["ctests/api/inproc.c"]),
    (
        "After a breach of the protocol the connecting side gives up for good; here it tries again",
        &["ctests/wire/tries_again.c", "ctests/api/zap_refusal.c"],
    ),
    ("After a breach of the protocol nothing more is read", &["ctests/wire/after_a_breach.c"]),
    (
        "Types that do not fit: DISCONNECTED is all that is told",
        &["ctests/api/monitor.c", "src/proto/zmtp/tests.rs: commands_that_fail_the_handshake"],
    ),
    (
        "Greeting, READY and messages in one segment",
        &["ctests/wire/one_segment.c", "src/proto/zmtp/tests.rs: everything_in_one_segment"],
    ),
    ("SUBSCRIBE to a socket that does not publish", &["ctests/wire/commands.c"]),
    ("`ZMQ_RECONNECT_IVL` 0 is never", &["ctests/api/reconnect_never.c"]),
    (
        "The interval has a random part, or grows",
        &["ctests/api/monitor.c", "ctests/api/monitor_values.c"],
    ),
    ("A peer that vanished is noticed by heartbeats only", &["ctests/api/heartbeat.c"]),
    (
        "The greeting goes out in stages",
        &[
            "ctests/wire/greeting.c",
            "src/proto/zmtp/tests.rs: greeting_is_staged_and_ready_follows_at_once",
        ],
    ),
    (
        "What is no ZMTP is taken for version 1.0",
        &[
            "ctests/wire/old_versions.c",
            "src/proto/zmtp/tests.rs: what_is_no_zmtp_at_all_is_taken_for_version_1",
        ],
    ),
    (
        "Subscriptions are messages for 3.0 and commands for 3.1",
        &[
            "ctests/wire/subscriptions.c",
            "src/proto/zmtp/command.rs: subscriptions_in_the_form_of_each_version",
        ],
    ),
    ("A silent peer is let go when the handshake's time is up", &["ctests/api/heartbeat.c"]),
    (
        "Topics of 255 bytes for older peers",
        &["ctests/api/xpub_long_topic.c", "src/proto/zmtp/command.rs: long_topics"],
    ),
    // Monitors, security, lifetime.
    (
        "A monitor that nobody reads holds nothing up, and loses nothing",
        &["ctests/bad/unread_monitor.c"],
    ),
    (
        "An event has 6 bytes, and its address a frame of its own",
        &["ctests/api/habits.c", "ctests/api/monitor.c"],
    ),
    (
        "BIND_FAILED names the address without its scheme",
        &["ctests/api/monitor_values.c", "ctests/api/monitor.c"],
    ),
    (
        "CONNECT_DELAYED comes first, and exact sequences are waited for",
        &["ctests/api/monitor.c", "ctests/api/monitor_values.c"],
    ),
    (
        "ws tells HANDSHAKE_SUCCEEDED twice, with the opening and with the mechanism",
        &["ctests/api/ws.c"],
    ),
    ("The peer's name is the property \"Identity\"", &["ctests/api/msg_metadata.c"]),
    ("Properties are on every frame, as long as it lives", &["ctests/api/msg_metadata.c"]),
    (
        "Who asks the authenticator: NULL with a domain, CURVE if there is one, PLAIN always",
        &[
            "ctests/api/zap_null.c",
            "ctests/api/curve.c",
            "ctests/api/plain.c",
            "src/proto/zap.rs: who_is_asked_about",
        ],
    ),
    (
        "The number of a request to the authenticator is \"1\"",
        &["ctests/api/zap_null.c", "src/proto/zap.rs: a_request_has_the_credentials_last"],
    ),
    (
        "Refused with 300 a client comes again, with 400 or 500 never",
        &["ctests/api/zap_refusal.c", "ctests/api/zap_null.c"],
    ),
    ("CURVE without an authenticator lets every key in", &["ctests/api/curve.c"]),
    (
        "Termination waits for what lingers",
        &["ctests/api/hwm_linger.c", "ctests/api/ctx_term_wakes.c"],
    ),
    (
        "Termination does not wait for an inproc name that nobody bound",
        &["ctests/api/ctx_lifetime.c", "ctests/api/inproc.c"],
    ),
    ("`ZMQ_FD` tells of changes only", &["ctests/api/fd_events.c"]),
    (
        "What happens to a socket is carried out in its next call",
        &["ctests/api/seen_in_next_call.c"],
    ),
    (
        "After a fork the child may close and terminate",
        &["ctests/api/fork.c", "ctests/api/fork_exit.c"],
    ),
    (
        "No SIGPIPE; signals end the calls of the thread that got them",
        &[
            "ctests/api/eintr.c",
            "ctests/wire/last_words.c",
            "src/sys/net.rs: a_closed_peer_is_an_error_and_no_signal",
        ],
    ),
    (
        "Free functions run once, on whatever thread",
        &[
            "ctests/api/msg_free_fn.c",
            "ctests/api/free_fn_mutex.c",
            "ctests/api/free_fn_background.c",
        ],
    ),
    ("A proxy ends with -1 and `ETERM`", &["ctests/api/proxy.c", "ctests/api/errors.c"]),
    (
        "A proxy counts in the order of the machine",
        &["ctests/api/proxy.c", "src/proxy.rs: order_of_statistics"],
    ),
    (
        "`ZMQ_EVENTS` and `zmq_poll` may say `ETERM`",
        &["ctests/api/ctx_lifetime.c", "ctests/api/fd_events.c"],
    ),
];
