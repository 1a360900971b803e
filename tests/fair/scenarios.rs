//! The scenarios: the values that each row of the table varies, and a selection that covers every
//! pair of values.
#![forbid(unsafe_code)]

use fastrand::Rng;

/// By what a scenario is judged.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Flood,
    Beside,
    Bounded,
    Inversion,
}

/// One program with its arguments.
#[derive(Clone)]
pub struct Scenario {
    kind: Kind,
    words: Vec<String>,
    seconds: f64,
    window: f64,
}

impl Scenario {
    fn new(kind: Kind, words: &str) -> Scenario {
        let seconds = match kind {
            Kind::Inversion => 1.5,
            Kind::Flood | Kind::Beside => 0.4,
            Kind::Bounded => 0.3,
        };
        let words = words.split_whitespace().map(str::to_owned).collect();
        Scenario { kind, words, seconds, window: seconds }
    }

    /// The scenario in its long form.
    pub fn lasting(self) -> Scenario {
        Scenario { seconds: 3.0, window: 1.0, ..self }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    pub fn window(&self) -> f64 {
        self.window
    }

    pub fn program(&self) -> &'static str {
        match self.kind {
            Kind::Flood | Kind::Beside => "flood",
            Kind::Bounded => "bounded",
            Kind::Inversion => "inversion",
        }
    }

    pub fn name(&self) -> String {
        self.words.join(" ")
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// How many peers flood.
    pub fn peers(&self) -> f64 {
        self.value("peers").and_then(|count| count.parse().ok()).unwrap_or_default()
    }

    /// Whether all peers are kept to one core, and the receiver does nothing but receive.
    pub fn peers_share_a_core(&self) -> bool {
        let is_free = matches!(self.value("place"), Some("free" | "busy"));
        !is_free && self.value("work").is_none_or(|work| work == "0")
    }

    pub fn words(&self) -> Vec<String> {
        let mut words = self.words.clone();
        words.push(format!("seconds={}", self.seconds));
        if self.program() == "flood" {
            words.push(format!("window={}", self.window));
        }
        words
    }
}

type Grid = &'static [(&'static str, &'static [&'static str])];

/// The receiver and the size first: they have most values.
const SHORT: Grid = &[
    ("into", &["pull", "router", "dealer", "sub", "xsub", "rep", "pair", "xpub"]),
    ("size", &["8", "4096", "65536", "1048576"]),
    ("form", &["recv", "msg", "poll", "fd"]),
    ("peers", &["4", "2", "32"]),
    ("mark", &["1000", "1", "10", "0"]),
    ("place", &["pinned", "free", "one", "busy"]),
    ("transport", &["tcp", "ipc", "inproc"]),
    ("io", &["1", "2", "4"]),
    ("work", &["0", "1000", "20000"]),
    ("calm", &["2", "0"]),
];

const FULL: Grid = &[
    ("into", &["pull", "router", "dealer", "sub", "xsub", "rep", "pair", "xpub"]),
    ("size", &["8", "100", "1000", "4096", "16384", "65536", "262144", "1048576"]),
    ("form", &["recv", "msg", "poll", "fd"]),
    ("peers", &["2", "3", "4", "8", "16", "32"]),
    ("mark", &["1000", "1", "10", "0"]),
    ("place", &["pinned", "free", "one", "busy"]),
    ("transport", &["tcp", "ipc", "inproc"]),
    ("io", &["1", "2", "4"]),
    ("work", &["0", "1000", "5000", "20000"]),
    ("calm", &["2", "0"]),
];

fn flood(grid: Grid, row: &[usize]) -> Scenario {
    let mut words: Vec<String> =
        grid.iter().zip(row).map(|((key, values), &i)| format!("{key}={}", values[i])).collect();
    // So many messages of a MiB do not fit into a window that a share could be told by.
    if words.contains(&"size=1048576".to_owned()) {
        for word in words.iter_mut().filter(|word| *word == "peers=32" || *word == "peers=16") {
            *word = "peers=8".to_owned();
        }
    }
    Scenario::new(Kind::Flood, &words.join(" "))
}

/// Rows that have every pair of values of two dimensions in one of them at least: each takes, of
/// some rows by chance, the one with most pairs that were not seen before.
pub fn pairwise() -> Vec<Scenario> {
    let mut missing = Vec::new();
    for (a, (_, first)) in SHORT.iter().enumerate() {
        for (b, (_, second)) in SHORT.iter().enumerate().skip(a + 1) {
            for x in 0..first.len() {
                missing.extend((0..second.len()).map(|y| (a, x, b, y)));
            }
        }
    }
    let mut rng = Rng::with_seed(16);
    let mut rows = Vec::new();
    while let Some(&(a, x, b, y)) = missing.first() {
        let covers = |row: &[usize], (a, x, b, y): (usize, usize, usize, usize)| {
            row.get(a) == Some(&x) && row.get(b) == Some(&y)
        };
        let candidates = (0..500).map(|_| {
            let mut row: Vec<usize> =
                SHORT.iter().map(|(_, values)| rng.usize(..values.len())).collect();
            (row[a], row[b]) = (x, y);
            row
        });
        let gain = |row: &Vec<usize>| missing.iter().filter(|&&pair| covers(row, pair)).count();
        let Some(best) = candidates.max_by_key(gain) else { break };
        missing.retain(|&pair| !covers(&best, pair));
        rows.push(flood(SHORT, &best));
    }
    rows
}

/// All combinations, in an order of each run's own, without end.
pub fn at_random() -> impl Iterator<Item = Scenario> {
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(0, |passed| passed.as_secs());
    let mut rng = Rng::with_seed(seed);
    std::iter::repeat_with(move || {
        let row: Vec<usize> = FULL.iter().map(|(_, values)| rng.usize(..values.len())).collect();
        flood(FULL, &row)
    })
}

fn listed(kind: Kind, list: &[&str]) -> Vec<Scenario> {
    list.iter().map(|words| Scenario::new(kind, words)).collect()
}

pub fn outbound() -> Vec<Scenario> {
    listed(
        Kind::Flood,
        &[
            "into=push-out peers=4 size=100",
            "into=push-out peers=16 size=4096 mark=10 transport=ipc place=free",
            "into=dealer-out peers=8 size=100 work=1000 transport=inproc",
            "into=dealer-out peers=4 size=65536 place=one io=2",
            "into=router-out peers=8 size=100",
            "into=router-out peers=32 size=1000 mark=100 place=busy form=msg",
        ],
    )
}

pub fn beside() -> Vec<Scenario> {
    listed(
        Kind::Beside,
        &[
            "into=pull peers=4 size=100 visitor=1 beside=1",
            "into=pull peers=4 size=100 visitor=1 beside=1 work=1000",
            "into=router peers=8 size=4096 visitor=1 beside=1 form=poll transport=ipc",
            "into=dealer peers=2 size=65536 visitor=1 beside=1 form=fd place=free",
            "into=rep peers=4 size=100 visitor=1 beside=1 place=one",
            "into=sub peers=4 size=100 beside=1",
            "into=router peers=4 size=8 mark=0",
            "into=pull peers=4 size=8 mark=0 form=poll",
        ],
    )
}

pub fn bounded() -> Vec<Scenario> {
    listed(
        Kind::Bounded,
        &[
            "flood=rep call=recv",
            "flood=rep call=poll",
            "flood=rep call=events",
            "flood=rep call=close",
            "flood=sub call=recv",
            "flood=sub call=poll",
            "flood=xsub call=events",
            "flood=pub call=send",
            "flood=pub call=events minor=1",
            "flood=pub call=close minor=1",
            "flood=xpub call=send",
            "flood=xpub call=recv minor=1",
            "flood=pub call=shutdown",
            "flood=backlog call=close",
            "flood=backlog call=recv",
            "flood=backlog call=send",
            "flood=backlog call=close size=100 count=300000",
            "flood=backlog call=recv size=100 count=300000",
        ],
    )
}

pub fn inversion() -> Vec<Scenario> {
    listed(Kind::Inversion, &["low=recv", "low=close", "low=send", "low=inproc", "low=pub"])
}
