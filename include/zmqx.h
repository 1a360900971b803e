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

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the version of zincmq to each pointer that is not null; zmq_version is that of the interface. */
ZMQX_EXPORT
void zmqx_version(int *major_,
                  int *minor_,
                  int *patch_);

#ifdef __cplusplus
}  // extern "C"
#endif

#undef ZMQX_EXPORT

#endif /* __ZMQX_H_INCLUDED__ */
