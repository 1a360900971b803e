/* The Paranoid Pirate Protocol (RFC 6) in numbers: one-byte commands, and how long silence is not death. */
#define PPP_READY 1
#define PPP_HEARTBEAT 2

#define HEARTBEAT_MS 200 /* a sign of life this often, both ways */
#define SILENCE_MS 1000  /* after such a silence the other side is dead */
