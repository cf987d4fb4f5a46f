//! Everything that happens, in order.

mod browser;
mod elsewhere;
mod looking;
mod reloading;
mod requests;
mod sockets;
mod troubles;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use incoming_protocol::http::{Request, RequestId};
use incoming_protocol::{
    Action, Attempt, Event, Job, Json, Notice, Outcome, Protocol, Speedometer, Step, Upload,
    Verification, Wake,
};

use self::browser::Browser;
pub use self::browser::Visit;
use super::link::{Connection, Weather};
use super::{Server, md5_of, traits};

/// What the person in front of the page, or the machine behind it, does at some moment.
#[derive(Clone, Debug)]
pub enum Deed {
    Pause,
    Unpause,
    Cancel,
    Online,
    Crash,
    Cut,
    /// The network is away for so many milliseconds, and the browser is told when it is back.
    Offline(u64),
    /// The machine sleeps for so many milliseconds.
    Sleep(u64),
    WakeUp(u64),
    /// The server dies, and what was not synced is lost.
    PowerFailure,
    /// An upload that failed is begun again.
    Restart,
    /// The page is loaded again: everything is forgotten but what was kept.
    Reload,
    /// The browser dies, and the page had no chance to keep anything.
    Kill,
    /// The page is hidden.
    Hidden,
    /// Another page wants to send the same file.
    Visit(Visit),
    /// Not a deed of anybody: the fingerprint of the whole file is worked out.
    Hashed,
}

enum Happening {
    ToServer(usize, Message),
    ToClient(usize, Event),
    ServerWakes(usize),
    ServerLoses(usize),
    Dies(usize),
    Tick(Attempt),
    Client(Attempt, Event),
    Wakes(Attempt, Wake, u64),
    /// What belongs to no attempt.
    Whenever(Event),
    /// No other page sends the file.
    Locked(Attempt),
    /// Another page is closed.
    Leaves,
    RequestArrives(Request),
    /// Somebody on the way sends once more what has arrived, and nobody hears the answer.
    RequestRepeats(Request),
    RequestLoads(RequestId),
    Deed(Deed),
}

enum Message {
    Text(Json),
    Bytes(Range<u64>),
}

/// A request that was neither answered nor lost.
struct OnItsWay {
    attempt: Attempt,
    len: u64,
    leaves_ms: u64,
    takes_ms: u64,
}

pub struct World {
    pub upload: Upload,
    pub server: Box<dyn Server>,
    pub now_ms: u64,
    /// Every range that was sent, in order.
    pub sent: Vec<Range<u64>>,
    pub notices: Vec<Notice>,
    pub outcomes: Vec<Outcome>,
    pub connects: u32,
    pub losses: u32,
    /// How often bytes arrived damaged.
    pub damages: u32,
    /// The most bytes that were ever on their way.
    pub most_ahead: u64,
    size: u64,
    protocol: Protocol,
    job: Job,
    seed: u64,
    /// Those before it were of earlier pages.
    first_connection: usize,
    pub browser: Browser,
    /// What the page's function for the id answers.
    id: Option<String>,
    stays_confirmed: bool,
    weather: Weather,
    dice: fastrand::Rng,
    connections: Vec<Connection>,
    current: Option<usize>,
    timers: HashMap<Wake, u64>,
    agenda: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: HashMap<u64, Happening>,
    entries: u64,
    is_ticking: bool,
    requests: HashMap<RequestId, OnItsWay>,
    requesting: Option<Attempt>,
    line_free_at_ms: u64,
    speed: Speedometer,
    /// Until then there is no network.
    offline_until_ms: u64,
    asleep_until_ms: u64,
    /// Until then a server wants to be left alone.
    asked_until_ms: u64,
    /// How often it was tried without a network, and how often that may have been.
    pub offline_tries: u64,
    pub offline_tries_allowed: u64,
    pub power_failures: u32,
    pub reloads: u32,
    /// How many bytes were confirmed and not kept when a page was left.
    pub unsaved_bytes: u64,
    /// How many bytes the server has lost.
    pub lost_bytes: u64,
}

impl World {
    pub fn new(protocol: Protocol, job: Job, server: Box<dyn Server>, weather: Weather) -> World {
        World::seeded(protocol, job, server, weather, 0)
    }

    pub fn seeded(
        protocol: Protocol,
        mut job: Job,
        server: Box<dyn Server>,
        weather: Weather,
        seed: u64,
    ) -> World {
        let id = job.ticket.clone();
        job.ticket = job.ticket.filter(|_| !job.options.asks_id);
        World {
            size: job.size,
            stays_confirmed: traits(protocol).resumes
                && job.options.verify != Some(Verification::File),
            upload: Upload::new(protocol, job.clone(), seed).unwrap(),
            protocol,
            browser: Browser::new(),
            id,
            job,
            seed,
            first_connection: 0,
            server,
            now_ms: 0,
            sent: Vec::new(),
            notices: Vec::new(),
            outcomes: Vec::new(),
            connects: 0,
            losses: 0,
            damages: 0,
            most_ahead: 0,
            weather,
            dice: fastrand::Rng::with_seed(seed),
            connections: Vec::new(),
            current: None,
            timers: HashMap::new(),
            agenda: BinaryHeap::new(),
            happenings: HashMap::new(),
            entries: 0,
            is_ticking: false,
            requests: HashMap::new(),
            requesting: None,
            line_free_at_ms: 0,
            speed: Speedometer::default(),
            offline_until_ms: 0,
            asleep_until_ms: 0,
            asked_until_ms: 0,
            offline_tries: 0,
            offline_tries_allowed: 0,
            power_failures: 0,
            reloads: 0,
            unsaved_bytes: 0,
            lost_bytes: 0,
        }
    }

    pub fn at(&mut self, time_ms: u64, deed: Deed) {
        self.plan(time_ms, Happening::Deed(deed));
    }

    pub fn start(&mut self) {
        let steps = self.upload.start();
        self.perform(steps);
    }

    /// Lets time pass until the upload is over, nothing is left to happen, or `limit_ms`.
    pub fn run(&mut self, limit_ms: u64) {
        while !self.upload.is_over() && self.step(limit_ms) {}
    }

    /// Lets time pass, whether the upload is over or not.
    pub fn run_until(&mut self, limit_ms: u64) {
        while self.step(limit_ms) {}
        self.now_ms = limit_ms;
    }

    fn step(&mut self, limit_ms: u64) -> bool {
        let Some(Reverse((time_ms, entry))) = self.agenda.peek().copied() else { return false };
        if time_ms > limit_ms {
            return false;
        }
        self.agenda.pop();
        self.now_ms = time_ms;
        let Some(happening) = self.happenings.remove(&entry) else { return true };
        if time_ms < self.asleep_until_ms && happening.needs_the_machine() {
            self.plan(self.asleep_until_ms, happening);
        } else {
            self.happen(happening);
        }
        true
    }

    fn plan(&mut self, time_ms: u64, happening: Happening) {
        self.entries += 1;
        self.agenda.push(Reverse((time_ms.max(self.now_ms), self.entries)));
        self.happenings.insert(self.entries, happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::ToServer(connection, message) => self.arrive(connection, message),
            // Even what arrives after a hang-up is told: nothing of it may be obeyed.
            Happening::ToClient(connection, event) => {
                let link = &self.connections[connection];
                let is_heard = (!link.is_dead || is_end(&event)) && !link.is_elsewhere;
                if is_heard && connection >= self.first_connection {
                    self.tell(self.connections[connection].attempt, event);
                }
            }
            Happening::ServerWakes(connection) => {
                let replies = self.server.woke(connection);
                self.reply(replies);
            }
            Happening::ServerLoses(connection) => self.server.lost(connection),
            Happening::Dies(connection) => self.die(connection),
            Happening::Tick(attempt) => self.tick(attempt),
            Happening::Client(attempt, event) => {
                if let Event::Responded(id, response) = &event {
                    self.requests.remove(id);
                    self.note_asked(attempt, response);
                }
                self.tell(attempt, event);
            }
            Happening::Wakes(attempt, wake, entry) => {
                if self.timers.get(&wake) == Some(&entry) {
                    self.tell(attempt, Event::Woke(wake));
                }
            }
            Happening::Whenever(event) => self.tell_whenever(event),
            Happening::Locked(attempt) => self.locked(attempt),
            Happening::Leaves => self.release(),
            Happening::RequestArrives(request) => self.request_arrives(&request),
            Happening::RequestRepeats(request) => drop(self.server.request(&request, false)),
            Happening::RequestLoads(id) => self.request_loads(id),
            Happening::Deed(deed) => self.deed(deed),
        }
    }

    fn deed(&mut self, deed: Deed) {
        self.note_person(&deed);
        let steps = match deed {
            Deed::Pause => self.upload.pause(),
            Deed::Unpause if self.upload.view().paused => self.upload.start(),
            Deed::Unpause => Vec::new(),
            Deed::Cancel => self.upload.cancel("user ünhappy"),
            Deed::Online => {
                let attempt = self.upload.attempt();
                return self.tell(attempt, Event::CameOnline);
            }
            Deed::Hashed => {
                let attempt = self.upload.attempt();
                let whole = 0..self.size;
                let md5 = md5_of(&whole);
                return self.tell(attempt, Event::Digested(whole, md5));
            }
            Deed::Crash => {
                self.server.crash();
                let open = 0..self.connections.len();
                open.for_each(|connection| self.die(connection));
                return self.lose_requests();
            }
            Deed::Offline(for_ms) => return self.go_offline(for_ms),
            Deed::Sleep(for_ms) => return self.sleep(for_ms),
            Deed::WakeUp(slept_ms) => return self.wake_up(slept_ms),
            Deed::PowerFailure => return self.fail_power(),
            Deed::Restart if self.upload.view().error.is_some() => self.upload.start(),
            Deed::Restart => Vec::new(),
            Deed::Reload => return self.reload(),
            Deed::Kill => return self.load_again(),
            Deed::Hidden => return self.tell_whenever(Event::Hidden),
            Deed::Visit(visit) => return self.visit(visit),
            Deed::Cut => {
                self.current.into_iter().for_each(|current| self.die(current));
                return self.lose_requests();
            }
        };
        self.perform(steps);
    }

    fn damages(&mut self) -> bool {
        let is_left = self.damages < self.weather.most_damaged;
        let is_damaged = is_left && self.dice.u64(0..100) < self.weather.damaged_percent;
        self.damages += u32::from(is_damaged);
        is_damaged
    }

    /// Tells the client, and before it how the link is doing, as the browser's driver does.
    fn tell(&mut self, attempt: Attempt, event: Event) {
        let before = self.upload.confirmed().0;
        let link = self.link();
        let mut steps = self.upload.handle(attempt, Event::Measured(link));
        steps.extend(self.upload.handle(attempt, event));
        assert!(self.upload.confirmed().0 <= self.size);
        let stays = self.upload.confirmed().0 >= before || !self.stays_confirmed;
        assert!(stays, "what was confirmed stays confirmed");
        self.perform(steps);
    }

    fn perform(&mut self, steps: Vec<Step>) {
        for Step { attempt, action } in steps {
            match action {
                Action::Connect(_) => self.connect(attempt),
                Action::Send(json) => self.send(Message::Text(json), 0),
                Action::SendRange(range) => self.send_range(attempt, range),
                Action::Request(request) => self.request(attempt, request),
                Action::HangUp => self.hang_up(),
                Action::Wait(wake, after) => {
                    let after_ms = u64::try_from(after.as_millis()).unwrap();
                    let entry = self.entries + 1;
                    self.plan(self.now_ms + after_ms, Happening::Wakes(attempt, wake, entry));
                    self.timers.insert(wake, entry);
                }
                Action::Digest(range) => self.digest(attempt, range),
                Action::CheckFile => {
                    self.plan(self.now_ms + 1, Happening::Client(attempt, Event::FileIntact));
                }
                Action::Settle(outcome) => self.outcomes.push(outcome),
                Action::Notify(notice) => self.notices.push(notice),
                shared => self.browse(attempt, shared),
            }
        }
    }

    /// The fingerprint of the whole is told whatever attempt is under way by then.
    fn digest(&mut self, attempt: Attempt, range: Range<u64>) {
        let takes_ms = 1 + (range.end - range.start) / self.weather.hashed_per_ms;
        let happening = if range == (0..self.size) {
            Happening::Deed(Deed::Hashed)
        } else {
            let md5 = md5_of(&range);
            Happening::Client(attempt, Event::Digested(range, md5))
        };
        self.plan(self.now_ms + takes_ms, happening);
    }
}

fn is_end(event: &Event) -> bool {
    matches!(event, Event::Disconnected { .. })
}
