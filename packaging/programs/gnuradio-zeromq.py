"""GNU Radio's blocks for ZeroMQ: a flow graph that sends samples to another.

packages: libgnuradio-zeromq3.10.5 libgnuradio-blocks3.10.5 python3-numpy
unpacked: gnuradio
run: python3 gnuradio-zeromq.py
quick: yes
"""

import pmt
from gnuradio import blocks, gr, zeromq

COUNT = 200_000


def conversation(sink, source, endpoint):
    numbers = [float(i % 1000) for i in range(COUNT)]
    sender, receiver = gr.top_block(), gr.top_block()
    out = sink(gr.sizeof_float, 1, endpoint, 100)
    sender.connect(blocks.vector_source_f(numbers, True), out)
    head, got = blocks.head(gr.sizeof_float, COUNT), blocks.vector_sink_f()
    receiver.connect(source(gr.sizeof_float, 1, out.last_endpoint(), 100), head, got)
    receiver.start()
    sender.start()
    receiver.wait()
    sender.stop()
    sender.wait()
    received = got.data()
    steps = {(b - a) % 1000 for a, b in zip(received, received[1:])}
    print(len(received), steps if sink is zeromq.push_sink else len(steps) > 0)


conversation(zeromq.push_sink, zeromq.pull_source, "tcp://127.0.0.1:*")
conversation(zeromq.pub_sink, zeromq.sub_source, "tcp://127.0.0.1:*")
conversation(zeromq.rep_sink, zeromq.req_source, "tcp://127.0.0.1:*")

graph = gr.top_block()
push = zeromq.push_msg_sink("tcp://127.0.0.1:*", 100)
pull = zeromq.pull_msg_source(push.last_endpoint(), 100)
strobe, debug = blocks.message_strobe(pmt.intern("tick"), 10), blocks.message_debug()
graph.msg_connect(strobe, "strobe", push, "in")
graph.msg_connect(pull, "out", debug, "store")
graph.start()
while debug.num_messages() < 3:
    pass
print(pmt.symbol_to_string(debug.get_message(0)))
graph.stop()
graph.wait()
