//! For whom a request is made: whose share of the room its upload takes.

use axum::http::Extensions;

use crate::Services;
use crate::access::Admitted;
use crate::clients::{Client, Network};
use crate::uploads::Holder;

/// Whoever makes a request.
pub(super) fn of(extensions: &Extensions, services: &Services) -> Holder {
    let client = extensions.get::<Client>().map(|client| client.address.to_canonical());
    // Behind a proxy that nobody trusts all clients have the address of this machine.
    let has_share = !services.config.trusted_proxies.is_empty();
    let address = client.filter(|address| has_share || !address.is_loopback());
    let owner = extensions.get::<Admitted>().and_then(|admitted| admitted.owner.as_deref());
    Holder::new(address.map(Network::of), owner)
}
