//! What a run of tests is told by variables of the environment.

/// The number in this variable, if it is set.
pub fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("expected a number as {variable}, found {value:?}")),
    )
}
