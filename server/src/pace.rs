//! Bodies that come too slowly are cut off, and so is who reads too slowly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// How slow something may come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long nothing may come.
    pub(crate) patience: Duration,
    /// How many bytes must come in a second on average; 0 for any number.
    pub(crate) min_rate: u32,
}

impl Pace {
    /// How long one may wait for something of which so much came, in all.
    pub(crate) fn allowance(self, bytes: u64) -> Duration {
        match bytes.checked_div(self.min_rate.into()) {
            Some(seconds) => self.patience.saturating_add(Duration::from_secs(seconds)),
            None => Duration::MAX,
        }
    }
}

/// How much longer something may take: less while it is waited for, more with every byte, and never
/// more than the patience, so that a quick beginning is no excuse for a trickle.
#[derive(Debug)]
pub(crate) struct Credit {
    pace: Pace,
    left: Duration,
    waiting_since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Credit {
    pub(crate) fn new(pace: Pace) -> Credit {
        Credit { pace, left: pace.patience, waiting_since: None, timer: None }
    }

    /// Notes that so many bytes are through.
    pub(crate) fn earn(&mut self, bytes: u64) {
        let waited = self.waiting_since.take().map_or(Duration::ZERO, |since| since.elapsed());
        let earned = match (bytes * 1000).checked_div(self.pace.min_rate.into()) {
            Some(ms) => Duration::from_millis(ms),
            None => Duration::MAX,
        };
        let left = self.left.saturating_sub(waited).saturating_add(earned);
        self.left = left.min(self.pace.patience);
    }

    /// Begins anew.
    pub(crate) fn restart(&mut self) {
        (self.left, self.waiting_since) = (self.pace.patience, None);
    }

    /// Ready when it was waited for too long.
    pub(crate) fn poll_spent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = *self.waiting_since.get_or_insert_with(Instant::now) + self.left;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // To set it costs more than to let it ring too early now and then.
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// A body that must keep a pace. Only the time counts in which it is waited for.
pub(crate) struct Paced {
    body: Body,
    pace: Pace,
    came: u64,
    waited: Duration,
    waiting_since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Why a body was cut off.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

impl Paced {
    pub(crate) fn new(body: Body, pace: Pace) -> Paced {
        let (came, waited) = (0, Duration::ZERO);
        Paced { body, pace, came, waited, waiting_since: None, timer: None }
    }

    fn note(&mut self, frame: &Frame<Bytes>) {
        self.came += frame.data_ref().map_or(0, |data| data.len() as u64);
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
    }

    /// Ready when it was waited for too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.waiting_since.is_none() {
            let now = Instant::now();
            let left = self.pace.allowance(self.came).saturating_sub(self.waited);
            let deadline = now + left.min(self.pace.patience);
            self.waiting_since = Some(now);
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(deadline),
                none => *none = Some(Box::pin(sleep_until(deadline))),
            }
        }
        self.timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(cx))
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some(Ok(frame)) = &frame {
                    self.note(frame);
                }
                Poll::Ready(frame)
            }
            Poll::Pending => {
                ready!(self.poll_patience(cx));
                Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use futures_util::stream;

    use super::*;

    /// How many of 100 bytes come of a body that has one every so often.
    async fn came(pause: Duration, pace: Pace) -> usize {
        let drops = stream::iter(0..100).then(move |_| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, std::io::Error>("x")
        });
        let body = Body::new(Paced::new(Body::from_stream(drops), pace));
        let came = body.into_data_stream().take_while(|bytes| std::future::ready(bytes.is_ok()));
        came.count().await
    }

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_body_that_rests_for_too_long_is_cut_off() {
        let pace = Pace { patience: PATIENCE, min_rate: 0 };
        assert_eq!(came(Duration::from_secs(9), pace).await, 100);
        assert_eq!(came(Duration::from_secs(11), pace).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_for_ever_is_cut_off() {
        let pace = Pace { patience: PATIENCE, min_rate: 1 };
        assert_eq!(came(Duration::from_secs(1), pace).await, 100);
        assert_eq!(came(Duration::from_secs(2), pace).await, 9);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_the_server_takes_does_not_count() {
        let pace = Pace { patience: PATIENCE, min_rate: 1 };
        let drops = stream::iter(0..100).map(|_| Ok::<_, std::io::Error>("x"));
        let body = Body::new(Paced::new(Body::from_stream(drops), pace));
        let mut stream = body.into_data_stream();
        for _ in 0..100 {
            assert!(stream.next().await.unwrap().is_ok());
            tokio::time::sleep(PATIENCE * 2).await;
        }
    }

    /// Whether somebody is cut off who takes so many bytes every so often, after a quick beginning.
    async fn is_cut_off(bytes: u64, pause: Duration, pace: Pace) -> bool {
        let mut credit = Credit::new(pace);
        credit.earn(1 << 30);
        for _ in 0..1000 {
            let spent = std::future::poll_fn(|cx| credit.poll_spent(cx));
            if tokio::time::timeout(pause, spent).await.is_ok() {
                return true;
            }
            credit.earn(bytes);
        }
        false
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_too_slowly_is_cut_off_however_quick_the_beginning_was() {
        let pace = Pace { patience: PATIENCE, min_rate: 100 };
        assert!(is_cut_off(1, Duration::from_secs(3600), pace).await);
        assert!(is_cut_off(1, Duration::from_secs(1), pace).await);
        assert!(is_cut_off(99, Duration::from_secs(1), pace).await);
        assert!(!is_cut_off(101, Duration::from_secs(1), pace).await);
        let any = Pace { min_rate: 0, ..pace };
        assert!(!is_cut_off(1, Duration::from_secs(9), any).await);
        assert!(is_cut_off(1, Duration::from_secs(11), any).await);
    }
}
