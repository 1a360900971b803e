//! The functions of `zmqx.h`, which only this library has. Any thread.

use core::ffi::c_int;

/// The version of this library; `zmq_version` answers that of the interface.
pub(crate) const VERSION: [c_int; 3] = [
    number(env!("CARGO_PKG_VERSION_MAJOR")),
    number(env!("CARGO_PKG_VERSION_MINOR")),
    number(env!("CARGO_PKG_VERSION_PATCH")),
];

const fn number(text: &str) -> c_int {
    match c_int::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("cargo gives decimal numbers"),
    }
}

/// Writes the version of zincmq to each pointer that is not null; zmq_version is that of the interface.
///
/// # Safety
/// - Each pointer is null or valid for writing an int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmqx_version(major_: *mut c_int, minor_: *mut c_int, patch_: *mut c_int) {
    for (out, number) in [major_, minor_, patch_].into_iter().zip(VERSION) {
        if !out.is_null() {
            // SAFETY: not null, and the caller promises that it can be written.
            unsafe { out.write(number) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_package_and_skips_null() {
        let (mut major, mut minor, mut patch) = (-1, -1, -1);
        // SAFETY: null or valid.
        unsafe {
            zmqx_version(&raw mut major, core::ptr::null_mut(), &raw mut patch);
            zmqx_version(core::ptr::null_mut(), &raw mut minor, core::ptr::null_mut());
        }
        assert_eq!(format!("{major}.{minor}.{patch}"), env!("CARGO_PKG_VERSION"));
    }
}
