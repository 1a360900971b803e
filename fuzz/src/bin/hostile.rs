//! Attacks live sockets of every type over tcp, ipc and ws: `hostile [SECONDS [SEED]]`. Meanwhile
//! well-behaved peers on the attacked sockets have to lose nothing. Memory and descriptors have to
//! stay bounded, and the context has to end. No panic may happen, not even one that the library
//! contains. Ends with status 1 and a reason otherwise.

#[path = "../hostile/attack.rs"]
mod attack;
#[path = "../hostile/bystander.rs"]
mod bystander;
#[path = "../hostile/socket.rs"]
mod socket;

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket::Context;

/// Megabytes that the process may need, and how many more at the end than after a quarter of the
/// time.
const MOST_MEMORY: u64 = 600;
const MOST_GROWTH: u64 = 150;
/// Descriptors that may be open at a time; the attackers need some 150 of them.
const MOST_DESCRIPTORS: usize = 1500;
/// The longest time for which a well-behaved peer may make no progress, or the context take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The state that all threads share.
pub struct Run {
    pub stop: AtomicBool,
    /// Connections made by attackers and taken by them.
    pub attacks: AtomicU64,
    /// Messages that well-behaved peers exchanged.
    pub exchanged: AtomicU64,
}

impl Run {
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Ends the process as failed.
pub fn fail(reason: &str) -> ! {
    println!("FAILED: {reason}");
    exit(1)
}

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (Ok(seconds), Ok(seed)) =
        (args.next().unwrap_or(Ok(15)), args.next().unwrap_or_else(|| Ok(fastrand::u64(..))))
    else {
        fail("usage: hostile [SECONDS [SEED]]")
    };
    println!("seed {seed}");
    // The library contains panics; the hook sees them first.
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        print(info);
        fail("a panic");
    }));

    let descriptors_before = descriptors();
    let run = Arc::new(Run {
        stop: AtomicBool::new(false),
        attacks: AtomicU64::new(0),
        exchanged: AtomicU64::new(0),
    });
    let context = Context::new();
    let mut threads = Vec::new();
    let mut victims = Vec::new();
    for kind in bystander::KINDS {
        let (ready, endpoints) = std::sync::mpsc::channel();
        let (run, context) = (run.clone(), context.clone());
        threads.push(thread::spawn(move || bystander::serve(&run, &context, kind, &ready)));
        victims.extend(endpoints.recv().unwrap_or_else(|_| fail("a socket does not bind")));
    }

    let tcp = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|_| fail("no port"));
    let path = std::env::temp_dir().join(format!("hostile-{}", std::process::id()));
    let unix = UnixListener::bind(&path).unwrap_or_else(|_| fail("no path"));
    let lairs = vec![
        format!("tcp://{}", tcp.local_addr().unwrap_or_else(|_| fail("no address"))),
        format!("ipc://{}", path.display()),
        format!("ws://{}", tcp.local_addr().unwrap_or_else(|_| fail("no address"))),
    ];
    for number in 0..2 {
        let random = || fastrand::Rng::with_seed(seed ^ number << 8);
        let (run2, victims, mut rng) = (run.clone(), victims.clone(), random());
        threads.push(thread::spawn(move || attack::attack(&run2, &victims, &mut rng)));
        let (run2, context, lairs, mut rng) =
            (run.clone(), context.clone(), lairs.clone(), random());
        threads.push(thread::spawn(move || bystander::churn(&run2, &context, &lairs, &mut rng)));
    }
    let (run2, mut rng) = (run.clone(), fastrand::Rng::with_seed(seed ^ 1 << 20));
    threads.push(thread::spawn(move || attack::lie_in_wait(&run2, &tcp, &unix, &mut rng)));

    watch(&run, Duration::from_secs(seconds));
    run.stop.store(true, Ordering::SeqCst);
    let deadline = Instant::now() + PATIENCE;
    await_until(deadline, "a thread does not end", || threads.iter().all(|t| t.is_finished()));
    let ending = thread::spawn(move || context.terminate());
    await_until(deadline, "the context does not end", || ending.is_finished());
    let _ = fs::remove_file(path);
    await_until(deadline, "descriptors are left", || descriptors() <= descriptors_before);
    println!(
        "{} attacks, {} messages between others, {} MB",
        run.attacks.load(Ordering::Relaxed),
        run.exchanged.load(Ordering::Relaxed),
        memory()
    );
}

fn await_until(deadline: Instant, complaint: &str, is_so: impl Fn() -> bool) {
    while !is_so() {
        if Instant::now() > deadline {
            fail(complaint);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Checks memory and descriptors of the process until the time is up.
fn watch(run: &Run, time: Duration) {
    let started = Instant::now();
    let mut early = None;
    let mut progress = (0, Instant::now());
    while started.elapsed() < time {
        thread::sleep(Duration::from_millis(100));
        if memory() > MOST_MEMORY {
            fail(&format!("{} MB are in use", memory()));
        }
        if descriptors() > MOST_DESCRIPTORS {
            fail(&format!("{} descriptors are open", descriptors()));
        }
        if early.is_none() && started.elapsed() > time / 4 {
            early = Some(memory());
        }
        let exchanged = run.exchanged.load(Ordering::Relaxed);
        if exchanged != progress.0 {
            progress = (exchanged, Instant::now());
        } else if progress.1.elapsed() > PATIENCE {
            fail("nothing moves");
        }
    }
    let early = early.unwrap_or_default();
    if memory() > early + MOST_GROWTH {
        fail(&format!("memory grew from {early} to {} MB", memory()));
    }
}

/// Megabytes in use.
fn memory() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096 / 1_000_000
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
