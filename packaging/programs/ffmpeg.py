"""ffmpeg's filter zmq: a running filter graph is asked and changed.

packages: ffmpeg python3-zmq
run: python3 ffmpeg.py
quick: yes
"""

import subprocess

import zmq

ENDPOINT = "ipc:///tmp/ffmpeg-zmq"
player = subprocess.Popen(
    ["ffmpeg", "-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
     f"testsrc=size=64x64:rate=25,zmq=bind_address='{ENDPOINT.replace(':', chr(92) + ':')}',eq=brightness=0", "-f", "null", "-"],
    stdin=subprocess.PIPE)
context = zmq.Context()
request = context.socket(zmq.REQ)
request.setsockopt(zmq.RCVTIMEO, 60000)
request.connect(ENDPOINT)
for command in ("Parsed_eq_2 brightness 0.5", "Parsed_eq_2 nonsense 1", "Parsed_eq_2 contrast 2"):
    request.send_string(command)
    print(request.recv_string().split("\n")[0])
player.communicate(b"q")
print(player.returncode)
context.destroy()
