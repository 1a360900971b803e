//! Another static library in Rust, with the standard library in it: threads, a map, and a panic that is caught.

use std::collections::HashMap;
use std::sync::mpsc;

#[unsafe(no_mangle)]
pub extern "C" fn other_sum(count: u32) -> u32 {
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let sender = sender.clone();
            std::thread::spawn(move || sender.send((number, number * number)).is_ok())
        })
        .collect();
    drop(sender);
    let squares: HashMap<u32, u32> = receiver.iter().collect();
    let well = threads.into_iter().all(|thread| thread.join().unwrap_or(false));
    let caught = std::panic::catch_unwind(|| assert_eq!(count, 0)).is_err();
    if well && caught { squares.values().sum() } else { 0 }
}
