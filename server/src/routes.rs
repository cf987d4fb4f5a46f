//! What is at which address.

mod chunk;
pub(crate) mod demo;
mod digests;
mod files;
mod fineuploader;
mod form;
mod galileo;
mod guard;
mod health;
mod holder;
mod hosts;
mod incoming;
mod leftover;
mod limits;
pub(crate) mod mark;
mod meaning;
mod missing;
mod origin;
mod resumable;
mod robusto;
mod sockets;
mod turned_away;

use axum::http::{HeaderValue, Method};
use axum::{Router, middleware};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use tower_http::trace::TraceLayer;

use crate::{Config, Error, Services};

/// All routes of the server.
///
/// # Errors
/// When a setting makes no sense.
pub fn app(services: &Services) -> Result<Router, Error> {
    let mut router = Router::new()
        .merge(health::router(services))
        .merge(incoming::router(services))
        .merge(galileo::router(services))
        .merge(resumable::router(services))
        .merge(fineuploader::router(services))
        .merge(robusto::router(services));
    if files::are_served(services) {
        router = router.merge(files::router(services));
    }
    if let Some(demo) = &services.demo {
        router = router.merge(demo::router(services, demo));
    }
    router = router.layer(middleware::from_fn_with_state(services.clone(), limits::check));
    if let Some(cors) = cors(&services.config)? {
        router = router.layer(cors);
    }
    if services.demo.is_some() || !services.config.hosts.is_empty() {
        router = router.layer(middleware::from_fn_with_state(services.clone(), hosts::check));
    }
    router = router
        .layer(middleware::from_fn_with_state(services.clone(), leftover::read))
        .layer(middleware::map_response(missing::explain));
    router = router.layer(middleware::from_fn(mark::set));
    Ok(router.layer(TraceLayer::new_for_http().make_span_with(span)))
}

/// Only the path: queries may hold secrets.
fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

fn cors(config: &Config) -> Result<Option<CorsLayer>, Error> {
    let origins = &config.cors_origins;
    if origins.is_empty() {
        return Ok(None);
    }
    let layer = CorsLayer::new()
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(digests::EXPOSED);
    if origins.iter().any(|origin| origin == "*") {
        return Ok(Some(layer.allow_origin(Any)));
    }
    let parse = |origin: &String| {
        HeaderValue::from_str(origin)
            .map_err(|_| Error::Setting(format!("not an origin in cors-origins: {origin:?}")))
    };
    let origins = origins.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    // Pages that are named may also send what a proxy in front of this server asks for.
    Ok(Some(layer.allow_origin(origins).allow_credentials(true)))
}
