/* The commands of the Paranoid Pirate Protocol (RFC 6). */
#define PPP_READY 1
#define PPP_HEARTBEAT 2
