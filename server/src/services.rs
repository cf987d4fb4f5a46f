//! What the routes work with.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::Access;
use crate::clients::Clients;
use crate::health::Health;
use crate::memory::Memory;
use crate::routes::demo::Demo;
use crate::store::Store;
use crate::uploads::Uploads;
use crate::{Config, Error};

/// What the routes work with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// The settings.
    pub config: Arc<Config>,
    /// The uploads.
    pub uploads: Uploads,
    /// Who asks, and how often.
    pub clients: Clients,
    /// Who is let in without a ticket.
    pub access: Access,
    /// Whether anything can be stored.
    pub health: Health,
    /// Cancelled when the server is to stop.
    pub stop: CancellationToken,
    /// What must end before the process does.
    pub tasks: TaskTracker,
    pub(crate) demo: Option<Demo>,
    pub(crate) memory: Memory,
}

impl Services {
    /// Makes the services of a server that listens on this address.
    ///
    /// # Errors
    /// When the store cannot be read or a setting makes no sense.
    pub async fn new(
        config: Config,
        store: Arc<dyn Store>,
        address: SocketAddr,
    ) -> Result<Services, Error> {
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let clients = Clients::new(&config).map_err(|error| Error::Setting(error.to_string()))?;
        let access = Access::new(&config)?;
        let uploads = Uploads::new(store, &config, tasks.clone(), stop.clone()).await?;
        let demo = match config.demo {
            true => Some(Demo::new(&config, address, uploads.clone())?),
            false => None,
        };
        let largest = config.max_message_size().max(config.max_galileo_message_size());
        let memory = Memory::new(config.max_message_memory, largest as u64);
        let config = Arc::new(config);
        let health = Health::new(uploads.clone());
        Ok(Services { config, uploads, clients, access, health, stop, tasks, demo, memory })
    }
}
