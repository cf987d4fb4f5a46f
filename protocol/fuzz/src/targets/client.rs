//! What servers say to our clients, and whatever else happens to an upload.

use std::collections::{BTreeSet, VecDeque};

use incoming_protocol::http::{
    ARRIVED_DIGEST, CONTENT_DIGEST, FILE_DIGEST, RETRY_AFTER, Request, RequestId, Response,
    WANT_FILE_DIGEST,
};
use incoming_protocol::incoming::wire::FromServer;
use incoming_protocol::{
    Action, Event, Job, Json, Kept, Link, Md5, Options, Protocol, RawOptions, Step, Upload,
    Verification, Wake,
};

pub(super) const SIZE: u64 = 3_000_000;

pub(super) fn job(options: Options) -> Job {
    Job {
        ticket: Some("ticket".into()),
        endpoint: "ws://test/".into(),
        name: "name".into(),
        relative_path: "name".into(),
        media_type: String::new(),
        size: SIZE,
        options,
    }
}

fn md5() -> Md5 {
    Md5::parse("d41d8cd98f00b204e9800998ecf8427e").expect("an MD5")
}

fn assert_sound(upload: &Upload) {
    let view = upload.view();
    assert!(view.bytes_acked <= view.bytes_tx && view.bytes_tx <= SIZE);
    assert!(!view.finished || !view.cancelled && view.bytes_acked == SIZE);
    assert!(!view.connected || !upload.is_over(), "what is over has no connection");
}

/// Each line is a text message, or `#`, a status and a body.
pub(super) fn told(data: &[u8]) {
    for protocol in Protocol::ALL {
        let mut upload = Upload::new(*protocol, job(Options::default()), 7).expect("good options");
        upload.start();
        let attempt = upload.attempt();
        upload.handle(attempt, Event::Connected);
        upload.handle(attempt, Event::Digested(0..SIZE, md5()));
        for (number, line) in super::text_of(data).lines().enumerate() {
            let event = event(number, line);
            let attempt = upload.attempt();
            upload.handle(attempt, event);
            assert_sound(&upload);
        }
    }
}

fn event(number: usize, line: &str) -> Event {
    match line.strip_prefix('#').and_then(|line| line.split_once(' ')) {
        Some((status, body)) => {
            let status = status.parse().unwrap_or(200);
            let json = serde_json::from_str(body).ok();
            let id = RequestId(u32::try_from(number).unwrap_or(0) % 8);
            let text = body.to_owned();
            Event::Responded(id, Response { status, text, json, ..Response::default() })
        }
        None => serde_json::from_str(line).map_or(Event::Garbled, Event::Received),
    }
}

/// The first byte chooses what is sent, every other one what happens next.
pub(super) fn session(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let mut session = Session::new(*first);
    session.act(Upload::start);
    for byte in rest {
        session.happens(*byte);
        assert_sound(&session.upload);
    }
}

struct Session {
    upload: Upload,
    requests: Vec<Request>,
    /// No two requests of an upload have the same.
    ids: BTreeSet<RequestId>,
    /// Bytes on their way over a WebSocket, in order.
    on_their_way: Vec<u64>,
    was_started: bool,
    /// A WebSocket was asked for and not given up.
    has_socket: bool,
    /// What the browser has to say about what was asked for.
    answers: VecDeque<Event>,
    kept: Option<Kept>,
    is_held: bool,
}

impl Session {
    fn new(choice: u8) -> Session {
        let protocol = Protocol::ALL[usize::from(choice) % Protocol::ALL.len()];
        let verify = [None, None, Some(Verification::File), Some(Verification::Chunks)];
        let mut options = Options { chunk_size: Some(300_000), ..Options::default() };
        options.verify = verify[usize::from(choice / 8) % 4];
        options.retry.attempts = (choice % 64 > 40).then_some(2);
        options.resume = choice >= 192 && protocol != Protocol::Galileo;
        options.asks_id = choice >= 224;
        if protocol == Protocol::Resumable {
            let tests = Json::Bool(choice > 127);
            options.own = RawOptions::new(vec![("test_chunks".into(), tests)]);
        }
        let upload = Upload::new(protocol, job(options), choice.into());
        let plain = || Upload::new(protocol, job(Options::default()), 7).expect("the default");
        Session {
            upload: upload.unwrap_or_else(|_| plain()),
            requests: Vec::new(),
            ids: BTreeSet::new(),
            on_their_way: Vec::new(),
            was_started: true,
            has_socket: false,
            answers: VecDeque::new(),
            kept: None,
            is_held: false,
        }
    }

    fn act(&mut self, deed: impl FnOnce(&mut Upload) -> Vec<Step>) {
        self.was_started = true;
        let steps = deed(&mut self.upload);
        self.perform(steps);
        self.was_started = false;
    }

    fn tell(&mut self, event: Event) {
        let attempt = self.upload.attempt();
        let was_over = self.upload.is_over();
        let steps = self.upload.handle(attempt, event);
        let only_told = |step: &Step| matches!(step.action, Action::Notify(_));
        assert!(!was_over || steps.iter().all(only_told), "what is over stays over");
        self.perform(steps);
    }

    fn perform(&mut self, steps: Vec<Step>) {
        for Step { action, .. } in steps {
            match action {
                Action::Request(request) => self.begin(request),
                Action::SendRange(range) => {
                    assert!(range.start <= range.end && range.end <= SIZE);
                    assert!(self.may_send(), "nothing is sent in a pause");
                    self.on_their_way.push(range.end - range.start);
                }
                Action::Connect(_) => {
                    assert!(self.may_send(), "a pause is obeyed");
                    self.has_socket = true;
                }
                Action::HangUp => {
                    self.has_socket = false;
                    self.requests.clear();
                    self.on_their_way.clear();
                    self.answers.retain(belongs_to_no_attempt);
                }
                other => self.browse(other),
            }
        }
    }

    /// What all pages share, and the page's function for the id.
    fn browse(&mut self, action: Action) {
        let answer = match action {
            Action::Identify => Event::Identified(None),
            Action::Hold => Event::Held,
            Action::Recall => Event::Recalled(self.kept.clone()),
            Action::AskId => {
                assert!(!self.answers.iter().any(is_id), "nobody is asked twice");
                Event::Named(Some("named".into()))
            }
            Action::Keep(kept) => {
                assert!(self.is_held, "only who sends the file keeps something of it");
                self.kept = Some(kept);
                Event::Kept(true)
            }
            Action::LetGo => return assert!(std::mem::take(&mut self.is_held), "it is held"),
            Action::Forget => return self.kept = None,
            _ => return,
        };
        self.answers.push_back(answer);
    }

    /// The browser answers.
    fn hears_of_browser(&mut self, event: Event) {
        self.is_held |= event == Event::Held;
        self.tell(event);
    }

    fn begin(&mut self, request: Request) {
        assert!(self.ids.insert(request.id), "every request has an id of its own");
        assert!(self.may_send(), "nothing is sent in a pause");
        assert!(
            request.body.range().is_none_or(|range| range.start <= range.end && range.end <= SIZE)
        );
        self.requests.push(request);
    }

    fn may_send(&self) -> bool {
        self.was_started || !self.upload.view().paused
    }

    fn happens(&mut self, byte: u8) {
        let wakes = [Wake::Retry, Wake::Stall, Wake::KeepAlive, Wake::Save];
        if byte.is_multiple_of(4)
            && let Some(event) = self.answers.pop_front()
        {
            return self.hears_of_browser(event);
        }
        match byte % 16 {
            0 => self.act(Upload::pause),
            1 => self.act(Upload::start),
            2 => self.act(|upload| upload.cancel("no")),
            3 => self.tell(Event::CameOnline),
            4 => self.tell(Event::FileIntact),
            5 => self.tell(Event::Woke(wakes[usize::from(byte / 16) % 4])),
            6 => self.tell(Event::Measured(Link { is_offline: byte > 127, ..Link::default() })),
            7 => self.tell(Event::Digested(0..SIZE, md5())),
            8..12 if self.has_socket => self.hears(byte),
            12 => self.answer(byte, 503),
            13 => self.lose(byte),
            _ => self.answer(byte, 200),
        }
    }

    /// Something comes over the WebSocket.
    fn hears(&mut self, byte: u8) {
        let event = match byte % 16 {
            8 => Event::Connected,
            9 => {
                let code = 1000 + u16::from(byte / 16);
                Event::Disconnected { code, reason: String::new() }
            }
            10 => Event::Received(self.terms(byte)),
            _ if self.on_their_way.is_empty() => {
                Event::Received(FromServer::AllDone(Some(md5())).to_json())
            }
            _ => Event::Received(FromServer::ChunkAck(self.on_their_way.remove(0)).to_json()),
        };
        self.tell(event);
    }

    fn terms(&self, byte: u8) -> Json {
        let verify = [None, Some(Verification::File), Some(Verification::Chunks)];
        let verify = verify[usize::from(byte / 16) % 3];
        let position = u64::from(byte / 16) * SIZE / 15;
        FromServer::UploadConfig { chunk_size_kb: 64, position, send_ahead: 4, verify }.to_json()
    }

    fn take(&mut self, byte: u8) -> Option<Request> {
        let index = usize::from(byte / 16).checked_rem(self.requests.len())?;
        Some(self.requests.remove(index))
    }

    fn lose(&mut self, byte: u8) {
        if let Some(request) = self.take(byte) {
            self.tell(Event::RequestLost(request.id, "gone".into()));
        }
    }

    fn answer(&mut self, byte: u8, status: u16) {
        let Some(request) = self.take(byte) else { return };
        let text = [
            r#"{"success":true}"#,
            r#"{"success":false,"reset":true}"#,
            r#"{"status":"new","value":""}"#,
            r#"{"status":"partial","value":"0,1,2"}"#,
            r#"{"status":"complete","value":""}"#,
        ][usize::from(byte / 16) % 5];
        let digest = request.header(CONTENT_DIGEST).filter(|_| byte < 224);
        let file_digest = request.header(WANT_FILE_DIGEST).map(|_| md5().to_field());
        let headers = [
            (RETRY_AFTER, Some("5".to_owned())),
            (ARRIVED_DIGEST, digest.map(str::to_owned)),
            (FILE_DIGEST, file_digest),
        ];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let json = serde_json::from_str(text).ok();
        let (text, headers) = (text.to_owned(), headers.collect());
        let response = Response { status, text, json, headers, ..Response::default() };
        self.tell(Event::Responded(request.id, response));
    }
}

fn is_id(event: &Event) -> bool {
    matches!(event, Event::Named(_))
}

fn belongs_to_no_attempt(event: &Event) -> bool {
    is_id(event) || matches!(event, Event::Kept(_))
}
