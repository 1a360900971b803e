/* A program finds out whether it runs on zincmq: zmq_has and the functions of zmqx.h agree, on any
   library. */
#include "check.h"

int
main (void)
{
    void (*version) (int *, int *, int *);
    *(void **) &version = dlsym (RTLD_DEFAULT, "zmqx_version");
    CHECK_EQ (version != NULL, zmq_has ("zincmq"));
    if (version) {
        int major = -1, minor = -1, patch = -1;
        version (&major, NULL, NULL);
        version (NULL, &minor, &patch);
        CHECK (major >= 0 && minor >= 0 && patch >= 0);
        CHECK (major + minor + patch > 0);
    }
    return 0;
}
