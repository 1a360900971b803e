<?php
// PHP's php-zmq.
// packages: php8.2-zmq php8.2-cli
// run: php php.php
// quick: yes
$context = new ZMQContext();
$rep = new ZMQSocket($context, ZMQ::SOCKET_REP);
$rep->bind('tcp://127.0.0.1:*');
$req = new ZMQSocket($context, ZMQ::SOCKET_REQ);
$req->connect($rep->getSockOpt(ZMQ::SOCKOPT_LAST_ENDPOINT));
foreach (['one', 'two', 'three'] as $word) {
    $req->sendmulti([$word, str_repeat('x', 3000)]);
    $poll = new ZMQPoll();
    $poll->add($rep, ZMQ::POLL_IN);
    $readable = $writable = [];
    echo $poll->poll($readable, $writable, 10000), ' ';
    [$text, $rest] = $rep->recvMulti();
    $rep->send(strtoupper($text) . ' ' . strlen($rest));
    echo $req->recv(), "\n";
}
