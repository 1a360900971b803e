/* The version at run time belongs to the 4.3 series, and NULL is not written
   past: all three numbers are stored. */
#include "check.h"

int
main (void)
{
    int major = -1, minor = -1, patch = -1;
    zmq_version (&major, &minor, &patch);
    SAY ("%d.%d", major, minor);
    CHECK (patch >= 4);
    CHECK_EQ (ZMQ_VERSION, ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH));
    CHECK_EQ (ZMQ_MAKE_VERSION (4, 3, 5), 40305);
    return 0;
}
