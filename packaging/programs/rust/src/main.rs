//! The crate `zmq`: CURVE, a poll, a proxy and messages of several parts.
#![forbid(unsafe_code)]

use std::thread;

fn main() -> zmq::Result<()> {
    let context = zmq::Context::new();
    let (server, client) = (context.socket(zmq::ROUTER)?, context.socket(zmq::DEALER)?);
    let (keys, own) = (zmq::CurveKeyPair::new()?, zmq::CurveKeyPair::new()?);
    server.set_curve_server(true)?;
    server.set_curve_secretkey(&keys.secret_key)?;
    client.set_curve_serverkey(&keys.public_key)?;
    client.set_curve_publickey(&own.public_key)?;
    client.set_curve_secretkey(&own.secret_key)?;
    client.set_identity(b"ann")?;
    server.bind("tcp://127.0.0.1:*")?;
    client.connect(&last_endpoint(&server)?)?;
    client.send_multipart([&b"one"[..], &[7; 100_000]], 0)?;
    let parts = server.recv_multipart(0)?;
    let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
    println!("{} {sizes:?}", String::from_utf8_lossy(&parts[0]));

    let (front, back) = (context.socket(zmq::ROUTER)?, context.socket(zmq::DEALER)?);
    front.bind("tcp://127.0.0.1:*")?;
    back.bind("inproc://workers")?;
    let (req, rep) = (context.socket(zmq::REQ)?, context.socket(zmq::REP)?);
    req.connect(&last_endpoint(&front)?)?;
    rep.connect("inproc://workers")?;
    let proxy = thread::spawn(move || zmq::proxy(&front, &back));
    for word in ["question", "another"] {
        req.send(word, 0)?;
        println!("{}", rep.poll(zmq::POLLIN, 20_000)?);
        let asked = rep.recv_string(0)?.unwrap_or_default();
        rep.send(&format!("answer to {asked}"), 0)?;
        println!("{}", req.recv_string(0)?.unwrap_or_default());
    }
    drop((req, rep, server, client));
    let mut context = context;
    context.destroy()?;
    println!("{}", proxy.join().is_ok_and(|ended| ended.is_err()));
    Ok(())
}

fn last_endpoint(socket: &zmq::Socket) -> zmq::Result<String> {
    Ok(socket.get_last_endpoint()?.unwrap_or_default())
}
