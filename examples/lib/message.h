/* Messages of several frames, as values: received and sent whole, taken apart and put together from the front or the end.

   A frame belongs to the message it is in, or to the code that took it out. Frames are never copied on their way: brokers move
   them from one message to another. */
#ifndef EXAMPLES_MESSAGE_H
#define EXAMPLES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

typedef struct frame {
    zmq_msg_t body;
    struct frame *next;
} frame;

typedef struct message {
    frame *first;
    frame **end; /* where the next frame is hung up */
} message;

frame *frame_new (const void *data, size_t size);
frame *frame_text (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
frame *frame_copy (const frame *f);
void frame_free (frame *f);

const void *frame_data (const frame *f);
size_t frame_size (const frame *f);
bool frame_is (const frame *f, const char *text);       /* no frame (NULL) is not any text */
bool frame_same (const frame *a, const frame *b);
bool frame_is_byte (const frame *f, unsigned char byte); /* the one-byte commands of some protocols */
char *frame_string (const frame *f);                    /* a copy with a NUL at the end; free it */
long frame_number (const frame *f);                     /* -1 if it is no number */

message *message_new (void);
message *message_copy (const message *m);
void message_free (message *m);

/* The next message of the socket. NULL if there is none (the socket has a time limit), with errno. */
message *message_receive (void *socket);
message *message_receive_now (void *socket); /* does not wait */

/* Sends and frees the message. False if it could not be sent, with errno; it is freed then, too. */
bool message_send (message *m, void *socket);
bool message_send_now (message *m, void *socket); /* does not wait: a broker must not stand still for one slow peer */

size_t message_count (const message *m);
frame *message_at (const message *m, size_t index); /* stays where it is; NULL beyond the end */

frame *message_take (message *m);         /* the first frame; NULL if there is none */
void message_put (message *m, frame *f);  /* at the front */
void message_add (message *m, frame *f);  /* at the end */
void message_put_text (message *m, const char *text);
void message_add_text (message *m, const char *text);
void message_join (message *m, message *rest); /* all frames of the second, which is gone then */

#endif
