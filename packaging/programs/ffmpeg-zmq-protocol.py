"""ffmpeg's protocol zmq: one ffmpeg publishes a film, another receives it.

packages: ffmpeg
run: python3 ffmpeg-zmq-protocol.py
"""

import socket
import subprocess

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    endpoint = f"zmq:tcp://127.0.0.1:{probe.getsockname()[1]}"
quiet = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"]
sender = subprocess.Popen([*quiet, "-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=25", "-c:v", "mpeg2video", "-g", "5", "-f", "mpegts", endpoint])
receiver = subprocess.run([*quiet, "-f", "mpegts", "-i", endpoint, "-frames:v", "25", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
print(receiver.returncode, len(receiver.stdout))
sender.terminate()
print(sender.wait(30))
