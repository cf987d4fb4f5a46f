import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECTS } from '../../support/dialects.js';
import { Site } from '../../support/site.js';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';
import { Upload } from '../../support/upload.js';

const MIB = 1024 * 1024;
const SIZE = 12 * MIB;
const CHUNK = 256 * 1024;

/** Which flags there are, by the words of which they are views. */
const FLAGS = { finished: 'finished', paused: 'paused', cancelled: 'cancelled' };

/** The words over a whole upload that nothing disturbs. */
const COURSES = {
  incoming: ['connecting', 'uploading', 'handing_over', 'finished'],
  galileo: ['connecting', 'uploading', 'handing_over', 'finished'],
  resumable: ['uploading', 'finished'],
  flow: ['uploading', 'finished'],
  fineuploader: ['uploading', 'finished'],
  robusto: ['hashing', 'connecting', 'uploading', 'finished'],
};

describe('The word for the state', () => {
  const shared = together();

  async function prepare(t, protocol, options) {
    const isIncoming = protocol === 'incoming';
    const place = await (isIncoming ? Stage.set : Site.open)(t, shared.browser);
    const all = { ...DIALECTS[protocol]?.options, protocol, chunk_size: CHUNK, ...options };
    const upload = await place.upload(place.file('state.bin', SIZE), all);
    await place.page.evaluate(
      ([number, flags]) => {
        const { o } = uploads[number];
        window.contradictions = [];
        const look = () => {
          for (const [flag, word] of Object.entries(flags)) {
            if (o[flag] !== (o.state === word)) window.contradictions.push(`${o.state} ${flag}`);
          }
        };
        for (const kind of ['progress', 'finished', 'cancelled', 'error']) {
          o.addEventListener(kind, look);
        }
      },
      [upload.number, FLAGS],
    );
    return { place, upload };
  }

  /** The words that it had, each once if it came several times in a row. */
  async function course(upload) {
    const contradictions = await upload.page.evaluate(() => window.contradictions);
    assert.deepEqual(contradictions, [], 'the flags are views of the word');
    const words = (await upload.said()).map(({ state }) => state);
    return words.filter((word, i) => word !== words[i - 1]);
  }

  async function underway(t, protocol, options) {
    const { place, upload } = await prepare(t, protocol, options);
    place.relay.bytesPerSecond = 3 * MIB;
    await upload.start();
    await upload.underway();
    return { place, upload };
  }

  function finish(place, upload) {
    place.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
    return upload.outcome();
  }

  for (const [protocol, expected] of Object.entries(COURSES)) {
    it(`takes its course over ${protocol}`, async (t) => {
      const { upload } = await prepare(t, protocol);
      assert.equal((await upload.look()).state, 'ready');
      await upload.start();
      assert.deepEqual(await upload.outcome(), { ok: true });
      assert.deepEqual(await course(upload), expected);
    });
  }

  for (const protocol of ['incoming', 'resumable']) {
    it(`is that of a pause over ${protocol}`, async (t) => {
      const { place, upload } = await underway(t, protocol);
      await upload.call('pause', 'pause');
      assert.equal((await upload.look()).state, 'paused');
      await upload.call('pause', 'unpause');
      assert.deepEqual(await finish(place, upload), { ok: true });
      const words = await course(upload);
      assert.deepEqual(words.slice(words.indexOf('paused')).at(1), COURSES[protocol][0]);
      assert.equal(words.at(-1), 'finished');
    });

    it(`is that of a loss over ${protocol}`, async (t) => {
      const { place, upload } = await underway(t, protocol, { retry: { delays: [500] } });
      place.relay.refuse = true;
      place.relay.cut();
      await upload.until('it tries again', (o) => o.state === 'retrying');
      place.relay.refuse = false;
      assert.deepEqual(await finish(place, upload), { ok: true });
      const words = await course(upload);
      assert.equal(words.at(words.indexOf('retrying') + 1), COURSES[protocol][0]);
    });

    it(`is that of a wait for the network over ${protocol}`, async (t) => {
      const { place, upload } = await underway(t, protocol);
      await place.page.context().setOffline(true);
      place.relay.cut();
      const { state_msg } = await upload.until('it waits', (o) => o.state === 'waiting');
      assert.match(state_msg, /^there is no network/);
      await place.page.context().setOffline(false);
      assert.deepEqual(await finish(place, upload), { ok: true });
      await course(upload);
    });

    it(`is that of a cancellation over ${protocol}`, async (t) => {
      const { place, upload } = await underway(t, protocol);
      await upload.call('cancel', 'no');
      assert.equal((await finish(place, upload)).kind, 'cancelled');
      const words = await course(upload);
      const last = protocol === 'incoming' ? ['cancelling', 'cancelled'] : ['cancelled'];
      assert.deepEqual(words.slice(words.indexOf(last[0])), last);
    });

    it(`is that of a failure over ${protocol}`, async (t) => {
      const { place, upload } = await underway(t, protocol, { retry: { attempts: 0 } });
      place.relay.refuse = true;
      place.relay.cut();
      assert.equal((await finish(place, upload)).kind, 'lost');
      assert.equal((await course(upload)).at(-1), 'failed');
      place.relay.refuse = false;
      await upload.start();
      await upload.until('it is delivered', (o) => o.state === 'finished');
      await course(upload);
    });
  }

  it('is that of a wait for the page and its upload id', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    const file = stage.file('asked.bin', 1000);
    await stage.page.setInputFiles('#files', file.path);
    const number = await stage.page.evaluate(() =>
      makeUpload(() => new Promise((resolve) => (window.answer = resolve)), 0),
    );
    const upload = new Upload(stage.page, number, null, file);
    await upload.start();
    const { state, state_msg } = await upload.look();
    assert.deepEqual([state, state_msg], ['waiting', 'asking for an upload id']);
    const ticket = await stage.app.newTicket();
    await stage.page.evaluate((ticket) => window.answer(ticket), ticket);
    assert.deepEqual(await upload.outcome(), { ok: true });
  });

  it('is that of a wait for another page', async (t) => {
    const { place, upload } = await underway(t, 'resumable', { resume: true });
    const { number } = await place.upload(upload.file, {
      protocol: 'resumable',
      chunk_size: CHUNK,
      resume: true,
    });
    const other = new Upload(place.page, number, null, upload.file);
    await other.start();
    const waiting = await other.until('it waits', (o) => /another page/.test(o.state_msg));
    assert.equal(waiting.state, 'waiting');
    assert.deepEqual(await finish(place, upload), { ok: true });
    assert.deepEqual(await other.outcome(), { ok: true });
  });
});
