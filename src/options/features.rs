//! The parts of the library that options may need, and those that this build has. The one switch
//! between "not available" (`EINVAL`) and a stored value.
#![forbid(unsafe_code)]

/// A part of the library that some options configure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    Plain,
    Curve,
    Gssapi,
    Zap,
    Socks,
    /// Options that only builds with the draft API have.
    Draft,
    Vmci,
    Wss,
    Norm,
}

impl Feature {
    /// Whether a library without this part does not know its options at all, so that reading one
    /// is `EINVAL` too. The others are readable everywhere and answer their defaults.
    pub fn hides_value(self) -> bool {
        !matches!(self, Feature::Plain | Feature::Zap | Feature::Socks)
    }
}

/// A set of [`Feature`]s.
#[derive(Clone, Copy, Debug)]
pub struct Features(&'static [Feature]);

/// The parts that this build has. Accepting the option of a missing part would promise
/// authentication, encryption or a proxy that does not exist. So each of them is refused.
pub const AVAILABLE: Features = Features(&[
    Feature::Plain,
    Feature::Curve,
    #[cfg(feature = "gssapi")]
    Feature::Gssapi,
    Feature::Socks,
    Feature::Zap,
]);

impl Features {
    /// Whether `feature` is in the set.
    pub fn has(self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }

    /// The set with exactly these features.
    pub const fn of(features: &'static [Feature]) -> Features {
        Features(features)
    }
}
