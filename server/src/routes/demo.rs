//! The demo: a page, and a backend for it, so that one machine is enough for a round trip.

mod arrived;
mod hashing;
mod plain;
mod refusal;
mod tickets;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::routing::{get, post, put};
use axum::{Router, middleware};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use uuid::Uuid;

use super::origin;
use crate::arrivals::clear_abandoned;
use crate::files::{Native, make_folder};
use crate::uploads::Uploads;
use crate::{Config, Error, Services};
use arrived::Arrived;

const HANDOVER: &str = "/demo/handover";

/// What the demo works with.
#[derive(Clone, Debug)]
pub(crate) struct Demo {
    uploads: Uploads,
    arrived: Arc<Arrived>,
    /// The files without a ticket that are being hashed.
    hashing: Arc<Mutex<HashSet<Uuid>>>,
    /// Where files of plain uploads are for a moment.
    plain: PathBuf,
    handover_url: String,
}

impl Demo {
    pub(crate) fn new(
        config: &Config,
        address: SocketAddr,
        uploads: Uploads,
    ) -> Result<Demo, Error> {
        if !address.ip().is_loopback() {
            let text = format!("the demo listens on loopback addresses only, not on {address}");
            return Err(Error::Setting(text));
        }
        let storage = config.storage.clone().unwrap_or_default();
        let folder = |name: &str| {
            let folder = storage.join(name);
            let made = make_folder(&Native, &folder);
            made.map_err(|cause| Error::Storage { folder: folder.display().to_string(), cause })
        };
        let plain = folder("plain")?;
        clear_abandoned(&plain, &[""])
            .map_err(|cause| Error::Storage { folder: plain.display().to_string(), cause })?;
        let arrived = Arc::new(Arrived::new(config.arrivals()));
        let handover_url = format!("http://{address}{HANDOVER}");
        let demo = Demo { uploads, arrived, hashing: Arc::default(), plain, handover_url };
        hashing::resume(&demo);
        Ok(demo)
    }
}

pub(super) fn router(services: &Services, demo: &Demo) -> Router {
    let page = ServeDir::new(&services.config.www);
    let package = ServeDir::new(&services.config.package).precompressed_br().precompressed_gzip();
    let api = Router::new()
        .route("/demo/tickets", post(tickets::issue))
        .route(HANDOVER, post(tickets::take_over))
        .route("/demo/files", get(arrived::list))
        .route("/demo/plain/{name}", put(plain::upload).layer(DefaultBodyLimit::disable()))
        .layer(middleware::from_fn_with_state(services.clone(), origin::check))
        .with_state(demo.clone());
    let header =
        |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    api.nest_service("/pkg", package)
        .fallback_service(page)
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
}
