/* A network for `scripts/multicast`: a packet that comes in at one of the interfaces
   goes out at all others. Of packets for groups it drops one in DROP.

   hub DROP INTERFACE... */
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8
/* The bytes before each packet (struct virtio_net_hdr). */
#define HEAD 10

static int
open_port (const char *interface)
{
    int fd = socket (AF_PACKET, SOCK_RAW, htons (ETH_P_ALL));
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons (ETH_P_ALL)};
    address.sll_ifindex = (int) if_nametoindex (interface);
    int size = 4000000, one = 1;
    if (fd >= 0)
        setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    /* checksums are left to the hardware, and there is none: the packet's receiver is told so */
    if (fd < 0 || setsockopt (fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) != 0
        || bind (fd, (struct sockaddr *) &address, sizeof address) != 0) {
        perror (interface);
        exit (1);
    }
    return fd;
}

int
main (int argc, char **argv)
{
    struct pollfd ports[MOST];
    int count = argc - 2 < MOST ? argc - 2 : MOST, drop = argc > 1 ? atoi (argv[1]) : 0;
    unsigned random = 12345;
    for (int i = 0; i < count; i++)
        ports[i] = (struct pollfd){.fd = open_port (argv[i + 2]), .events = POLLIN};
    puts ("ready");
    fflush (stdout);
    for (;;) {
        poll (ports, (nfds_t) count, -1);
        for (int from = 0; from < count; from++) {
            unsigned char packet[70000];
            struct sockaddr_ll source;
            socklen_t size = sizeof source;
            ssize_t len = !(ports[from].revents & POLLIN)
                            ? -1
                            : recvfrom (ports[from].fd, packet, sizeof packet, MSG_DONTWAIT,
                                        (struct sockaddr *) &source, &size);
            if (len < HEAD + 14 || source.sll_pkttype == PACKET_OUTGOING)
                continue;
            random = random * 1103515245u + 12345u;
            const unsigned char *to_whom = packet + HEAD;
            int group = to_whom[0] == 1 && to_whom[1] == 0 && to_whom[2] == 0x5e;
            if (drop && group && (random >> 16) % (unsigned) drop == 0)
                continue;
            for (int to = 0; to < count; to++)
                if (to != from && send (ports[to].fd, packet, (size_t) len, 0) < 0)
                    continue;
        }
    }
}
