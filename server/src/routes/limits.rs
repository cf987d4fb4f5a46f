//! How much each client may ask for.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::turned_away::later;
use crate::Services;
use crate::clients::{Client, Place};

/// The place of a client behind a proxy, kept as long as its request or its WebSocket lasts.
#[derive(Clone, Debug)]
pub(super) struct Held {
    _place: Arc<Place>,
}

/// Turns away what is too much.
pub(super) async fn check(
    State(services): State<Services>,
    mut request: Request,
    next: Next,
) -> Response {
    let clients = &services.clients;
    let Some(client) = request.extensions().get::<Client>().copied() else {
        return next.run(request).await;
    };
    if let Err(wait) = clients.rate.count(client.address) {
        return too_many("requests", wait);
    }
    if client.is_behind_proxy {
        let Some(place) = clients.connections.enter(client.address) else {
            return too_many("connections", Duration::ZERO);
        };
        request.extensions_mut().insert(Held { _place: Arc::new(place) });
    }
    let held = request.extensions().get::<Held>().cloned();
    let mut response = next.run(request).await;
    if let Some(held) = held {
        response.extensions_mut().insert(held);
    }
    response
}

fn too_many(what: &str, wait: Duration) -> Response {
    tracing::debug!(what, "too many of one address");
    let words = format!("too many {what} from this address, try again later");
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    later(StatusCode::TOO_MANY_REQUESTS, words, seconds)
}
