% Octave's zeromq package.
% packages: octave-zeromq
% run: octave-cli --no-history octave.m
% quick: yes
pkg load zeromq
rep = zmq_socket (ZMQ_REP);
zmq_bind (rep, "tcp://127.0.0.1:*");
req = zmq_socket (ZMQ_REQ);
zmq_connect (req, zmq_getsockopt (rep, ZMQ_LAST_ENDPOINT));
for i = 1:3
  zmq_send (req, sprintf ("question %d", i));
  question = char (zmq_recv (rep, 100));
  zmq_send (rep, ["answer to " question]);
  printf ("%s\n", char (zmq_recv (req, 100)));
end
zmq_close (req);
zmq_close (rep);
