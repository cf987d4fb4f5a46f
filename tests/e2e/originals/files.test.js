import { after, before, describe, it } from 'node:test';
import { launch } from '../../support/browser.js';
import { ORIGINALS, Original } from '../../support/originals.js';

const MIB = 1024 * 1024;
const CHUNK = 100_000;

const SMALL = { chunkSize: CHUNK };
const ENDPOINT = '/fineuploader';
const CHUNKED = { enabled: true, partSize: CHUNK };
const CONCURRENT = {
  ...CHUNKED,
  concurrent: { enabled: true },
  success: { endpoint: `${ENDPOINT}/success` },
};
const RAW = { endpoint: ENDPOINT, forceMultipart: false, paramsInBody: false };

const VARIANTS = {
  resumable: {
    'in small chunks': SMALL,
    'in chunks of one size': { ...SMALL, forceChunkSize: true },
    'as bare bytes': { ...SMALL, method: 'octet' },
    'as text': { ...SMALL, chunkFormat: 'base64' },
    'as text with a type': { ...SMALL, chunkFormat: 'base64', setChunkTypeFromFile: true },
    'with PUT': { ...SMALL, uploadMethod: 'PUT', method: 'octet' },
    'without asking first': { ...SMALL, testChunks: false },
    'one chunk after the other': { ...SMALL, simultaneousUploads: 1 },
    'the first and the last chunk first': { ...SMALL, prioritizeFirstAndLastChunk: true },
    'with parameters of its own': { ...SMALL, query: { token: 'ü&=', 'a b': 1 } },
  },
  flow: {
    'in small chunks': SMALL,
    'in chunks of one size': { ...SMALL, forceChunkSize: true },
    'as bare bytes': { ...SMALL, method: 'octet' },
    'without asking first': { ...SMALL, testChunks: false },
    'one chunk after the other': { ...SMALL, simultaneousUploads: 1 },
    'the first and the last chunk first': { ...SMALL, prioritizeFirstAndLastChunk: true },
    'with parameters of its own': { ...SMALL, query: { token: 'ü&=', 'a b': 1 } },
  },
  fineuploader: {
    'in one request': { chunking: { enabled: false } },
    'in one request with a query': {
      chunking: { enabled: false },
      request: { endpoint: ENDPOINT, paramsInBody: false, params: { token: 'ü&=', a: { b: 1 } } },
    },
    'in one request as bare bytes': { chunking: { enabled: false }, request: RAW },
    'in small chunks': { chunking: CHUNKED },
    'in small chunks with a query': {
      chunking: CHUNKED,
      request: { endpoint: ENDPOINT, paramsInBody: false, params: { token: 'ü&=', a: { b: 1 } } },
    },
    'in small chunks as bare bytes': { chunking: CHUNKED, request: RAW },
    'in many chunks at once': { chunking: CONCURRENT },
    'in many chunks at once as bare bytes': { chunking: CONCURRENT, request: RAW },
  },
};

for (const [library, { chunk }] of Object.entries(ORIGINALS)) {
  describe(`The original ${library}`, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    const cases = [
      ['an empty file', 'empty.bin', 0],
      ['a file of one byte', 'one.bin', 1],
      ['a file of exactly a chunk', 'chunk.bin', chunk],
      ['a file of a chunk and one byte', 'chunk-and-one.bin', chunk + 1],
      ['a file of 10 MiB and 7 bytes', 'ten.bin', 10 * MIB + 7],
      ['a file with letters from far away in its name', 'blåbær ü 文件.bin', 12_345],
    ];

    for (const [what, name, size] of cases) {
      it(`takes ${what} to our server`, async (t) => {
        const original = await Original.open(t, browser, library);
        await original.begin([original.site.file(name, size)]);
        await original.finish();
        await original.assertArrived();
      });
    }

    it('takes two files at once, each whole', async (t) => {
      const original = await Original.open(t, browser, library);
      const { site } = original;
      await original.begin([site.file('a.bin', 5 * MIB), site.file('b.bin', 4 * MIB + 3)]);
      await original.finish();
      await original.assertArrived();
    });

    for (const [what, options] of Object.entries(VARIANTS[library])) {
      it(`takes files of all sizes to our server ${what}`, async (t) => {
        const original = await Original.open(t, browser, library);
        const files = [];
        for (const size of [0, 1, 99_999, 100_000, 100_001, 199_999, 1_234_567]) {
          files.push(original.site.file(`blåbær ü 文件 ${size}.bin`, size));
          await original.begin(files.slice(-1), options);
          await original.finish();
        }
        await original.assertArrived(...files);
      });
    }
  });
}
