import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OVER_HTTP } from '../../support/dialects.js';
import { json } from '../../support/gateway.js';
import { Site } from '../../support/site.js';
import { together } from '../../support/suite.js';

/** What no request can carry: options as a source text, and the words of the error. */
const IMPOSSIBLE = [
  ['a header beyond Latin letters', "{ headers: { 'X-Name': 'Łódź' } }", /'X-Name'.*8859-1/],
  ['a line break in a header', "{ headers: { 'X-Name': 'a\\nb' } }", /'X-Name'.*[Ii]nvalid value/],
  [
    'a blank in the name of a header',
    "{ headers: { 'X Name': 'a' } }",
    /'X Name'.*[Ii]nvalid name/,
  ],
  ['half a character in a header', "{ headers: { 'X-Name': '\\ud800' } }", /'X-Name'.*8859-1/],
  ['half a character in a parameter', "{ params: { title: '\\ud800' } }", /'title'.*malformed/i],
  ['half a character in the name of a parameter', "{ params: { '\\ud800': 1 } }", /malformed/i],
  ['headers that are a text', "{ headers: () => 'X-Name: a' }", /object as headers, found string/],
  ['parameters that are a number', '{ params: async () => 5 }', /object as params, found number/],
  ['a header that throws', "{ headers: { get token() { throw Error('no token') } } }", /no token/],
  [
    'parameters that are in themselves',
    '{ params: () => { const all = {}; all.again = all; return all; } }',
    /nested too deep/,
  ],
];

describe('What can never leave', () => {
  const shared = together((t, browser) => Site.open(t, browser, { gateway: true }));

  /** What becomes of an upload in the page; `source` is what its options are. */
  async function run(protocol, source) {
    const { place } = shared;
    place.gateway.behave(({ method }) => (method === 'POST' ? json({ success: true }) : undefined));
    await place.choose(place.file('misuse.bin', 1000));
    return place.page.evaluate(
      async ([protocol, source]) => {
        const options = new Function(`return ${source}`)();
        const o = incoming.Uploader(null, files()[0], { protocol, ...options });
        const lost = [];
        o.onprogress = () => lost.push(o.last_error?.kind);
        const { kind, code, message } = await o.start().done.catch((error) => error);
        return { kind, code, message, lost: lost.filter(Boolean) };
      },
      [protocol, source],
    );
  }

  function assertMisuse({ kind, code, message, lost }, words) {
    assert.deepEqual([kind, code], ['misuse', 1], message);
    assert.match(message, words);
    assert.deepEqual(lost, [], 'nothing is tried again');
  }

  for (const [what, source, words] of IMPOSSIBLE) {
    it(`ends an upload at once in the words of the browser: ${what}`, async () => {
      assertMisuse(await run('resumable', source), words);
      assert.equal(shared.place.gateway.asked('/resumable').length, 0);
    });
  }

  for (const protocol of OVER_HTTP) {
    it(`ends an upload at once over ${protocol}`, async () => {
      assertMisuse(await run(protocol, "{ headers: { 'X Name': 'a' } }"), /X Name/);
    });
  }

  it('ends an upload at once by fetch as well', async () => {
    const source = "{ transport: 'fetch', headers: () => ({ 'X-Name': 'Łódź' }) }";
    assertMisuse(await run('resumable', source), /X-Name/);
  });

  it('ends an upload at once when it only turns up in a later request', async () => {
    const source = `{
      chunk_size: 300,
      simultaneous: 1,
      headers: () => ({ 'X-Name': (window.calls = (window.calls ?? 0) + 1) === 2 ? 'Ł' : 'a' }),
    }`;
    assertMisuse(await run('resumable', source), /X-Name/);
    assert.equal(shared.place.gateway.sent('/resumable').length, 1);
  });
});
