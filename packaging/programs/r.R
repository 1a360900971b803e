# R's pbdZMQ.
# packages: r-cran-pbdzmq
# run: Rscript --vanilla r.R
# quick: yes
library(pbdZMQ)
context <- zmq.ctx.new()
rep <- zmq.socket(context, .pbd_env$ZMQ.ST$REP)
zmq.bind(rep, "ipc:///tmp/pbdzmq")
req <- zmq.socket(context, .pbd_env$ZMQ.ST$REQ)
zmq.connect(req, "ipc:///tmp/pbdzmq")
for (i in 1:3) {
    zmq.send(req, paste("question", i))
    question <- zmq.recv(rep)$buf
    zmq.send(rep, paste("answer to", question))
    cat(zmq.recv(req)$buf, "\n")
}
send.socket(req, data = list(numbers = 1:1000))
cat(sum(receive.socket(rep)$numbers), "\n")
zmq.close(req)
zmq.close(rep)
zmq.ctx.destroy(context)
