/*
 * zmq.h: the C interface of ZeroMQ, version 4.3.5, as zincmq implements it.
 *
 * Generated from the Rust sources in src/capi by "cargo xtask header"; change it there.
 *
 * The manual: https://libzmq.readthedocs.io
 */
