//! Names that nobody guesses.

use crate::digest::digit;

/// A uuid of version 4, as random as the seed.
pub(crate) fn random_uuid(seed: u64) -> String {
    let mut dice = fastrand::Rng::with_seed(seed);
    let shape = b"xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    let character = |shape: &u8| match *shape {
        b'x' => digit(dice.u8(0..16)),
        b'y' => digit(dice.u8(8..12)),
        other => char::from(other),
    };
    shape.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uuid_has_the_shape_of_version_4_and_is_another_each_time() {
        let uuid = random_uuid(7);
        let parts: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(uuid[14..].starts_with('4') && "89ab".contains(&uuid[19..20]), "{uuid}");
        assert_eq!(uuid, uuid.to_lowercase());
        assert_ne!(uuid, random_uuid(8));
    }
}
