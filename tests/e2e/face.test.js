import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browser.js';
import { Stage } from '../support/stage.js';

describe('The JavaScript face', () => {
  let browser;
  let stage;
  const cleanups = [];
  before(async () => {
    browser = await launch();
    stage = await Stage.set({ after: (cleanup) => cleanups.push(cleanup) }, browser);
    await stage.page.setInputFiles('#files', stage.file('face.bin', 1000).path);
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    await browser.close();
  });

  /** What a call in the page throws. */
  function thrownBy(body) {
    return stage.page.evaluate((source) => {
      try {
        new Function('make', source)((options) => incoming.Uploader('id', files()[0], options));
        return null;
      } catch ({ name, message }) {
        return { name, message };
      }
    }, body);
  }

  it('has these properties before anything happened', async () => {
    const o = await stage.page.evaluate(() => {
      const o = new incoming.Uploader('id', files()[0]);
      return JSON.parse(JSON.stringify(o));
    });
    assert.deepEqual(o, {
      filename: 'face.bin',
      bytes_total: 1000,
      bytes_tx: 0,
      bytes_acked: 0,
      bytes_ahead: 0,
      frac_complete: 0,
      chunks_tx_now: 0,
      chunks_acked_now: 0,
      chunks_ahead: 0,
      chunks_damaged: 0,
      hashing: false,
      frac_hashed: 0,
      md5: null,
      verified: null,
      speed: 0,
      eta: null,
      state: 'ready',
      state_msg: 'not yet started',
      last_error: null,
      cancel_msg: null,
      error_code: null,
      error_kind: null,
      error_msg: null,
      connected: false,
      finished: false,
      paused: false,
      can_pause: false,
      cancelling: false,
      cancelled: false,
      can_cancel: true,
      can_remove: false,
      removed: false,
      resumable: false,
      done: {},
    });
  });

  it('makes uploaders with and without new', async () => {
    const kinds = await stage.page.evaluate(() => {
      const uploaders = [
        incoming.Uploader('a', files()[0]),
        new incoming.Uploader('b', files()[0]),
      ];
      return uploaders.map((o) => [typeof o.start, o instanceof incoming.Uploader]);
    });
    assert.deepEqual(kinds, [
      ['function', true],
      ['function', true],
    ]);
  });

  it('exports the same by name and as default', async () => {
    const same = await stage.page.evaluate(async () => {
      const module = await import('/pkg/index.js');
      const { default: all, ...named } = module;
      return Object.keys(named)
        .sort()
        .filter((name) => named[name] === all[name]);
    });
    assert.deepEqual(same, [
      'UploadError',
      'Uploader',
      'fingerprint',
      'fingerprint_chunks',
      'forget',
      'pending',
      'set_server_hostname',
      'version',
    ]);
  });

  const wrong = [
    ['an unknown option', 'make({ chunksize: 1 })', /chunksize/],
    ['a chunk size that is no number', "make({ chunk_size: 'big' })", /chunk_size/],
    ['a chunk size of zero', 'make({ chunk_size: 0 })', /chunk_size/],
    ['a chunk size that is not whole', 'make({ chunk_size: 1.5 })', /chunk_size/],
    ['an unknown protocol', "make({ protocol: 'telepathy' })", /one of: incoming, .* as protocol/],
    ['an endpoint that is no URL', "make({ endpoint: 'http://' })", /endpoint/],
    ['an endpoint that no browser can connect to', "make({ endpoint: 'ftp://x/' })", /endpoint/],
    ['a callback that is no function', 'make({ onprogress: 1 })', /onprogress/],
    ['a signal that is none', 'make({ signal: {} })', /signal/],
    ['a retry rule that is no object', 'make({ retry: 3 })', /retry/],
    ['an unknown member of the retry rule', 'make({ retry: { tries: 3 } })', /retry\.tries/],
    ['delays that are no list', 'make({ retry: { delays: 3 } })', /retry\.delays/],
    ['a negative delay', 'make({ retry: { delays: [-1] } })', /retry\.delays/],
    ['attempts that are no number', "make({ retry: { attempts: 'x' } })", /retry\.attempts/],
    ['a stall timeout that is no number', "make({ stall_timeout_ms: '1' })", /stall_timeout_ms/],
    ['options that are no object', 'make(5)', /options/],
    ['an upload id that is no string', 'incoming.Uploader(5, files()[0])', /upload id/],
    ['a file that is none', "incoming.Uploader('id', 'file')", /File/],
    ['no arguments at all', 'new incoming.Uploader()', /File/],
    ['no ticket where one is needed', 'incoming.Uploader(null, files()[0])', /upload id/],
    ['a hostname that is no string', 'incoming.set_server_hostname(5)', /set_server_hostname/],
    ['a pause of an unknown kind', "make().pause('x')", /'pause', 'unpause' or 'toggle'/],
    ['a pause of no kind', 'make().pause()', /'pause', 'unpause' or 'toggle'/],
  ];

  for (const [what, body, message] of wrong) {
    it(`refuses ${what} with a TypeError that names it`, async () => {
      const thrown = await thrownBy(body);
      assert.equal(thrown?.name, 'TypeError');
      assert.match(thrown.message, message);
    });
  }

  it('takes options that are null or undefined for not given', async () => {
    const body = 'make({ chunk_size: null, endpoint: undefined, signal: null, onerror: null })';
    assert.equal(await thrownBy(body), null);
  });

  it('uses the endpoint that it is given, as http and as ws', async () => {
    for (const scheme of ['http', 'ws']) {
      const ticket = await stage.app.newTicket();
      const endpoint = `${scheme}://${stage.server.host}/incoming/0.1/frontend/upload_ws`;
      const finished = await stage.page.evaluate(
        async ([ticket, endpoint]) => {
          const o = await incoming.Uploader(ticket, files()[0], { endpoint }).start().done;
          return o.finished;
        },
        [ticket, endpoint],
      );
      assert.equal(finished, true);
    }
  });

  it('takes callbacks as options', async () => {
    const ticket = await stage.app.newTicket();
    const calls = await stage.page.evaluate(async (ticket) => {
      const calls = new Set();
      const onprogress = () => calls.add('onprogress');
      const onfinished = () => calls.add('onfinished');
      await incoming.Uploader(ticket, files()[0], { onprogress, onfinished }).start().done;
      return [...calls];
    }, ticket);
    assert.deepEqual(calls, ['onprogress', 'onfinished']);
  });

  it('survives callbacks that throw, and reports what they threw', async () => {
    const ticket = await stage.app.newTicket();
    const reported = await stage.page.evaluate(async (ticket) => {
      const reported = [];
      addEventListener('error', (event) => {
        reported.push(event.message);
        event.preventDefault();
      });
      const onprogress = () => {
        throw new Error('oops');
      };
      await incoming.Uploader(ticket, files()[0], { onprogress }).start().done;
      return reported;
    }, ticket);
    assert.match(reported[0], /oops/);
  });

  it('lets a callback pause and cancel', async () => {
    const ticket = await stage.app.newTicket();
    const kind = await stage.page.evaluate((ticket) => {
      const o = incoming.Uploader(ticket, files()[0], { endpoint: 'ws://127.0.0.1:9/' });
      o.onprogress = () => o.pause('pause').cancel('enough');
      return o.start().done.catch((error) => error.kind);
    }, ticket);
    assert.equal(kind, 'cancelled');
  });

  it('reports an unknown ticket as rejected', async () => {
    const error = await stage.page.evaluate(() =>
      incoming
        .Uploader('00000000-0000-4000-8000-000000000000', files()[0])
        .start()
        .done.catch(({ kind, code, message }) => ({ kind, code, message })),
    );
    assert.deepEqual({ ...error, message: '' }, { kind: 'rejected', code: 4, message: '' });
    assert.match(error.message, /Unknown upload id/);
  });

  it('says so when its wasm cannot be loaded', async () => {
    const page = await stage.page.context().newPage();
    await page.route('**/*.wasm', (route) => route.abort());
    await page.goto(stage.app.url);
    await page.waitForFunction(() => window.incoming !== undefined);
    const message = await page.evaluate(() => {
      try {
        return String(incoming.Uploader('id', new File(['abc'], 'a.txt')));
      } catch (error) {
        return error.message;
      }
    });
    assert.match(message, /could not be loaded/);
    await page.close();
  });
});
