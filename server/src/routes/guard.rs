//! What stands in front of every protocol that has no tickets: pages of other origins, and whom the
//! authorisation does not let in, are turned away before anything is looked at.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Extensions, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use super::form::FormError;
use super::meaning::{Contradiction, Meaning, meaning};
use super::origin;
use crate::Services;
use crate::access::{Asked, Denied};
use crate::clients::Client;

/// How long to wait until an authorisation is tried again, in seconds.
const RETRY_AFTER: u64 = 5;

/// How a protocol says that a request is refused.
pub(super) type Voice = fn(StatusCode, String) -> Response;

#[derive(Clone)]
struct Guard {
    services: Services,
    voice: Voice,
}

/// Puts the guard in front of the routes of a protocol.
pub(super) fn guarded(services: &Services, routes: Router<Services>, voice: Voice) -> Router {
    let guard = Guard { services: services.clone(), voice };
    routes
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(guard, authorize))
        .layer(from_fn_with_state(services.clone(), origin::check))
        .with_state(services.clone())
}

/// How protocols say it whose clients look at the status only.
pub(super) fn plainly(status: StatusCode, words: String) -> Response {
    (status, words).into_response()
}

/// A hook has let the request in, knowing its address and its headers: a form must not say otherwise.
#[derive(Clone, Copy, Debug)]
struct Authorized;

/// Whether a hook has let the request in, and has seen no more of it than its head.
pub(super) fn is_authorized(extensions: &Extensions) -> bool {
    extensions.get::<Authorized>().is_some()
}

async fn authorize(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    // Nobody else is confused by a parameter that a page adds twice.
    let meaning = match guard.services.config.authorize_url {
        Some(_) => meaning(request.method(), request.uri()),
        None => Ok(Meaning::new()),
    };
    let meaning = match meaning {
        Ok(meaning) => meaning,
        Err(Contradiction(name)) => {
            let words = FormError::Contradiction(name).to_string();
            return (guard.voice)(StatusCode::BAD_REQUEST, words);
        }
    };
    let asked = Asked {
        meaning: &meaning,
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        client: request.extensions().get::<Client>().copied(),
    };
    match guard.services.access.check(asked).await {
        Ok(admitted) => {
            request.extensions_mut().insert(admitted);
            if guard.services.config.authorize_url.is_some() {
                request.extensions_mut().insert(Authorized);
            }
            next.run(request).await
        }
        Err(denied) => answer(denied, guard.voice),
    }
}

fn answer(denied: Denied, voice: Voice) -> Response {
    let words = denied.to_string();
    let (status, words, name, value) = match denied {
        Denied::Refused { status, words, challenge } => {
            (status, words, header::WWW_AUTHENTICATE, challenge)
        }
        Denied::Unanswered => {
            let later = Some(HeaderValue::from(RETRY_AFTER));
            (StatusCode::SERVICE_UNAVAILABLE, words, header::RETRY_AFTER, later)
        }
    };
    let mut response = voice(status, words);
    if let Some(value) = value {
        response.headers_mut().insert(name, value);
    }
    response
}
