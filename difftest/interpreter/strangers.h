/* Peers that are no sockets of the library: plain TCP connections, by number. Included by run.c, whose
 * helpers it uses. */

static int strangers[SLOTS];

/* The port at the end of an endpoint, on this machine. */
static struct sockaddr_in place_of (const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    const char *colon = strrchr (endpoint, ':');
    address.sin_port = htons ((uint16_t) (colon ? atoi (colon + 1) : 0));
    return address;
}

static void keep_stranger (int number, int fd)
{
    if (strangers[number])
        close (strangers[number]);
    strangers[number] = fd > 0 ? fd : 0;
    printf (" = %s", fd > 0 ? "there" : error_name (errno));
}

/* raw N ENDPOINT: connects */
static void op_raw (void)
{
    struct sockaddr_in address = place_of (endpoint_of (3));
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect (fd, (struct sockaddr *) &address, sizeof address) == -1) {
        int error = errno;
        close (fd);
        errno = error;
        fd = -1;
    }
    keep_stranger (slot (2), fd);
}

/* rawbind N PLACE: listens, and the place has its endpoint */
static void op_rawbind (void)
{
    struct sockaddr_in address = place_of ("");
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind (fd, (struct sockaddr *) &address, size) == 0 && listen (fd, 8) == 0
        && getsockname (fd, (struct sockaddr *) &address, &size) == 0)
        snprintf (endpoints[slot (3)], TEXT, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    keep_stranger (slot (2), fd);
}

/* rawaccept N LISTENER */
static void op_rawaccept (void)
{
    keep_stranger (slot (2), accept4 (strangers[slot (3)], NULL, NULL, SOCK_CLOEXEC));
}

static void op_rawsend (void)
{
    size_t size;
    unsigned char *data = payload (word (3), &size);
    ssize_t sent = send (strangers[slot (2)], data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    /* Whether the end of a connection is known yet is the kernel's affair. */
    printf (" = %s", sent == (ssize_t) size ? "sent" : "gone");
}

static void op_rawread (void)
{
    static unsigned char buffer[MOST];
    size_t size = 0;
    ssize_t got = 0;
    while (size < MOST && (got = recv (strangers[slot (2)], buffer + size, MOST - size, MSG_DONTWAIT)) > 0)
        size += (size_t) got;
    printf (" [%zu:", size);
    for (size_t i = 0; i < size && i < 200; i++)
        printf ("%02x", buffer[i]);
    printf ("~%08x]%s", hash (buffer, size), got == -1 && errno == EAGAIN ? "" : " closed");
}

static void op_rawclose (void)
{
    if (strangers[slot (2)])
        close (strangers[slot (2)]);
    strangers[slot (2)] = 0;
}
