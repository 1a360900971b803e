/*
 * zmqx.h: what zincmq has beyond zmq.h. No other libzmq has these functions: a program that may
 * run on any of them looks whether zmq_has ("zincmq") is 1, and finds them with dlsym.
 *
 * Generated from the Rust sources in src/capi by "cargo xtask header"; change it there.
 */

#ifndef __ZMQX_H_INCLUDED__
#define __ZMQX_H_INCLUDED__

#if defined __GNUC__
#define ZMQX_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQX_EXPORT
#endif
