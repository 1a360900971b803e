//! Libraries of the system, each loaded when a caller first needs it: programs that do not use one
//! do not depend on it. Any thread. A library stays loaded until the process ends.

use core::ffi::{CStr, c_void};
use core::ptr::NonNull;

/// A library that is never unloaded.
pub struct Loaded(NonNull<c_void>);

impl Loaded {
    /// Loads the library of this name from the system's folders for libraries.
    pub fn open(name: &CStr) -> Option<Loaded> {
        // SAFETY: the name is a C string; the code that the library runs while it is loaded is the
        // system's own.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        NonNull::new(handle).map(Loaded)
    }

    /// The address of the function of this name.
    pub fn symbol(&self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the library is loaded and stays; the name is a C string.
        NonNull::new(unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) })
    }
}

/// Declares a table of a library's functions, with `load`, which finds them all or none.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $answer:ty)?;)*) => {
        struct Functions {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $answer)?,)*
        }

        impl Functions {
            fn load(library: &crate::sys::loaded::Loaded) -> Option<Functions> {
                $(
                    let $name = library.symbol(const {
                        match core::ffi::CStr::from_bytes_with_nul(
                            concat!(stringify!($name), "\0").as_bytes(),
                        ) {
                            Ok(name) => name,
                            Err(_) => panic!("a name has no NUL"),
                        }
                    })?;
                    // SAFETY: the library's header declares the function of this name so.
                    let $name = unsafe {
                        core::mem::transmute::<
                            *mut core::ffi::c_void,
                            unsafe extern "C" fn($($argument),*) $(-> $answer)?,
                        >($name.as_ptr())
                    };
                )*
                Some(Functions { $($name,)* })
            }
        }
    };
}

pub(crate) use functions;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_loaded() {
        assert!(Loaded::open(c"libof-which-nobody-has-heard.so.9").is_none());
        let own = Loaded::open(c"libc.so.6").expect("the C library");
        assert!(own.symbol(c"getpid").is_some());
        assert!(own.symbol(c"of_which_nobody_has_heard").is_none());
    }
}
