/*
 * zmq.h: the C interface of ZeroMQ, version 4.3.5, as zincmq implements it.
 *
 * Generated from the Rust sources in src/capi by "cargo xtask header"; change it there.
 *
 * The manual: https://libzmq.readthedocs.io
 */

#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

/* One number for a version, to compare with: #if ZMQ_VERSION >= ZMQ_MAKE_VERSION (4, 3, 0). */
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

#if !defined _WIN32_WCE
#include <errno.h>
#endif
#include <stddef.h>
#include <stdio.h>

/* Integers of known width; ZMQ_DEFINED_STDINT tells programs that they are here. */
#define ZMQ_DEFINED_STDINT 1
#if defined ZMQ_HAVE_SOLARIS || defined ZMQ_HAVE_OPENVMS
#include <inttypes.h>
#elif defined _MSC_VER && _MSC_VER < 1600
typedef unsigned __int8 uint8_t;
typedef unsigned __int16 uint16_t;
typedef __int32 int32_t;
typedef unsigned __int32 uint32_t;
typedef unsigned __int64 uint64_t;
#else
#include <stdint.h>
#endif

/* AIX names the members of its poll structure through macros: let them come first. */
#ifdef ZMQ_HAVE_AIX
#include <poll.h>
#endif

#if !defined _WIN32
#include <signal.h>
#endif

/* Marks what the library exports. ZMQ_STATIC and DLL_EXPORT matter on Windows only. */
#if defined ZMQ_NO_EXPORT || (defined _WIN32 && defined ZMQ_STATIC)
#define ZMQ_EXPORT
#elif defined _WIN32 && defined DLL_EXPORT
#define ZMQ_EXPORT __declspec (dllexport)
#elif defined _WIN32
#define ZMQ_EXPORT __declspec (dllimport)
#elif defined __SUNPRO_C || defined __SUNPRO_CC
#define ZMQ_EXPORT __global
#elif (defined __GNUC__ && __GNUC__ >= 4) || defined __INTEL_COMPILER
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif

/* POSIX error numbers that some platforms lack. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

/* This header declares the timers (the zmq_timers_ functions). */
#define ZMQ_HAVE_TIMERS

#ifdef __cplusplus
extern "C" {
#endif

/* A descriptor of the operating system. */
#if defined _WIN64
typedef unsigned __int64 zmq_fd_t;
#elif defined _WIN32
typedef unsigned int zmq_fd_t;
#else
typedef int zmq_fd_t;
#endif

/* A message. Opaque; the functions zmq_msg_* work on it. It has the alignment of a pointer. */
typedef struct zmq_msg_t
{
#if defined _MSC_VER && defined _WIN64
    __declspec (align (8)) unsigned char _[64];
#elif defined _MSC_VER
    __declspec (align (4)) unsigned char _[64];
#elif defined __GNUC__ || defined __INTEL_COMPILER                                          \
  || (defined __SUNPRO_C && __SUNPRO_C >= 0x590)                                            \
  || (defined __SUNPRO_CC && __SUNPRO_CC >= 0x590)
    unsigned char _[64] __attribute__ ((aligned (sizeof (void *))));
#else
    unsigned char _[64];
#endif
} zmq_msg_t;

/* Frees the content of a message: see zmq_msg_init_data. Any thread may call it. */
typedef void (zmq_free_fn) (void *data_, void *hint_);

/* Called by zmq_timers_execute when a timer is due. */
typedef void (zmq_timer_fn) (int timer_id, void *arg);

/* The body of a thread: see zmq_threadstart. */
typedef void (zmq_thread_fn) (void *);

/* Declared by <sys/uio.h>. */
struct iovec;

#ifdef __cplusplus
}
#endif
