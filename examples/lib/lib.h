/* Used by every example. The larger parts (mdp.h, bstar.h, ...) are included where they are needed. */
#ifndef EXAMPLES_LIB_H
#define EXAMPLES_LIB_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "clock.h"
#include "message.h"
#include "say.h"
#include "sockets.h"
#include "unique.h"
#include "wait.h"

#endif
