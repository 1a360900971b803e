/* The Majordomo Protocol (RFC 7) for clients and for workers. */
#ifndef EXAMPLES_MDP_H
#define EXAMPLES_MDP_H

#include "message.h"

#define MDP_CLIENT "MDPC01"
#define MDP_WORKER "MDPW01"

enum mdp_command { MDP_READY = 1, MDP_REQUEST, MDP_REPLY, MDP_HEARTBEAT, MDP_DISCONNECT };

frame *mdp_command_frame (enum mdp_command command);

/* A client asks services of a broker by their names. It asks again when nothing comes (lib/lazy.h). */
typedef struct mdp_client mdp_client;

mdp_client *mdp_client_new (void *context, const char *broker, long timeout_ms, long tries);
void mdp_client_free (mdp_client *c);

/* The reply of the service. NULL: ETIMEDOUT after all tries, EINTR when the program is to end, EPROTO if the broker speaks
   something else. Takes the request. */
message *mdp_ask (mdp_client *c, const char *service, message *request);

/* A worker serves one service. It registers again when the broker is silent, or says that it does not know it. */
typedef struct mdp_worker mdp_worker;

mdp_worker *mdp_worker_new (void *context, const char *broker, const char *service);
void mdp_worker_free (mdp_worker *w);

/* Sends the reply to the request before (NULL the first time), and waits for the next request. NULL when the program is to
   end. Takes the reply. */
message *mdp_worker_wait (mdp_worker *w, message *reply);

#endif
