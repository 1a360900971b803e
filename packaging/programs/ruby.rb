# Ruby's ffi-rzmq.
# packages: ruby-ffi-rzmq
# run: ruby ruby.rb
# quick: yes
require 'ffi-rzmq'

context = ZMQ::Context.new
pull = context.socket(ZMQ::PULL)
pull.bind('tcp://127.0.0.1:*')
endpoint = []
pull.getsockopt(ZMQ::LAST_ENDPOINT, endpoint)
thread = Thread.new do
  push = context.socket(ZMQ::PUSH)
  push.connect(endpoint.first.delete("\0"))
  3.times { |i| push.send_strings(["task #{i}", 'x' * 50_000]) }
  push.close
end
3.times do
  parts = []
  pull.recv_strings(parts)
  puts "#{parts[0]} #{parts[1].size}"
end
thread.join
poller = ZMQ::Poller.new
poller.register_readable(pull)
puts poller.poll(0)
pull.close
context.terminate
