// The C++ binding of most programs compiles on our header, and what it makes of it links.
#include <zmq.hpp>
#include <zmq_addon.hpp>

int exchange ()
{
    zmq::context_t context;
    zmq::socket_t one (context, zmq::socket_type::pair);
    zmq::socket_t two (context, zmq::socket_type::pair);
    one.set (zmq::sockopt::linger, 0);
    one.bind ("inproc://cppzmq");
    two.connect (one.get (zmq::sockopt::last_endpoint));

    zmq::multipart_t sent;
    sent.addstr ("hello");
    sent.addtyp<int> (7);
    sent.send (one);

    zmq::pollitem_t item = {two.handle (), 0, ZMQ_POLLIN, 0};
    zmq::poll (&item, 1, std::chrono::milliseconds (1000));
    zmq::multipart_t received (two);
    return received.popstr () == "hello" && received.poptyp<int> () == 7 ? 0 : 1;
}
