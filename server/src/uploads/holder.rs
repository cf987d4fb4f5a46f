//! Whose share of the room an upload takes.

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use crate::clients::Network;

/// The address and the owner for whom an upload was begun, as hashes, from which an address can be
/// guessed; none of either has no share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<u64>,
}

impl Holder {
    /// Who has this address, and whom the authorisation calls this.
    pub fn new(address: Option<Network>, owner: Option<&str>) -> Holder {
        let address = address.map(|address| hash("address", &address.to_string()));
        Holder { address, owner: owner.map(|owner| hash("owner", owner)) }
    }

    /// Who has no share.
    pub const fn nobody() -> Holder {
        Holder { address: None, owner: None }
    }

    /// Whether nobody is known.
    pub fn is_nobody(&self) -> bool {
        *self == Holder::nobody()
    }

    /// Tells addresses from each other, as far as they have a share.
    pub(super) fn address(self) -> u64 {
        self.address.unwrap_or(0)
    }

    pub(super) fn keys(self) -> impl Iterator<Item = u64> {
        self.address.into_iter().chain(self.owner)
    }
}

fn hash(kind: &str, text: &str) -> u64 {
    let sum = Sha1::new().chain_update(kind).chain_update([0]).chain_update(text).finalize();
    u64::from_be_bytes(std::array::from_fn(|index| sum[index]))
}
