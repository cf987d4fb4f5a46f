//! The wire: how long things take and what gets lost.

/// How bad a link is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub latency_ms: u64,
    pub bytes_per_ms: u64,
    /// How long a connection lives at most, if it dies by itself.
    pub dies_within_ms: Option<u64>,
    /// In so many of a hundred cases a connection cannot be made.
    pub refused_percent: u64,
    /// A connection that dies may look alive to the client for ever.
    pub dies_silently: bool,
    /// In so many of a hundred cases bytes of the file arrive damaged, but not more often in all
    /// than this.
    pub damaged_percent: u64,
    pub most_damaged: u32,
    /// How fast the browser hashes.
    pub hashed_per_ms: u64,
    /// So many of a hundred answers get lost, after the server did what it was asked for, but not
    /// more in all than this.
    pub swallowed_percent: u64,
    pub most_swallowed: u32,
    /// So many of a hundred requests arrive once more, later.
    pub repeated_percent: u64,
    /// How long a server that refuses wants to be left alone at most.
    pub asks_ms: u64,
    /// By how much requests may overtake each other.
    pub overtaken_ms: u64,
    /// What the browser believes of the network.
    pub believed: Believed,
    /// In so many of a hundred cases what finds out which file it is cannot be loaded.
    pub unloaded_percent: u64,
    /// In so many of a hundred cases the browser keeps nothing.
    pub unkept_percent: u64,
    /// How long the page's function for the id takes at most, and in how many of a hundred cases it
    /// fails.
    pub ids_late_ms: u64,
    pub ids_fail_percent: u64,
}

/// What a browser believes of the network.
#[derive(Clone, Copy, Debug)]
pub enum Believed {
    Truth,
    AlwaysOffline,
    NeverOffline,
}

impl Weather {
    pub const FINE: Weather = Weather {
        latency_ms: 5,
        bytes_per_ms: 10_000,
        dies_within_ms: None,
        refused_percent: 0,
        dies_silently: false,
        damaged_percent: 0,
        most_damaged: 0,
        hashed_per_ms: 400_000,
        swallowed_percent: 0,
        most_swallowed: 10,
        repeated_percent: 0,
        asks_ms: 0,
        overtaken_ms: 0,
        believed: Believed::Truth,
        unloaded_percent: 0,
        unkept_percent: 0,
        ids_late_ms: 5,
        ids_fail_percent: 0,
    };

    pub fn of(dice: &mut fastrand::Rng) -> Weather {
        let (latency_ms, bytes_per_ms) = (dice.u64(1..200), dice.u64(5..3000));
        // Some connections live long enough for a handshake and one of the smallest chunks.
        let enough_ms = 2 * (8 * latency_ms + 16_384 / bytes_per_ms);
        Weather {
            latency_ms,
            bytes_per_ms,
            dies_within_ms: dice.bool().then(|| enough_ms + dice.u64(0..5000)),
            refused_percent: if dice.bool() { dice.u64(0..50) } else { 0 },
            dies_silently: dice.u8(0..8) == 0,
            ..Weather::FINE
        }
    }

    /// Lets happen what is rare: answers that get lost, requests that come twice or in another
    /// order, servers that want to be left alone, browsers that are wrong about the network or keep
    /// nothing, functions for an id that hang or fail.
    pub fn let_trouble(&mut self, dice: &mut fastrand::Rng) {
        let mut at_most = |most| if dice.bool() { dice.u64(0..most) } else { 0 };
        self.swallowed_percent = at_most(15);
        self.repeated_percent = at_most(30);
        self.asks_ms = at_most(60_000);
        self.overtaken_ms = at_most(2000);
        self.unloaded_percent = at_most(50);
        self.unkept_percent = at_most(40);
        self.ids_late_ms = 5 + at_most(100_000);
        self.ids_fail_percent = at_most(60);
        self.believed = match dice.u8(0..8) {
            0 => Believed::AlwaysOffline,
            1 => Believed::NeverOffline,
            _ => Believed::Truth,
        };
    }

    /// Damages what travels now and then, and hashes at any speed.
    pub fn let_damage(&mut self, dice: &mut fastrand::Rng) {
        self.damaged_percent = if dice.bool() { dice.u64(0..100) } else { 0 };
        self.most_damaged = 2;
        self.hashed_per_ms = [1000, 20_000, 400_000][dice.usize(0..3)];
    }

    /// Lets some connections live long enough for a whole file, one chunk after the other.
    pub fn let_live(&mut self, size: u64, chunk: u64) {
        let chunk_ms = 4 * self.latency_ms + chunk / self.bytes_per_ms;
        let whole_ms = (size / chunk + 4) * chunk_ms;
        self.dies_within_ms = self.dies_within_ms.map(|within_ms| within_ms + 4 * whole_ms);
    }
}

/// One connection.
pub struct Connection {
    pub attempt: incoming_protocol::Attempt,
    /// The client has hung up.
    pub is_hung_up: bool,
    /// Nothing passes any more, whether anybody has noticed or not.
    pub is_dead: bool,
    /// It is that of another page.
    pub is_elsewhere: bool,
    /// When the last byte that was handed to the browser will have left it.
    pub queue_empty_at_ms: u64,
    /// Messages of one direction do not overtake each other.
    pub last_to_client_ms: u64,
}

impl Connection {
    pub fn new(attempt: incoming_protocol::Attempt) -> Connection {
        Connection {
            attempt,
            is_hung_up: false,
            is_dead: false,
            is_elsewhere: false,
            queue_empty_at_ms: 0,
            last_to_client_ms: 0,
        }
    }

    /// One of another page, of which this one hears nothing.
    pub fn elsewhere(attempt: incoming_protocol::Attempt) -> Connection {
        Connection { is_dead: true, is_elsewhere: true, ..Connection::new(attempt) }
    }

    /// Bytes that were handed to the browser and have not left it.
    pub fn waiting(&self, now_ms: u64, weather: &Weather) -> u64 {
        self.queue_empty_at_ms.saturating_sub(now_ms) * weather.bytes_per_ms
    }
}
