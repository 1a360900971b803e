# CZMQ's own tests, compiled from Debian's sources, on Debian's CZMQ.
# packages: libczmq-dev gcc libc6-dev
# sources: czmq
# run: sh czmq-selftest.sh
set -e
cp -r /source/czmq /tmp/czmq
cd /tmp/czmq/src
env -u LD_PRELOAD gcc -w -I. -I../include czmq_selftest.c -o selftest -lczmq -lzmq
cd ..
for test in $(src/selftest --list | awk '/^ /{print $1}'); do
    if src/selftest --test $test >/tmp/log 2>&1; then
        echo $test
    else
        echo $test failed $? && cat /tmp/log
    fi
done
