//! Boxes (RFC 26) against known answers, and against a second implementation of their functions.
#![forbid(unsafe_code)]

use super::*;
use crypto_box::SalsaBox;
use crypto_box::aead::AeadInPlace;
use proptest::prelude::*;

/// The keys, nonce and message of "Cryptography in NaCl" and of RFC 7748, section 6.1.
const ALICE: &str = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const ALICE_PUBLIC: &str = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
const BOB_PUBLIC: &str = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
const NONCE: &str = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
const MESSAGE: &str = "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a\
     1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b13\
     18a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705";
const TAG: &str = "f3ffc7703f9400e52a7dfb4b3d3305d9";

fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

#[test]
fn known_answers() {
    let alice = KeyPair::of(SecretKey::new(bytes(ALICE)));
    assert_eq!(alice.public, bytes(ALICE_PUBLIC));
    let key = BoxKey::agreed(&bytes(BOB_PUBLIC), &alice.secret).unwrap();
    let nonce = bytes(NONCE);
    let sealed = key.seal_boxed(&nonce, &hex(MESSAGE));
    assert_eq!(sealed[..TAG_BYTES], bytes::<TAG_BYTES>(TAG));
    assert_eq!(key.open_boxed(&nonce, &sealed), Ok(hex(MESSAGE)));
}

#[test]
fn every_changed_bit_is_noticed() {
    let key = BoxKey::own(&SecretKey::new([7; KEY_BYTES]));
    let nonce = [9; NONCE_BYTES];
    let sealed = key.seal_boxed(&nonce, b"some text");
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.open_boxed(&nonce, &changed), Err(Forged), "{bit}");
    }
    for cut in 0..sealed.len() {
        assert_eq!(key.open_boxed(&nonce, &sealed[..cut]), Err(Forged));
    }
    assert_eq!(key.open_boxed(&[8; NONCE_BYTES], &sealed), Err(Forged));
    let other = BoxKey::own(&SecretKey::new([6; KEY_BYTES]));
    assert_eq!(other.open_boxed(&nonce, &sealed), Err(Forged));
    let (tag, mut data) = (sealed[..TAG_BYTES].try_into().unwrap(), sealed[TAG_BYTES..].to_vec());
    assert_eq!(other.open(&nonce, &tag, &mut data), Err(Forged));
    assert_eq!(data, sealed[TAG_BYTES..], "what is forged stays as it was");
}

#[test]
fn a_public_key_that_agrees_with_everybody_is_refused() {
    let ours = SecretKey::new([3; KEY_BYTES]);
    let mut one = [0; KEY_BYTES];
    one[0] = 1;
    for low in [[0; KEY_BYTES], one] {
        assert!(BoxKey::agreed(&low, &ours).is_none());
    }
}

#[test]
fn pairs_are_new_and_secrets_are_not_shown() {
    let (a, b) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    assert!(a.public != b.public && a.secret != b.secret);
    assert_eq!(KeyPair::of(a.secret.clone()).public, a.public);
    let key = BoxKey::agreed(&b.public, &a.secret).unwrap();
    assert_eq!(format!("{:?} {key:?}", a.secret), "SecretKey BoxKey");
}

fn reference(theirs: PublicKey, ours: [u8; KEY_BYTES]) -> SalsaBox {
    SalsaBox::new(&theirs.into(), &ours.into())
}

/// Boxes in a row, of every length that may matter, and each of them with a changed bit.
#[test]
fn a_second_implementation_agrees_on_every_length() {
    let (ours, theirs) = ([5; KEY_BYTES], [6; KEY_BYTES]);
    let public = SecretKey::new(theirs).public();
    let key = BoxKey::agreed(&public, &SecretKey::new(ours)).unwrap();
    let second = reference(public, ours);
    let prefix = b"CurveZMQMESSAGES";
    let (mut there, mut back) = (Channel::new(&key, prefix), Channel::new(&key, prefix));
    for len in 0..=2100 {
        let data: Vec<u8> = (0..len).map(|at| (at * 7 + len) as u8).collect();
        let (mut sealed, mut expected) = (data.clone(), data.clone());
        let count = len as u64;
        let tag = there.seal(count, &mut sealed);
        let mut nonce = [0; NONCE_BYTES];
        nonce[..16].copy_from_slice(prefix);
        nonce[16..].copy_from_slice(&count.to_be_bytes());
        let expected_tag =
            second.encrypt_in_place_detached(&nonce.into(), b"", &mut expected).unwrap();
        assert_eq!((&sealed, &tag[..]), (&expected, &expected_tag[..]), "{len}");

        let bit = len * 37 % ((len + TAG_BYTES) * 8);
        let mut changed_tag = tag;
        match sealed.get_mut(bit / 8) {
            Some(byte) => *byte ^= 1 << (bit % 8),
            None => changed_tag[bit / 8 - len] ^= 1 << (bit % 8),
        }
        let changed = sealed.clone();
        assert_eq!(back.open(count, &changed_tag, &mut sealed), Err(Forged), "{len}");
        assert_eq!(sealed, changed, "{len}");
        assert_eq!(back.open(count, &tag, &mut expected), Ok(()), "{len}");
        assert_eq!(expected, data, "{len}");
    }
}

proptest! {
    #[test]
    fn a_second_implementation_agrees(
        ours: [u8; KEY_BYTES],
        theirs: [u8; KEY_BYTES],
        nonce: [u8; NONCE_BYTES],
        size in prop_oneof![0..700usize, 4000..4200usize],
        fill: u8,
    ) {
        let data: Vec<u8> = (0..size).map(|at| fill.wrapping_add((at * at) as u8)).collect();
        let public = SecretKey::new(theirs).public();
        prop_assert_eq!(public, *crypto_box::SecretKey::from(theirs).public_key().as_bytes());
        let key = BoxKey::agreed(&public, &SecretKey::new(ours)).unwrap();
        let second = reference(public, ours);

        let (mut sealed, mut expected) = (data.clone(), data.clone());
        let tag = key.seal(&nonce, &mut sealed);
        let expected_tag =
            second.encrypt_in_place_detached(&nonce.into(), b"", &mut expected).unwrap();
        prop_assert_eq!(&sealed, &expected);
        prop_assert_eq!(&tag[..], &expected_tag[..]);

        // Either side opens the other's boxes, whichever implementation it has.
        let ours = SecretKey::new(ours).public();
        let key = BoxKey::agreed(&ours, &SecretKey::new(theirs)).unwrap();
        prop_assert_eq!(key.open(&nonce, &tag, &mut expected), Ok(()));
        prop_assert_eq!(&expected, &data);
        let second = reference(ours, theirs);
        prop_assert!(second.decrypt_in_place_detached(&nonce.into(), b"", &mut sealed, &tag.into()).is_ok());
        prop_assert_eq!(&sealed, &data);
    }
}
