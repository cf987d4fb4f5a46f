const MIB = 1024 * 1024;

/**
 * What the tests know of the protocols without tickets: where their server is, the name under which
 * its files are noted, the options of the tests, and the size of a chunk then; whether it resumes,
 * and whether it asks what the server has before it does.
 */
export const DIALECTS = {
  resumable: { path: '/resumable', noted: 'resumable', options: {}, chunk: MIB, resumes: true },
  flow: { path: '/resumable', noted: 'resumable', options: {}, chunk: MIB, resumes: true },
  galileo: { path: '/galileo', noted: 'galileo', options: {}, chunk: 4 * MIB, resumes: false },
  fineuploader: {
    path: '/fineuploader',
    noted: 'fineuploader',
    options: { chunking: true },
    chunk: 2_000_000,
    resumes: true,
  },
  robusto: {
    path: '/robusto',
    noted: 'robusto',
    options: { chunk_size: MIB },
    chunk: MIB,
    resumes: true,
    asks: true,
  },
};

for (const [protocol, dialect] of Object.entries(DIALECTS)) {
  dialect.options = { protocol, ...dialect.options };
}

/** Those whose chunks are HTTP requests. */
export const OVER_HTTP = ['resumable', 'flow', 'fineuploader', 'robusto'];
