//! The options that choose the security mechanism. Each call decides anew: the last PLAIN, CURVE
//! or GSSAPI option that was set is the mechanism of the next bind or connect.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::crypto::SecretKey;
use crate::error::Result;
use crate::options::values::{MechanismKind, SocketOptions};

fn server(options: &SocketOptions, mechanism: MechanismKind) -> i32 {
    (options.as_server && options.mechanism == mechanism).into()
}

pub(super) fn plain_server(options: &SocketOptions) -> i32 {
    server(options, MechanismKind::Plain)
}

pub(super) fn curve_server(options: &SocketOptions) -> i32 {
    server(options, MechanismKind::Curve)
}

pub(super) fn gssapi_server(options: &SocketOptions) -> i32 {
    server(options, MechanismKind::Gssapi)
}

fn serve(options: &mut SocketOptions, value: i32, mechanism: MechanismKind) {
    options.as_server = value != 0;
    options.mechanism = if value != 0 { mechanism } else { MechanismKind::Null };
}

pub(super) fn set_plain_server(options: &mut SocketOptions, value: i32) {
    serve(options, value, MechanismKind::Plain);
}

pub(super) fn set_curve_server(options: &mut SocketOptions, value: i32) {
    serve(options, value, MechanismKind::Curve);
}

/// Unlike the other two, 0 does not go back to NULL.
pub(super) fn set_gssapi_server(options: &mut SocketOptions, value: i32) {
    options.as_server = value != 0;
    options.mechanism = MechanismKind::Gssapi;
}

pub(super) fn set_plain_username(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    if let Some(text) = value {
        options.plain_username = Zeroizing::new(text.to_vec());
    }
    plain_client(options, value);
    Ok(())
}

pub(super) fn set_plain_password(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    if let Some(text) = value {
        options.plain_password = Zeroizing::new(text.to_vec());
    }
    plain_client(options, value);
    Ok(())
}

/// NULL only takes the mechanism back; the old text stays readable.
fn plain_client(options: &mut SocketOptions, value: Option<&[u8]>) {
    if value.is_some() {
        options.as_server = false;
        options.mechanism = MechanismKind::Plain;
    } else {
        options.mechanism = MechanismKind::Null;
    }
}

pub(super) fn set_curve_publickey(options: &mut SocketOptions, key: &[u8; 32]) {
    options.curve_publickey = *key;
    options.mechanism = MechanismKind::Curve;
}

pub(super) fn set_curve_secretkey(options: &mut SocketOptions, key: &[u8; 32]) {
    options.curve_secretkey = SecretKey::copy_of(key);
    options.mechanism = MechanismKind::Curve;
}

/// Sets a server's key; a socket that knows one is a client.
pub(super) fn set_curve_serverkey(options: &mut SocketOptions, key: &[u8; 32]) {
    options.curve_serverkey = *key;
    options.as_server = false;
    options.mechanism = MechanismKind::Curve;
}

pub(super) fn set_gssapi_principal(
    options: &mut SocketOptions,
    value: Option<&[u8]>,
) -> Result<()> {
    options.gssapi_principal = value.unwrap_or_default().to_vec();
    options.mechanism = MechanismKind::Gssapi;
    Ok(())
}

pub(super) fn set_gssapi_service_principal(
    options: &mut SocketOptions,
    value: Option<&[u8]>,
) -> Result<()> {
    options.gssapi_service_principal = value.unwrap_or_default().to_vec();
    options.as_server = false;
    options.mechanism = MechanismKind::Gssapi;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    fn fresh() -> SocketOptions {
        SocketOptions::new(SocketType::Dealer)
    }

    #[test]
    fn the_last_option_decides() {
        let mut o = fresh();
        set_curve_server(&mut o, 1);
        assert_eq!((o.mechanism, curve_server(&o)), (MechanismKind::Curve, 1));
        set_plain_password(&mut o, Some(b"p")).unwrap();
        assert_eq!((o.mechanism, o.as_server), (MechanismKind::Plain, false));
        set_plain_server(&mut o, 1);
        assert_eq!((plain_server(&o), curve_server(&o), gssapi_server(&o)), (1, 0, 0));
        set_curve_publickey(&mut o, &[1; 32]);
        assert_eq!((o.mechanism, o.as_server), (MechanismKind::Curve, true));
        set_curve_serverkey(&mut o, &[1; 32]);
        assert_eq!((o.mechanism, o.as_server), (MechanismKind::Curve, false));
        set_gssapi_server(&mut o, 0);
        assert_eq!(o.mechanism, MechanismKind::Gssapi);
        set_plain_server(&mut o, 0);
        assert_eq!(o.mechanism, MechanismKind::Null);
    }

    #[test]
    fn null_takes_plain_back_but_keeps_the_name() {
        let mut o = fresh();
        set_plain_username(&mut o, Some(b"joe")).unwrap();
        set_plain_username(&mut o, None).unwrap();
        assert_eq!(o.mechanism, MechanismKind::Null);
        assert_eq!(o.plain_username.as_slice(), b"joe");
    }
}
