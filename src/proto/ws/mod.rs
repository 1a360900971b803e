//! WebSockets as ZeroMQ uses them: ZWS 2.0 (RFC 45) on the WebSocket protocol (RFC 6455).
//!
//! A connection begins with a request and a response in HTTP ([`upgrade`]), which choose the
//! sub-protocol: `ZWS2.0/` and the name of a security mechanism, or plain `ZWS2.0`. After them each
//! frame of ZMTP travels in one binary frame ([`frame`]), handshake included ([`layer`]). So the
//! code above sees a ZMTP connection without a greeting. Plain values, under the connection's lock.
#![forbid(unsafe_code)]

pub mod frame;
pub mod layer;
#[cfg(test)]
mod tests;
pub mod upgrade;
