// cppzmq, the C++ binding.
// packages: cppzmq-dev
// build: c++ -std=c++17 -I$ROOT/usr/include cppzmq.cpp -o $OUT/cppzmq -L$ROOT/usr/lib/x86_64-linux-gnu -Wl,-rpath-link,$ROOT/usr/lib/x86_64-linux-gnu -lzmq
// run: ./cppzmq
// quick: yes
#include <iostream>
#include <string>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

int main ()
{
    zmq::context_t context;
    zmq::socket_t router (context, zmq::socket_type::router), dealer (context, zmq::socket_type::dealer);
    dealer.set (zmq::sockopt::routing_id, "ann");
    router.bind ("tcp://127.0.0.1:*");
    dealer.connect (router.get (zmq::sockopt::last_endpoint));
    std::vector<zmq::message_t> parts;
    dealer.send (zmq::str_buffer ("one"), zmq::send_flags::sndmore);
    dealer.send (zmq::message_t (std::string (100000, 'x')), zmq::send_flags::none);
    if (zmq::recv_multipart (router, std::back_inserter (parts)) != 3)
        return 1;
    std::cout << parts[0].to_string () << " " << parts[1].to_string () << " " << parts[2].size () << "\n";
    zmq::send_multipart (router, parts);
    std::vector<zmq::pollitem_t> items = {{dealer, 0, ZMQ_POLLIN, 0}};
    std::cout << zmq::poll (items, std::chrono::seconds (10)) << "\n";
    zmq::multipart_t answer (dealer);
    std::cout << answer.size () << " " << answer.popstr () << "\n";
    try {
        router.bind ("nonsense");
    } catch (const zmq::error_t &error) {
        std::cout << error.what () << "\n";
    }
}
