/* Stand-ins for address families that the kernel at hand may lack: AF_TIPC and
   AF_VSOCK played over AF_UNIX, within one process. The program has its own
   socket(), bind() and so on, which the library then calls; where the kernel has
   the family (for AF_VSOCK: with loopback), they pass everything on. Either way
   they remember the addresses that they were given. */
#ifndef ZINCMQ_FAMILIES_H
#define ZINCMQ_FAMILIES_H

#include "check.h"
#include <dlfcn.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <sys/un.h>

#define SLOTS 1024

static struct
{
    int family;    /* 0: none of these */
    int stands_in; /* an AF_UNIX socket in truth */
    int named;
    struct sockaddr_tipc tipc;
    struct sockaddr_vm vm;
} slots[SLOTS];

static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* The last addresses that bind() and connect() were given, and how often. */
static struct sockaddr_storage bound_to, connected_to;
static int binds, connects;

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

/* Whether the kernel itself can play the whole game. */
static int
kernel_has (int family)
{
    int fd = REAL (socket) (family, SOCK_STREAM | SOCK_CLOEXEC, 0), has = fd != -1;
    if (has && family == AF_VSOCK) {
        struct sockaddr_vm a = {.svm_family = AF_VSOCK, .svm_port = VMADDR_PORT_ANY, .svm_cid = VMADDR_CID_LOCAL};
        has = REAL (bind) (fd, (struct sockaddr *) &a, sizeof a) == 0;
    }
    if (fd != -1)
        close (fd);
    return has;
}

static void
slot_set (int fd, int family, int stands_in)
{
    if (fd < 0)
        return;
    CHECK (fd < SLOTS);
    pthread_mutex_lock (&slots_lock);
    memset (&slots[fd], 0, sizeof slots[fd]);
    slots[fd].family = family;
    slots[fd].stands_in = stands_in;
    pthread_mutex_unlock (&slots_lock);
}

static int
slot_of (int fd)
{
    return fd >= 0 && fd < SLOTS && slots[fd].stands_in;
}

static socklen_t
unix_name (struct sockaddr_un *u, int fd)
{
    memset (u, 0, sizeof *u);
    u->sun_family = AF_UNIX;
    int n = snprintf (u->sun_path + 1, sizeof u->sun_path - 1, "zincmq-%d-%d", (int) getpid (), fd);
    return (socklen_t) (sizeof (sa_family_t) + 1 + (size_t) n);
}

int
socket (int domain, int type, int protocol)
{
    int family = domain == AF_TIPC || domain == AF_VSOCK ? domain : 0;
    int stands_in = family && !kernel_has (family);
    int fd = REAL (socket) (stands_in ? AF_UNIX : domain, type, protocol);
    slot_set (fd, family, stands_in);
    return fd;
}

static int
tipc_bind (int fd, const struct sockaddr_tipc *a)
{
    if (a->addrtype == TIPC_ADDR_ID)
        errno = EAFNOSUPPORT;
    else if (a->addr.nameseq.type < TIPC_RESERVED_TYPES)
        errno = EACCES;
    else {
        slots[fd].tipc = *a;
        if (a->addrtype == TIPC_ADDR_NAME)
            slots[fd].tipc.addr.nameseq.upper = a->addr.nameseq.lower;
        slots[fd].named = 1;
        return 0;
    }
    return -1;
}

static int
vm_bind (int fd, const struct sockaddr_vm *a)
{
    static unsigned next = 1024;
    struct sockaddr_vm vm = *a;
    if (vm.svm_cid != VMADDR_CID_ANY && vm.svm_cid != VMADDR_CID_LOCAL && vm.svm_cid != VMADDR_CID_HOST) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    if (vm.svm_port == VMADDR_PORT_ANY)
        vm.svm_port = next++;
    slots[fd].vm = vm;
    slots[fd].named = 1;
    return 0;
}

int
bind (int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    const struct sockaddr *a = address.__sockaddr__;
    if (a->sa_family == AF_TIPC || a->sa_family == AF_VSOCK) {
        memset (&bound_to, 0, sizeof bound_to);
        memcpy (&bound_to, a, size);
        binds++;
    }
    if (!slot_of (fd))
        return REAL (bind) (fd, address, size);
    pthread_mutex_lock (&slots_lock);
    int rc = a->sa_family == AF_TIPC ? tipc_bind (fd, (const void *) a) : vm_bind (fd, (const void *) a);
    pthread_mutex_unlock (&slots_lock);
    return rc;
}

int
listen (int fd, int backlog)
{
    if (slot_of (fd)) {
        struct sockaddr_un u;
        socklen_t size = unix_name (&u, fd);
        if (REAL (bind) (fd, (struct sockaddr *) &u, size) == -1)
            return -1;
    }
    return REAL (listen) (fd, backlog);
}

/* The listener that an address leads to, or -1. */
static int
listener_of (const struct sockaddr *a)
{
    const struct sockaddr_tipc *t = (const void *) a;
    const struct sockaddr_vm *v = (const void *) a;
    if (a->sa_family == AF_TIPC && t->addrtype == TIPC_ADDR_ID)
        return (int) t->addr.id.ref - 1000;
    for (int fd = 0; fd < SLOTS; fd++) {
        if (!slots[fd].named || slots[fd].family != a->sa_family)
            continue;
        const struct tipc_name_seq *q = &slots[fd].tipc.addr.nameseq;
        if (a->sa_family == AF_TIPC && q->type == t->addr.name.name.type
            && q->lower <= t->addr.name.name.instance && t->addr.name.name.instance <= q->upper)
            return fd;
        if (a->sa_family == AF_VSOCK && slots[fd].vm.svm_port == v->svm_port && (v->svm_cid == VMADDR_CID_LOCAL || v->svm_cid == VMADDR_CID_HOST))
            return fd;
    }
    return -1;
}

int
connect (int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    const struct sockaddr *a = address.__sockaddr__;
    int family = a->sa_family;
    if (family != AF_TIPC && family != AF_VSOCK)
        return REAL (connect) (fd, address, size);
    memset (&connected_to, 0, sizeof connected_to);
    memcpy (&connected_to, a, size);
    int stands_in = slot_of (fd), rc;
    if (stands_in) {
        struct sockaddr_un u;
        pthread_mutex_lock (&slots_lock);
        int to = listener_of (a);
        pthread_mutex_unlock (&slots_lock);
        socklen_t n = unix_name (&u, to);
        rc = REAL (connect) (fd, (struct sockaddr *) &u, n);
    } else
        rc = REAL (connect) (fd, address, size);
    int error = errno;
    __atomic_add_fetch (&connects, 1, __ATOMIC_SEQ_CST);
    errno = error;
    return rc;
}

int
accept4 (int fd, __SOCKADDR_ARG address, socklen_t *size, int flags)
{
    int family = fd >= 0 && fd < SLOTS ? slots[fd].family : 0, stands_in = slot_of (fd);
    int got = stands_in ? REAL (accept4) (fd, NULL, NULL, flags) : REAL (accept4) (fd, address, size, flags);
    if (got == -1)
        return -1;
    slot_set (got, family, stands_in);
    if (stands_in && family == AF_VSOCK)
        slots[got].vm = slots[fd].vm;
    if (stands_in && address.__sockaddr__)
        return getpeername (got, address, size) == -1 ? -1 : got;
    return got;
}

int
accept (int fd, __SOCKADDR_ARG address, socklen_t *size)
{
    return accept4 (fd, address, size, 0);
}

static void
give (__SOCKADDR_ARG address, socklen_t *size, const void *from, socklen_t n)
{
    memcpy (address.__sockaddr__, from, *size < n ? *size : n);
    *size = n;
}

/* The name of a descriptor: its own number is in it. */
static void
name_of (int fd, __SOCKADDR_ARG address, socklen_t *size)
{
    if (slots[fd].family == AF_TIPC) {
        struct sockaddr_tipc t = {0};
        t.family = AF_TIPC;
        t.addrtype = TIPC_ADDR_ID;
        t.addr.id.node = 1 << 24 | 2 << 12 | 3;
        t.addr.id.ref = 1000 + (unsigned) fd;
        give (address, size, &t, sizeof t);
    } else {
        struct sockaddr_vm v = slots[fd].vm;
        v.svm_family = AF_VSOCK;
        give (address, size, &v, sizeof v);
    }
}

int
getsockname (int fd, __SOCKADDR_ARG address, socklen_t *size)
{
    if (!slot_of (fd))
        return REAL (getsockname) (fd, address, size);
    name_of (fd, address, size);
    return 0;
}

int
getpeername (int fd, __SOCKADDR_ARG address, socklen_t *size)
{
    if (!slot_of (fd))
        return REAL (getpeername) (fd, address, size);
    struct sockaddr_un u;
    socklen_t n = sizeof u;
    if (REAL (getpeername) (fd, (struct sockaddr *) &u, &n) == -1)
        return -1;
    /* which socket it is does not matter to anybody, as long as it is another */
    name_of (0, address, size);
    if (slots[fd].family == AF_TIPC)
        ((struct sockaddr_tipc *) address.__sockaddr__)->addr.id.ref = 7;
    return 0;
}

#endif
