# CZMQ's tool zmakecert, which Debian does not package: compiled from Debian's sources, with its CZMQ. Two certificates that it makes seal a message.
# packages: libczmq-dev gcc libc6-dev python3-zmq
# sources: czmq
# run: sh czmq-tools.sh
# quick: yes
set -e
cd /source/czmq/src
env -u LD_PRELOAD gcc -w -I. -I../include zmakecert.c -o /tmp/zmakecert -lczmq -lzmq
cd /tmp
for name in ann bob; do
    printf '%s\n%s@example\nfriends\n' $name $name | ./zmakecert $name.txt >$name.log 2>&1
    grep -c 'CURVE certificate created' $name.log
done
python3 - <<'PYTHON'
import zmq
import zmq.auth

ann, bob = (zmq.auth.load_certificate(f"/tmp/{name}.txt_secret") for name in ("ann", "bob"))
context = zmq.Context()
server, client = context.socket(zmq.REP), context.socket(zmq.REQ)
server.curve_server = True
server.curve_publickey, server.curve_secretkey = ann
port = server.bind_to_random_port("tcp://127.0.0.1")
client.curve_serverkey = ann[0]
client.curve_publickey, client.curve_secretkey = bob
client.connect(f"tcp://127.0.0.1:{port}")
client.send(b"sealed")
print(server.recv())
context.destroy()
PYTHON
