# Ignition's transport: a topic between processes, found by multicast and carried by ZeroMQ.
# packages: ignition-transport-cli
# run: sh ignition.sh
set -e
export IGN_IP=127.0.0.1 IGN_PARTITION=real-programs PATH=$PATH:/usr/libexec/ignition/transport11
mkfifo /tmp/heard
ign-transport-topic -e -n 1 -t /news >/tmp/heard &
while sleep 0.3; do ign-transport-topic -t /news -m ignition.msgs.StringMsg -p 'data: "first"' || true; done &
sender=$!
head -n 1 /tmp/heard
kill $sender
