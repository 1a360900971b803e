//! Joining a multicast group, which is the same whether the program binds or connects.
#![forbid(unsafe_code)]

use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::io::reactor::{COPY_MAX, Station};
use crate::pipe::{FarMarks, PipeParts};
use crate::queue::queue;
use crate::socket::Core;
use crate::transport::multicast;

impl Core {
    /// See [`multicast::open`] for the errors. The pipe exists at once, also with `ZMQ_IMMEDIATE`:
    /// there is nobody to wait for.
    pub(super) fn join_group(&mut self, text: &[u8], endpoint: &Endpoint) -> Result<()> {
        let channel = multicast::open(endpoint, &self.options)?;
        let options = &self.options;
        let seat = self.context.pool()?.reserve(options.affinity, &self.port)?;
        let (writer, far_reader) = queue(options.sndhwm, options.conflates_outward());
        let (far_writer, reader) = queue(options.rcvhwm, options.conflates_inward());
        let end = seat.station_end();
        let session = seat.id;
        let key = self.attach(PipeParts {
            reader,
            writer,
            far: end.clone(),
            peer_routing_id: Vec::new(),
            identified: true,
            given_routing_id: Vec::new(),
            copy_max: COPY_MAX,
            session,
            listener: 0,
            far_marks: FarMarks::None,
            takes_all: true,
        });
        let port = self.port.clone();
        seat.tune(Station::new(end, port, key, channel, far_reader, far_writer, &self.options));
        self.endpoints.add_group(text, session);
        self.last_endpoint = text.to_vec();
        self.options.connect_routing_id.clear();
        Ok(())
    }
}
