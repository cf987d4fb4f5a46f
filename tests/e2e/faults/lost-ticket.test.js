import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Stage } from '../../support/stage.js';
import { together } from '../../support/suite.js';
import { Upload } from '../../support/upload.js';

const MIB = 1024 * 1024;
const SIZE = 6 * MIB;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

describe('A ticket that the server has lost', () => {
  const shared = together();

  /** An upload in the middle, whose tickets come from a function: `window.given` has all of them. */
  async function underway(t, options) {
    const stage = await Stage.set(t, shared.browser);
    stage.relay.bytesPerSecond = 3 * MIB;
    const file = stage.file('lost.bin', SIZE);
    await stage.page.setInputFiles('#files', file.path);
    const number = await stage.page.evaluate((options) => {
      window.given = [];
      const buy = async () => {
        const ticket = await (await fetch('/ticket')).text();
        window.given.push(ticket);
        return ticket;
      };
      const number = makeUpload(buy, 0, options);
      uploads[number].o.start();
      return number;
    }, options);
    const upload = new Upload(stage.page, number, null, file);
    await upload.underway();
    return { stage, upload };
  }

  /** Takes the memory of a server, and makes the line quick again. */
  async function forget(stage) {
    await stage.server.kill();
    rmSync(`${stage.folder}/storage`, { recursive: true });
    await stage.server.start();
    stage.relay.bytesPerSecond = Number.POSITIVE_INFINITY;
  }

  for (const resume of [false, true]) {
    const how = resume ? 'with' : 'without';

    it(`is asked for again, ${how} resume`, async (t) => {
      const { stage, upload } = await underway(t, { resume, retry: { delays: [10] } });
      await forget(stage);
      assert.deepEqual(await upload.outcome(), { ok: true });
      const [given, kept] = await stage.page.evaluate(() => [window.given, { ...localStorage }]);
      assert.equal(given.length, 2, 'the function was asked once more');
      assert.equal((await stage.app.told(given[1])).md5, upload.file.md5);
      assert.deepEqual(kept, {}, 'nothing is left');
      assert.deepEqual(await upload.calls(), ['onfinished']);
    });

    it(`is asked for again after a pause, ${how} resume`, async (t) => {
      const { stage, upload } = await underway(t, { resume, retry: { delays: [10] } });
      await upload.call('pause', 'pause');
      await forget(stage);
      await upload.call('pause', 'unpause');
      assert.deepEqual(await upload.outcome(), { ok: true });
      const given = await stage.page.evaluate(() => window.given);
      assert.equal((await stage.app.told(given[1])).md5, upload.file.md5);
    });

    it(`and has never known is an error at once, ${how} resume`, async (t) => {
      const stage = await Stage.set(t, shared.browser);
      await stage.page.setInputFiles('#files', stage.file('unknown.bin', 1000).path);
      const [kind, message, calls] = await stage.page.evaluate(
        async ([id, resume]) => {
          let calls = 0;
          const name = () => {
            calls += 1;
            return id;
          };
          const o = incoming.Uploader(name, files()[0], { resume, retry: { delays: [1] } });
          const { kind, message } = await o.start().done.catch((error) => error);
          return [kind, message, calls];
        },
        [UNKNOWN, resume],
      );
      assert.equal(kind, 'rejected');
      assert.match(message, /Unknown upload id/);
      assert.equal(calls, 1);
    });
  }

  it('and nobody can ask for again is an error that says so', async (t) => {
    const stage = await Stage.set(t, shared.browser);
    stage.relay.bytesPerSecond = 3 * MIB;
    const upload = await stage.upload(stage.file('text.bin', SIZE), { retry: { delays: [10] } });
    await upload.start();
    await upload.underway();
    await forget(stage);
    const { kind, message } = await upload.outcome();
    assert.equal(kind, 'rejected');
    assert.match(message, /Unknown upload id/);
  });
});
