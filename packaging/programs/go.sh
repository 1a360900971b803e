# A Go program on zmq.h, by cgo, compiled by Debian's Go with the development files that are installed. Go interrupts its threads
# with signals all the time, and moves its work between them.
# packages: golang-go gcc libc6-dev pkg-config libzmq3-dev
# run: sh go.sh
# quick: yes
set -e
export GOCACHE=/var/cache/go-build
mkdir -p /tmp/exchange && cd /tmp/exchange
printf 'module exchange\ngo 1.19\n' > go.mod
cat > main.go <<'GO'
package main

// #cgo pkg-config: libzmq
// #include <stdlib.h>
// #include <zmq.h>
import "C"

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

type socket struct{ handle unsafe.Pointer }

func send(s socket, frames ...string) {
	for i, frame := range frames {
		flags := C.int(C.ZMQ_SNDMORE)
		if i == len(frames)-1 {
			flags = 0
		}
		data := C.CBytes([]byte(frame))
		for {
			size, err := C.zmq_send(s.handle, data, C.size_t(len(frame)), flags)
			if err == syscall.EINTR && size < 0 {
				continue
			}
			if int(size) != len(frame) {
				panic(err)
			}
			break
		}
		C.free(data)
	}
}

func receive(s socket) (frames []string) {
	var message C.zmq_msg_t
	C.zmq_msg_init(&message)
	defer C.zmq_msg_close(&message)
	for {
		size, err := C.zmq_msg_recv(&message, s.handle, 0)
		if err == syscall.EINTR && size < 0 {
			continue
		}
		if size < 0 {
			panic(err)
		}
		frames = append(frames, C.GoStringN((*C.char)(C.zmq_msg_data(&message)), size))
		if C.zmq_msg_more(&message) == 0 {
			return
		}
	}
}

func main() {
	context := C.zmq_ctx_new()
	router := socket{C.zmq_socket(context, C.ZMQ_ROUTER)}
	any := C.CString("tcp://127.0.0.1:*")
	C.zmq_bind(router.handle, any)
	var name [256]C.char
	size := C.size_t(len(name))
	C.zmq_getsockopt(router.handle, C.ZMQ_LAST_ENDPOINT, unsafe.Pointer(&name[0]), &size)
	const workers, rounds = 8, 200
	done := make(chan int)
	for i := 0; i < workers; i++ {
		go func(i int) {
			dealer := socket{C.zmq_socket(context, C.ZMQ_DEALER)}
			C.zmq_connect(dealer.handle, &name[0])
			total := 0
			for round := 0; round < rounds; round++ {
				text := strings.Repeat("x", 100*(i+1)+round)
				send(dealer, "hello", text)
				if answer := receive(dealer); answer[0] != text {
					panic(answer[0])
				}
				total += len(text)
			}
			C.zmq_close(dealer.handle)
			done <- total
		}(i)
	}
	for i := 0; i < workers*rounds; i++ {
		parts := receive(router)
		send(router, parts[0], parts[2])
	}
	total := 0
	for i := 0; i < workers; i++ {
		total += <-done
	}
	C.zmq_close(router.handle)
	fmt.Println(total, C.zmq_ctx_term(context))
	// Go ends without the C library: it is its own witness.
	maps, _ := os.ReadFile("/proc/self/maps")
	out, _ := os.Create(os.Getenv("WITNESS") + "/go")
	for _, line := range strings.Split(string(maps), "\n") {
		if strings.Contains(line, "/libzmq.so") {
			fmt.Fprintln(out, line)
		}
	}
	out.Close()
}
GO
env -u LD_PRELOAD go build -o exchange .
./exchange
