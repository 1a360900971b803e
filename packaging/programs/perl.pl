# Perl's ZMQ::FFI.
# packages: libzmq-ffi-perl
# run: perl perl.pl
# quick: yes
use strict;
use warnings;
use ZMQ::FFI qw(ZMQ_REQ ZMQ_REP ZMQ_PUB ZMQ_SUB ZMQ_XPUB ZMQ_LAST_ENDPOINT);

my $context = ZMQ::FFI->new();
my $rep = $context->socket(ZMQ_REP);
$rep->bind('tcp://127.0.0.1:*');
my $req = $context->socket(ZMQ_REQ);
$req->connect($rep->get(ZMQ_LAST_ENDPOINT, 'string'));
for my $word (qw(one two three)) {
    $req->send_multipart([$word, 'x' x 3000]);
    my @parts = $rep->recv_multipart();
    $rep->send(uc($parts[0]) . ' ' . length($parts[1]));
    print $req->recv(), "\n";
}
my $xpub = $context->socket(ZMQ_XPUB);
$xpub->bind('tcp://127.0.0.1:*');
my $sub = $context->socket(ZMQ_SUB);
$sub->connect($xpub->get(ZMQ_LAST_ENDPOINT, 'string'));
$sub->subscribe('news');
print length($xpub->recv()), "\n";
$xpub->send('sport no');
$xpub->send('news yes');
print $sub->recv(), "\n";
