//! Joining a multicast group, which is the same whether the program binds or connects.
#![forbid(unsafe_code)]

use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::io::reactor::{COPY_MAX, MulticastSession};
use crate::pipe::{PeerMarks, PipeParts};
use crate::queue::queue;
use crate::socket::Core;
use crate::transport::multicast;

impl Core {
    /// See [`multicast::open`] for the errors. The pipe exists at once, also with `ZMQ_IMMEDIATE`:
    /// there is nobody to wait for.
    pub(super) fn join_group(&mut self, text: &[u8], endpoint: &Endpoint) -> Result<()> {
        let channel = multicast::open(endpoint, &self.options)?;
        let options = &self.options;
        let slot = self.context.pool()?.reserve(options.affinity, &self.shared)?;
        let (writer, peer_reader) = queue(options.sndhwm, options.conflates_outward());
        let (peer_writer, reader) = queue(options.rcvhwm, options.conflates_inward());
        let end = slot.multicast_end();
        let session = slot.id;
        let key = self.attach(PipeParts {
            reader,
            writer,
            peer_end: end.clone(),
            peer_routing_id: Vec::new(),
            identified: true,
            given_routing_id: Vec::new(),
            copy_max: COPY_MAX,
            session,
            listener: 0,
            peer_marks: PeerMarks::None,
            takes_all: true,
        });
        let shared = self.shared.clone();
        slot.add_multicast(MulticastSession::new(
            end,
            shared,
            key,
            channel,
            peer_reader,
            peer_writer,
            &self.options,
        ));
        self.endpoints.add_group(text, session);
        self.last_endpoint = text.to_vec();
        self.options.connect_routing_id.clear();
        Ok(())
    }
}
