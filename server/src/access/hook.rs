//! Asking somebody else.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use reqwest::{Client, Response, redirect};

use super::cache::Cache;
use super::{Admitted, Asked, Denied};
use crate::config::Config;

/// By what a hook says whose an upload is: limits are shared between owners.
const OWNER: &str = "x-upload-owner";
/// How much of the words of a refusal is passed on, in bytes.
const MAX_WORDS: usize = 1024;

/// The address that is asked.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    /// May hold a secret.
    url: Url,
    patience: Duration,
    cache: Cache,
}

struct Url(String);

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Url(***)")
    }
}

impl Hook {
    pub(super) fn new(config: &Config) -> Result<Option<Hook>, reqwest::Error> {
        let Some(url) = config.authorize_url.clone() else { return Ok(None) };
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build()?;
        let (patience, cache) = (config.authorize_timeout, Cache::new(config.authorize_cache));
        Ok(Some(Hook { shared: Arc::new(Shared { client, url: Url(url), patience, cache }) }))
    }

    pub(super) async fn check(&self, asked: Asked<'_>) -> Result<Admitted, Denied> {
        let headers = asked.headers_for_hook();
        let key = asked.key(&headers);
        let Shared { cache, patience, .. } = &*self.shared;
        if let Some(admitted) = cache.find(&key) {
            return Ok(admitted);
        }
        let answered = tokio::time::timeout(*patience, self.ask(headers)).await;
        let answered = answered.unwrap_or_else(|_| {
            tracing::warn!("no answer to an authorisation in time");
            Err(Denied::Unanswered)
        });
        answered.inspect(|admitted| cache.keep(key, admitted.clone()))
    }

    async fn ask(&self, headers: HeaderMap) -> Result<Admitted, Denied> {
        let Shared { client, url, .. } = &*self.shared;
        let answer = client.get(&url.0).headers(headers).send().await.map_err(|error| {
            let error = error.without_url();
            tracing::warn!(%error, "an authorisation failed");
            Denied::Unanswered
        })?;
        match answer.status() {
            status if status.is_success() => Ok(admitted(&answer)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refused(answer).await),
            status => {
                tracing::warn!(%status, "expected 2xx, 401 or 403 as the answer to an authorisation");
                Err(Denied::Unanswered)
            }
        }
    }
}

fn admitted(answer: &Response) -> Admitted {
    let owner = answer.headers().get(OWNER).map(|owner| String::from_utf8_lossy(owner.as_bytes()));
    Admitted { owner: owner.filter(|owner| !owner.is_empty()).map(Arc::from) }
}

async fn refused(mut answer: Response) -> Denied {
    let (status, challenge) =
        (answer.status(), answer.headers().get(header::WWW_AUTHENTICATE).cloned());
    let mut words = Vec::new();
    while words.len() < MAX_WORDS {
        let Ok(Some(bytes)) = answer.chunk().await else { break };
        words.extend_from_slice(&bytes);
    }
    words.truncate(MAX_WORDS);
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    tracing::debug!(%status, "the authorisation said no");
    Denied::Refused { status, words, challenge }
}
