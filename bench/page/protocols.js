import { Uploader } from '/pkg/index.js';
import { file, plain, timed } from './timed.js';

/** Every upload is a new one, also to a server that remembers the last. */
const generateUniqueIdentifier = () => crypto.randomUUID();

/** The original clients; each resolves when the file is there. */
const ORIGINALS = {
  resumable(options, resolve, reject) {
    const target = '/resumable';
    const client = new Resumable({ target, generateUniqueIdentifier, ...options });
    client.on('filesAdded', () => client.upload());
    client.on('fileSuccess', resolve);
    client.on('fileError', (_file, message) => reject(new Error(message)));
    client.addFile(file());
  },

  flow(options, resolve, reject) {
    const target = '/resumable';
    const client = new Flow({ target, generateUniqueIdentifier, ...options });
    client.on('filesSubmitted', () => client.upload());
    client.on('fileSuccess', resolve);
    client.on('fileError', (_file, message) => reject(new Error(message)));
    client.addFile(file());
  },

  fineuploader(options, resolve, reject) {
    const callbacks = {
      onComplete: (_id, _name, { success }) => success && resolve(),
      onError: (_id, _name, reason) => reject(new Error(reason)),
    };
    const request = { endpoint: '/fineuploader' };
    const client = new qq.FineUploaderBasic({ request, callbacks, ...options });
    client.addFiles([file()]);
  },
};

window.upload = {
  plain,
  incoming: ({ ticket }) => timed(() => new Uploader(ticket, file()).start().done),
  ours: (options) => timed(() => new Uploader(crypto.randomUUID(), file(), options).start().done),
  /** Ends well only when everything was compared. */
  verified: ({ ticket, ...options }) =>
    timed(async () => {
      const { verify } = options;
      const { verified } = await new Uploader(ticket, file(), options).start().done;
      if (verified !== (verify === 'none' ? null : verify)) throw new Error(`${verified}`);
    }),
  original: ({ library, ...options }) =>
    timed(() => new Promise((resolve, reject) => ORIGINALS[library](options, resolve, reject))),
};
