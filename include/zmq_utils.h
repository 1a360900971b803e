/*
 * zmq_utils.h: empty and deprecated. What it once declared is in zmq.h.
 */
