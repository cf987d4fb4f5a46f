//! Nothing is lost, whatever ends the server, and whatever its disk does.

mod kills;
#[cfg(unix)]
mod power_loss;
mod report;

/// A number from the environment.
fn chosen(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// The seed of a run: `SEED` replays one.
fn seed() -> u64 {
    let seed = chosen("SEED", fastrand::u64(..));
    println!("SEED={seed}");
    seed
}
